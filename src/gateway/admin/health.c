/* health.c - the checks and their JSON. */
#include "admin/health.h"

#include <jansson.h>
#include <stdlib.h>

#include "admin/admin_request.h"
#include "base/clock.h"
#include "base/data_dir.h"
#include "breaker_state.h"
#include "response/response.h"
#include "upstream_metrics.h"
#include "version.h"

struct checks {
    bool database, cache, upstream, ledger, disk_space;
    bool are_upstreams_well; /* all of them */
    int64_t free_bytes;      /* -1: not known */
    struct actor_view views[ACTOR_COUNT];
    struct upstream_metrics upstreams[UPSTREAMS_MAX];
};

static bool
is_well(const struct actor_view *view)
{
    return view->is_up && view->is_healthy;
}

/* Why no call can be reserved; NULL: each can. */
static const char *
ledger_cause(const struct actor_view views[ACTOR_COUNT])
{
    if (!views[ACTOR_ANALYTICS].is_up)
        return "the analytics actor does not answer, so no call can be reserved in the ledger";
    if (views[ACTOR_UPSTREAM].values.metrics[METRIC_LEDGER_OPEN] == 0)
        return "the ledger is not open: a call that cannot be reserved in it is not made";
    if (!views[ACTOR_ANALYTICS].is_healthy)
        return "the accounts database cannot be written, so no call can be reserved in the ledger";
    return NULL;
}

/* Calls are made without the ledger, and recorded until it is back (ledger.unreachable: spend). */
static bool
spends_unreserved(const struct actor_view views[ACTOR_COUNT])
{
    return views[ACTOR_UPSTREAM].is_up && ledger_cause(views) != NULL &&
           views[ACTOR_UPSTREAM].values.metrics[METRIC_JOURNAL_ROOM] > 0;
}

/* What stops every miss although hits are answered; NULL: nothing does. */
static const char *
misses_cause(const struct actor_view views[ACTOR_COUNT])
{
    if (!views[ACTOR_CACHE].is_up)
        return "the cache actor does not answer";
    if (!views[ACTOR_UPSTREAM].is_up)
        return "the upstream actor does not answer";
    return spends_unreserved(views) ? NULL : ledger_cause(views);
}

/* A silent actor is what another check says. */
static bool
is_ledger_open(const struct actor_view views[ACTOR_COUNT])
{
    return !views[ACTOR_UPSTREAM].is_up || !views[ACTOR_ANALYTICS].is_up ||
           views[ACTOR_UPSTREAM].values.metrics[METRIC_LEDGER_OPEN] != 0;
}

/* From what the last heartbeats said: nobody is asked, so nobody can be too busy to answer. */
static void
health_read_checks(struct gateway *gateway, struct checks *checks)
{
    for (int i = 0; i < ACTOR_COUNT; i++)
        gateway_view(gateway, (enum actor_id)i, &checks->views[i]);
    checks->are_upstreams_well = true;
    gateway_view_upstreams(gateway, &checks->views[ACTOR_UPSTREAM], checks->upstreams);
    for (int64_t i = 0; i < gateway->config->upstream_count; i++)
        checks->are_upstreams_well &= checks->upstreams[i].values[UPSTREAM_METRIC_HEALTHY] != 0;
    checks->free_bytes = data_dir_free_bytes(gateway->config);
    checks->database = is_well(&checks->views[ACTOR_ANALYTICS]);
    checks->cache = is_well(&checks->views[ACTOR_CACHE]);
    checks->upstream = is_well(&checks->views[ACTOR_UPSTREAM]);
    checks->ledger = is_ledger_open(checks->views);
    checks->disk_space = checks->free_bytes >= gateway->config->gateway.min_free_disk_bytes;
}

/* As the cache actor says: it alone is told where Redis is. */
static bool
is_l1_used(const struct actor_view *cache)
{
    return cache->values.metrics[METRIC_L1_UP] >= 0;
}

static bool
is_l1_up(const struct actor_view *cache)
{
    return is_well(cache) && cache->values.metrics[METRIC_L1_UP] > 0;
}

static json_t *
times_as_json(const struct metric_durations *durations)
{
    const int64_t *counts = durations->buckets;

    return json_pack("{s:f, s:f, s:f}", "p50", duration_quantile_ms(counts, 0.50), "p95",
                     duration_quantile_ms(counts, 0.95), "p99", duration_quantile_ms(counts, 0.99));
}

/* times: of its statements or calls since it started. */
static json_t *
view_as_json(const struct actor_view *view, const struct metric_durations *times)
{
    return json_pack("{s:b, s:b, s:I, s:s, s:o}", "up", view->is_up, "healthy", view->is_healthy,
                     "latency_us", (json_int_t)view->latency_us, "detail", view->detail,
                     "response_time_ms", times_as_json(times));
}

/* Of the calls of all upstreams. */
static struct metric_durations
sum_calls(const struct gateway *gateway, const struct checks *checks)
{
    struct metric_durations sum = {0};

    for (int64_t i = 0; i < gateway->config->upstream_count; i++)
        for (size_t b = 0; b < DURATION_BUCKET_COUNT; b++)
            sum.buckets[b] += checks->upstreams[i].durations.buckets[b];
    return sum;
}

/* Each by its name. */
static json_t *
upstreams_as_json(const struct gateway *gateway, const struct checks *checks)
{
    json_t *all = json_object();

    for (int64_t i = 0; i < gateway->config->upstream_count; i++) {
        const struct upstream_metrics *upstream = &checks->upstreams[i];
        int64_t state = upstream->values[UPSTREAM_METRIC_BREAKER_STATE];

        json_object_set_new(all, gateway->config->upstreams[i].name,
                            json_pack("{s:b, s:s, s:s, s:o}", "healthy",
                                      upstream->values[UPSTREAM_METRIC_HEALTHY] != 0, "detail",
                                      upstream->detail, "breaker", breaker_state_text(state),
                                      "response_time_ms", times_as_json(&upstream->durations)));
    }
    return all;
}

/* cause: "" while misses are answered. */
static json_t *
misses_as_json(const char *cause)
{
    return json_pack("{s:b, s:s}", "answered", cause == NULL, "cause", cause != NULL ? cause : "");
}

/* "not used" where no Redis is configured. */
static json_t *
l1_as_json(const struct actor_view *cache)
{
    int64_t bytes = cache->values.metrics[METRIC_L1_USED_BYTES];

    if (!is_l1_used(cache))
        return json_pack("{s:s}", "state", "not used");
    return json_pack("{s:s, s:o}", "state", is_l1_up(cache) ? "up" : "down", "used_bytes",
                     bytes >= 0 ? json_integer((json_int_t)bytes) : json_null());
}

/* cause: why calls are not reserved; "" while they are. */
static json_t *
ledger_as_json(const struct actor_view views[ACTOR_COUNT])
{
    const int64_t *metrics = views[ACTOR_UPSTREAM].values.metrics;
    const char *cause = ledger_cause(views);

    return json_pack("{s:b, s:s, s:I}", "spends_unreserved", spends_unreserved(views), "cause",
                     cause != NULL ? cause : "", "journal_calls",
                     (json_int_t)metrics[METRIC_JOURNAL_CALLS]);
}

static json_t *
details_as_json(const struct gateway *gateway, const struct checks *checks)
{
    const struct actor_view *views = checks->views;
    const struct actor_view *analytics = &views[ACTOR_ANALYTICS], *cache = &views[ACTOR_CACHE];
    const struct metric_durations calls = sum_calls(gateway, checks);

    return json_pack(
        "{s:o, s:o, s:o, s:o, s:{s:I, s:I}, s:{s:I, s:I}, s:o, s:o, s:o}", "analytics",
        view_as_json(analytics, &analytics->values.histograms[HISTOGRAM_ACCOUNTS_QUERY]), "cache",
        view_as_json(cache, &cache->values.histograms[HISTOGRAM_ENTRIES_QUERY]), "upstream",
        view_as_json(&views[ACTOR_UPSTREAM], &calls), "upstreams",
        upstreams_as_json(gateway, checks), "disk", "free_bytes", (json_int_t)checks->free_bytes,
        "min_free_bytes", (json_int_t)gateway->config->gateway.min_free_disk_bytes, "near_cache",
        "entries", (json_int_t)near_cache_count(gateway->near), "bytes",
        (json_int_t)near_cache_bytes(gateway->near), "l1", l1_as_json(&views[ACTOR_CACHE]),
        "misses", misses_as_json(misses_cause(views)), "ledger", ledger_as_json(views));
}

/* Of the stored rows of the last 24 hours; null: none of them could have been a hit. */
static json_t *
hit_ratio_as_json(const struct actor_view *analytics)
{
    int64_t hits = analytics->values.metrics[METRIC_HITS_24H];
    int64_t all = analytics->values.metrics[METRIC_ANSWERS_24H];

    return all > 0 ? json_real((double)hits / (double)all) : json_null();
}

/* Without L1 all is answered, more slowly; without the ledger, while calls are recorded elsewhere; one upstream that is not well
 * leaves the others. */
static const char *
status_text(const struct checks *checks, bool is_healthy)
{
    const struct actor_view *cache = &checks->views[ACTOR_CACHE];

    if (!is_healthy)
        return "unhealthy";
    return (is_l1_used(cache) && !is_l1_up(cache)) || spends_unreserved(checks->views) ||
                   !checks->are_upstreams_well
               ? "degraded"
               : "healthy";
}

static json_t *
checks_as_json(const struct gateway *gateway, const struct checks *checks, bool is_healthy)
{
    const struct actor_view *analytics = &checks->views[ACTOR_ANALYTICS];
    const struct actor_view *cache = &checks->views[ACTOR_CACHE];
    char now[CLOCK_TEXT_SIZE];

    clock_format_wall_us(clock_wall_us(), now);
    return json_pack(
        "{s:s, s:{s:b, s:b, s:b, s:b, s:b}, s:s, s:s, s:s, s:s, s:I, s:I, s:o, s:o}", "status",
        status_text(checks, is_healthy), "checks", "database", checks->database, "cache",
        checks->cache, "upstream", checks->upstream, "ledger", checks->ledger, "disk_space",
        checks->disk_space, "timestamp", now, "version", RENTCACHE_VERSION, "database",
        checks->database ? "healthy" : "unhealthy", "cache_backend",
        is_l1_used(cache) ? "redis+sqlite" : "sqlite", "active_keys",
        (json_int_t)analytics->values.metrics[METRIC_ACTIVE_KEYS], "total_cache_entries",
        (json_int_t)cache->values.metrics[METRIC_CACHE_ENTRIES], "cache_hit_ratio_24h",
        hit_ratio_as_json(analytics), "details", details_as_json(gateway, checks));
}

void
health_send_live(struct exchange *exchange)
{
    response_json(exchange, 200, bytes_of_text("{\"status\": \"alive\"}"));
}

/* "healthy", "unhealthy", or the state of a breaker that is not closed, of each by its name. */
static json_t *
ready_upstreams_as_json(struct gateway *gateway)
{
    json_t *all = json_object();

    for (int64_t i = 0; i < gateway->config->upstream_count; i++) {
        struct upstream_metrics metrics;
        bool is_up = gateway_upstream(gateway, (size_t)i, &metrics);
        int64_t breaker = metrics.values[UPSTREAM_METRIC_BREAKER_STATE];

        json_object_set_new(all, gateway->config->upstreams[i].name,
                            json_string(!is_up                      ? "down"
                                        : breaker != BREAKER_CLOSED ? breaker_state_text(breaker)
                                        : metrics.values[UPSTREAM_METRIC_HEALTHY] != 0
                                            ? "healthy"
                                            : "unhealthy"));
    }
    return all;
}

/* Ready for hits; whether for misses too is said beside it. */
static void
send_ready(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;
    struct actor_view *views = calloc(ACTOR_COUNT, sizeof *views); /* large for a worker's stack */

    if (views == NULL) {
        response_problem(exchange, STATUS_NO_MEMORY, NULL);
        return;
    }
    for (int i = 0; i < ACTOR_COUNT; i++)
        gateway_view(gateway, (enum actor_id)i, &views[i]);
    admin_send_json(exchange, 200,
                    json_pack("{s:s, s:o, s:o}", "status", "ready", "misses",
                              misses_as_json(misses_cause(views)), "upstreams",
                              ready_upstreams_as_json(gateway)));
    free(views);
}

void
health_send_ready(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;

    if (atomic_load(&gateway->is_stopping))
        response_problem(exchange, STATUS_STOPPING, NULL);
    else if (!gateway_is_ready(gateway))
        response_problem(exchange, STATUS_NOT_READY, NULL);
    else
        send_ready(exchange);
}

void
health_send_checks(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;
    struct checks *checks = calloc(1, sizeof *checks); /* large for a worker's stack */
    bool is_healthy;

    if (checks == NULL) {
        response_problem(exchange, STATUS_NO_MEMORY, NULL);
        return;
    }
    health_read_checks(gateway, checks);
    is_healthy = checks->cache && checks->upstream && checks->disk_space &&
                 ((checks->database && checks->ledger) || spends_unreserved(checks->views));
    admin_send_json(exchange, is_healthy ? 200 : 503, checks_as_json(gateway, checks, is_healthy));
    free(checks);
}

struct health_route {
    const char *path;
    void (*handle)(struct exchange *exchange);
};

static const struct health_route health_routes[] = {
    {"/livez", health_send_live},
    {"/readyz", health_send_ready},
    {"/health", health_send_checks},
};

bool
health_is_path(const char *path)
{
    for (size_t i = 0; i < COUNT(health_routes); i++)
        if (strcmp(health_routes[i].path, path) == 0)
            return true;
    return false;
}

bool
health_handle(struct exchange *exchange)
{
    for (size_t i = 0; i < COUNT(health_routes); i++) {
        if (strcmp(health_routes[i].path, exchange->request->path) != 0)
            continue;
        if (exchange->is_head || request_method_is(exchange->request, "GET"))
            health_routes[i].handle(exchange);
        else
            response_method_not_allowed(exchange, "GET, HEAD, OPTIONS");
        return true;
    }
    return false;
}
