/* call.h - one call that the cache actor asked for, and the queue of them. Pure data. */

/*-
 * States of a call, changed by call_list_move alone, which calls.c calls:
 *
 *   QUEUED     waits for a free connection, the plan's rate, the name's address or its retry time; nothing is reserved.
 *              upstream_actor.c adds it; calls_start_queued moves it on, or fails it at its deadline or where the breaker is
 *              open; calls_cancel ends it.
 *   RESERVING  LEDGER_RESERVE is out; nothing was sent upstream. LEDGER_RESERVED moves it on (calls_send) or fails it;
 *              so does reserve_deadline_ms; calls_cancel ends it, and its row becomes free.
 *   SENDING    the row is committed, the transfer runs. Its end (calls_on_transfer_done) hands the row to the
 *              settlements; the call is answered and freed, or tried again: QUEUED once more, the one way back.
 *
 * A retry reserves under a new call id: each attempt has a ledger row of its own. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "actor/actor.h"
#include "base/bytes.h"
#include "base/queue.h"
#include "call/breaker.h"
#include "messages.h"
#include "transfer/transfer.h"

enum call_state { CALL_QUEUED, CALL_RESERVING, CALL_SENDING };

#define CALL_ID_SIZE 33

struct upstream;

struct call {
    TAILQ_ENTRY(call) link;
    struct upstream *upstream; /* whose it is, from its start to its end */
    enum call_state state;
    struct sender from;
    int64_t flight_id;
    char route[ROUTE_NAME_SIZE];
    char *target;     /* owned */
    char *credential; /* owned, secret; NULL: the configured one */
    char call_id[CALL_ID_SIZE];
    int64_t api_key_id;
    enum fetch_reason reason;
    int64_t price_micro_usd;
    int64_t deadline_ms;         /* monotonic, of the whole call */
    int64_t not_before_ms;       /* QUEUED: a retry waits until then */
    int64_t reserve_deadline_ms; /* RESERVING */
    int64_t send_at_ms; /* RESERVING: reserved, held until then by injected latency; 0: not */
    int64_t started_us; /* of the transfer */
    int64_t sent_us;    /* of all transfers of it that ended: how long they took */
    int attempt;        /* from 1 */
    struct breaker_permit permit; /* RESERVING, SENDING */
    bool is_journaled; /* SENDING: there is no confirmed reservation, the journal has it */
};

struct call_list {
    TAILQ_HEAD(call_queue, call) calls; /* oldest first */
    size_t count[3];                    /* by state */
};

/* Copies what it needs; NULL: no memory. The credential's copy is wiped when the call is freed. */
struct call *call_create(const struct upstream_fetch *fetch, const struct sender *from,
                         int64_t deadline_ms);
void call_free(struct call **call);

void call_list_init(struct call_list *list);
void call_list_add(struct call_list *list, struct call *call);
void call_list_remove(struct call_list *list, struct call *call);
/* The only way to change a call's state. */
void call_list_move(struct call_list *list, struct call *call, enum call_state state);
struct call *call_list_find(const struct call_list *list, struct bytes call_id);

/* OK for a whole response (also 4xx and 5xx); UPSTREAM_CREDENTIAL for 401, 402 and 403 on our own credential,
 * UPSTREAM_LIMITED for 429; the causes of the rest. */
enum status call_status_of(const struct transfer_result *result, bool is_own_credential);
