/* deliver.h - sends an answer, with whatever fault is planned for it.
 *
 * The request is settled, in journal and ledger, before the first byte leaves: who has an answer
 * finds it accounted for.
 */
#pragma once

#include "http/server.h"
#include "operation/operation.h"
#include "simulator.h"

/* One request to the API, from arrival to the last byte. */
struct exchange {
    struct simulator *simulator;
    struct request *request;
    const struct operation *operation; /* NULL: no such path */
    char path[512];                    /* decoded */
    char key_hash[KEY_HASH_SIZE];      /* empty for no key */
    struct journal_ticket ticket;
    struct answer answer;
    struct fault_plan plan;
};

void deliver(struct exchange *exchange);
