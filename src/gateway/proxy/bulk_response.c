/* bulk_response.c - what became of the items, as JSON and in sum. */
#include <stdlib.h>

#include "proxy/bulk_items.h"

#define ERROR_SIZE    16384
#define ITEM_ROOM     256 /* of an item beside its body or error */
#define BEHIND_ROOM   512 /* what stands around the items */
#define FAILURE_LIMIT 400

void
bulk_item_fail(struct bulk_item *item, const struct problem *problem)
{
    int http_status =
        problem->http_status != 0 ? problem->http_status : status_http(problem->status);
    struct text text;

    item->state = BULK_DONE;
    item->http_status = http_status;
    item->saved_micro_usd = 0;
    item->error = malloc(ERROR_SIZE);
    text = text_of(item->error, item->error != NULL ? ERROR_SIZE - 1 : 0);
    problem_add_members(&text, problem, http_status);
    if (item->error != NULL)
        item->error[text.is_cut ? 0 : text.size] = '\0';
}

static void
add_item(struct text *text, const struct bulk_item *item, size_t index)
{
    text_add(text, "{\"index\": ");
    text_add_int(text, (int64_t)index);
    text_add(text, ", \"status\": ");
    text_add_int(text, item->http_status);
    text_add(text, ", \"cache\": \"");
    text_add(text, decision_text(item->decision));
    text_add(text, "\"");
    if (item->decision == DECISION_MISS || item->cost_micro_usd > 0) {
        text_add(text, ", \"cost_usd\": ");
        text_add_usd(text, item->cost_micro_usd);
    }
    if (item->http_status < FAILURE_LIMIT) {
        text_add(text, ", \"data\": ");
        text_add_bytes(text, item->body.size > 0 ? item->body : bytes_of_text("null"));
    } else {
        text_add(text, ", \"error\": {");
        text_add(text, item->error != NULL ? item->error : "");
        text_add(text, "}");
    }
    text_add(text, "}");
}

static size_t
room_of(const struct bulk *bulk)
{
    size_t room = BEHIND_ROOM;

    for (size_t i = 0; i < bulk->count; i++) {
        const struct bulk_item *item = &bulk->items[i];

        room += ITEM_ROOM + item->body.size + (item->error != NULL ? strlen(item->error) : 0);
    }
    return room;
}

static void
add_sums(struct text *text, const struct bulk *bulk)
{
    size_t failed = 0;

    for (size_t i = 0; i < bulk->count; i++)
        failed += bulk->items[i].http_status >= FAILURE_LIMIT;
    text_add(text, "], \"total\": ");
    text_add_int(text, (int64_t)bulk->count);
    text_add(text, ", \"succeeded\": ");
    text_add_int(text, (int64_t)(bulk->count - failed));
    text_add(text, ", \"failed\": ");
    text_add_int(text, (int64_t)failed);
    text_add(text, ", \"cost_usd\": ");
    text_add_usd(text, bulk->exchange->cost_micro_usd);
    text_add(text, ", \"saved_usd\": ");
    text_add_usd(text, bulk->exchange->saved_micro_usd);
    text_add(text, "}\n");
}

bool
bulk_response_render(struct bulk *bulk)
{
    size_t room = room_of(bulk);
    char *buffer = malloc(room);
    struct text text = text_of(buffer, buffer != NULL ? room : 0);

    text_add(&text, "{\"results\": [");
    for (size_t i = 0; i < bulk->count; i++) {
        text_add(&text, i > 0 ? ",\n" : "\n");
        add_item(&text, &bulk->items[i], i);
    }
    add_sums(&text, bulk);
    bulk->response = text_bytes(&text);
    return !text.is_cut;
}

enum decision
bulk_response_decision(const struct bulk *bulk)
{
    static const enum decision order[] = {DECISION_MISS, DECISION_COLLAPSED, DECISION_STALE,
                                          DECISION_HIT, DECISION_ERROR};

    for (size_t i = 0; i < COUNT(order); i++)
        for (size_t at = 0; at < bulk->count; at++)
            if (bulk->items[at].decision == order[i])
                return order[i];
    return DECISION_REFUSED;
}
