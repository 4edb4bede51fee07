/* calls.h - the calls on their way, from the queue to the answer, and all that they go through: the actor's state. */
#pragma once

#include "actor/actor.h"
#include "call/breaker.h"
#include "call/call.h"
#include "call/faults.h"
#include "call/ledger_journal.h"
#include "call/plan_rate.h"
#include "call/retry.h"
#include "call/settlements.h"
#include "call/upstream_health.h"
#include "transfer/resolver.h"
#include "transfer/transfer.h"

struct upstreams;

/* One paid API and its calls: nothing of it can make another one wait. Owned by the upstream actor's thread. */
struct upstream {
    struct upstreams *all;
    const struct upstream_config *config;
    size_t index;                   /* of config, in metrics */
    struct transfer_origin *origin; /* the pool's */
    struct resolver *resolver;      /* owned */
    struct call_list calls;
    struct plan_rate plan;
    struct retry_budget budget;
    struct upstream_health health;
    struct breaker breaker;
    int64_t breaker_generation; /* that was told last */
    int64_t tick_at_ms;         /* when it is looked at again at the latest */
    bool has_ended_call;        /* or its attempt, since it was looked at: a queued one may start */
    struct faults faults;       /* injected for drills */
    int64_t next_key_error_ms;  /* when a rejected key is logged again */
};

/* What all upstreams share: the ledger. Owned by the same thread. */
struct upstreams {
    struct actor *actor;
    const struct config *config;
    struct transfer_pool *transfers;
    struct upstream *list; /* count, in the configuration's order */
    size_t count;
    struct settlements settlements;
    struct ledger_journal *journal; /* owned; NULL: there is none */
    int64_t journal_tried_at_ms;
    bool spends; /* ledger.unreachable: spend */
    bool is_ledger_open;
    bool was_ledger_open;        /* once: this actor can do its work */
    int64_t ledger_shut_at_ms;   /* since when it is not open */
    int64_t ledger_asked_at_ms;  /* when it was last asked to be opened */
    bool is_ledger_refusal_said; /* in the log, since it was open last */
};

/* Starts what may start, in order of arrival; ends what waited too long, or what an open breaker refuses. */
void calls_start_queued(struct upstream *upstream, int64_t now_ms);
/* NULL: no upstream has such a call. */
struct call *calls_find(const struct upstreams *self, struct bytes call_id);
/* The reservation is committed: the transfer begins, once injected latency is over. */
void calls_send(struct call *call, int64_t now_ms);
/* Ends a call that was never sent: nothing is charged. */
void calls_fail(struct call *call, enum status status, const char *detail, int64_t retry_after_s);
/* The ledger does not reserve it: it is made all the same where it may be (ledger.unreachable), or fails. */
void calls_unreserved(struct call *call, const char *cause);
/* Nobody wants it any more: it ends, free of charge, unless it was sent. */
void calls_cancel(struct upstreams *self, int64_t flight_id);
/* The ledger is open again: what it may have lost is asked once more. */
void calls_resend_reservations(struct upstream *upstream);
/* Reservations that nobody confirmed in time end; calls that injected latency held are sent. */
void calls_run_timers(struct upstream *upstream, int64_t now_ms);
/* Settlements that nobody confirmed are sent again. */
void calls_resend_settlements(struct upstreams *self, int64_t now_ms);
/* A transfer_done_function: settles, retries or answers. */
void calls_on_transfer_done(void *context, void *call, const struct transfer_result *result);
/* Tells the log and the metrics when the breaker's state has changed. */
void calls_note_breaker(struct upstream *upstream);
