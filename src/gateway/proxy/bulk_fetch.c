/* bulk_fetch.c - the items that wait: from the near cache, or asked of the cache actor, so many at once.
 *
 * Every reply is matched to its item by its correlation id. An entry that came for several waiters of this process is in the
 * near cache (in_near), or is asked for once more, for the body itself. */
#include <stdlib.h>

#include "base/clock.h"
#include "base/header_lines.h"
#include "near/near_fill.h"
#include "proxy/bulk_items.h"

/* reply: what the cache actor says about it, or NULL. */
static void
bulk_fetch_fail(struct bulk_item *item, enum status status, const struct cache_reply *reply)
{
    char detail[256] = "", members[48];
    struct text text = text_of(members, sizeof members);
    struct problem problem = {.status = status, .retry_after_s = -1};

    if (reply != NULL)
        bytes_copy_text(reply->detail, detail, sizeof detail);
    if (reply != NULL && reply->retry_after_s > 0) {
        text_add(&text, ", \"retry_after_s\": ");
        text_add_int(&text, reply->retry_after_s);
    }
    problem.detail = detail[0] != '\0' ? detail : NULL;
    problem.members = text_bytes(&text);
    item->decision = DECISION_ERROR;
    bulk_item_fail(item, &problem);
}

/* What a paid API's error says, in the item. */
static void
fail_upstream(struct bulk_item *item, int http_status, struct bytes text)
{
    char *detail = miss_upstream_detail(text);
    struct problem problem = {
        .status = STATUS_UPSTREAM_REFUSED,
        .http_status = http_status,
        .detail = detail,
        .retry_after_s = -1,
    };

    bulk_item_fail(item, &problem);
    free(detail);
}

/* Whether the fields of a stored answer say that its body is JSON; only that can stand in an answer of ours. */
static bool
is_json(struct bytes head)
{
    struct bytes type = header_lines_find(head, "Content-Type");

    for (; type.size > 0; type = bytes_skip(type, 1))
        if (bytes_starts_with_name(type, "json"))
            return true;
    return false;
}

/* Ends the item with a body that somebody holds until the answer is written, if it still fits. */
static void
give_body(struct bulk *bulk, struct bulk_item *item, int http_status, struct bytes body)
{
    static const struct problem too_large = {
        .status = STATUS_NO_MEMORY,
        .detail = "the answer grows too large: ask for this item alone",
        .retry_after_s = -1,
    };
    int64_t most = bulk->exchange->worker->gateway->config->gateway.bulk_answer_bytes;

    if (bulk->body_bytes + (int64_t)body.size > most) {
        bulk_item_fail(item, &too_large);
        return;
    }
    bulk->body_bytes += (int64_t)body.size;
    item->state = BULK_DONE;
    item->http_status = http_status;
    item->body = body;
}

/* A stored answer, which may be an error that is kept. */
static void
bulk_fetch_finish(struct bulk *bulk, struct bulk_item *item, int http_status, struct bytes head,
                  struct bytes body)
{
    static const struct problem no_json = {
        .status = STATUS_UPSTREAM_MALFORMED,
        .detail = "the paid API's answer is no JSON: ask for this item alone",
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

    item->entry = near_fill_find(worker->gateway, worker->epoch, item->question.signature, false,
                                 clock_mono_coarse_ms());
    if (item->entry == NULL)
        return false;
    if (!item->is_decided) {
        item->decision = DECISION_HIT;
        item->price_micro_usd = item->saved_micro_usd = item->entry->saved_micro_usd;
    }
    bulk_fetch_finish(bulk, item, item->entry->http_status, item->entry->content.plain.head,
                      item->entry->content.plain.body);
    return true;
}

/* False: no time left, or the actor cannot be reached; the item has failed. */
static bool
bulk_fetch_ask(struct bulk *bulk, struct bulk_item *item, bool wants_body)
{
    struct exchange *exchange = bulk->exchange;
    int64_t left_ms = miss_time_left_ms(exchange);
    struct message request;
    enum status status = STATUS_TIMEOUT;

    miss_write_request(exchange, &item->question, wants_body, &request);
    if (left_ms > 0)
        status = worker_send(exchange->worker, ACTOR_CACHE, &request, left_ms);
    item->correlation_id = request.correlation_id;
    item->state = BULK_ASKED;
    if (status != STATUS_OK)
        bulk_fetch_fail(item, status, NULL);
    return status == STATUS_OK;
}

static void
bulk_fetch_decide(struct bulk_item *item, const struct cache_reply *reply)
{
    if (item->is_decided)
        return;
    item->is_decided = true;
    item->decision = reply->decision;
    item->cost_micro_usd = reply->cost_micro_usd;
    item->price_micro_usd = reply->saved_micro_usd;
    item->saved_micro_usd = item->decision == DECISION_MISS ? 0 : reply->saved_micro_usd;
}

static void
take_error(struct bulk_item *item, const struct message *message)
{
    const struct cache_reply *reply = &message->u.CACHE_REPLY;

    if (message->status != STATUS_UPSTREAM_REFUSED || reply->http_status < 300) {
        bulk_fetch_fail(item, message->status, reply);
        return;
    }
    item->decision = DECISION_ERROR;
    fail_upstream(item, (int)reply->http_status, blob_bytes(message->body));
}

static void
take_body(struct bulk *bulk, struct bulk_item *item, const struct message *message)
{
    const struct cache_reply *reply = &message->u.CACHE_REPLY;
    struct near_fill fill;

    item->blob = blob_hold(message->body);
    if (near_fill_make(&fill, bulk->exchange->worker->gateway->config, reply,
                       blob_bytes(item->blob), false))
        miss_keep_near(bulk->exchange, item->question.signature, reply, &fill);
    near_fill_fini(&fill);
    bulk_fetch_finish(bulk, item, (int)reply->http_status, reply->headers, blob_bytes(item->blob));
}

/* True: the item is done; false: it is asked for again. */
static bool
take_reply(struct bulk *bulk, struct bulk_item *item, const struct message *message)
{
    const struct cache_reply *reply = &message->u.CACHE_REPLY;

    bulk_fetch_decide(item, reply);
    if (message->status != STATUS_OK)
        take_error(item, message);
    else if (!reply->in_near)
        take_body(bulk, item, message);
    else if (!take_near(bulk, item))
        return !bulk_fetch_ask(bulk, item, true);
    return true;
}

static struct bulk_item *
find_asked(struct bulk *bulk, uint64_t correlation_id)
{
    for (size_t i = 0; i < bulk->count; i++)
        if (bulk->items[i].state == BULK_ASKED && bulk->items[i].correlation_id == correlation_id)
            return &bulk->items[i];
    return NULL;
}

/* Waits for one reply. How many items are still out. */
static size_t
bulk_fetch_receive(struct bulk *bulk, size_t out)
{
    int64_t left_ms = miss_time_left_ms(bulk->exchange);
    struct message reply;
    struct bulk_item *item;
    enum status status =
        worker_receive(bulk->exchange->worker, ACTOR_CACHE, left_ms > 0 ? left_ms : 0, &reply);

    if (status != STATUS_OK) {
        for (size_t i = 0; i < bulk->count; i++)
            if (bulk->items[i].state == BULK_ASKED)
                bulk_fetch_fail(&bulk->items[i], status, NULL);
        return 0;
    }
    item = reply.kind == MSG_CACHE_REPLY ? find_asked(bulk, reply.correlation_id) : NULL;
    if (item != NULL && take_reply(bulk, item, &reply))
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
            out += is_waiting(bulk, next) && bulk_fetch_ask(bulk, &bulk->items[next], false);
            next++;
        } else {
            out = bulk_fetch_receive(bulk, out);
        }
    }
    worker_done(bulk->exchange->worker, ACTOR_CACHE);
}

/* What asks the same as an earlier item shares its answer: the call, if there was one, was the first one's. */
static void
copy_leader(struct bulk *bulk, struct bulk_item *item)
{
    const struct bulk_item *leader = &bulk->items[item->leader];

    item->decision = leader->decision == DECISION_MISS ? DECISION_COLLAPSED : leader->decision;
    if (leader->error == NULL) {
        item->saved_micro_usd = leader->price_micro_usd;
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
    enum status status = miss_begin(bulk->exchange);
    bool is_begun = status == STATUS_OK;

    if (is_begun)
        status = worker_begin(bulk->exchange->worker, ACTOR_CACHE);
    for (size_t i = 0; i < bulk->count && status != STATUS_OK; i++)
        if (is_waiting(bulk, i))
            bulk_fetch_fail(&bulk->items[i], status, NULL);
    if (status == STATUS_OK)
        ask_all(bulk);
    if (is_begun)
        miss_end(bulk->exchange);
}

void
bulk_fetch(struct bulk *bulk)
{
    size_t missing = 0;

    for (size_t i = 0; i < bulk->count; i++)
        if (is_waiting(bulk, i))
            missing += bulk->items[i].question.force_refresh || !take_near(bulk, &bulk->items[i]);
    if (missing > 0)
        fetch_missing(bulk);
    for (size_t i = 0; i < bulk->count; i++)
        if (bulk->items[i].leader != i && bulk->items[i].state != BULK_DONE)
            copy_leader(bulk, &bulk->items[i]);
}
