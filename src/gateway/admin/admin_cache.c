/* admin_cache.c - the caches cleared by filters, and what they hold. */
#include "admin/admin.h"

#include "admin/admin_request.h"
#include "base/clock.h"
#include "json_request.h"
#include "purge_request.h"
#include "response/response.h"

static void
admin_cache_purge(struct exchange *exchange, const struct purge_scope *scope)
{
    struct message reply;
    struct message request = {
        .kind = MSG_CACHE_PURGE,
        .u.CACHE_PURGE =
            {
                .is_all = scope->endpoint[0] == '\0',
                .endpoint = bytes_of_text(scope->endpoint),
                .fetched_before_wall_ms = scope->fetched_before_wall_ms,
                .expired_before_wall_ms = scope->expired_before_wall_ms,
            },
    };
    enum status status = admin_ask(exchange, ACTOR_CACHE, &request, &reply);

    if (status == STATUS_OK)
        admin_send_json(exchange, 200,
                        purge_request_answer(scope, reply.u.PURGE_REPLY.cleared_count,
                                             reply.u.PURGE_REPLY.number,
                                             reply.u.PURGE_REPLY.unconfirmed_count));
    else
        response_problem(exchange, status, NULL);
    if (status == STATUS_OK)
        admin_log_change(exchange, "cache cleared", 0, "route",
                         scope->endpoint[0] != '\0' ? scope->endpoint : NULL);
    worker_done(exchange->worker, ACTOR_CACHE);
}

void
admin_cache_clear(struct exchange *exchange)
{
    const struct config *config = exchange->worker->gateway->config;
    struct purge_scope scope;
    struct purge_request_problem problem;
    json_t *object = json_request_read_object(exchange);

    if (object == NULL)
        return;
    if (purge_request_read(config, object, clock_wall_ms(), &scope, &problem))
        admin_cache_purge(exchange, &scope);
    else
        admin_refuse_member(exchange, problem.member, problem.type, problem.message);
    json_decref(object);
}

static json_t *
near_as_json(const struct gateway *gateway)
{
    return json_pack("{s:I, s:I, s:I, s:I}", "entries", (json_int_t)near_cache_count(gateway->near),
                     "bytes", (json_int_t)near_cache_bytes(gateway->near), "budget_bytes",
                     (json_int_t)gateway->config->gateway.near_cache_bytes, "evictions",
                     (json_int_t)near_cache_evictions(gateway->near));
}

/* One actor's report, or NULL: it is away. The caller owns it. */
static json_t *
ask_report(struct exchange *exchange, enum actor_id actor, struct message *request,
           enum status *status)
{
    struct message reply;
    json_t *report = NULL;
    struct bytes text;

    *status = admin_ask(exchange, actor, request, &reply);
    if (*status == STATUS_OK) {
        text = blob_bytes(reply.body);
        report = json_loadb((const char *)text.data, text.size, 0, NULL);
    }
    worker_done(exchange->worker, actor);
    return report;
}

/* Of the last 24 hours, from the usage rows; null where analytics is away or there was nothing to hit. */
static json_t *
hit_ratio(struct exchange *exchange, struct bytes endpoint)
{
    struct message request = {
        .kind = MSG_REPORT_GET,
        .u.REPORT_GET = {.report = bytes_of_text("stats"), .endpoint = endpoint, .days = 1},
    };
    enum status status;
    json_t *stats = ask_report(exchange, ACTOR_ANALYTICS, &request, &status);
    json_t *ratio = json_object_get(json_object_get(stats, "totals"), "hit_ratio");

    ratio = ratio != NULL ? json_incref(ratio) : json_null();
    json_decref(stats);
    return ratio;
}

static void
send_stats(struct exchange *exchange, struct bytes endpoint)
{
    struct message request = {
        .kind = MSG_CACHE_REPORT_GET,
        .u.CACHE_REPORT_GET = {.endpoint = endpoint},
    };
    enum status status;
    json_t *report = ask_report(exchange, ACTOR_CACHE, &request, &status);

    if (report == NULL) {
        response_problem(exchange, status != STATUS_OK ? status : STATUS_MALFORMED, NULL);
        return;
    }
    json_object_set_new(report, "near", near_as_json(exchange->worker->gateway));
    json_object_set_new(report, "hit_ratio_24h", hit_ratio(exchange, endpoint));
    admin_send_json(exchange, 200, report);
}

void
admin_cache_stats(struct exchange *exchange)
{
    struct bytes endpoint;

    if (admin_query_endpoint(exchange, &endpoint))
        send_stats(exchange, endpoint);
}
