/* call.h - one call that the cache actor asked for, and the queue of them. Pure data.
 *
 * States of a call, moved forward by upstream_actor.c alone:
 *   QUEUED     waits for a place, the plan's rate, the name's address or its retry time; nothing is reserved
 *   RESERVING  LEDGER_RESERVE is out; nothing was sent upstream
 *   SENDING    the row is committed, the transfer runs
 *   then it is answered, its row goes to the settlements, and it is freed. A retry goes back to QUEUED with a new
 *   call id: each attempt has a ledger row of its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "actor/actor.h"
#include "base/bytes.h"
#include "messages.h"

enum call_state { CALL_QUEUED, CALL_RESERVING, CALL_SENDING };

#define CALL_ID_SIZE 33

struct call {
    struct call *next, *previous;
    enum call_state state;
    struct sender from;
    int64_t flight_id;
    char route[ROUTE_NAME_SIZE];
    char *target;     /* owned */
    char *credential; /* owned, secret; NULL: the configured one */
    char call_id[CALL_ID_SIZE];
    int64_t api_key_id;
    int64_t reason;
    int64_t price_micro_usd;
    int64_t deadline_ms;         /* monotonic, of the whole call */
    int64_t not_before_ms;       /* QUEUED: a retry waits until then */
    int64_t reserve_deadline_ms; /* RESERVING */
    int64_t started_us;          /* of the transfer */
    int attempt;                 /* from 1 */
};

struct call_list {
    struct call *first, *last; /* oldest first */
    size_t count[3];           /* by state */
};

/* Copies what it needs; NULL: no memory. The credential's copy is wiped when the call is freed. */
struct call *call_create(const struct upstream_fetch *fetch, const struct sender *from,
                         int64_t deadline_ms);
void call_free(struct call **call);

void call_list_add(struct call_list *list, struct call *call);
void call_list_remove(struct call_list *list, struct call *call);
/* The only way to change a call's state. */
void call_list_move(struct call_list *list, struct call *call, enum call_state state);
struct call *call_list_find(const struct call_list *list, struct bytes call_id);
