/* proxy.c - the steps of a proxied request, in their order: route, key, plan, limits, near cache, miss.
 *
 * A hit takes no message, no shared lock and no allocation on its way through here. */
#include "proxy/proxy.h"

#include <stdlib.h>

#include "access/admission.h"
#include "access/auth_guard.h"
#include "access/authenticate.h"
#include "access/limit_problem.h"
#include "admin/documents.h"
#include "api_key.h"
#include "base/clock.h"
#include "base/text.h"
#include "response/response.h"

#define MEMBERS_SIZE 24576

static enum status
build_plan(struct exchange *exchange, struct bytes query)
{
    const struct config *config = exchange->worker->gateway->config;
    char scope_buffer[24];
    struct text scope = text_of(scope_buffer, sizeof scope_buffer);

    /* The key's id separates entries of routes that are not shared. */
    if (exchange->match.source->share == ROUTE_SHARE_KEY)
        text_add_int(&scope, exchange->api_key_id);
    return request_plan_build(&exchange->match, query, config->cache.max_ttl_s, text_bytes(&scope),
                              exchange->worker->plan);
}

/* ttl_override may shorten for everybody, lengthen only with the right extend_ttl; of a route that keeps nothing it
 * means nothing. */
static bool
may_override(const struct exchange *exchange)
{
    int64_t ttl_s = exchange->match.source->ttl_s;

    return ttl_s == 0 || exchange->worker->plan->ttl_override_s <= ttl_s ||
           (exchange->rights & KEY_RIGHT_EXTEND_TTL) != 0;
}

enum status
proxy_plan(struct exchange *exchange, struct bytes query, const char **why)
{
    enum status status = build_plan(exchange, query);

    *why = exchange->worker->plan->why[0] != '\0' ? exchange->worker->plan->why : NULL;
    if (status != STATUS_OK)
        return status;
    if (api_key_is_well_formed(authenticate_own_credential(exchange)))
        *why =
            "this route uses pass-through credentials: send your own key of the paid API, not an "
            "rc_ key";
    else if (!may_override(exchange))
        *why = "ttl_override is longer than the TTL of this route: the key needs the permission "
               "extend_ttl";
    return *why == NULL ? STATUS_OK : STATUS_FORBIDDEN;
}

static void
refuse_method(struct exchange *exchange)
{
    char allowed[64];

    route_table_allow(exchange->worker->gateway->routes, bytes_of_text(exchange->request->path),
                      allowed, sizeof allowed);
    bytes_copy_text(bytes_of_text(", OPTIONS"), allowed + strlen(allowed),
                    sizeof allowed - strlen(allowed));
    response_method_not_allowed(exchange, allowed);
}

static void
refuse_parameters(struct exchange *exchange)
{
    char *list = request_plan_problems(exchange->worker->plan, NULL);
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
    response_problem_with(exchange, &problem);
    free(buffer);
    free(list);
}

static void
send_hit(struct exchange *exchange, const struct near_entry *entry, int64_t now_mono_ms)
{
    struct response response = response_of((int)entry->meta.http_status);

    response_fill_stored(&response, exchange, &entry->content, near_entry_gzip(entry),
                         (int)entry->meta.http_status);
    response.cache_hit = "true";
    response.cache_level = level_text(LEVEL_NEAR);
    response.age_s = (entry->age_ms + now_mono_ms - entry->stored_mono_ms) / 1000;
    response.ttl_s = (entry->node.expires_mono_ms - now_mono_ms) / 1000;
    response.cache_status = "hit";
    exchange->decision = DECISION_HIT;
    exchange->level = LEVEL_NEAR;
    exchange->reason = cache_reason_text(CACHE_REASON_FRESH);
    exchange->saved_micro_usd = entry->meta.price_micro_usd;
    /* for the usage row: nobody digested the signature on this way */
    memcpy(exchange->cache_key, entry->cache_key, sizeof entry->cache_key);
    exchange->has_cache_key = true;
    response_send(exchange, &response);
}

static bool
send_near_entry(struct exchange *exchange)
{
    const struct request_plan *plan = exchange->worker->plan;
    int64_t now_mono_ms = clock_mono_coarse_ms();
    struct near_entry *entry;

    if (plan->force_refresh)
        return false;
    entry = derived_find_near(exchange, plan->signature, plan->near_signature, now_mono_ms);
    if (entry == NULL)
        return false;
    send_hit(exchange, entry, now_mono_ms);
    near_entry_release(&entry);
    return true;
}

/* False: refused and answered. */
static bool
make_plan(struct exchange *exchange)
{
    const char *why;
    enum status status = proxy_plan(exchange, bytes_of_text(exchange->request->query), &why);

    if (status == STATUS_INVALID_PARAMETER)
        refuse_parameters(exchange);
    else if (status != STATUS_OK)
        response_problem(exchange, status, why);
    if (status != STATUS_OK)
        return false;
    exchange->target = exchange->worker->plan->target;
    exchange->ignored = exchange->worker->plan->ignored;
    return true;
}

/* A quota that had to be asked for took the plan with it: now and then it is made twice. False: answered. */
static bool
admit(struct exchange *exchange)
{
    const struct admission_claim claims[] = {{ADMISSION_GLOBAL, 1},
                                             {exchange->match.limit_index, 1}};
    uint64_t waits = exchange->worker->wait_count;
    struct admission admission = admission_take(exchange, claims, COUNT(claims), 1);

    if (exchange->worker->wait_count != waits && !make_plan(exchange))
        return false;
    if (admission.status != STATUS_OK)
        limit_problem_send(exchange, &admission);
    return admission.status == STATUS_OK;
}

static void
handle_http(struct exchange *exchange)
{
    if (exchange->match.route->is_bulk) {
        bulk_handle(exchange);
        return;
    }
    if (!make_plan(exchange))
        return;
    negotiation_read(exchange->request, &exchange->negotiation);
    if (admit(exchange) && !send_near_entry(exchange))
        miss_handle(exchange);
}

/* Who answers a route, once its request is whole and its key is known. */
static void (*const kind_handlers[])(struct exchange *exchange) = {
    [ROUTE_HTTP] = handle_http,
};

void
proxy_handle(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;
    const struct request *request = exchange->request;
    enum status status;

    route_table_match(gateway->routes, bytes_of_text(request->method), bytes_of_text(request->path),
                      &exchange->match);
    if (exchange->match.route == NULL) {
        if (!gateway->config->gateway.public_docs || !documents_send(exchange))
            response_no_route(exchange);
        return;
    }
    if (!exchange->match.is_method_allowed) {
        refuse_method(exchange);
        return;
    }
    status = authenticate_key(exchange);
    if (status == STATUS_UNAUTHORIZED)
        auth_guard_refuse(exchange, NULL);
    else if (status != STATUS_OK)
        response_problem(exchange, status, NULL);
    else
        kind_handlers[exchange->match.route->kind](exchange);
}
