/* proxy.c - the steps of a proxied request, in their order: route, key, parameters, limits, near
 * cache, miss.
 *
 * A hit takes no message, no shared lock and no allocation on its way through here. */
#include "proxy.h"

#include <jansson.h>
#include <stdlib.h>

#include "admission.h"
#include "answer.h"
#include "api_key.h"
#include "auth_guard.h"
#include "authenticate.h"
#include "clock.h"
#include "documents.h"
#include "limit_problem.h"
#include "miss.h"
#include "near_fill.h"
#include "stored_answer.h"

#define MEMBERS_SIZE 24576

static void
refuse_method(struct exchange *exchange)
{
    char allowed[64];

    route_table_allow(exchange->worker->gateway->routes, bytes_of_text(exchange->request->path),
                      allowed, sizeof allowed);
    bytes_copy_text(bytes_of_text(", OPTIONS"), allowed + strlen(allowed),
                    sizeof allowed - strlen(allowed));
    answer_method_not_allowed(exchange, allowed);
}

static json_t *
problem_as_json(const struct plan_problem *problem)
{
    const char *where = problem->in_path ? "path" : "query";
    json_t *name = json_stringn((const char *)problem->name.data, problem->name.size);
    json_t *input = json_stringn((const char *)problem->input.data, problem->input.size);

    return json_pack("{s:s, s:[s, o], s:s, s:o*}", "type", problem->type, "loc", where,
                     name != NULL ? name : json_string(""), "msg", problem->message, "input",
                     input != NULL ? input : json_null());
}

/* The list of {type, loc, msg, input}; the caller frees it. NULL: no memory. */
static char *
problems_as_json(const struct request_plan *plan)
{
    json_t *list = json_array();
    char *text;

    for (size_t i = 0; i < plan->problem_count; i++)
        json_array_append_new(list, problem_as_json(&plan->problems[i]));
    text = json_dumps(list, JSON_ENSURE_ASCII);
    json_decref(list);
    return text;
}

static void
refuse_parameters(struct exchange *exchange)
{
    char *list = problems_as_json(exchange->worker->plan);
    char *buffer = malloc(MEMBERS_SIZE);
    struct text members = text_of(buffer, buffer != NULL ? MEMBERS_SIZE : 0);
    struct problem problem = {
        .status = STATUS_INVALID_PARAMETER,
        .detail_json = bytes_of_text(list),
        .retry_after_s = -1,
    };

    text_add(&members, ", \"errors\": ");
    text_add(&members, list != NULL ? list : "[]");
    problem.members = members.is_cut ? (struct bytes){0} : text_bytes(&members);
    answer_problem_with(exchange, &problem);
    free(buffer);
    free(list);
}

static void
answer_hit(struct exchange *exchange, const struct near_entry *entry, int64_t now_mono_ms)
{
    struct answer answer = answer_of(entry->http_status);

    stored_answer_fill(exchange, &entry->content, entry->http_status, &answer);
    answer.cache_hit = "true";
    answer.cache_level = level_text(LEVEL_NEAR);
    answer.age_s = (entry->age_ms + now_mono_ms - entry->stored_mono_ms) / 1000;
    answer.ttl_s = (entry->expires_mono_ms - now_mono_ms) / 1000;
    answer.cache_status = "hit";
    exchange->decision = DECISION_HIT;
    exchange->level = LEVEL_NEAR;
    exchange->saved_micro_usd = entry->saved_micro_usd;
    /* for the usage row: nobody digested the signature on this way */
    memcpy(exchange->worker->plan->cache_key, entry->cache_key, sizeof entry->cache_key);
    answer_send(exchange, &answer);
}

static bool
answer_from_near(struct exchange *exchange)
{
    struct worker *worker = exchange->worker;
    struct request_plan *plan = worker->plan;
    int64_t now_mono_ms = clock_mono_coarse_ms();
    struct near_entry *entry;

    if (plan->force_refresh)
        return false;
    entry = near_fill_find(worker->gateway, worker->epoch, plan->signature,
                           exchange->negotiation.takes_gzip, now_mono_ms);
    if (entry == NULL)
        return false;
    answer_hit(exchange, entry, now_mono_ms);
    near_entry_release(&entry);
    return true;
}

/* The key's id separates entries of routes that are not shared. */
static enum status
make_plan(struct exchange *exchange)
{
    const struct config *config = exchange->worker->gateway->config;
    char scope_buffer[24];
    struct text scope = text_of(scope_buffer, sizeof scope_buffer);

    if (exchange->match.route->share == ROUTE_SHARE_KEY)
        text_add_int(&scope, exchange->api_key_id);
    return request_plan_build(&exchange->match, bytes_of_text(exchange->request->query),
                              config->cache.max_ttl_s, text_bytes(&scope), exchange->worker->plan);
}

/* ttl_override may shorten for everybody, lengthen only with the right extend_ttl; of a route that keeps nothing it
 * means nothing. */
static bool
may_override(const struct exchange *exchange)
{
    const struct config *config = exchange->worker->gateway->config;
    const struct route_config *route = exchange->match.route;
    int64_t ttl_s = route->ttl_s >= 0 ? route->ttl_s : config->cache.default_ttl_s;

    return ttl_s == 0 || exchange->worker->plan->ttl_override_s <= ttl_s ||
           (exchange->rights & KEY_RIGHT_EXTEND_TTL) != 0;
}

/* Why the key may not do this, or NULL. A key made here means nothing to the paid API. */
static const char *
objection(const struct exchange *exchange)
{
    if (api_key_is_well_formed(authenticate_own_credential(exchange)))
        return "this route calls with the client's own key of the paid API; a key made here is not "
               "sent there";
    return may_override(exchange) ? NULL : "ttl_override lengthens: the right extend_ttl is needed";
}

/* Comes with the epoch pinned by authenticate_key; every way out leaves it. */
static void
handle_authenticated(struct exchange *exchange, const struct key_entry *key)
{
    struct admission admission = {.status = STATUS_OK};
    enum status status = make_plan(exchange);
    const char *why = status == STATUS_OK ? objection(exchange) : NULL;

    if (status != STATUS_OK || why != NULL) {
        epoch_leave(exchange->worker->epoch);
        if (status == STATUS_INVALID_PARAMETER)
            refuse_parameters(exchange);
        else
            answer_problem(exchange, why != NULL ? STATUS_FORBIDDEN : status, why);
        return;
    }
    negotiation_read(exchange->request, &exchange->negotiation);
    admission_take(exchange, key, exchange->started_ns, &admission);
    if (admission.status != STATUS_OK)
        limit_problem_answer(exchange, &admission);
    else if (!answer_from_near(exchange))
        miss_handle(exchange);
}

void
proxy_handle(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;
    const struct request *request = exchange->request;
    const struct key_entry *key;
    enum status status;

    route_table_match(gateway->routes, bytes_of_text(request->method), bytes_of_text(request->path),
                      &exchange->match);
    if (exchange->match.route == NULL) {
        if (!gateway->config->gateway.public_docs || !documents_answer(exchange))
            answer_problem(exchange, STATUS_NOT_FOUND, NULL);
        return;
    }
    if (!exchange->match.is_method_allowed) {
        refuse_method(exchange);
        return;
    }
    status = authenticate_key(exchange, &key);
    if (status == STATUS_UNAUTHORIZED)
        auth_guard_refuse(exchange, NULL);
    else if (status != STATUS_OK)
        answer_problem(exchange, status, NULL);
    else
        handle_authenticated(exchange, key);
}
