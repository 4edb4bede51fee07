/* books.h - each paid call as the simulator's journal has it, beside its row in the ledger, joined by the call id.
 *
 * Read when no call is under way. Failures abort the test. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "support/testbed.h"

struct books_call {
    char call_id[33];
    /* of the journal */
    bool was_seen; /* false: it never arrived, and nothing of the journal is set */
    char path[64];
    char *query; /* as JSON; owned by the books */
    char request_id[64];
    int64_t arrived_ms;
    int seen_status; /* 0: no byte of an answer left */
    bool is_billable;
    /* of the ledger */
    char route[50];
    char status[12];
    int64_t price_micro_usd, cost_micro_usd;
    int http_status;     /* 0: none came */
    int64_t duration_us; /* -1: the process that made it never settled it */
    int64_t reserved_ms, settled_ms;
};

struct books {
    struct books_call *calls; /* by call id */
    size_t count;
};

/* Aborts where a call that was seen is not in the ledger, or one call id was seen twice. Free with books_fini. */
void books_read(struct testbed *testbed, struct books *books);
void books_fini(struct books *books);
/* NULL: there is none. */
struct books_call *books_find(const struct books *books, const char *call_id);
/* For messages: what both say of it. */
void books_print(const struct books_call *call, char *text, size_t size);
