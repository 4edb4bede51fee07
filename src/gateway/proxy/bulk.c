/* bulk.c - the steps of a bulk request: body, plans, limits, items, response.
 *
 * The items that wait come from the near cache, or are asked of the cache actor, so many at once. Every reply is matched to its
 * item by its correlation id. */
#include "proxy/proxy.h"

#include <stdlib.h>

#include "access/admission.h"
#include "access/limit_problem.h"
#include "base/clock.h"
#include "base/header_lines.h"
#include "http/gzip.h"
#include "json_request.h"
#include "proxy/bulk_json.h"

#define BULK_HEAD "Content-Type: application/json\r\nCache-Control: no-store\r\n"

static void
refuse_item(struct bulk_item *item, enum status status, const char *detail, const char *list)
{
    struct problem problem = {
        .status = status,
        .detail = detail,
        .detail_json = bytes_of_text(list),
        .retry_after_s = -1,
    };

    item->fetch.decision = DECISION_REFUSED;
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
refuse_plan(struct bulk_item *item, enum status status, const char *why,
            const struct request_plan *plan)
{
    char *list = NULL;

    if (status == STATUS_INVALID_PARAMETER)
        list = request_plan_problems(plan, "requests");
    refuse_item(item, status, why, list);
    free(list);
}

static bool
is_same(const struct bulk_item *a, const struct bulk_item *b)
{
    return bytes_equal(a->fetch.signature, b->fetch.signature) &&
           a->fetch.force_refresh == b->fetch.force_refresh &&
           a->fetch.ttl_override_s == b->fetch.ttl_override_s;
}

/* Behind a planned item: the first one that asks the same. */
static size_t
find_leader(const struct bulk *bulk, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (bulk->items[i].fetch.texts != NULL && is_same(&bulk->items[i], &bulk->items[index]))
            return i;
    return index;
}

static void
plan_item(struct bulk *bulk, size_t index, const json_t *json, struct text query)
{
    struct exchange *exchange = bulk->exchange;
    struct bulk_item *item = &bulk->items[index];
    const char *name, *why;
    enum status status = STATUS_TARGET_TOO_LONG;

    item->leader = index;
    if (!bulk_item_query(exchange->match.source, json, &query, &name, &why)) {
        refuse_type(item, name, why);
        return;
    }
    why = NULL;
    if (!query.is_cut)
        status = proxy_plan(exchange, text_bytes(&query), &why);
    if (status != STATUS_OK)
        refuse_plan(item, status, why, exchange->worker->plan);
    else if (!fetch_init(&item->fetch, exchange->worker->plan))
        refuse_item(item, STATUS_NO_MEMORY, NULL, NULL);
    else
        item->leader = find_leader(bulk, index);
    if (status == STATUS_OK && exchange->worker->plan->ignored.size > 0)
        item->ignored = strndup((const char *)exchange->worker->plan->ignored.data,
                                exchange->worker->plan->ignored.size);
    bulk->planned += item->fetch.texts != NULL;
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
        limit_problem_send(exchange, &admission);
    return admission.status == STATUS_OK;
}

/* message NULL: no reply came, for the reason of status. */
static void
fail_fetch(struct bulk_item *item, enum status status, const struct message *message)
{
    char *detail, members[48];
    struct text text = text_of(members, sizeof members);
    struct problem problem = fetch_problem(status, message, &detail);

    if (problem.retry_after_s > 0) {
        text_add(&text, ", \"retry_after_s\": ");
        text_add_int(&text, problem.retry_after_s);
    }
    problem.members = text_bytes(&text);
    item->fetch.decision = DECISION_ERROR;
    bulk_item_fail(item, &problem);
    free(detail);
}

/* A stored error of the upstream. */
static void
fail_upstream(struct bulk_item *item, int http_status, struct bytes text)
{
    char *detail = fetch_upstream_detail(text);
    struct problem problem = {
        .status = STATUS_UPSTREAM_REFUSED,
        .http_status = http_status,
        .detail = detail,
        .retry_after_s = -1,
    };

    bulk_item_fail(item, &problem);
    free(detail);
}

/* Whether the headers of a stored response say that its body is JSON; only that can stand in a response of ours. */
static bool
is_json(struct bytes head)
{
    struct bytes type = header_lines_find(head, "Content-Type");

    for (; type.size > 0; type = bytes_skip(type, 1))
        if (bytes_starts_with_name(type, "json"))
            return true;
    return false;
}

/* Ends the item with a body that its entry or blob holds until the response is written, if it still fits. */
static void
give_body(struct bulk *bulk, struct bulk_item *item, int http_status, struct bytes body)
{
    static const struct problem too_large = {
        .status = STATUS_NO_MEMORY,
        .detail = "the response is too large: request this item on its own",
        .retry_after_s = -1,
    };
    int64_t most = bulk->exchange->worker->gateway->config->gateway.bulk_response_bytes;

    if (bulk->body_bytes + (int64_t)body.size > most) {
        bulk_item_fail(item, &too_large);
        return;
    }
    bulk->body_bytes += (int64_t)body.size;
    item->state = BULK_DONE;
    item->http_status = http_status;
    item->body = body;
}

/* A stored response, which may be an error that is kept. */
static void
take_stored(struct bulk *bulk, struct bulk_item *item, int http_status, struct bytes head,
            struct bytes body)
{
    static const struct problem no_json = {
        .status = STATUS_UPSTREAM_MALFORMED,
        .detail = "the paid API's response is not JSON: request this item on its own",
        .retry_after_s = -1,
    };

    if (http_status >= 400)
        fail_upstream(item, http_status, body);
    else if (!is_json(head))
        bulk_item_fail(item, &no_json);
    else
        give_body(bulk, item, http_status, body);
}

static bool
take_near(struct bulk *bulk, struct bulk_item *item)
{
    struct worker *worker = bulk->exchange->worker;

    item->entry = near_store_find(worker->gateway, worker->epoch, item->fetch.signature, false,
                                  clock_mono_coarse_ms());
    if (item->entry == NULL)
        return false;
    if (!item->fetch.is_decided) {
        item->fetch.decision = DECISION_HIT;
        item->fetch.reason = CACHE_REASON_FRESH;
        item->fetch.price_micro_usd = item->fetch.saved_micro_usd =
            item->entry->meta.price_micro_usd;
    }
    take_stored(bulk, item, (int)item->entry->meta.http_status, item->entry->content.plain.head,
                item->entry->content.plain.body);
    return true;
}

/* False: no time left, or the actor cannot be reached; the item has failed. */
static bool
start_item(struct bulk *bulk, struct bulk_item *item, bool wants_body)
{
    enum status status = fetch_start(bulk->exchange, &item->fetch, wants_body);

    item->state = BULK_ASKED;
    if (status != STATUS_OK)
        fail_fetch(item, status, NULL);
    return status == STATUS_OK;
}

static void
take_body(struct bulk *bulk, struct bulk_item *item, const struct message *message)
{
    const struct cache_reply *reply = &message->u.CACHE_REPLY;
    struct response_build build;

    item->blob = blob_hold(message->body);
    (void)fetch_store(bulk->exchange, &item->fetch, message, false, &build);
    response_build_fini(&build);
    take_stored(bulk, item, (int)reply->meta.http_status, reply->headers, blob_bytes(item->blob));
}

/* True: the item is done; false: it is asked for again. */
static bool
finish_item(struct bulk *bulk, struct bulk_item *item, const struct message *reply)
{
    switch (fetch_finish(&item->fetch, reply)) {
    case FETCH_IN_NEAR:
        return take_near(bulk, item) || !start_item(bulk, item, true);
    case FETCH_STORED:
        take_body(bulk, item, reply);
        return true;
    case FETCH_FAILED:
        fail_fetch(item, STATUS_OK, reply);
        return true;
    }
    return true;
}

static struct bulk_item *
find_asked(struct bulk *bulk, uint64_t correlation_id)
{
    for (size_t i = 0; i < bulk->count; i++)
        if (bulk->items[i].state == BULK_ASKED &&
            bulk->items[i].fetch.correlation_id == correlation_id)
            return &bulk->items[i];
    return NULL;
}

/* Waits for one reply. How many items are still out. */
static size_t
receive_item(struct bulk *bulk, size_t out)
{
    struct message reply;
    struct bulk_item *item;
    enum status status = fetch_wait(bulk->exchange, &reply);

    if (status != STATUS_OK) {
        for (size_t i = 0; i < bulk->count; i++)
            if (bulk->items[i].state == BULK_ASKED)
                fail_fetch(&bulk->items[i], status, NULL);
        return 0;
    }
    item = find_asked(bulk, reply.correlation_id);
    if (item != NULL && finish_item(bulk, item, &reply))
        out--;
    message_fini(&reply);
    return out;
}

static bool
is_waiting(const struct bulk *bulk, size_t index)
{
    return bulk->items[index].state == BULK_WAITING && bulk->items[index].leader == index;
}

static void
ask_all(struct bulk *bulk)
{
    size_t most = (size_t)bulk->exchange->worker->gateway->config->gateway.bulk_concurrency;
    size_t next = 0, out = 0;

    while (next < bulk->count || out > 0) {
        if (next < bulk->count && out < most) {
            out += is_waiting(bulk, next) && start_item(bulk, &bulk->items[next], false);
            next++;
        } else {
            out = receive_item(bulk, out);
        }
    }
}

/* What asks the same as an earlier item shares its response: the call, if there was one, was the first one's. */
static void
copy_leader(struct bulk *bulk, struct bulk_item *item)
{
    const struct bulk_item *leader = &bulk->items[item->leader];

    item->fetch.decision =
        leader->fetch.decision == DECISION_MISS ? DECISION_COLLAPSED : leader->fetch.decision;
    item->fetch.reason = leader->fetch.reason;
    if (leader->error == NULL) {
        item->fetch.saved_micro_usd = leader->fetch.price_micro_usd;
        give_body(bulk, item, leader->http_status, leader->body);
        return;
    }
    item->state = BULK_DONE;
    item->http_status = leader->http_status;
    item->error = strdup(leader->error);
}

static void
fetch_missing(struct bulk *bulk)
{
    enum status status = fetch_begin(bulk->exchange);

    if (status == STATUS_OK) {
        ask_all(bulk);
        fetch_end(bulk->exchange);
        return;
    }
    for (size_t i = 0; i < bulk->count; i++)
        if (is_waiting(bulk, i))
            fail_fetch(&bulk->items[i], status, NULL);
}

/* Finds or fetches every item that waits. */
static void
bulk_fetch(struct bulk *bulk)
{
    size_t missing = 0;

    for (size_t i = 0; i < bulk->count; i++)
        if (is_waiting(bulk, i))
            missing += bulk->items[i].fetch.force_refresh || !take_near(bulk, &bulk->items[i]);
    if (missing > 0)
        fetch_missing(bulk);
    for (size_t i = 0; i < bulk->count; i++)
        if (bulk->items[i].leader != i && bulk->items[i].state != BULK_DONE)
            copy_leader(bulk, &bulk->items[i]);
}

static void
replace_response(struct bulk *bulk, struct bytes response)
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
    replace_response(bulk, packed);
    return bytes_of_text(gzip);
}

static void
bulk_respond(struct bulk *bulk)
{
    struct exchange *exchange = bulk->exchange;
    struct response response = response_of(200);

    for (size_t i = 0; i < bulk->count; i++) {
        exchange->cost_micro_usd += bulk->items[i].fetch.cost_micro_usd;
        exchange->saved_micro_usd += bulk->items[i].fetch.saved_micro_usd;
    }
    exchange->decision = bulk_decision(bulk);
    if (!bulk_render(bulk)) {
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
        fetch_fini(&bulk->items[i].fetch);
        free(bulk->items[i].error);
        free(bulk->items[i].ignored);
    }
    free(bulk->items);
    replace_response(bulk, (struct bytes){0});
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
    list = bulk_list(body, config->gateway.bulk_max_items, &why);
    if (list != NULL)
        handle_list(exchange, list);
    else
        response_problem(exchange, STATUS_INVALID_PARAMETER, why);
    json_decref(body);
}
