/* health.c - the checks and their JSON. */
#include "health.h"

#include <jansson.h>
#include <stdlib.h>
#include <sys/statvfs.h>

#include "answer.h"
#include "clock.h"
#include "version.h"

struct checks {
    bool database, cache, upstream, disk_space;
    struct actor_view analytics_view, cache_view, upstream_view;
};

static bool
has_disk_space(const struct config *config)
{
    struct statvfs disk;

    if (statvfs(config->server.data_dir, &disk) != 0)
        return false;
    return (int64_t)disk.f_bavail * (int64_t)disk.f_frsize >= config->gateway.min_free_disk_bytes;
}

static void
look(struct gateway *gateway, struct checks *checks)
{
    gateway_view(gateway, ACTOR_ANALYTICS, &checks->analytics_view);
    gateway_view(gateway, ACTOR_CACHE, &checks->cache_view);
    gateway_view(gateway, ACTOR_UPSTREAM, &checks->upstream_view);
    checks->database = checks->analytics_view.is_up && checks->analytics_view.is_healthy;
    checks->cache = checks->cache_view.is_up && checks->cache_view.is_healthy;
    checks->upstream = checks->upstream_view.is_up && checks->upstream_view.is_healthy;
    checks->disk_space = has_disk_space(gateway->config);
}

static json_t *
view_as_json(const struct actor_view *view)
{
    return json_pack("{s:b, s:b, s:I, s:s}", "up", view->is_up, "healthy", view->is_healthy,
                     "latency_us", (json_int_t)view->latency_us, "detail", view->detail);
}

static void
answer_object(struct exchange *exchange, int http_status, json_t *object)
{
    char *text = object != NULL ? json_dumps(object, JSON_ENSURE_ASCII) : NULL;

    if (text == NULL)
        answer_problem(exchange, STATUS_INTERNAL, NULL);
    else
        answer_json(exchange, http_status, bytes_of_text(text));
    free(text);
    json_decref(object);
}

void
health_answer_live(struct exchange *exchange)
{
    answer_json(exchange, 200, bytes_of_text("{\"status\": \"alive\"}"));
}

void
health_answer_ready(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;

    if (atomic_load(&gateway->is_stopping))
        answer_problem(exchange, STATUS_STOPPING, NULL);
    else if (!gateway_is_ready(gateway))
        answer_problem(exchange, STATUS_NOT_READY, NULL);
    else
        answer_json(exchange, 200, bytes_of_text("{\"status\": \"ready\"}"));
}

void
health_answer_checks(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;
    struct checks checks;
    char now[CLOCK_TEXT_SIZE];
    bool is_healthy;

    look(gateway, &checks);
    is_healthy = checks.database && checks.cache && checks.upstream && checks.disk_space;
    clock_format_wall_us(clock_wall_us(), now);
    answer_object(
        exchange, is_healthy ? 200 : 503,
        json_pack(
            "{s:s, s:{s:b, s:b, s:b, s:b}, s:s, s:s, s:s, s:s, s:I, s:I, s:{s:o, s:o, s:o}}",
            "status", is_healthy ? "healthy" : "unhealthy", "checks", "database", checks.database,
            "cache", checks.cache, "upstream", checks.upstream, "disk_space", checks.disk_space,
            "timestamp", now, "version", RENTCACHE_VERSION, "database",
            checks.database ? "healthy" : "unhealthy", "cache_backend", "sqlite", "active_keys",
            (json_int_t)checks.analytics_view.metrics[METRIC_ACTIVE_KEYS], "total_cache_entries",
            (json_int_t)checks.cache_view.metrics[METRIC_CACHE_ENTRIES], "details", "analytics",
            view_as_json(&checks.analytics_view), "cache", view_as_json(&checks.cache_view),
            "upstream", view_as_json(&checks.upstream_view)));
}

struct health_route {
    const char *path;
    void (*handle)(struct exchange *exchange);
};

static const struct health_route health_routes[] = {
    {"/livez", health_answer_live},
    {"/readyz", health_answer_ready},
    {"/health", health_answer_checks},
};

bool
health_handle(struct exchange *exchange)
{
    for (size_t i = 0; i < COUNT(health_routes); i++) {
        if (strcmp(health_routes[i].path, exchange->request->path) != 0)
            continue;
        if (exchange->is_head || request_method_is(exchange->request, "GET"))
            health_routes[i].handle(exchange);
        else
            answer_method_not_allowed(exchange, "GET, HEAD");
        return true;
    }
    return false;
}
