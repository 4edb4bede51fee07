/* journal.h - every request that reached the API, in order of arrival.
 *
 * A row is written when the request arrives, with status 0, and completed when it is answered;
 * status 0 stays where no byte was sent. The journal keeps so many rows; what comes later is only
 * counted as dropped. Clearing forgets the rows, and what a request in progress would complete.
 * Sequence numbers never start again. Any thread may call.
 */
#pragma once

#include "common/text.h"
#include "control/waiting.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal_row;

struct journal {
    struct waiting waiting;
    struct journal_row **rows;
    size_t count;
    size_t capacity;
    size_t most;
    uint64_t dropped;
    uint64_t sequence; /* of the last arrival */
    uint64_t cleared;  /* how often */
};

/* Where a row stands; worthless after the journal was cleared. */
struct journal_ticket {
    uint64_t cleared;
    size_t index;
};

/* What arrived. The strings are copied; key_hash, request_id and call_id are NULL for none. */
struct journal_arrival {
    const char *method;
    const char *path;  /* decoded */
    const char *query; /* as on the wire, NULL for none */
    const char *key_hash;
    const char *request_id;
    const char *call_id;
    int64_t time_ms;
};

void journal_init(struct journal *journal, size_t most);
void journal_fini(struct journal *journal);

struct journal_ticket journal_arrive(struct journal *journal,
                                     const struct journal_arrival *arrival);
void journal_complete(struct journal *journal, struct journal_ticket ticket, int status,
                      bool billable);

/* Waits until so many requests have arrived since the last clearing. */
void journal_wait(struct journal *journal, uint64_t requests, int64_t timeout_ms);
void journal_clear(struct journal *journal);

/* A reader that takes the rows in portions, so that none holds the lock for long. */
struct journal_reader {
    uint64_t cleared;
    size_t next;
    size_t end;
    uint64_t dropped;
};

void journal_read(struct journal *journal, struct journal_reader *reader);

/* Adds up to so many rows as elements of an array; false when there are no more. */
bool journal_read_more(struct journal *journal, struct journal_reader *reader, size_t rows,
                       struct text *text);
