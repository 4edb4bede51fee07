/* calls.c - a call on its way: reserved, sent, settled, answered. Its states stand in call.h. */
#include "call/calls.h"

#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"
#include "call/charge.h"
#include "metrics.h"
#include "upstream_metrics.h"

#define KEY_ERROR_MS 60000

static void
send_settlement(struct upstreams *self, struct settlement *row)
{
    struct message message = {
        .kind = MSG_LEDGER_SETTLE,
        .u.LEDGER_SETTLE =
            {
                .call_id = bytes_of_text(row->call_id),
                .instance = bytes_of_text(self->config->server.instance),
                .epoch = actor_epoch(self->actor),
                .api_key_id = row->api_key_id,
                .route = bytes_of_text(row->route),
                .reason = row->reason,
                .price_micro_usd = row->price_micro_usd,
                .charge = row->charge,
                .http_status = row->http_status,
                .cost_micro_usd = row->cost_micro_usd,
                .duration_us = row->duration_us,
            },
    };

    row->send_at_ms = clock_mono_ms() + SETTLEMENT_RESEND_MS;
    (void)actor_tell(self->actor, ACTOR_ANALYTICS, &message);
}

static struct settlement
settlement_of(const struct call *call, enum charge charge, int http_status)
{
    bool is_paid = charge == CHARGE_BILLED || charge == CHARGE_UNKNOWN;
    struct settlement row = {
        .api_key_id = call->api_key_id,
        .reason = call->reason,
        .price_micro_usd = call->price_micro_usd,
        .charge = charge,
        .http_status = http_status,
        .cost_micro_usd = is_paid ? call->price_micro_usd : 0,
        .duration_us = call->started_us > 0 ? clock_mono_ns() / 1000 - call->started_us : 0,
        .is_journaled = call->is_journaled,
    };

    memcpy(row.call_id, call->call_id, sizeof row.call_id);
    memcpy(row.route, call->route, sizeof row.route);
    return row;
}

static void
calls_count(const struct call *call, enum upstream_metric which, int64_t n)
{
    upstream_metric_add(call->upstream->index, which, n);
}

static void
calls_settle(const struct call *call, enum charge charge, int http_status)
{
    struct upstreams *self = call->upstream->all;
    struct settlement row = settlement_of(call, charge, http_status);
    const struct route_config *route;

    if (row.is_journaled)
        ledger_journal_end(self->journal, &row);
    send_settlement(self, settlements_add(&self->settlements, &row));
    if (charge == CHARGE_BILLED)
        calls_count(call, UPSTREAM_METRIC_BILLED, 1);
    if (charge == CHARGE_UNKNOWN)
        calls_count(call, UPSTREAM_METRIC_UNKNOWN, 1);
    calls_count(call, UPSTREAM_METRIC_COST, row.cost_micro_usd);
    route = config_route(self->config, call->route);
    if (route != NULL)
        metric_count_route(ROUTE_COUNTER_SPENT, (size_t)(route - self->config->routes),
                           row.cost_micro_usd);
}

static void
calls_answer(struct call *call, struct message *reply)
{
    struct upstream *upstream = call->upstream;

    reply->kind = MSG_UPSTREAM_REPLY;
    reply->u.UPSTREAM_REPLY.flight_id = call->flight_id;
    reply->u.UPSTREAM_REPLY.duration_us = call->sent_us;
    if (actor_reply(upstream->all->actor, &call->from, reply) != STATUS_OK)
        log_warning("a reply about a call could not be handed to the cache actor");
    call_list_remove(&upstream->calls, call);
    call_free(&call);
    upstream->has_ended_call = true;
}

void
calls_fail(struct call *call, enum status status, const char *detail, int64_t retry_after_s)
{
    struct message reply = {
        .status = status,
        .u.UPSTREAM_REPLY =
            {
                .charge = CHARGE_FREE,
                .received_wall_ms = clock_wall_ms(),
                .retry_after_s = retry_after_s,
                .detail = bytes_of_text(detail),
            },
    };

    breaker_return(&call->upstream->breaker, &call->permit);
    if (call->state == CALL_RESERVING)
        calls_settle(call, CHARGE_FREE, 0);
    calls_answer(call, &reply);
}

/* NULL: there is none that was not sent yet. */
static struct call *
find_unsent(const struct upstreams *self, int64_t flight_id)
{
    struct call *call;

    for (size_t i = 0; i < self->count; i++)
        TAILQ_FOREACH (call, &self->list[i].calls.calls, link)
            if (call->flight_id == flight_id && call->state != CALL_SENDING)
                return call;
    return NULL;
}

void
calls_cancel(struct upstreams *self, int64_t flight_id)
{
    struct call *call = find_unsent(self, flight_id);

    if (call == NULL)
        return;
    calls_count(call, UPSTREAM_METRIC_CANCELLED, 1);
    calls_fail(call, STATUS_CANCELLED, "nobody waits for it any more", 0);
}

struct call *
calls_find(const struct upstreams *self, struct bytes call_id)
{
    struct call *call = NULL;

    for (size_t i = 0; i < self->count && call == NULL; i++)
        call = call_list_find(&self->list[i].calls, call_id);
    return call;
}

static void
make_call_id(struct call *call)
{
    uint8_t random[16];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        log_fatal("no random numbers");
    hex_write(random, sizeof random, call->call_id);
}

static enum status
send_reservation(const struct call *call)
{
    const struct upstreams *self = call->upstream->all;
    struct message message = {
        .kind = MSG_LEDGER_RESERVE,
        .request_id = bytes_of_text(call->from.request_id),
    };

    message.u.LEDGER_RESERVE = (struct ledger_reserve){
        .call_id = bytes_of_text(call->call_id),
        .instance = bytes_of_text(self->config->server.instance),
        .epoch = actor_epoch(self->actor),
        .api_key_id = call->api_key_id,
        .route = bytes_of_text(call->route),
        .reason = call->reason,
        .price_micro_usd = call->price_micro_usd,
    };
    return actor_tell(self->actor, ACTOR_ANALYTICS, &message);
}

/* The ledger cannot reserve it, and it is made all the same. False: it must not, or there is no room for its record. */
static bool
calls_spend(struct call *call, int64_t now_ms)
{
    struct upstreams *self = call->upstream->all;
    struct settlement row = settlement_of(call, CHARGE_UNKNOWN, 0);

    if (!self->spends || self->journal == NULL || !ledger_journal_add(self->journal, &row))
        return false;
    call->is_journaled = true;
    metric_add(METRIC_UNRESERVED_CALLS, 1);
    calls_send(call, now_ms);
    return true;
}

void
calls_unreserved(struct call *call, const char *cause)
{
    int64_t now_ms = clock_mono_ms();

    if (now_ms >= call->deadline_ms || !calls_spend(call, now_ms))
        calls_fail(call, STATUS_LEDGER_UNAVAILABLE, cause, 1);
}

void
calls_note_breaker(struct upstream *upstream)
{
    const struct breaker *breaker = &upstream->breaker;
    bool is_open = breaker->state == BREAKER_OPEN;

    if (breaker->generation == upstream->breaker_generation)
        return;
    upstream->breaker_generation = breaker->generation;
    upstream_metric_set(upstream->index, UPSTREAM_METRIC_BREAKER_STATE, breaker->state);
    upstream_metric_set(upstream->index, UPSTREAM_METRIC_BREAKER_REASON, breaker->reason);
    upstream_metric_set(upstream->index, UPSTREAM_METRIC_BREAKER_SINCE, clock_wall_ms() / 1000);
    upstream_metric_set(upstream->index, UPSTREAM_METRIC_BREAKER_CLOSED,
                        breaker->entered[BREAKER_CLOSED]);
    upstream_metric_set(upstream->index, UPSTREAM_METRIC_BREAKER_OPENED,
                        breaker->entered[BREAKER_OPEN]);
    upstream_metric_set(upstream->index, UPSTREAM_METRIC_BREAKER_HALF_OPENED,
                        breaker->entered[BREAKER_HALF_OPEN]);
    if (breaker->reason == BREAKER_REASON_NONE)
        return;
    if (is_open)
        log_warning("the breaker of the upstream %s is open: %s", upstream->config->name,
                    breaker_reason_text(breaker->reason));
    else
        log_info("the breaker of the upstream %s is %s: %s", upstream->config->name,
                 breaker_state_text(breaker->state), breaker_reason_text(breaker->reason));
}

/* True: it was refused, and is gone. */
static bool
is_refused(struct call *call, int64_t now_ms)
{
    int64_t wait_ms = breaker_wait_ms(&call->upstream->breaker, now_ms);

    if (wait_ms == 0)
        return false;
    calls_count(call, UPSTREAM_METRIC_REFUSED, 1);
    calls_fail(call, STATUS_UPSTREAM_OPEN, "the upstream's circuit breaker is open",
               (wait_ms + 999) / 1000);
    return true;
}

static void
calls_reserve(struct call *call, int64_t now_ms)
{
    struct upstream *upstream = call->upstream;
    struct upstreams *self = upstream->all;

    make_call_id(call);
    call->is_journaled = false;
    call->started_us = 0;
    call->send_at_ms = 0;
    call->reserve_deadline_ms = now_ms + upstream->config->reserve_timeout_ms;
    if (self->is_ledger_open && send_reservation(call) != STATUS_OK)
        return;
    (void)breaker_permit(&upstream->breaker, now_ms, &call->permit); /* may_start asked */
    calls_note_breaker(upstream);
    plan_rate_count(&upstream->plan, now_ms);
    call_list_move(&upstream->calls, call, CALL_RESERVING);
    if (!self->is_ledger_open)
        calls_unreserved(call, "the ledger cannot be reached");
}

/* It has been away for longer than a reservation may take. */
static bool
may_spend(const struct upstream *upstream, int64_t now_ms)
{
    const struct upstreams *self = upstream->all;

    return self->spends && self->journal != NULL && ledger_journal_room(self->journal) > 0 &&
           now_ms - self->ledger_shut_at_ms >= upstream->config->reserve_timeout_ms;
}

static size_t
busy_calls(const struct upstream *upstream)
{
    return upstream->calls.count[CALL_RESERVING] + upstream->calls.count[CALL_SENDING];
}

/* Its own connections, and a place in the ledger for each call of all upstreams. */
static bool
has_capacity(const struct upstream *upstream)
{
    const struct upstreams *self = upstream->all;
    size_t rows = self->settlements.count;

    for (size_t i = 0; i < self->count; i++)
        rows += busy_calls(&self->list[i]);
    return busy_calls(upstream) < (size_t)upstream->config->max_connections &&
           rows < SETTLEMENTS_MAX;
}

/* True: its name cannot be resolved, and it is gone. */
static bool
is_lost(struct call *call, enum resolver_state resolved, int64_t now_ms)
{
    if (resolved != RESOLVER_FAILED)
        return false;
    upstream_health_note_call(&call->upstream->health, now_ms, UPSTREAM_CALL_UNREACHABLE, -1,
                              "the name cannot be resolved");
    calls_fail(call, STATUS_UPSTREAM_FAILED, "the upstream's name cannot be resolved", 0);
    return true;
}

/* What a queued call waits for, or why it ends. True: it may be reserved now. */
static bool
may_start(struct call *call, int64_t now_ms)
{
    struct upstream *upstream = call->upstream;
    int64_t pause_ms = plan_rate_pause_left_ms(&upstream->plan, now_ms);
    bool is_open = upstream->all->is_ledger_open;
    const char *addresses;
    enum resolver_state resolved;

    if (now_ms >= call->deadline_ms) {
        calls_fail(call, is_open ? STATUS_UPSTREAM_TIMEOUT : STATUS_LEDGER_UNAVAILABLE,
                   "no place or reservation before the deadline", 0);
        return false;
    }
    if (is_refused(call, now_ms))
        return false;
    if (pause_ms > 0) {
        calls_fail(call, STATUS_UPSTREAM_LIMITED, "the upstream asked for a pause",
                   (pause_ms + 999) / 1000);
        return false;
    }
    resolved = resolver_addresses(upstream->resolver, now_ms, &addresses);
    return !is_lost(call, resolved, now_ms) && resolved == RESOLVER_RESOLVED &&
           (is_open || may_spend(upstream, now_ms)) && has_capacity(upstream) &&
           now_ms >= call->not_before_ms && plan_rate_wait_ms(&upstream->plan, now_ms) == 0;
}

void
calls_start_queued(struct upstream *upstream, int64_t now_ms)
{
    struct call *call, *next;

    TAILQ_FOREACH_SAFE (call, &upstream->calls.calls, link, next) {
        if (call->state == CALL_QUEUED && may_start(call, now_ms))
            calls_reserve(call, now_ms);
        if (upstream->calls.count[CALL_QUEUED] == 0)
            break;
    }
}

/* True: injected latency holds it, and calls_run_timers sends it. */
static bool
is_held(struct call *call, int64_t now_ms)
{
    int64_t latency_ms = call->upstream->faults.latency_ms;

    if (call->send_at_ms == 0 && latency_ms > 0) {
        call->send_at_ms = now_ms + latency_ms;
        call->started_us = clock_mono_ns() / 1000;
    }
    return now_ms < call->send_at_ms && now_ms < call->deadline_ms;
}

/* True: it failed without being sent. */
static bool
is_hit(struct call *call)
{
    const struct faults *faults = &call->upstream->faults;
    const struct transfer_result failure = {
        .outcome = TRANSFER_NOT_CONNECTED,
        .cause = "A fault was injected",
        .detail = "A fault was injected",
    };
    uint32_t random = 0;

    if (faults->ppm == 0 || getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random ||
        !faults_hit(faults, random))
        return false;
    calls_count(call, UPSTREAM_METRIC_FAULTS, 1);
    calls_on_transfer_done(NULL, call, &failure);
    return true;
}

static void
start_transfer(struct call *call, int64_t now_ms)
{
    struct upstream *upstream = call->upstream;
    struct transfer_request request = {
        .target = call->target,
        .request_id = call->from.request_id,
        .call_id = call->call_id,
        .credential = call->credential,
        .timeout_ms = call->deadline_ms - now_ms,
        .call = call,
    };

    if (resolver_addresses(upstream->resolver, now_ms, &request.addresses) != RESOLVER_RESOLVED ||
        request.timeout_ms <= 0 || transfer_start(upstream->origin, &request) != STATUS_OK) {
        calls_fail(call, STATUS_UPSTREAM_FAILED, "the call could not be started", 0);
        return;
    }
    call_list_move(&upstream->calls, call, CALL_SENDING);
}

void
calls_send(struct call *call, int64_t now_ms)
{
    if (is_held(call, now_ms))
        return;
    if (call->started_us == 0)
        call->started_us = clock_mono_ns() / 1000;
    if (now_ms >= call->deadline_ms)
        calls_fail(call, STATUS_UPSTREAM_TIMEOUT, "the upstream did not answer in time", 0);
    else if (!is_hit(call))
        start_transfer(call, now_ms);
}

static bool
calls_retry(struct call *call, const struct transfer_result *result)
{
    struct upstream *upstream = call->upstream;
    int64_t now_ms = clock_mono_ms();
    uint32_t random = 0;
    struct retry_facts facts = {
        .attempt = call->attempt,
        .retries = upstream->config->retries,
        .http_status = result->http_status,
        .was_sent = result->was_sent,
        .charge = charge_of(result),
        .left_ms = call->deadline_ms - now_ms,
        .retry_after_s = result->retry_after_s,
    };

    if (breaker_wait_ms(&upstream->breaker, now_ms) > 0 || !retry_is_due(&facts, &upstream->budget))
        return false;
    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        random = (uint32_t)now_ms;
    call->attempt++;
    call->not_before_ms = now_ms + retry_delay_ms(random);
    call_list_move(&upstream->calls, call, CALL_QUEUED);
    upstream->has_ended_call = true;
    calls_count(call, UPSTREAM_METRIC_RETRIES, 1);
    return true;
}

static const char *
key_rejection(int http_status)
{
    switch (http_status) {
    case 401:
        return "The paid API does not accept our key (401)";
    case 402:
        return "The paid API wants our account to be paid (402)";
    default:
        return "The paid API does not allow our key to do this (403)";
    }
}

/* A rejected key fails every miss until somebody changes it or pays: that is said once a minute. */
static void
note_key_rejected(struct call *call, int http_status)
{
    struct upstream *upstream = call->upstream;
    int64_t now_ms = clock_mono_ms();

    calls_count(call, UPSTREAM_METRIC_KEY_REJECTED, 1);
    upstream_metric_set(upstream->index, UPSTREAM_METRIC_KEY,
                        upstream->config->credential.value[0] != '\0' ? -1 : -2);
    if (now_ms < upstream->next_key_error_ms)
        return;
    upstream->next_key_error_ms = now_ms + KEY_ERROR_MS;
    log_error("%s, upstream %s, route %s: check its credential and the account there",
              key_rejection(http_status), upstream->config->name, call->route);
}

static void
note_failure(const struct call *call, const struct transfer_result *result)
{
    size_t index = call->upstream->index;

    upstream_metric_add(index, UPSTREAM_METRIC_FAILURES, 1);
    upstream_metric_set(index, UPSTREAM_METRIC_FAILED_AT, clock_wall_ms() / 1000);
    upstream_metric_set(index, UPSTREAM_METRIC_FAILED_STATUS, result->http_status);
}

/* What it says of our key. */
static void
note_key(struct call *call, const struct transfer_result *result, bool is_whole, bool is_rejected)
{
    const struct upstream *upstream = call->upstream;

    if (is_rejected)
        note_key_rejected(call, result->http_status);
    else if (is_whole && call->credential == NULL && upstream->config->credential.value[0] != '\0')
        upstream_metric_set(upstream->index, UPSTREAM_METRIC_KEY, 1);
}

static void
count_call(const struct call *call, const struct transfer_result *result, int64_t duration_us)
{
    if (!result->was_sent)
        return;
    metric_add(METRIC_UPSTREAM_CALLS, 1);
    calls_count(call, UPSTREAM_METRIC_MADE, 1);
    upstream_metric_observe(call->upstream->index, duration_us);
}

/* A key that is rejected or limited was judged by an upstream that works; a paid answer that nobody can use was not. */
static void
note_breaker(struct call *call, bool is_failure, int64_t duration_us)
{
    struct upstream *upstream = call->upstream;

    breaker_record(&upstream->breaker, &call->permit, is_failure, duration_us / 1000,
                   clock_mono_ms());
    calls_note_breaker(upstream);
}

static void
note_health(struct call *call, const struct transfer_result *result)
{
    struct upstream *upstream = call->upstream;
    bool is_whole = result->outcome == TRANSFER_OK && result->http_status < 500;
    bool is_rejected =
        is_whole && call->credential == NULL && http_status_rejects_key(result->http_status);
    bool is_fine = is_whole && !is_rejected;
    int64_t duration_us = clock_mono_ns() / 1000 - call->started_us;

    upstream_health_note_call(
        &upstream->health, clock_mono_ms(),
        is_fine                                     ? UPSTREAM_CALL_OK
        : is_rejected                               ? UPSTREAM_CALL_REJECTED
        : result->outcome == TRANSFER_NOT_CONNECTED ? UPSTREAM_CALL_UNREACHABLE
                                                    : UPSTREAM_CALL_FAILED,
        duration_us, is_rejected ? key_rejection(result->http_status) : result->cause);
    note_breaker(call, !is_whole, duration_us);
    note_key(call, result, is_whole, is_rejected);
    count_call(call, result, duration_us);
    if (!is_fine)
        note_failure(call, result);
    if (result->outcome == TRANSFER_NOT_CONNECTED)
        resolver_expire(upstream->resolver);
    /* A client's own plan says nothing about the others'. */
    if (result->http_status == 429 && call->credential == NULL)
        plan_rate_pause(&upstream->plan, result->retry_after_s, clock_mono_ms());
}

/* One attempt, and what it means for the bill. */
static void
log_call(const struct call *call, const struct transfer_result *result, enum charge charge)
{
    bool is_whole = result->outcome == TRANSFER_OK && result->http_status < 500;
    bool is_paid = charge == CHARGE_BILLED || charge == CHARGE_UNKNOWN;
    const struct log_field fields[] = {
        log_text("upstream", call->upstream->config->name),
        log_text("route", call->route),
        log_number("key_id", call->api_key_id),
        log_text("reason", fetch_reason_text(call->reason)),
        log_number("attempt", call->attempt),
        log_number("status", result->http_status),
        log_text("charge", charge_text(charge)),
        log_usd("cost_usd", is_paid ? call->price_micro_usd : 0),
        log_number("duration_us", clock_mono_ns() / 1000 - call->started_us),
        log_text("cause", result->outcome != TRANSFER_OK ? result->cause : NULL),
    };

    log_event(is_whole ? LOG_DEBUG : LOG_WARNING, is_whole ? "call" : "call failed", fields,
              COUNT(fields));
}

void
calls_on_transfer_done(void *context, void *argument, const struct transfer_result *result)
{
    struct call *call = argument;
    enum status status = call_status_of(result, call->credential == NULL);
    enum charge charge = charge_of(result);
    bool is_paid = charge == CHARGE_BILLED || charge == CHARGE_UNKNOWN;
    struct message reply = {
        .status = status,
        .body = result->body,
        .u.UPSTREAM_REPLY =
            {
                .http_status = result->http_status,
                .charge = charge,
                .cost_micro_usd = is_paid ? call->price_micro_usd : 0,
                .received_wall_ms = clock_wall_ms(),
                .retry_after_s = result->retry_after_s,
                .headers = result->headers,
                .detail = bytes_of_text(status == STATUS_UPSTREAM_CREDENTIAL
                                            ? key_rejection(result->http_status)
                                        : result->outcome == TRANSFER_OK ? ""
                                                                         : result->detail),
            },
    };

    (void)context;
    log_set_request(call->from.request_id);
    call->sent_us += clock_mono_ns() / 1000 - call->started_us;
    log_call(call, result, charge);
    note_health(call, result);
    calls_settle(call, charge, result->http_status);
    if (!calls_retry(call, result))
        calls_answer(call, &reply);
    log_set_request(NULL);
}

/* Nothing was sent; where it is not made all the same, its row, if there is one, is settled as free. */
void
calls_run_timers(struct upstream *upstream, int64_t now_ms)
{
    struct call *call, *next;

    TAILQ_FOREACH_SAFE (call, &upstream->calls.calls, link, next) {
        if (call->state != CALL_RESERVING)
            continue;
        if (call->send_at_ms > 0)
            calls_send(call, now_ms);
        else if (now_ms >= call->reserve_deadline_ms || now_ms >= call->deadline_ms)
            calls_unreserved(call, "the ledger did not confirm the reservation");
    }
}

void
calls_resend_settlements(struct upstreams *self, int64_t now_ms)
{
    for (size_t i = 0; i < self->settlements.count; i++)
        if (now_ms >= self->settlements.rows[i].send_at_ms)
            send_settlement(self, &self->settlements.rows[i]);
}

void
calls_resend_reservations(struct upstream *upstream)
{
    struct call *call;

    TAILQ_FOREACH (call, &upstream->calls.calls, link)
        if (call->state == CALL_RESERVING)
            (void)send_reservation(call);
}
