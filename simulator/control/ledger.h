/* ledger.h - what the vendor would bill: answers, and those of status 200 with a body.
 *
 * A request is counted when it is answered, before its first byte leaves. Any thread may call.
 */
#pragma once

#include "operation/operation.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    LEDGER_KEYS_MOST = 4096, /* keys told apart; further ones share the row "other" */
};

struct ledger_tally {
    uint64_t total;
    uint64_t billable;
};

struct ledger_key {
    char hash[65]; /* empty: a free slot */
    struct ledger_tally tally;
};

struct ledger {
    pthread_mutex_t lock;
    struct ledger_tally all;
    struct ledger_tally operations[OPERATION_COUNT + 1]; /* the last: no operation */
    struct ledger_key *keys;                             /* twice LEDGER_KEYS_MOST slots */
    size_t key_count;
};

void ledger_init(struct ledger *ledger);
void ledger_fini(struct ledger *ledger);

/* operation NULL: no such path; key_hash NULL: no key, counted as "none". */
void ledger_add(struct ledger *ledger, const struct operation *operation, const char *key_hash,
                bool billable);
void ledger_write(struct ledger *ledger, struct text *text);
void ledger_clear(struct ledger *ledger);
