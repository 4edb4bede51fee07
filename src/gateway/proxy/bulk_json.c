/* bulk_json.c - JSON turned into queries, so that one reader of parameters does for both; and the items into JSON. */
#include "proxy/bulk_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number_text.h"
#include "routing/query_decode.h"

#define NUMBER_SIZE   NUMBER_TEXT_SIZE
#define ERROR_SIZE    16384
#define ITEM_ROOM     256 /* of an item beside its body or error */
#define BEHIND_ROOM   512 /* what stands around the items */
#define FAILURE_LIMIT 400

const json_t *
bulk_list(const json_t *body, int64_t most, const char **why)
{
    const json_t *list = json_is_object(body) ? json_object_get(body, "requests") : body;

    if (!json_is_array(list))
        *why = "the body must be a JSON array, or an object with the array \"requests\"";
    else if (json_array_size(list) == 0)
        *why = "the array of requests is empty";
    else if ((int64_t)json_array_size(list) > most)
        *why = "the array of requests has too many items";
    else
        return list;
    return NULL;
}

/* In the form that a query has; what has none is refused by its type there. */
static void
print_real(double value, char text[NUMBER_SIZE])
{
    if (!number_text_write(value, text))
        snprintf(text, NUMBER_SIZE, "%g", value);
}

/* False: an object or a list. */
static bool
print_value(const json_t *value, char number[NUMBER_SIZE], struct bytes *text)
{
    switch (json_typeof(value)) {
    case JSON_STRING:
        *text = bytes_of(json_string_value(value), json_string_length(value));
        return true;
    case JSON_INTEGER:
        snprintf(number, NUMBER_SIZE, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
        break;
    case JSON_REAL:
        print_real(json_real_value(value), number);
        break;
    case JSON_TRUE:
    case JSON_FALSE:
        snprintf(number, NUMBER_SIZE, "%s", json_is_true(value) ? "true" : "false");
        break;
    default:
        return false;
    }
    *text = bytes_of_text(number);
    return true;
}

static bool
is_parameter(const struct route_config *route, const char *name)
{
    for (int64_t i = 0; i < route->parameter_count; i++)
        if (strcmp(route->parameters[i].name, name) == 0)
            return true;
    return strcmp(name, "force_refresh") == 0 || strcmp(name, "ttl_override") == 0;
}

bool
bulk_item_query(const struct route_config *route, const json_t *item, struct text *out,
                const char **name, const char **why)
{
    char number[NUMBER_SIZE];
    struct bytes text;
    const char *member;
    const json_t *value;

    *name = NULL;
    *why = "Input should be an object";
    if (!json_is_object(item))
        return false;
    json_object_foreach((json_t *)(uintptr_t)item, member, value)
    {
        if (json_is_null(value))
            continue;
        *name = member;
        *why = "Input should be a string, a number or a boolean";
        if (route->unknown_parameters == ROUTE_UNKNOWN_IGNORE && !is_parameter(route, member))
            text = (struct bytes){0};
        else if (!print_value(value, number, &text))
            return false;
        text_add(out, out->size > 0 ? "&" : "");
        query_encode(bytes_of_text(member), "", out);
        text_add(out, "=");
        query_encode(text, "", out);
    }
    return true;
}

void
bulk_item_fail(struct bulk_item *item, const struct problem *problem)
{
    int http_status =
        problem->http_status != 0 ? problem->http_status : status_http(problem->status);
    struct text text;

    item->state = BULK_DONE;
    item->http_status = http_status;
    item->fetch.saved_micro_usd = 0;
    item->error = malloc(ERROR_SIZE);
    text = text_of(item->error, item->error != NULL ? ERROR_SIZE - 1 : 0);
    problem_add_members(&text, problem, http_status);
    if (item->error != NULL)
        item->error[text.is_cut ? 0 : text.size] = '\0';
}

/* "a, b": percent-encoded, free of quotes. */
static void
add_ignored_names(struct text *text, const char *names)
{
    text_add(text, ", \"ignored_parameters\": [");
    while (*names != '\0') {
        size_t size = strcspn(names, ",");

        text_add(text, "\"");
        text_add_bytes(text, bytes_of(names, size));
        names += size;
        names += strspn(names, ", ");
        text_add(text, *names != '\0' ? "\", " : "\"");
    }
    text_add(text, "]");
}

static void
add_item(struct text *text, const struct bulk_item *item, size_t index)
{
    text_add(text, "{\"index\": ");
    text_add_int(text, (int64_t)index);
    text_add(text, ", \"status\": ");
    text_add_int(text, item->http_status);
    text_add(text, ", \"cache\": \"");
    text_add(text, decision_text(item->fetch.decision));
    text_add(text, "\"");
    if (item->fetch.reason != CACHE_REASON_NONE) {
        text_add(text, ", \"reason\": \"");
        text_add(text, cache_reason_text(item->fetch.reason));
        text_add(text, "\"");
    }
    if (item->fetch.decision == DECISION_MISS || item->fetch.cost_micro_usd > 0) {
        text_add(text, ", \"cost_usd\": ");
        text_add_usd(text, item->fetch.cost_micro_usd);
    }
    if (item->ignored != NULL)
        add_ignored_names(text, item->ignored);
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

        room += ITEM_ROOM + item->body.size + (item->error != NULL ? strlen(item->error) : 0) +
                (item->ignored != NULL ? 2 * strlen(item->ignored) : 0);
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
bulk_render(struct bulk *bulk)
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
bulk_decision(const struct bulk *bulk)
{
    static const enum decision order[] = {DECISION_MISS, DECISION_COLLAPSED, DECISION_STALE,
                                          DECISION_HIT, DECISION_ERROR};

    for (size_t i = 0; i < COUNT(order); i++)
        for (size_t at = 0; at < bulk->count; at++)
            if (bulk->items[at].fetch.decision == order[i])
                return order[i];
    return DECISION_REFUSED;
}
