/* bulk.c - the steps of a bulk request: body, plans, limits, items, answer. */
#include "proxy/bulk.h"

#include <stdlib.h>

#include "access/admission.h"
#include "access/limit_problem.h"
#include "http/gzip.h"
#include "http/json_request.h"
#include "proxy/bulk_items.h"
#include "proxy/bulk_request.h"
#include "routing/planning.h"

#define BULK_HEAD "Content-Type: application/json\r\nCache-Control: no-store\r\n"

static struct bytes
bulk_place(char **end, struct bytes from)
{
    char *at = *end;

    if (from.size > 0)
        memcpy(at, from.data, from.size);
    *end += from.size;
    return bytes_of(at, from.size);
}

/* The worker has one plan: what is needed of it is kept here. False: no memory. */
static bool
keep_plan(struct bulk_item *item, struct request_plan *plan)
{
    char *end = malloc(plan->signature.size + plan->target.size + plan->fallback_path.size + 1);

    if (end == NULL)
        return false;
    item->texts = end;
    request_plan_digest(plan);
    memcpy(item->cache_key_hex, plan->cache_key_hex, sizeof item->cache_key_hex);
    item->question = (struct miss_question){
        .cache_key_hex = item->cache_key_hex,
        .signature = bulk_place(&end, plan->signature),
        .target = bulk_place(&end, plan->target),
        .fallback_path = bulk_place(&end, plan->fallback_path),
        .force_refresh = plan->force_refresh,
        .ttl_override_s = plan->ttl_override_s,
    };
    return true;
}

static void
refuse_item(struct bulk_item *item, enum status status, const char *detail, const char *list)
{
    struct problem problem = {
        .status = status,
        .detail = detail,
        .detail_json = bytes_of_text(list),
        .retry_after_s = -1,
    };

    item->decision = DECISION_REFUSED;
    bulk_item_fail(item, &problem);
}

/* The item itself, or a member of it, has the wrong type. */
static void
refuse_type(struct bulk_item *item, const char *name, const char *why)
{
    json_t *list = json_pack("[{s:s, s:[s, s*], s:s}]", "type", "value_error", "loc", "requests",
                             name, "msg", why);
    char *text = json_dumps(list, JSON_ENSURE_ASCII);

    refuse_item(item, STATUS_INVALID_PARAMETER, NULL, text);
    free(text);
    json_decref(list);
}

static void
refuse_plan(struct bulk_item *item, enum status status, const struct request_plan *plan)
{
    char *list = status == STATUS_INVALID_PARAMETER ? planning_problems(plan, "requests") : NULL;

    refuse_item(item, status, NULL, list);
    free(list);
}

static bool
is_same(const struct bulk_item *a, const struct bulk_item *b)
{
    return bytes_equal(a->question.signature, b->question.signature) &&
           a->question.force_refresh == b->question.force_refresh &&
           a->question.ttl_override_s == b->question.ttl_override_s;
}

/* Behind a planned item: the first one that asks the same. */
static size_t
find_leader(const struct bulk *bulk, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (bulk->items[i].texts != NULL && is_same(&bulk->items[i], &bulk->items[index]))
            return i;
    return index;
}

static void
plan_item(struct bulk *bulk, size_t index, const json_t *json, struct text query)
{
    struct exchange *exchange = bulk->exchange;
    struct bulk_item *item = &bulk->items[index];
    const char *name, *why;
    const char *objection = NULL;
    enum status status = STATUS_TARGET_TOO_LONG;

    item->leader = index;
    if (!bulk_request_query(exchange->match.source, json, &query, &name, &why)) {
        refuse_type(item, name, why);
        return;
    }
    if (!query.is_cut)
        status = planning_make(exchange, text_bytes(&query));
    if (status == STATUS_OK)
        objection = planning_objection(exchange);
    if (status != STATUS_OK)
        refuse_plan(item, status, exchange->worker->plan);
    else if (objection != NULL)
        refuse_item(item, STATUS_FORBIDDEN, objection, NULL);
    else if (!keep_plan(item, exchange->worker->plan))
        refuse_item(item, STATUS_NO_MEMORY, NULL, NULL);
    else
        item->leader = find_leader(bulk, index);
    bulk->planned += item->texts != NULL;
}

/* False: no memory. */
static bool
plan_items(struct bulk *bulk, const json_t *list)
{
    size_t capacity = (size_t)bulk->exchange->worker->gateway->config->gateway.max_target_bytes;
    char *buffer = malloc(capacity);

    bulk->items = calloc(json_array_size(list), sizeof *bulk->items);
    if (buffer == NULL || bulk->items == NULL) {
        free(buffer);
        return false;
    }
    bulk->count = json_array_size(list);
    for (size_t i = 0; i < bulk->count; i++)
        plan_item(bulk, i, json_array_get(list, i), text_of(buffer, capacity));
    free(buffer);
    return true;
}

/* It stands for as many requests of its source's endpoint as are planned, and for one of its own. False: answered. */
static bool
bulk_admit(struct bulk *bulk)
{
    struct exchange *exchange = bulk->exchange;
    const struct route_table *routes = exchange->worker->gateway->routes;
    int64_t items = (int64_t)bulk->planned, requests = items > 0 ? items : 1;
    const struct admission_claim claims[] = {
        {ADMISSION_GLOBAL, requests},
        {exchange->match.limit_index, 1},
        {route_table_limit_find(routes, exchange->match.source->endpoint), items},
    };
    struct admission admission = admission_take(exchange, claims, COUNT(claims), requests);

    if (admission.status != STATUS_OK)
        limit_problem_answer(exchange, &admission);
    return admission.status == STATUS_OK;
}

static void
replace_answer(struct bulk *bulk, struct bytes response)
{
    free((void *)(uintptr_t)bulk->response.data);
    bulk->response = response;
}

/* It is made for this request alone: packed here, where the client takes it and its size is worth it. */
static struct bytes
choose_coding(struct bulk *bulk)
{
    static const char plain[] = BULK_HEAD, varying[] = BULK_HEAD "Vary: Accept-Encoding\r\n",
                      gzip[] = BULK_HEAD "Vary: Accept-Encoding\r\nContent-Encoding: gzip\r\n";
    struct exchange *exchange = bulk->exchange;
    const struct config *config = exchange->worker->gateway->config;
    struct bytes packed;

    if (!config->cache.compression ||
        bulk->response.size < (size_t)config->cache.compression_min_bytes)
        return bytes_of_text(plain);
    negotiation_read(exchange->request, &exchange->negotiation);
    if (!exchange->negotiation.takes_gzip || !gzip_pack(bulk->response, &packed))
        return bytes_of_text(varying);
    replace_answer(bulk, packed);
    return bytes_of_text(gzip);
}

static void
bulk_respond(struct bulk *bulk)
{
    struct exchange *exchange = bulk->exchange;
    struct response response = response_of(200);

    for (size_t i = 0; i < bulk->count; i++) {
        exchange->cost_micro_usd += bulk->items[i].cost_micro_usd;
        exchange->saved_micro_usd += bulk->items[i].saved_micro_usd;
    }
    exchange->decision = bulk_response_decision(bulk);
    if (!bulk_response_render(bulk)) {
        response_problem(exchange, STATUS_NO_MEMORY, NULL);
        return;
    }
    response.head = choose_coding(bulk);
    response.body = bulk->response;
    if (exchange->decision == DECISION_MISS)
        response.cost_micro_usd = exchange->cost_micro_usd;
    response_send(exchange, &response);
}

static void
bulk_fini(struct bulk *bulk)
{
    for (size_t i = 0; i < bulk->count; i++) {
        near_entry_release(&bulk->items[i].entry);
        blob_release(&bulk->items[i].blob);
        free(bulk->items[i].texts);
        free(bulk->items[i].error);
    }
    free(bulk->items);
    replace_answer(bulk, (struct bytes){0});
}

static void
handle_list(struct exchange *exchange, const json_t *list)
{
    struct bulk bulk = {.exchange = exchange};

    if (!plan_items(&bulk, list)) {
        response_problem(exchange, STATUS_NO_MEMORY, NULL);
    } else if (bulk_admit(&bulk)) {
        bulk_fetch(&bulk);
        bulk_respond(&bulk);
    }
    bulk_fini(&bulk);
}

void
bulk_handle(struct exchange *exchange)
{
    const struct config *config = exchange->worker->gateway->config;
    json_t *body = json_request_read(exchange);
    const char *why = NULL;
    const json_t *list;

    if (body == NULL)
        return;
    list = bulk_request_list(body, config->gateway.bulk_max_items, &why);
    if (list != NULL)
        handle_list(exchange, list);
    else
        response_problem(exchange, STATUS_INVALID_PARAMETER, why);
    json_decref(body);
}
