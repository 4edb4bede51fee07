/* ledger_journal.h - calls made while the ledger could not be reached, kept until it has them.
 *
 * File: data_dir/ledger.journal, of ledger.journal_max_bytes, whose room is taken from the disk when it is made, so that a disk
 * that fills up later stops nothing. A page with the generation, then records in the order in which they were written; those
 * of another generation are old.
 * Life of a call: added (on the disk before the call is sent) -> ended (its outcome; survives a kill) -> done (the ledger
 * confirmed it). When none is open the next generation begins, and the whole file is free again. A process that opens it
 * finds what an earlier one left open: with its outcome, or unknown where there is none.
 * One thread; the holder of the upstream part's lock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "call/settlements.h"
#include "config.h"
#include "status.h"

struct ledger_journal;

/* Made where ledger.unreachable is spend; otherwise *journal is NULL where there is none. NO_MEMORY: the disk is full, try
 * again; STORAGE: cannot be used, or is damaged (both logged). */
enum status ledger_journal_open(const struct config *config, struct ledger_journal **journal);
void ledger_journal_close(struct ledger_journal **journal);

typedef void ledger_journal_visit(void *context, const struct settlement *row);
/* What an earlier process left open, each call once, as settlements. */
void ledger_journal_each(const struct ledger_journal *journal, ledger_journal_visit *visit,
                         void *context);

/* A call that is about to be made: what is known of it; on the disk when this returns true. */
bool ledger_journal_add(struct ledger_journal *journal, const struct settlement *call);
void ledger_journal_end(struct ledger_journal *journal, const struct settlement *row);
void ledger_journal_done(struct ledger_journal *journal, const struct settlement *row);

int64_t ledger_journal_calls(const struct ledger_journal *journal); /* that are open */
int64_t ledger_journal_room(const struct ledger_journal *journal);  /* for so many more */
