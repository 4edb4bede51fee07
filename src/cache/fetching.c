/* fetching.c - a fetch's way: asked of the upstream, judged, stored, answered, or failed. flight.h has the states. */
#include "cache_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "flight/fetch_outcome.h"
#include "metrics.h"

/* A fetch is given up this long after the upstream's own deadline for it. */
#define FETCH_GRACE_MS      2000
#define UNUSABLE_WARNING_MS 60000

/* Why a flight brought no response. */
struct failure {
    enum status status;
    int64_t http_status; /* 0: that of status */
    int64_t retry_after_s;
    bool is_final; /* on the request itself: stale is no substitute */
    struct bytes detail;
    struct bytes text; /* of the upstream */
};

static bool
may_serve_stale(const struct cache *cache, const struct flight *flight)
{
    struct freshness_rules rules = freshness_rules_of(cache->config, flight->route);
    const struct entry *cached = flight->cached;

    return cached != NULL &&
           freshness_allows_stale_if_error(&rules, &cached->meta, clock_wall_ms());
}

/* Stale where a rule allows it, else the error. */
static struct flight_result
flight_result_of_failure(const struct cache *cache, const struct flight *flight,
                         const struct failure *failure)
{
    int64_t http_status =
        failure->http_status > 0 ? failure->http_status : status_http(failure->status);

    if (!failure->is_final && may_serve_stale(cache, flight))
        return flight_result_of_stale(flight->cached, flight->cached_level, clock_wall_ms(),
                                      status_slug(failure->status));

    struct blob *text = failure->text.size > 0 ? blob_copy(failure->text) : NULL;
    struct flight_result result = flight_result_of_error(
        failure->status, http_status, failure->retry_after_s, failure->detail, text);

    blob_release(&text);
    return result;
}

static void
note_failed_refresh(struct cache *cache, const struct flight *flight)
{
    if (flight->reason == FETCH_REASON_REFRESH)
        refresh_backoff_note(&cache->refresh_backoff, flight->cache_key,
                             clock_mono_ms() + cache->config->cache.refresh_backoff_ms);
}

static void
fetching_fail_with(struct cache *cache, struct flight *flight, const struct failure *failure)
{
    struct flight_result result = flight_result_of_failure(cache, flight, failure);

    note_failed_refresh(cache, flight);
    delivery_answer(cache, flight, &result);
}

void
fetching_fail(struct cache *cache, struct flight *flight, enum status status)
{
    fetching_fail_with(cache, flight, &(struct failure){.status = status});
}

/* The response was paid, and nobody can use it: a retry would pay again for the same. */
static bool
is_paid_in_vain(const struct fetch_outcome *outcome, const struct upstream_reply *reply)
{
    return outcome->kind == FETCH_FAULT && reply->http_status == 200 &&
           (reply->charge == CHARGE_BILLED || reply->charge == CHARGE_UNKNOWN);
}

static void
warn_of_unusable(struct cache *cache, const struct flight *flight, struct bytes cause)
{
    int64_t now_mono_ms = clock_mono_ms();

    cache->unwarned_unusable++;
    if (now_mono_ms < cache->next_unusable_warning_mono_ms)
        return;
    log_warning("%lld responses were paid and could not be used, the last one for route %s: %.*s",
                (long long)cache->unwarned_unusable, flight->route->name, BYTES_ARG(cause));
    cache->unwarned_unusable = 0;
    cache->next_unusable_warning_mono_ms = now_mono_ms + UNUSABLE_WARNING_MS;
}

/* Returns after how many seconds the key may be asked for again. */
static int64_t
note_unusable(struct cache *cache, const struct flight *flight, struct bytes cause)
{
    int64_t now_mono_ms = clock_mono_ms();
    int64_t ttl_s = cache->config->cache.unusable_ttl_s;

    metric_count_route(ROUTE_COUNTER_UNUSABLE, (size_t)(flight->route - cache->config->routes), 1);
    warn_of_unusable(cache, flight, cause);
    if (ttl_s > 0)
        unusable_note(&cache->unusable, flight->cache_key, cause, now_mono_ms,
                      now_mono_ms + ttl_s * 1000);
    return ttl_s;
}

/* Instead of a call that would be paid in vain. False: the key may be asked for. */
static bool
spare_call(struct cache *cache, struct flight *flight)
{
    int64_t now_mono_ms = clock_mono_ms();
    const struct unusable_slot *slot =
        unusable_find(&cache->unusable, flight->cache_key, now_mono_ms);

    if (slot == NULL)
        return false;
    metric_add(METRIC_UNUSABLE_SPARED, 1);
    fetching_fail_with(
        cache, flight,
        &(struct failure){.status = STATUS_UPSTREAM_UNUSABLE,
                          .retry_after_s = (slot->until_mono_ms - now_mono_ms + 999) / 1000,
                          .detail = bytes_of_text(slot->cause)});
    return true;
}

/* One more fetch is too much: for all, or for its upstream, which must leave room for the others. */
static bool
is_full(const struct cache *cache, const struct flight *flight)
{
    const struct upstream_config *upstream = flight->route->upstream;
    int64_t most = cache->config->cache.max_fetches;
    size_t running = flight_table_count_in(cache->flights, FLIGHT_FETCHING) +
                     flight_table_count_in(cache->flights, FLIGHT_STORING);

    return running >= (size_t)most ||
           flight_table_fetching_of(cache->flights, upstream) >=
               (size_t)config_upstream_share(cache->config, upstream, most);
}

static enum status
may_fetch(const struct cache *cache, const struct flight *flight)
{
    if (actor_is_stopping(cache->actor))
        return STATUS_STOPPING;
    if (cache->upstream_is_down)
        return STATUS_UNAVAILABLE;
    if (flight->state != FLIGHT_FETCHING && is_full(cache, flight))
        return STATUS_OVERLOADED;
    return STATUS_OK;
}

/* All calls of one try share the time that the first one was given. */
static enum status
send_fetch(struct cache *cache, const struct flight *flight, struct bytes credential)
{
    struct message message = {.kind = MSG_UPSTREAM_FETCH,
                              .correlation_id = actor_next_correlation(cache->actor),
                              .time_left_ms =
                                  flight->deadline_mono_ms - FETCH_GRACE_MS - clock_mono_ms(),
                              .request_id = bytes_of_text(flight->request_id),
                              .u.UPSTREAM_FETCH = {.flight_id = flight->id,
                                                   .route = bytes_of_text(flight->route->name),
                                                   .method = bytes_of_text(flight->route->method),
                                                   .target = flight_target(flight),
                                                   .api_key_id = flight->payer_key_id,
                                                   .reason = flight->reason,
                                                   .price_micro_usd = flight->route->cost_micro_usd,
                                                   .cache_key = bytes_of_text(flight->cache_key),
                                                   .credential = credential}};

    if (message.time_left_ms <= 0)
        return STATUS_UPSTREAM_TIMEOUT;
    return actor_tell(cache->actor, ACTOR_UPSTREAM, &message);
}

/* Asks the upstream on behalf of cause, who pays. The flight is FETCHING when this gives OK. */
static enum status
start_fetch(struct cache *cache, struct flight *flight, const struct waiter *cause,
            enum fetch_reason reason)
{
    struct bytes credential = bytes_of(cause->credential, cause->credential_size);
    enum status status = may_fetch(cache, flight);

    flight->reason = reason;
    flight->payer_key_id = cause->api_key_id;
    flight->ttl_override_s = cause->ttl_override_s;
    flight->purge_number = cache->purges.log.newest;
    flight->deadline_mono_ms =
        clock_mono_ms() + flight->route->upstream->timeout_ms + FETCH_GRACE_MS;
    if (status == STATUS_OK && !flight_begin_try(flight, credential))
        status = STATUS_NO_MEMORY;
    if (status == STATUS_OK)
        status = send_fetch(cache, flight, credential);
    if (status != STATUS_OK)
        return status;
    flight_advance(cache->flights, flight, FLIGHT_FETCHING);
    metric_add(METRIC_CACHE_FETCHES, 1);
    if (reason == FETCH_REASON_REFRESH)
        metric_add(METRIC_CACHE_REFRESHES, 1);
    return STATUS_OK;
}

bool
fetching_is_held(const struct cache *cache, const char *cache_key)
{
    return unusable_find(&cache->unusable, cache_key, clock_mono_ms()) != NULL;
}

void
fetching_start(struct cache *cache, struct flight *flight)
{
    struct waiter *payer = flight_choose_payer(flight);
    bool is_warming = payer->api_key_id == 0;
    enum status status;

    if (spare_call(cache, flight))
        return;
    status = start_fetch(cache, flight, payer, is_warming ? FETCH_REASON_WARM : FETCH_REASON_MISS);
    if (status != STATUS_OK)
        fetching_fail(cache, flight, status);
}

enum status
fetching_start_refresh(struct cache *cache, struct flight *flight)
{
    enum status status;

    if (fetching_is_held(cache, flight->cache_key))
        return STATUS_UPSTREAM_UNUSABLE;
    status = start_fetch(cache, flight, TAILQ_FIRST(&flight->waiters), FETCH_REASON_REFRESH);
    if (status != STATUS_OK)
        note_failed_refresh(cache, flight);
    return status;
}

static void
count_store(enum status stored)
{
    if (stored == STATUS_OK)
        metric_add(METRIC_CACHE_STORES, 1);
    else if (stored != STATUS_PURGED && stored != STATUS_NOT_IMPLEMENTED)
        metric_add(METRIC_CACHE_STORE_FAILURES, 1);
}

/* What was fetched is stored, or is not going to be. */
static void
fetching_finish(struct cache *cache, struct flight *flight, enum status stored)
{
    struct flight_result result =
        flight_result_of_fetch(flight->fetched, flight->cost_micro_usd, stored);

    count_store(stored);
    if (result.may_keep)
        entry_traces_note(&cache->traces, flight->cache_key, &result.meta,
                          result.meta.purge_number);
    refresh_backoff_forget(&cache->refresh_backoff, flight->cache_key);
    delivery_answer(cache, flight, &result);
}

void
fetching_stored(void *state, int64_t flight_id, enum status status)
{
    struct cache *cache = state;
    struct flight *flight = flight_table_find(cache->flights, flight_id);

    if (flight != NULL && flight->state == FLIGHT_STORING)
        fetching_finish(cache, flight, status);
}

/* NULL: no memory. */
static struct entry *
entry_of_reply(const struct cache *cache, struct flight *flight, const struct message *message)
{
    const struct upstream_reply *reply = &message->u.UPSTREAM_REPLY;
    struct freshness_rules rules = freshness_rules_of(cache->config, flight->route);
    int64_t received = reply->received_wall_ms > 0 ? reply->received_wall_ms : clock_wall_ms();
    struct entry source = {.route = flight->route,
                           .meta = {.http_status = reply->http_status,
                                    .created_wall_ms = received,
                                    .expires_wall_ms = received,
                                    .stale_until_wall_ms = received,
                                    .price_micro_usd = reply->charge == CHARGE_BILLED
                                                           ? flight->route->cost_micro_usd
                                                           : 0,
                                    .purge_number = flight->purge_number,
                                    .fetched_by_key_id = flight->payer_key_id},
                           .signature = flight->signature,
                           .headers = reply->headers,
                           .body = message->body};

    if (freshness_is_storeable(&rules, reply->http_status))
        freshness_start(&rules, flight->ttl_override_s, &source.meta);
    else
        flight->may_store = false;
    bytes_copy_text(bytes_of_text(flight->cache_key), source.cache_key, sizeof source.cache_key);
    return entry_of_fetch(&source);
}

/* Write-through: waiters are answered when the entry is stored. */
static void
store_response(struct cache *cache, struct flight *flight, const struct message *message)
{
    flight->fetched = entry_of_reply(cache, flight, message);
    flight->cost_micro_usd = message->u.UPSTREAM_REPLY.cost_micro_usd;
    if (flight->fetched == NULL) {
        fetching_fail(cache, flight, STATUS_NO_MEMORY);
        return;
    }
    if (!flight->may_store) {
        fetching_finish(cache, flight, STATUS_NOT_IMPLEMENTED);
        return;
    }
    enum status status = tiers_store(cache->tiers, flight->id, flight->fetched);

    if (status == STATUS_OK)
        flight_advance(cache->flights, flight, FLIGHT_STORING);
    else
        fetching_finish(cache, flight, status);
}

/* The payer was refused for its own sake: the next waiter pays. */
static void
fetch_for_next_payer(struct cache *cache, struct flight *flight, const struct failure *failure)
{
    struct waiter *payer = flight_payer(flight);

    if (payer != NULL) {
        struct flight_result result = flight_result_of_failure(cache, flight, failure);

        delivery_answer_waiter(cache, flight, payer, &result);
        flight_result_fini(&result);
    }
    note_failed_refresh(cache, flight);
    if (!TAILQ_EMPTY(&flight->waiters))
        fetching_start(cache, flight);
    else
        flight_end(cache->flights, &flight);
}

static struct failure
failure_of(const struct fetch_outcome *outcome, const struct message *message)
{
    const struct upstream_reply *reply = &message->u.UPSTREAM_REPLY;
    struct failure failure = {.status = outcome->status,
                              .http_status = outcome->http_status,
                              .retry_after_s = reply->retry_after_s,
                              .is_final = outcome->kind == FETCH_RELAY ||
                                          (outcome->kind == FETCH_PAYER_REFUSED &&
                                           outcome->status == STATUS_UPSTREAM_REFUSED),
                              .detail = reply->detail};

    if (outcome->status == STATUS_UPSTREAM_REFUSED)
        failure.text = fetch_outcome_error_text(blob_bytes(message->body));
    return failure;
}

/* The second call of the same fetch: same payer, same deadline, and the purge number of the first, so that a purge
 * between them counts. */
static void
fetch_fallback_path(struct cache *cache, struct flight *flight)
{
    enum status status = may_fetch(cache, flight);

    if (status == STATUS_OK)
        status = send_fetch(cache, flight, bytes_of(flight->credential, flight->credential_size));
    if (status != STATUS_OK)
        fetching_fail(cache, flight, status);
}

void
fetching_replied(struct cache *cache, const struct message *message)
{
    const struct upstream_reply *reply = &message->u.UPSTREAM_REPLY;
    struct flight *flight = flight_table_find(cache->flights, reply->flight_id);

    /* Late: the flight failed at its deadline, and with it what was known of the request. */
    if (flight == NULL || flight->state != FLIGHT_FETCHING ||
        leaving_replied(cache, flight, message->status))
        return;
    flight->upstream_us += reply->duration_us;
    if (message->status == STATUS_OK && flight_turn_to_fallback_path(flight, reply->http_status)) {
        fetch_fallback_path(cache, flight);
        return;
    }
    struct freshness_rules rules = freshness_rules_of(cache->config, flight->route);
    struct fetch_outcome outcome =
        fetch_outcome_of(message->status, reply->http_status, &rules,
                         flight->route->credential == CREDENTIAL_PASSTHROUGH);
    struct failure failure = failure_of(&outcome, message);

    if (is_paid_in_vain(&outcome, reply))
        failure.retry_after_s = note_unusable(cache, flight, reply->detail);
    if (outcome.kind == FETCH_RESPONSE)
        store_response(cache, flight, message);
    else if (outcome.kind == FETCH_PAYER_REFUSED)
        fetch_for_next_payer(cache, flight, &failure);
    else
        fetching_fail_with(cache, flight, &failure);
}

void
fetching_fail_all(struct cache *cache, enum status status)
{
    struct flight *flight, *next;

    LIST_FOREACH_SAFE (flight, flight_table_all(cache->flights), link, next)
        if (flight->state == FLIGHT_FETCHING)
            fetching_fail(cache, flight, status);
}

void
fetching_tick(struct cache *cache, int64_t now_mono_ms)
{
    struct flight *flight, *next;

    LIST_FOREACH_SAFE (flight, flight_table_all(cache->flights), link, next) {
        bool is_late;

        flight_drop_late(cache->flights, flight, now_mono_ms);
        is_late = now_mono_ms >= flight->deadline_mono_ms;
        if (flight->state == FLIGHT_FETCHING && is_late)
            fetching_fail(cache, flight, STATUS_UPSTREAM_TIMEOUT);
        else if (flight->state == FLIGHT_ANSWERED && is_late)
            delivery_give_up(cache, flight);
        else
            leaving_cancel_unwanted(cache, flight);
    }
}
