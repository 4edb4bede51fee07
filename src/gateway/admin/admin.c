/* admin.c - the table of admin routes and the small ones among them. */
#include "admin/admin.h"

#include <stdio.h>
#include <stdlib.h>

#include "access/auth_guard.h"
#include "access/authenticate.h"
#include "access/limit_problem.h"
#include "admin/admin_request.h"
#include "admin/admin_upstreams.h"
#include "admin/documents.h"
#include "admin/health.h"
#include "base/clock.h"
#include "base/dates.h"
#include "response/response.h"
#include "routing/query_decode.h"
#include "usage_query.h"

#define STATS_DAYS           7
#define STATS_DAYS_MAX       3660
#define STATS_HOURS_DAYS_MAX 31

/* Whether the client asked for Prometheus' form before JSON. */
static bool
wants_text(const struct request *request)
{
    const char *accept = request_header(request, "Accept", NULL);

    return accept != NULL && strstr(accept, "text/plain") != NULL;
}

static void
send_metrics_text(struct exchange *exchange)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct response response = response_of(200);
    bool is_written = out != NULL && metrics_text_write(exchange->worker->gateway, out);

    if (out != NULL)
        is_written = fclose(out) == 0 && is_written;
    if (is_written) {
        response.head = bytes_of_text("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                                      "Cache-Control: no-store\r\n");
        response.body = bytes_of(text, size);
        response_send(exchange, &response);
    } else {
        response_problem(exchange, STATUS_NO_MEMORY, NULL);
    }
    free(text);
}

/* The totals of analytics, and what only this process knows. */
static void
send_totals(struct exchange *exchange, struct bytes totals)
{
    int64_t uptime_ms = (clock_wall_us() - exchange->worker->gateway->started_wall_us) / 1000;
    json_t *object = json_loadb((const char *)totals.data, totals.size, 0, NULL);

    json_object_set_new(object, "uptime_seconds", json_real((double)uptime_ms / 1e3));
    admin_send_json(exchange, 200, object);
}

static void
send_metrics_json(struct exchange *exchange)
{
    struct message reply;
    struct message request = {
        .kind = MSG_REPORT_GET,
        .u.REPORT_GET = {.report = bytes_of_text("totals")},
    };
    enum status status = admin_ask(exchange, ACTOR_ANALYTICS, &request, &reply);

    if (status == STATUS_OK)
        send_totals(exchange, blob_bytes(reply.body));
    else
        response_problem(exchange, status, NULL);
    worker_done(exchange->worker, ACTOR_ANALYTICS);
}

/* False: refused and answered. */
static bool
serves_metrics(struct exchange *exchange)
{
    if (exchange->worker->gateway->config->gateway.enable_metrics)
        return true;
    response_problem(exchange, STATUS_NOT_FOUND, "metrics are turned off (gateway.enable_metrics)");
    return false;
}

static void
send_prometheus(struct exchange *exchange)
{
    if (serves_metrics(exchange))
        send_metrics_text(exchange);
}

static void
send_metrics(struct exchange *exchange)
{
    if (wants_text(exchange->request))
        send_prometheus(exchange);
    else if (serves_metrics(exchange))
        send_metrics_json(exchange);
}

struct stats_kind {
    const char *by;
    const char *report;
    int64_t days, days_most; /* without `days`, and at most: responses are bounded */
};

/* The first one stands for no `by`. */
static const struct stats_kind stats_kinds[] = {
    {"", "stats", STATS_DAYS, STATS_DAYS_MAX},
    {"hour", "hours", 1, STATS_HOURS_DAYS_MAX},
    {"day", "days", STATS_DAYS, STATS_DAYS_MAX},
    {"status", "statuses", STATS_DAYS, STATS_DAYS_MAX},
    {"latency", "latencies", STATS_DAYS, STATS_DAYS_MAX},
};

static void
send_stats(struct exchange *exchange)
{
    struct bytes by = admin_query_value(exchange, "by");
    const struct stats_kind *kind = NULL;
    struct message request = {.kind = MSG_REPORT_GET};

    for (size_t i = 0; i < COUNT(stats_kinds) && kind == NULL; i++)
        if (bytes_equal_text(by, stats_kinds[i].by))
            kind = &stats_kinds[i];
    if (kind == NULL) {
        response_problem(exchange, STATUS_INVALID_PARAMETER,
                         "by: expected hour, day, status or latency");
        return;
    }
    request.u.REPORT_GET.report = bytes_of_text(kind->report);
    if (admin_query_endpoint(exchange, &request.u.REPORT_GET.endpoint) &&
        admin_query_int(exchange, "days", kind->days, 1, kind->days_most,
                        &request.u.REPORT_GET.days))
        admin_relay(exchange, ACTOR_ANALYTICS, &request);
}

/* A month as its first day; empty: the present one. */
static bool
read_month(struct bytes text, int64_t *day)
{
    char date[DATE_TEXT_SIZE];
    int64_t wall_us;

    *day = 0;
    if (text.size == 0)
        return true;
    if (text.size != strlen("2026-01"))
        return false;
    snprintf(date, sizeof date, "%.7s-01", (const char *)text.data);
    if (!clock_parse_wall_us(date, &wall_us))
        return false;
    *day = dates_day_of(wall_us);
    return true;
}

static void
send_usage(struct exchange *exchange)
{
    static const char *const groupings[] = {"key", "route", "day"};
    struct bytes by = admin_query_value(exchange, "by");
    struct message request = {.kind = MSG_REPORT_GET,
                              .u.REPORT_GET = {.report = bytes_of_text("money"),
                                               .by = by.size > 0 ? by : bytes_of_text("key")}};
    bool is_known = by.size == 0;

    for (size_t i = 0; i < COUNT(groupings); i++)
        is_known = is_known || bytes_equal_text(by, groupings[i]);
    if (!is_known)
        response_problem(exchange, STATUS_INVALID_PARAMETER, "by: expected key, route or day");
    else if (!read_month(admin_query_value(exchange, "month"), &request.u.REPORT_GET.month_day))
        response_problem(exchange, STATUS_INVALID_PARAMETER, "month: expected YYYY-MM");
    else
        admin_relay(exchange, ACTOR_ANALYTICS, &request);
}

/* Decodes and takes each parameter. False: answered. */
static bool
read_usage_query(struct exchange *exchange, struct usage_query *query)
{
    struct bytes rest = bytes_of_text(exchange->request->query);
    struct bytes name, raw, value;
    char buffer[256], why[USAGE_QUERY_WHY_SIZE];
    bool is_read = true;

    while (is_read && query_next(&rest, &name, &raw)) {
        struct text out = text_of(buffer, sizeof buffer);

        is_read = query_decode(raw, true, &out, &value) && !out.is_cut;
        if (!is_read)
            snprintf(why, sizeof why, "%.*s: expected percent-encoded text of at most %zu bytes",
                     (int)(name.size < 60 ? name.size : 60), (const char *)name.data,
                     sizeof buffer);
        else
            is_read = usage_query_take(query, exchange->worker->gateway->config, name, value, why);
    }
    if (is_read && usage_query_check(query, why))
        return true;
    response_problem(exchange, STATUS_INVALID_PARAMETER, why);
    return false;
}

static void
send_requests(struct exchange *exchange)
{
    struct usage_query query = {0};
    struct message request = {.kind = MSG_REPORT_GET};

    if (!read_usage_query(exchange, &query))
        return;
    request.u.REPORT_GET = usage_query_as_report(&query);
    admin_relay(exchange, ACTOR_ANALYTICS, &request);
}

struct admin_route {
    const char *method;
    const char *path;
    void (*handle)(struct exchange *exchange);
    bool is_scraped; /* the metrics listener serves it, too */
};

/* Everything below /admin/ needs the token; the rest says nothing secret. {id} in a path is a number from 1, {name} any
 * segment. */
static const struct admin_route admin_routes[] = {
    {"GET", "/livez", health_send_live, true},
    {"GET", "/readyz", health_send_ready, false},
    {"GET", "/health", health_send_checks, false},
    {"GET", "/metrics", send_metrics, true},
    {"GET", "/metrics/prometheus", send_prometheus, true},
    {"GET", "/openapi.json", documents_show, false},
    {"GET", "/docs", documents_show, false},
    {"GET", "/redoc", documents_show, false},
    {"GET", "/docs.css", documents_show, false},
    {"GET", "/docs.js", documents_show, false},
    {"POST", "/admin/api-keys", admin_keys_create, false},
    {"GET", "/admin/api-keys", admin_keys_list, false},
    {"GET", "/admin/api-keys/{id}", admin_keys_show, false},
    {"PUT", "/admin/api-keys/{id}", admin_keys_update, false},
    {"DELETE", "/admin/api-keys/{id}", admin_keys_delete, false},
    {"POST", "/admin/api-keys/{id}/rotate", admin_keys_rotate, false},
    {"GET", "/admin/stats", send_stats, false},
    {"GET", "/admin/usage", send_usage, false},
    {"GET", "/admin/usage/requests", send_requests, false},
    {"POST", "/admin/cache/clear", admin_cache_clear, false},
    {"GET", "/admin/cache/stats", admin_cache_stats, false},
    {"GET", "/admin/upstreams", admin_upstreams_list, false},
    {"POST", "/admin/upstreams/{name}/reset", admin_upstreams_reset, false},
    {"POST", "/admin/upstreams/{name}/faults", admin_upstreams_faults, false},
};

static bool
takes_path(const struct admin_route *route, const struct exchange *exchange)
{
    const char *path = exchange->request->path;
    const char *open = strchr(route->path, '{');
    size_t before = open != NULL ? (size_t)(open - route->path) : 0;
    const char *behind;

    if (open == NULL)
        return strcmp(route->path, path) == 0;
    if (strncmp(route->path, path, before) != 0 || path[before] == '/' || path[before] == '\0' ||
        (strncmp(open, "{id}", 4) == 0 && admin_path_id(exchange) <= 0))
        return false;
    behind = strchr(path + before, '/');
    return strcmp(behind != NULL ? behind : "", strchr(open, '}') + 1) == 0;
}

static bool
takes_method(const struct admin_route *route, const struct exchange *exchange)
{
    return request_method_is(exchange->request, route->method) ||
           (exchange->is_head && strcmp(route->method, "GET") == 0);
}

/* The rates of the admin listener: one bucket for all callers, since they all have one token. */
static bool
take_admin_bucket(struct gateway *gateway, const struct exchange *exchange,
                  struct admission *admission)
{
    const struct request *request = exchange->request;
    bool is_metrics = strncmp(request->path, "/metrics", 8) == 0;
    bool is_change = !exchange->is_head && !request_method_is(request, "GET");
    struct bucket *bucket = is_metrics ? &gateway->metrics_bucket : &gateway->admin_bucket;
    struct bucket_result result;

    admission->rate =
        is_metrics ? gateway->config->gateway.metrics_rate : gateway->config->gateway.admin_rate;
    if (!is_metrics && !is_change)
        return true;
    result = bucket_take(bucket, &admission->rate, 1, exchange->started_ns);
    admission->status = STATUS_RATE_LIMITED;
    admission->policy = is_metrics ? "metrics" : "admin";
    admission->retry_after_s = (result.retry_after_ms + 999) / 1000;
    return result.is_admitted;
}

void
admin_handle(struct exchange *exchange)
{
    struct admission admission = {.status = STATUS_OK};
    struct gateway *gateway = exchange->worker->gateway;
    char allowed[64] = "";
    struct text methods = text_of(allowed, sizeof allowed - 1);

    if (strncmp(exchange->request->path, "/admin/", 7) == 0 &&
        !authenticate_admin(gateway, exchange->request)) {
        auth_guard_refuse(exchange, "A valid admin token is required (Authorization: Bearer)");
        return;
    }
    if (!take_admin_bucket(gateway, exchange, &admission)) {
        limit_problem_send(exchange, &admission);
        return;
    }
    for (size_t i = 0; i < COUNT(admin_routes); i++) {
        const struct admin_route *route = &admin_routes[i];

        if (!takes_path(route, exchange))
            continue;
        if (takes_method(route, exchange)) {
            route->handle(exchange);
            return;
        }
        text_add(&methods, methods.size > 0 ? ", " : "");
        text_add(&methods, strcmp(route->method, "GET") == 0 ? "GET, HEAD" : route->method);
    }
    if (documents_redirect(exchange))
        return;
    if (methods.size > 0)
        response_method_not_allowed(exchange, allowed);
    else
        response_no_route(exchange);
}

void
admin_handle_metrics(struct exchange *exchange)
{
    for (size_t i = 0; i < COUNT(admin_routes); i++)
        if (admin_routes[i].is_scraped && takes_path(&admin_routes[i], exchange)) {
            admin_handle(exchange);
            return;
        }
    response_no_route(exchange);
}

size_t
admin_routes_list(struct openapi_own own[ADMIN_ROUTES_MAX])
{
    _Static_assert(COUNT(admin_routes) <= ADMIN_ROUTES_MAX, "a list of routes holds them all");
    for (size_t i = 0; i < COUNT(admin_routes); i++)
        own[i] = (struct openapi_own){admin_routes[i].method, admin_routes[i].path};
    return COUNT(admin_routes);
}
