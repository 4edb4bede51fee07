/* admin.c - the table of admin routes and the small ones among them. */
#include "admin.h"

#include <stdio.h>
#include <stdlib.h>

#include "admin_keys.h"
#include "admin_request.h"
#include "answer.h"
#include "auth_guard.h"
#include "authenticate.h"
#include "clock.h"
#include "documents.h"
#include "health.h"
#include "metrics_text.h"

#define PURGE_WAIT_MS  15000
#define REPORT_WAIT_MS 10000
#define STATS_DAYS     7
#define STATS_DAYS_MAX 3660

/* Whether the client asked for Prometheus' form before JSON. */
static bool
wants_text(const struct request *request)
{
    const char *accept = request_header(request, "Accept", NULL);

    return accept != NULL && strstr(accept, "text/plain") != NULL;
}

static void
answer_metrics_text(struct exchange *exchange)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    struct answer answer = answer_of(200);

    if (out == NULL) {
        answer_problem(exchange, STATUS_NO_MEMORY, NULL);
        return;
    }
    metrics_text_write(exchange->worker->gateway, out);
    fclose(out);
    answer.head = bytes_of_text("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
                                "Cache-Control: no-store\r\n");
    answer.body = bytes_of(text, size);
    answer_send(exchange, &answer);
    free(text);
}

/* The totals of analytics, and what only this process knows. */
static void
answer_totals(struct exchange *exchange, struct bytes totals)
{
    int64_t uptime_us = clock_wall_us() - exchange->worker->gateway->started_wall_us;
    json_t *object = json_loadb((const char *)totals.data, totals.size, 0, NULL);
    char *text;

    json_object_set_new(object, "uptime_seconds", json_real((double)uptime_us / 1e6));
    text = json_dumps(object, JSON_ENSURE_ASCII);
    if (text == NULL)
        answer_problem(exchange, STATUS_INTERNAL, NULL);
    else
        answer_json(exchange, 200, bytes_of_text(text));
    free(text);
    json_decref(object);
}

static void
answer_metrics_json(struct exchange *exchange)
{
    struct message reply;
    struct message request = {
        .kind = MSG_REPORT_GET,
        .request_id = bytes_of_text(exchange->request_id),
        .u.REPORT_GET = {.report = bytes_of_text("totals")},
    };
    enum status status =
        worker_ask(exchange->worker, ACTOR_ANALYTICS, &request, REPORT_WAIT_MS, &reply);

    if (status == STATUS_OK && reply.kind == MSG_REPORT_REPLY &&
        reply.u.REPORT_REPLY.status == STATUS_OK)
        answer_totals(exchange, blob_bytes(reply.body));
    else
        answer_problem(exchange, status == STATUS_OK ? STATUS_STORAGE : status, NULL);
    worker_done(exchange->worker, ACTOR_ANALYTICS);
}

static void
answer_metrics(struct exchange *exchange)
{
    if (!exchange->worker->gateway->config->gateway.enable_metrics)
        answer_problem(exchange, STATUS_NOT_FOUND, NULL);
    else if (wants_text(exchange->request))
        answer_metrics_text(exchange);
    else
        answer_metrics_json(exchange);
}

static void
answer_stats(struct exchange *exchange)
{
    struct message request = {
        .kind = MSG_REPORT_GET,
        .u.REPORT_GET =
            {
                .report = bytes_of_text("stats"),
                .endpoint = admin_query_name(exchange, "endpoint"),
            },
    };

    if (admin_query_int(exchange, "days", STATS_DAYS, 1, STATS_DAYS_MAX,
                        &request.u.REPORT_GET.days))
        admin_relay(exchange, ACTOR_ANALYTICS, &request);
}

static void
answer_purged(struct exchange *exchange, const struct purge_reply *reply, const char *pattern)
{
    json_t *object;
    char message[96], *text;

    snprintf(message, sizeof message, "Cleared %lld cache entries",
             (long long)reply->cleared_count);
    object = json_pack("{s:s, s:s, s:I, s:I}", "message", message, "pattern", pattern,
                       "purge_number", (json_int_t)reply->number, "unconfirmed_gateways",
                       (json_int_t)reply->unconfirmed_count);
    text = json_dumps(object, JSON_ENSURE_ASCII);
    answer_json(exchange, 200, bytes_of_text(text));
    free(text);
    json_decref(object);
}

static void
purge(struct exchange *exchange, const char *endpoint)
{
    struct message reply;
    struct message request = {
        .kind = MSG_CACHE_PURGE,
        .request_id = bytes_of_text(exchange->request_id),
        .u.CACHE_PURGE =
            {
                .scope = bytes_of_text(endpoint != NULL ? "endpoint" : "all"),
                .endpoint = bytes_of_text(endpoint),
            },
    };
    enum status status = worker_ask(exchange->worker, ACTOR_CACHE, &request, PURGE_WAIT_MS, &reply);

    if (status == STATUS_OK && reply.kind != MSG_PURGE_REPLY)
        status = STATUS_MALFORMED;
    if (status == STATUS_OK && status_is_known(reply.u.PURGE_REPLY.status))
        status = (enum status)reply.u.PURGE_REPLY.status;
    if (status == STATUS_OK)
        answer_purged(exchange, &reply.u.PURGE_REPLY, endpoint != NULL ? endpoint : "*");
    else
        answer_problem(exchange, status, NULL);
    worker_done(exchange->worker, ACTOR_CACHE);
}

static bool
is_endpoint(const struct gateway *gateway, const char *name)
{
    for (size_t i = 0; i < route_table_limit_count(gateway->routes); i++)
        if (strcmp(route_table_limit_names(gateway->routes)[i], name) == 0)
            return true;
    return false;
}

/* {} clears everything; {"endpoint": NAME} one endpoint. */
static void
clear_cache(struct exchange *exchange)
{
    json_t *object = admin_read_object(exchange);
    const json_t *endpoint = json_object_get(object, "endpoint");
    const char *name = json_string_value(endpoint);

    if (object == NULL)
        return;
    if (json_object_size(object) > (endpoint != NULL ? 1 : 0))
        admin_refuse_member(exchange, "*", "extra_forbidden", "only endpoint is understood");
    else if (endpoint != NULL && !json_is_null(endpoint) &&
             (name == NULL || !is_endpoint(exchange->worker->gateway, name)))
        admin_refuse_member(exchange, "endpoint", "enum", "the name of an endpoint is expected");
    else
        purge(exchange, name);
    json_decref(object);
}

struct admin_route {
    const char *method;
    const char *path;
    void (*handle)(struct exchange *exchange);
};

/* Everything below /admin/ needs the token; the rest says nothing secret. */
static const struct admin_route admin_routes[] = {
    {"GET", "/livez", health_answer_live},
    {"GET", "/readyz", health_answer_ready},
    {"GET", "/health", health_answer_checks},
    {"GET", "/metrics", answer_metrics},
    {"GET", "/metrics/prometheus", answer_metrics_text},
    {"GET", "/openapi.json", documents_show},
    {"GET", "/docs", documents_show},
    {"GET", "/redoc", documents_show},
    {"GET", "/docs.css", documents_show},
    {"GET", "/docs.js", documents_show},
    {"POST", "/admin/api-keys", admin_keys_create},
    {"GET", "/admin/api-keys", admin_keys_list},
    {"GET", "/admin/stats", answer_stats},
    {"POST", "/admin/cache/clear", clear_cache},
};

static bool
takes_method(const struct admin_route *route, const struct exchange *exchange)
{
    return request_method_is(exchange->request, route->method) ||
           (exchange->is_head && strcmp(route->method, "GET") == 0);
}

void
admin_handle(struct exchange *exchange)
{
    const struct gateway *gateway = exchange->worker->gateway;
    const char *path = exchange->request->path;
    char allowed[32] = "";
    struct text methods = text_of(allowed, sizeof allowed - 1);

    if (strncmp(path, "/admin/", 7) == 0 && !authenticate_admin(gateway, exchange->request)) {
        auth_guard_refuse(exchange, "The admin token is required");
        return;
    }
    for (size_t i = 0; i < COUNT(admin_routes); i++) {
        if (strcmp(admin_routes[i].path, path) != 0)
            continue;
        if (takes_method(&admin_routes[i], exchange)) {
            admin_routes[i].handle(exchange);
            return;
        }
        text_add(&methods, methods.size > 0 ? ", " : "");
        text_add(&methods, strcmp(admin_routes[i].method, "GET") == 0 ? "GET, HEAD" : "POST");
    }
    if (methods.size > 0)
        answer_method_not_allowed(exchange, allowed);
    else
        answer_problem(exchange, STATUS_NOT_FOUND, NULL);
}

size_t
admin_routes_list(struct openapi_own own[ADMIN_ROUTES_MAX])
{
    _Static_assert(COUNT(admin_routes) <= ADMIN_ROUTES_MAX, "a list of routes holds them all");
    for (size_t i = 0; i < COUNT(admin_routes); i++)
        own[i] = (struct openapi_own){admin_routes[i].method, admin_routes[i].path};
    return COUNT(admin_routes);
}
