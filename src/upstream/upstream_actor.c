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
#include "upstream_metrics.h"

#define TICK_IDLE_MS     100
#define TICK_SENDING_MS  20
#define OPEN_AGAIN_MS    1000
#define JOURNAL_AGAIN_MS 10000

/* Each call carries the key that its route says: ours, or the client's own and nothing that we minted. */
static bool
carries_due_credential(const struct route_config *route, const struct upstream_fetch *fetch)
{
    if (route->credential != CREDENTIAL_PASSTHROUGH)
        return fetch->credential.size == 0;
    return fetch->credential.size > 0 && !api_key_is_well_formed(fetch->credential);
}

/* NULL: no such route is known here. */
static const struct route_config *
find_route(const struct upstreams *self, const struct upstream_fetch *fetch)
{
    char name[ROUTE_NAME_SIZE] = "";

    (void)bytes_copy_text(fetch->route, name, sizeof name);
    return config_route(self->config, name);
}

/* The upstream of a route that makes calls. */
static struct upstream *
upstream_of(struct upstreams *self, const struct route_config *route)
{
    return &self->list[route_source(route)->upstream - self->config->upstreams];
}

static void
refuse_fetch(struct upstreams *self, const struct message *message, const struct sender *from,
             enum status status, const char *detail)
{
    struct message reply = {
        .kind = MSG_UPSTREAM_REPLY,
        .status = status,
        .u.UPSTREAM_REPLY = {.flight_id = message->u.UPSTREAM_FETCH.flight_id,
                             .charge = CHARGE_FREE,
                             .detail = bytes_of_text(detail)},
    };

    (void)actor_reply(self->actor, from, &reply);
}

static void
start_call(struct upstream *upstream, const struct message *message, const struct sender *from)
{
    const struct upstream_config *config = upstream->config;
    int64_t now_ms = clock_mono_ms();
    int64_t deadline_ms = now_ms + config->timeout_ms;
    struct call *call;

    if (from->deadline_mono_ms != 0 && from->deadline_mono_ms < deadline_ms)
        deadline_ms = from->deadline_mono_ms;
    if (upstream->calls.count[CALL_QUEUED] > (size_t)config->max_queue ||
        (call = call_create(&message->u.UPSTREAM_FETCH, from, deadline_ms)) == NULL) {
        refuse_fetch(upstream->all, message, from, STATUS_OVERLOADED, "");
        return;
    }
    call->upstream = upstream;
    retry_budget_count_call(&upstream->budget, config->retry_budget_percent);
    call_list_add(&upstream->calls, call);
    calls_start_queued(upstream, now_ms);
}

static void
on_fetch(void *state, const struct message *message, const struct sender *from)
{
    struct upstreams *self = state;
    const struct route_config *route = find_route(self, &message->u.UPSTREAM_FETCH);

    if (route == NULL)
        refuse_fetch(self, message, from, STATUS_FORBIDDEN, "no route has that name");
    else if (!carries_due_credential(route, &message->u.UPSTREAM_FETCH))
        refuse_fetch(self, message, from, STATUS_FORBIDDEN,
                     "this route calls with the client's own key alone");
    else if (actor_is_stopping(self->actor))
        refuse_fetch(self, message, from, STATUS_STOPPING, "");
    else
        start_call(upstream_of(self, route), message, from);
}

static void
start_queued(struct upstreams *self, int64_t now_ms)
{
    for (size_t i = 0; i < self->count; i++)
        calls_start_queued(&self->list[i], now_ms);
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
    struct upstreams *self = state;
    struct call *call = calls_find(self, message->u.LEDGER_RESERVED.call_id);

    (void)from;
    if (call == NULL || call->state != CALL_RESERVING)
        return;
    if (message->status == STATUS_OK)
        calls_send(call, clock_mono_ms());
    else if (message->status == STATUS_STORAGE)
        calls_unreserved(call, "the ledger cannot be written");
    else
        calls_fail(call, STATUS_LEDGER_UNAVAILABLE, "the ledger is another process's", 1);
}

static void
on_settled(void *state, const struct message *message, const struct sender *from)
{
    struct upstreams *self = state;
    struct settlement row;

    (void)from;
    if (message->status == STATUS_OK &&
        settlements_remove(&self->settlements, message->u.LEDGER_SETTLED.call_id, &row) &&
        row.is_journaled)
        ledger_journal_done(self->journal, &row);
}

static enum status
set_faults(struct upstream *upstream, const struct upstream_control *control)
{
    const struct faults *faults = &upstream->faults;

    if (strcmp(upstream->all->config->server.environment, "production") == 0)
        return STATUS_FORBIDDEN;
    if (!faults_set(&upstream->faults, control->fault_ppm, control->fault_latency_ms))
        return STATUS_INVALID_PARAMETER;
    upstream_metric_set(upstream->index, UPSTREAM_METRIC_FAULT_PPM, faults->ppm);
    upstream_metric_set(upstream->index, UPSTREAM_METRIC_FAULT_LATENCY, faults->latency_ms);
    log_warning("faults of the upstream %s: %lld of a million calls fail, each is held for %lld ms",
                upstream->config->name, (long long)faults->ppm, (long long)faults->latency_ms);
    return STATUS_OK;
}

static enum status
control_upstream(struct upstreams *self, const struct upstream_control *control)
{
    const struct upstream_config *config = config_upstream(self->config, control->upstream);
    struct upstream *upstream;

    if (config == NULL)
        return STATUS_NOT_FOUND;
    upstream = &self->list[config - self->config->upstreams];
    if (control->action == UPSTREAM_SET_FAULTS)
        return set_faults(upstream, control);
    breaker_reset(&upstream->breaker, clock_mono_ms());
    calls_note_breaker(upstream);
    return STATUS_OK;
}

static void
on_control(void *state, const struct message *message, const struct sender *from)
{
    struct upstreams *self = state;
    struct message reply = {.kind = MSG_UPSTREAM_CONTROLLED,
                            .status = control_upstream(self, &message->u.UPSTREAM_CONTROL)};

    (void)actor_reply(self->actor, from, &reply);
}

/* Health and readiness are told in one heartbeat: neither may lag behind the other. */
static void
set_ledger_open(struct upstreams *self, bool is_open)
{
    if (self->is_ledger_open && !is_open)
        self->ledger_shut_at_ms = clock_mono_ms();
    self->is_ledger_open = is_open;
    metric_set(METRIC_LEDGER_OPEN, is_open);
}

/* The question is asked again in upstream_tick; what is open already stays so, under the same epoch. */
static void
note_refusal(struct upstreams *self, enum status status)
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
    struct upstreams *self = state;

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
    for (size_t i = 0; i < self->count; i++)
        calls_resend_reservations(&self->list[i]);
    start_queued(self, clock_mono_ms());
}

static void
open_ledger(struct upstreams *self)
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
open_when_due(struct upstreams *self, int64_t now_ms)
{
    if (!self->is_ledger_open && actor_peer_is_up(self->actor, ACTOR_ANALYTICS) &&
        now_ms - self->ledger_asked_at_ms >= OPEN_AGAIN_MS)
        open_ledger(self);
}

static void
take_row(void *context, const struct settlement *row)
{
    struct upstreams *self = context;

    (void)settlements_add(&self->settlements, row);
}

/* What an earlier process left in it is told the ledger first. False: it cannot be used (logged). */
static bool
open_journal(struct upstreams *self)
{
    enum status status = ledger_journal_open(self->config, &self->journal);

    self->journal_tried_at_ms = clock_mono_ms();
    if (self->journal != NULL)
        ledger_journal_each(self->journal, take_row, self);
    return status != STATUS_STORAGE;
}

/* The disk was full when it was to be made. */
static void
open_journal_when_due(struct upstreams *self, int64_t now_ms)
{
    if (self->spends && self->journal == NULL && self->settlements.count == 0 &&
        now_ms - self->journal_tried_at_ms >= JOURNAL_AGAIN_MS)
        (void)open_journal(self);
}

static void
on_peer(void *state, enum actor_id peer, enum peer_event event, const struct message *reply)
{
    struct upstreams *self = state;

    (void)peer;
    (void)reply;
    set_ledger_open(self, false);
    if (event != PEER_DOWN)
        open_ledger(self);
}

static void
on_probed(void *context, bool is_connected, int64_t duration_us, const char *cause)
{
    struct upstream *upstream = context;

    upstream_health_note_probe(&upstream->health, clock_mono_ms(), is_connected, duration_us,
                               cause);
    if (!is_connected)
        resolver_expire(upstream->resolver);
}

/* Only while no call says how the paid API is. */
static void
probe_when_due(struct upstream *upstream, int64_t now_ms)
{
    const char *addresses;
    enum resolver_state resolved;

    if (transfer_origin_running(upstream->origin) > 0 ||
        !upstream_health_is_probe_due(&upstream->health, now_ms,
                                      upstream->config->probe_interval_s * 1000))
        return;
    resolved = resolver_addresses(upstream->resolver, now_ms, &addresses);
    if (resolved == RESOLVER_FAILED)
        upstream_health_note_probe(&upstream->health, now_ms, false, -1,
                                   "the name cannot be resolved");
    else if (resolved == RESOLVER_RESOLVED &&
             transfer_probe(upstream->origin, addresses, on_probed, upstream) == STATUS_OK)
        upstream_metric_add(upstream->index, UPSTREAM_METRIC_PROBES, 1);
}

static void
publish_journal(const struct upstreams *self)
{
    bool is_there = self->journal != NULL;

    metric_set(METRIC_JOURNAL_CALLS, is_there ? ledger_journal_calls(self->journal) : 0);
    metric_set(METRIC_JOURNAL_ROOM, !self->spends ? -1
                                    : is_there    ? ledger_journal_room(self->journal)
                                                  : 0);
}

static void
upstream_publish(const struct upstream *upstream, int64_t now_ms)
{
    int64_t active = (int64_t)transfer_origin_running(upstream->origin);
    int64_t open = (int64_t)transfer_origin_connections(upstream->origin);
    size_t index = upstream->index;

    upstream_metric_set(index, UPSTREAM_METRIC_PLAN_RATE, upstream->plan.per_second);
    upstream_metric_set(index, UPSTREAM_METRIC_PAUSE,
                        (plan_rate_pause_left_ms(&upstream->plan, now_ms) + 999) / 1000);
    upstream_metric_set(index, UPSTREAM_METRIC_ACTIVE, active);
    upstream_metric_set(index, UPSTREAM_METRIC_QUEUED, (int64_t)upstream->calls.count[CALL_QUEUED]);
    upstream_metric_set(index, UPSTREAM_METRIC_IN_USE, open < active ? open : active);
    upstream_metric_set(index, UPSTREAM_METRIC_IDLE, open > active ? open - active : 0);
    upstream_metric_set(index, UPSTREAM_METRIC_HEALTHY,
                        upstream_health_is_healthy(&upstream->health, now_ms));
    upstream_metric_set_detail(index, upstream_health_detail(&upstream->health, now_ms));
}

static void
tick_one(struct upstream *upstream, int64_t now_ms)
{
    upstream->has_ended_call = false;
    transfer_origin_cancel_late(upstream->origin, now_ms);
    calls_run_timers(upstream, now_ms);
    calls_start_queued(upstream, now_ms);
    probe_when_due(upstream, now_ms);
    upstream_publish(upstream, now_ms);
    upstream->tick_at_ms =
        now_ms + (TAILQ_EMPTY(&upstream->calls.calls) ? TICK_IDLE_MS : TICK_SENDING_MS);
}

static bool
has_calls(const struct upstreams *self)
{
    for (size_t i = 0; i < self->count; i++)
        if (!TAILQ_EMPTY(&self->list[i].calls.calls))
            return true;
    return false;
}

/* Comes with every turn of the loop: only an upstream that has something to do is looked at, whatever the others' calls are. */
static int64_t
upstream_tick(void *state, int64_t now_ms)
{
    struct upstreams *self = state;

    open_when_due(self, now_ms);
    open_journal_when_due(self, now_ms);
    calls_resend_settlements(self, now_ms);
    for (size_t i = 0; i < self->count; i++)
        if (self->list[i].has_ended_call || now_ms >= self->list[i].tick_at_ms)
            tick_one(&self->list[i], now_ms);
    publish_journal(self);
    return has_calls(self) ? TICK_SENDING_MS : TICK_IDLE_MS;
}

static void
upstream_wait(void *state, const int *fds, size_t fd_count, int64_t timeout_ms)
{
    struct upstreams *self = state;

    /* Nothing may be sent between the framework's look at its sockets and the sleep: that would swallow their signs. */
    transfer_pool_wait(self->transfers, fds, fd_count, timeout_ms);
    transfer_pool_step(self->transfers);
}

static void
on_resolved(void *state, int fd)
{
    struct upstreams *self = state;

    for (size_t i = 0; i < self->count; i++) {
        if (resolver_fd(self->list[i].resolver) != fd)
            continue;
        resolver_reap(self->list[i].resolver);
        calls_start_queued(&self->list[i], clock_mono_ms());
    }
}

/* A call under way is paid, and its row is to say so; nothing else would settle it. */
static bool
upstream_is_busy(void *state)
{
    const struct upstreams *self = state;

    return has_calls(self) || self->settlements.count > 0;
}

/* Well while one of them is: the others answer for themselves, in the metrics of the same heartbeat. The latency is the worst. */
static struct actor_health
upstream_health(void *state)
{
    const struct upstreams *self = state;
    int64_t now_ms = clock_mono_ms();
    struct actor_health health = {
        .latency_us = -1, .detail = "", .is_starting = !self->was_ledger_open};

    health.is_healthy = self->count == 0;
    for (size_t i = 0; i < self->count; i++) {
        const struct upstream_health *of = &self->list[i].health;
        int64_t latency_us = upstream_health_latency_us(of);

        upstream_publish(&self->list[i], now_ms);
        health.is_healthy |= upstream_health_is_healthy(of, now_ms);
        if (latency_us > health.latency_us)
            health.latency_us = latency_us;
        if (health.detail[0] == '\0')
            health.detail = upstream_health_detail(of, now_ms);
    }
    return health;
}

static void
destroy_one(struct upstream *upstream)
{
    struct call *call;

    resolver_destroy(&upstream->resolver);
    while ((call = TAILQ_FIRST(&upstream->calls.calls)) != NULL) {
        call_list_remove(&upstream->calls, call);
        call_free(&call);
    }
}

static void
upstream_destroy(void *state)
{
    struct upstreams *self = state;

    transfer_pool_destroy(&self->transfers);
    for (size_t i = 0; i < self->count; i++)
        destroy_one(&self->list[i]);
    free(self->list);
    settlements_fini(&self->settlements);
    ledger_journal_close(&self->journal);
    free(self);
}

/* Whether any route calls with our own key. */
static bool
needs_key(const struct config *config, const struct upstream_config *upstream)
{
    for (int64_t i = 0; i < config->route_count; i++)
        if (config->routes[i].upstream == upstream &&
            config->routes[i].credential != CREDENTIAL_PASSTHROUGH)
            return true;
    return false;
}

/* Said at the start, before the first miss fails. */
static void
look_for_key(const struct upstream *upstream)
{
    const struct upstream_config *config = upstream->config;
    bool has_key = config->credential.value[0] != '\0';

    upstream_metric_set(upstream->index, UPSTREAM_METRIC_KEY, has_key ? 0 : -2);
    if (!has_key && needs_key(upstream->all->config, config))
        log_warning("the upstream %s has no credential: calls go to it without a key, and it will "
                    "most likely reject them",
                    config->name);
}

static struct breaker_settings
breaker_settings_of(const struct upstream_config *config)
{
    return (struct breaker_settings){
        .failures = config->breaker_failures,
        .reset_timeout_ms = config->breaker_reset_timeout_s * 1000,
        .window_ms = config->breaker_window_s * 1000,
        .minimum_calls = config->breaker_minimum_calls,
        .failure_percent = config->breaker_failure_percent,
        .slow_call_ms = config->breaker_slow_call_ms,
        .slow_percent = config->breaker_slow_percent,
        .probes = config->breaker_probes,
    };
}

static bool
create_one(struct upstreams *self, const struct upstream_config *config)
{
    struct upstream *upstream = &self->list[self->count];
    struct breaker_settings breaker = breaker_settings_of(config);

    *upstream = (struct upstream){.all = self, .config = config, .index = self->count};
    call_list_init(&upstream->calls);
    upstream_health_init(&upstream->health);
    plan_rate_init(&upstream->plan, config->rate_per_second);
    retry_budget_init(&upstream->budget);
    breaker_init(&upstream->breaker, &breaker, clock_mono_ms());
    self->count++;
    calls_note_breaker(upstream);
    look_for_key(upstream);
    upstream->origin = transfer_pool_add(self->transfers, config);
    if (upstream->origin != NULL)
        upstream->resolver =
            resolver_create(transfer_origin_host(upstream->origin), config->resolve_ttl_s * 1000);
    if (upstream->resolver == NULL ||
        !actor_watch(self->actor, resolver_fd(upstream->resolver), on_resolved))
        return false;
    upstream_publish(upstream, clock_mono_ms()); /* before a heartbeat tells it */
    return true;
}

static bool
create_all(struct upstreams *self)
{
    size_t count = (size_t)self->config->upstream_count;

    self->list = calloc(count + 1, sizeof *self->list);
    self->transfers = transfer_pool_create(self->config, calls_on_transfer_done, self);
    if (self->list == NULL || self->transfers == NULL)
        return false;
    for (size_t i = 0; i < count; i++)
        if (!create_one(self, &self->config->upstreams[i]))
            return false;
    return true;
}

static void *
upstream_create(struct actor *actor, const struct config *config, void *argument)
{
    struct upstreams *self = calloc(1, sizeof *self);

    (void)argument;
    if (self == NULL)
        return NULL;
    self->actor = actor;
    self->config = config;
    self->spends = strcmp(config->ledger.unreachable, "spend") == 0;
    self->ledger_shut_at_ms = clock_mono_ms();
    if (!create_all(self) || !settlements_init(&self->settlements) || !open_journal(self)) {
        upstream_destroy(self);
        return NULL;
    }
    return self;
}

static const struct actor_route routes[] = {
    {MSG_UPSTREAM_FETCH, on_fetch},   {MSG_UPSTREAM_CANCEL, on_cancel},
    {MSG_LEDGER_OPENED, on_opened},   {MSG_LEDGER_RESERVED, on_reserved},
    {MSG_LEDGER_SETTLED, on_settled}, {MSG_UPSTREAM_CONTROL, on_control},
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
