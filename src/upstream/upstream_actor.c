/* upstream_actor.c - messages in, transfers out; the states of a call stand in call.h.
 *
 * Money: a call is reserved (one committed ledger row) before its first byte leaves, and settled when it ended. Without
 * a confirmed reservation nothing is sent, unless ledger.unreachable says so: then its record is in the journal first. The ledger is opened under a new epoch at every start: what an earlier
 * process left reserved becomes unknown there. */
#include "upstream.h"

#include <stdlib.h>
#include <string.h>

#include "api_key.h"
#include "base/clock.h"
#include "base/log.h"
#include "call/calls.h"
#include "metrics.h"

#define TICK_IDLE_MS     100
#define TICK_SENDING_MS  20
#define OPEN_AGAIN_MS    1000
#define JOURNAL_AGAIN_MS 10000

/* Each call carries the key that its route says: ours, or the client's own and nothing that we minted. */
static bool
carries_due_credential(const struct upstream *self, const struct upstream_fetch *fetch)
{
    char name[ROUTE_NAME_SIZE] = "";
    const struct route_config *route;

    (void)bytes_copy_text(fetch->route, name, sizeof name);
    route = config_route(self->config, name);
    if (route == NULL || route->credential != ROUTE_CREDENTIAL_PASSTHROUGH)
        return fetch->credential.size == 0;
    return fetch->credential.size > 0 && !api_key_is_well_formed(fetch->credential);
}

static void
on_fetch(void *state, const struct message *message, const struct sender *from)
{
    struct upstream *self = state;
    const struct upstream_fetch *fetch = &message->u.UPSTREAM_FETCH;
    int64_t now_ms = clock_mono_ms();
    int64_t deadline_ms = now_ms + self->config->upstream.timeout_ms;
    struct message reply = {
        .kind = MSG_UPSTREAM_REPLY,
        .u.UPSTREAM_REPLY = {.flight_id = fetch->flight_id, .charge = CHARGE_FREE},
    };
    struct call *call;

    if (from->deadline_mono_ms != 0 && from->deadline_mono_ms < deadline_ms)
        deadline_ms = from->deadline_mono_ms;
    if (!carries_due_credential(self, fetch)) {
        reply.status = STATUS_FORBIDDEN;
        reply.u.UPSTREAM_REPLY.detail =
            bytes_of_text("this route calls with the client's own key alone");
        (void)actor_reply(self->actor, from, &reply);
        return;
    }
    reply.status = actor_is_stopping(self->actor) ? STATUS_STOPPING : STATUS_OVERLOADED;
    if (actor_is_stopping(self->actor) ||
        self->calls.count[CALL_QUEUED] > (size_t)self->config->upstream.max_queue ||
        (call = call_create(fetch, from, deadline_ms)) == NULL) {
        (void)actor_reply(self->actor, from, &reply);
        return;
    }
    retry_budget_count_call(&self->budget, self->config->upstream.retry_budget_percent);
    call_list_add(&self->calls, call);
    calls_start_queued(self, now_ms);
}

static void
on_cancel(void *state, const struct message *message, const struct sender *from)
{
    (void)from;
    calls_cancel(state, message->u.UPSTREAM_CANCEL.flight_id);
}

static void
on_reserved(void *state, const struct message *message, const struct sender *from)
{
    struct upstream *self = state;
    struct call *call = call_list_find(&self->calls, message->u.LEDGER_RESERVED.call_id);

    (void)from;
    if (call == NULL || call->state != CALL_RESERVING)
        return;
    if (message->status == STATUS_OK)
        calls_send(self, call, clock_mono_ms());
    else if (message->status == STATUS_STORAGE)
        calls_unreserved(self, call, "the ledger cannot be written");
    else
        calls_fail(self, call, STATUS_LEDGER_UNAVAILABLE, "the ledger is another process's", 1);
}

static void
on_settled(void *state, const struct message *message, const struct sender *from)
{
    struct upstream *self = state;
    struct settlement row;

    (void)from;
    if (message->status == STATUS_OK &&
        settlements_remove(&self->settlements, message->u.LEDGER_SETTLED.call_id, &row) &&
        row.is_journaled)
        ledger_journal_done(self->journal, &row);
}

/* Health and readiness are told in one heartbeat: neither may lag behind the other. */
static void
set_ledger_open(struct upstream *self, bool is_open)
{
    if (self->is_ledger_open && !is_open)
        self->ledger_shut_at_ms = clock_mono_ms();
    self->is_ledger_open = is_open;
    metric_set(METRIC_LEDGER_OPEN, is_open);
}

/* The question is asked again in upstream_tick; what is open already stays so, under the same epoch. */
static void
note_refusal(struct upstream *self, enum status status)
{
    if (!self->is_ledger_open && !self->is_ledger_refusal_said)
        log_warning("the ledger cannot be opened (%s): %s until it is; asking again",
                    status_title(status),
                    self->spends ? "calls are recorded in a journal" : "no call is made");
    self->is_ledger_refusal_said = true;
}

static void
on_opened(void *state, const struct message *message, const struct sender *from)
{
    struct upstream *self = state;

    (void)from;
    if (message->status != STATUS_OK) {
        note_refusal(self, message->status);
        return;
    }
    if (self->is_ledger_refusal_said)
        log_info("the ledger is open again");
    self->is_ledger_refusal_said = false;
    self->was_ledger_open = true;
    set_ledger_open(self, true);
    if (message->u.LEDGER_OPENED.unknown_count > 0)
        log_warning("%lld reservations of an earlier process are unknown now",
                    (long long)message->u.LEDGER_OPENED.unknown_count);
    calls_resend_reservations(self);
    calls_start_queued(self, clock_mono_ms());
}

static void
open_ledger(struct upstream *self)
{
    struct message message = {
        .kind = MSG_LEDGER_OPEN,
        .u.LEDGER_OPEN =
            {
                .instance = bytes_of_text(self->config->server.instance),
                .epoch = actor_epoch(self->actor),
            },
    };

    self->ledger_asked_at_ms = clock_mono_ms();
    (void)actor_tell(self->actor, ACTOR_ANALYTICS, &message);
}

/* It may have been refused, or not even sent: a database that was locked for a moment must not end all calls. */
static void
open_when_due(struct upstream *self, int64_t now_ms)
{
    if (!self->is_ledger_open && actor_peer_is_up(self->actor, ACTOR_ANALYTICS) &&
        now_ms - self->ledger_asked_at_ms >= OPEN_AGAIN_MS)
        open_ledger(self);
}

static void
take_row(void *context, const struct settlement *row)
{
    struct upstream *self = context;

    (void)settlements_add(&self->settlements, row);
}

/* What an earlier process left in it is told the ledger first. False: it cannot be used (logged). */
static bool
open_journal(struct upstream *self)
{
    enum status status = ledger_journal_open(self->config, &self->journal);

    self->journal_tried_at_ms = clock_mono_ms();
    if (self->journal != NULL)
        ledger_journal_each(self->journal, take_row, self);
    return status != STATUS_STORAGE;
}

/* The disk was full when it was to be made. */
static void
open_journal_when_due(struct upstream *self, int64_t now_ms)
{
    if (self->spends && self->journal == NULL && self->settlements.count == 0 &&
        now_ms - self->journal_tried_at_ms >= JOURNAL_AGAIN_MS)
        (void)open_journal(self);
}

static void
on_peer(void *state, enum actor_id peer, enum peer_event event, const struct message *reply)
{
    struct upstream *self = state;

    (void)peer;
    (void)reply;
    set_ledger_open(self, false);
    if (event != PEER_DOWN)
        open_ledger(self);
}

static void
on_probed(void *context, bool is_connected, int64_t duration_us, const char *cause)
{
    struct upstream *self = context;

    upstream_health_note_probe(&self->health, clock_mono_ms(), is_connected, duration_us, cause);
    if (!is_connected)
        resolver_expire(self->resolver);
}

/* Only while no call says how the paid API is. */
static void
probe_when_due(struct upstream *self, int64_t now_ms)
{
    const char *addresses;
    enum resolver_state resolved;

    if (transfer_pool_running(self->transfers) > 0 ||
        !upstream_health_is_probe_due(&self->health, now_ms,
                                      self->config->upstream.probe_interval_s * 1000))
        return;
    resolved = resolver_addresses(self->resolver, now_ms, &addresses);
    if (resolved == RESOLVER_FAILED)
        upstream_health_note_probe(&self->health, now_ms, false, -1, "the name cannot be resolved");
    else if (resolved == RESOLVER_RESOLVED &&
             transfer_pool_probe(self->transfers, addresses, on_probed) == STATUS_OK)
        metric_add(METRIC_UPSTREAM_PROBES, 1);
}

static void
publish_journal(const struct upstream *self)
{
    bool is_there = self->journal != NULL;

    metric_set(METRIC_JOURNAL_CALLS, is_there ? ledger_journal_calls(self->journal) : 0);
    metric_set(METRIC_JOURNAL_ROOM, !self->spends ? -1
                                    : is_there    ? ledger_journal_room(self->journal)
                                                  : 0);
}

static void
upstream_publish(struct upstream *self)
{
    int64_t active = (int64_t)transfer_pool_running(self->transfers);
    int64_t open = (int64_t)transfer_pool_connections(self->transfers);

    publish_journal(self);
    metric_set(METRIC_UPSTREAM_PLAN_RATE, self->plan.per_second);
    metric_set(METRIC_UPSTREAM_PAUSE,
               (plan_rate_pause_left_ms(&self->plan, clock_mono_ms()) + 999) / 1000);
    metric_set(METRIC_UPSTREAM_ACTIVE, active);
    metric_set(METRIC_UPSTREAM_QUEUED, (int64_t)self->calls.count[CALL_QUEUED]);
    metric_set(METRIC_UPSTREAM_IN_USE, open < active ? open : active);
    metric_set(METRIC_UPSTREAM_IDLE, open > active ? open - active : 0);
}

static int64_t
upstream_tick(void *state, int64_t now_ms)
{
    struct upstream *self = state;

    transfer_pool_cancel_late(self->transfers, now_ms);
    open_when_due(self, now_ms);
    open_journal_when_due(self, now_ms);
    calls_run_timers(self, now_ms);
    calls_start_queued(self, now_ms);
    probe_when_due(self, now_ms);
    upstream_publish(self);
    return !TAILQ_EMPTY(&self->calls.calls) ? TICK_SENDING_MS : TICK_IDLE_MS;
}

static void
upstream_wait(void *state, const int *fds, size_t fd_count, int64_t timeout_ms)
{
    struct upstream *self = state;

    transfer_pool_step(self->transfers);
    transfer_pool_wait(self->transfers, fds, fd_count, timeout_ms);
    transfer_pool_step(self->transfers);
}

static void
on_resolved(void *state, int fd)
{
    struct upstream *self = state;

    (void)fd;
    resolver_reap(self->resolver);
    calls_start_queued(self, clock_mono_ms());
}

/* A call under way is paid, and its row is to say so; nothing else would settle it. */
static bool
upstream_is_busy(void *state)
{
    const struct upstream *self = state;

    return !TAILQ_EMPTY(&self->calls.calls) || self->settlements.count > 0;
}

static struct actor_health
upstream_health(void *state)
{
    const struct upstream *self = state;
    int64_t now_ms = clock_mono_ms();

    return (struct actor_health){
        .is_healthy = upstream_health_is_healthy(&self->health, now_ms),
        .latency_us = upstream_health_latency_us(&self->health),
        .detail = upstream_health_detail(&self->health, now_ms),
        .is_starting = !self->was_ledger_open,
    };
}

static void
upstream_destroy(void *state)
{
    struct upstream *self = state;
    struct call *call;

    transfer_pool_destroy(&self->transfers);
    resolver_destroy(&self->resolver);
    while ((call = TAILQ_FIRST(&self->calls.calls)) != NULL) {
        call_list_remove(&self->calls, call);
        call_free(&call);
    }
    settlements_fini(&self->settlements);
    ledger_journal_close(&self->journal);
    free(self);
}

/* Said at the start, before the first miss fails. */
static void
look_for_key(const struct config *config)
{
    bool is_needed = false;

    for (int64_t i = 0; i < config->route_count; i++)
        if (config->routes[i].credential != ROUTE_CREDENTIAL_PASSTHROUGH)
            is_needed = true;
    metric_set(METRIC_UPSTREAM_KEY, config->upstream.api_key[0] != '\0' ? 0 : -2);
    if (is_needed && config->upstream.api_key[0] == '\0')
        log_warning("upstream.api_key (RENTCAST_API_KEY) is not set: calls go to the paid API "
                    "without a key, and it will most likely reject them");
}

static void *
upstream_create(struct actor *actor, const struct config *config, void *argument)
{
    struct upstream *self = calloc(1, sizeof *self);

    (void)argument;
    if (self == NULL)
        return NULL;
    self->actor = actor;
    self->config = config;
    self->spends = strcmp(config->ledger.unreachable, "spend") == 0;
    self->ledger_shut_at_ms = clock_mono_ms();
    call_list_init(&self->calls);
    upstream_health_init(&self->health);
    look_for_key(config);
    plan_rate_init(&self->plan, config->upstream.rate_per_second);
    retry_budget_init(&self->budget);
    self->transfers = transfer_pool_create(config, calls_on_transfer_done, self);
    if (self->transfers != NULL)
        self->resolver = resolver_create(transfer_pool_host(self->transfers),
                                         config->upstream.resolve_ttl_s * 1000);
    if (self->resolver == NULL || !settlements_init(&self->settlements) || !open_journal(self) ||
        !actor_watch(actor, resolver_fd(self->resolver), on_resolved)) {
        upstream_destroy(self);
        return NULL;
    }
    return self;
}

static const struct actor_route routes[] = {
    {MSG_UPSTREAM_FETCH, on_fetch},   {MSG_UPSTREAM_CANCEL, on_cancel},
    {MSG_LEDGER_OPENED, on_opened},   {MSG_LEDGER_RESERVED, on_reserved},
    {MSG_LEDGER_SETTLED, on_settled},
};

static const enum actor_id peers[] = {ACTOR_ANALYTICS};

const struct actor_class upstream_actor = {
    .name = "upstream",
    .id = ACTOR_UPSTREAM,
    .has_inbox = true,
    ACTOR_PEERS(peers),
    .create = upstream_create,
    .destroy = upstream_destroy,
    ACTOR_ROUTES(routes),
    .tick = upstream_tick,
    .wait = upstream_wait,
    .on_peer = on_peer,
    .health = upstream_health,
    .is_busy = upstream_is_busy,
};
