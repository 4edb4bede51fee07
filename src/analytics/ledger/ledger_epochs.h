/* ledger_epochs.h - which start of the upstream actor may reserve calls. Pure.
 *
 * What a dead process has sent may still be read after its successor opened the ledger: its reservations would stay open,
 * and be charged at the next start, though nobody waits for them any more. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LEDGER_EPOCHS_ENDED_MAX 16

/* Zeroed: nobody opened the ledger yet. */
struct ledger_epochs {
    int64_t current;                        /* 0: none */
    int64_t ended[LEDGER_EPOCHS_ENDED_MAX]; /* the last ones; 0: the place is free */
    size_t next;
};

/* The ledger opens under this epoch; false: it has ended already. May be asked again. */
bool ledger_epochs_open(struct ledger_epochs *epochs, int64_t epoch);
/* Before anybody opened the ledger everybody may: a reservation may be read before the opening that was sent with it. */
bool ledger_epochs_may_reserve(const struct ledger_epochs *epochs, int64_t epoch);
