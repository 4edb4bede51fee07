/* bulk_request.c - JSON turned into queries, so that one reader of parameters does for both. */
#include "proxy/bulk_request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "routing/query_decode.h"

#define NUMBER_SIZE      40
#define DIGITS_OF_DOUBLE 17

const json_t *
bulk_request_list(const json_t *body, int64_t most, const char **why)
{
    const json_t *list = json_is_object(body) ? json_object_get(body, "requests") : body;

    if (!json_is_array(list))
        *why = "the body must be a list, or an object with the list \"requests\"";
    else if (json_array_size(list) == 0)
        *why = "the list of requests is empty";
    else if ((int64_t)json_array_size(list) > most)
        *why = "the list of requests is too long";
    else
        return list;
    return NULL;
}

/* With as few digits as give the same number again. */
static void
print_real(double value, char text[NUMBER_SIZE])
{
    for (int digits = 1; digits <= DIGITS_OF_DOUBLE; digits++) {
        snprintf(text, NUMBER_SIZE, "%.*g", digits, value);
        if (strtod(text, NULL) == value)
            return;
    }
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
bulk_request_query(const struct route_config *route, const json_t *item, struct text *out,
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
        if (json_is_null(value) || !is_parameter(route, member))
            continue;
        *name = member;
        *why = "Input should be a text, a number or a boolean";
        if (!print_value(value, number, &text))
            return false;
        text_add(out, out->size > 0 ? "&" : "");
        query_encode(bytes_of_text(member), "", out);
        text_add(out, "=");
        query_encode(text, "", out);
    }
    return true;
}
