/* request_draw.h - made-up requests of made-up routes, written in every way that they may be. */
#pragma once

#include <ctype.h>

#include "plan_support.h"
#include "unit/gateway/server/request_meaning.h"

enum { TARGET_SIZE = 1024 };

static uint64_t random_state = 88172645463325252ULL;

static inline uint64_t
draw(uint64_t count)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return (random_state >> 11) % count;
}

static char target[TARGET_SIZE];
static size_t target_size;
static char mutant[TARGET_SIZE + 4];

/* ck_assert writes each time that it is passed: here that is millions of times. */
static inline void
must(bool is_so, const char *otherwise)
{
    if (!is_so)
        ck_abort_msg("%s: %s, %s", otherwise, target, mutant);
}

static inline void
put(const char *text)
{
    size_t size = strlen(text);

    must(target_size + size < sizeof target, "too long");
    memcpy(target + target_size, text, size + 1);
    target_size += size;
}

/* One byte, as it is where it may be, or escaped; a blank of a query also as a plus. */
static inline void
put_byte(uint8_t byte, bool in_query)
{
    bool is_plain = byte < 0x80 && (isalnum(byte) || strchr("-._~,:|*", byte) != NULL);
    char escaped[4];

    if (byte == ' ' && in_query && draw(2))
        snprintf(escaped, sizeof escaped, "+");
    else if (is_plain && draw(8) > 0)
        snprintf(escaped, sizeof escaped, "%c", byte);
    else
        snprintf(escaped, sizeof escaped, draw(2) ? "%%%02X" : "%%%02x", byte);
    put(escaped);
}

static inline void
put_encoded(const char *text, bool in_query)
{
    for (const char *c = text; *c != '\0'; c++)
        put_byte((uint8_t)*c, in_query);
}

/* Texts that try to look like the signature around them. */
static inline void
draw_text(char text[128])
{
    static const char *const tokens[] = {"a",       "b",        "\"",
                                         "\\",      ", ",       ": ",
                                         "{",       "}",        "\", \"city\": \"",
                                         "\\u00e9", "\xC3\xA9", "\xF0\x9F\x98\x80",
                                         "%",       "+",        "&",
                                         "=",       "1",        "0",
                                         "null",    "/"};

    text[0] = '\0';
    for (uint64_t left = 1 + draw(4); left > 0; left--) {
        const char *token = tokens[draw(COUNT(tokens))];

        memcpy(text + strlen(text), token, strlen(token) + 1);
    }
}

static inline void
draw_value(const struct parameter_config *parameter, char text[128])
{
    static const char *const filters[] = {"1",   "2",   "2.5", "02",    "2.50",
                                          "1:2", "*:2", "2:*", "*:*",   "1|2",
                                          "2|1", "2|2", "1:1", "1|2|1", "10:20"};
    static const char *const day_ranges[] = {"1", "*:1", "7", "7:*", "*:7", "1:7", "*:*", "07"};
    static const char *const types[] = {"Condo", "Land", "Condo|Land", "Land|Condo", "Land|Land"};
    static const char *const flags[] = {"true", "false", "1", "0", "True", "FALSE"};

    switch (parameter->type) {
    case PARAMETER_INTEGER:
        snprintf(text, 128, "%s%u", draw(4) ? "" : "0", (unsigned)draw(20) + 1);
        break;
    case PARAMETER_NUMBER:
        snprintf(text, 128, "%s%u.%u", draw(3) ? "" : "-", (unsigned)draw(80), (unsigned)draw(100));
        break;
    case PARAMETER_FLAG:
        snprintf(text, 128, "%s", flags[draw(COUNT(flags))]);
        break;
    case PARAMETER_CHOICES:
        snprintf(text, 128, "%s", types[draw(COUNT(types))]);
        break;
    case PARAMETER_FILTER:
        snprintf(text, 128, "%s", filters[draw(COUNT(filters))]);
        break;
    case PARAMETER_DAYS:
        snprintf(text, 128, "%s", day_ranges[draw(COUNT(day_ranges))]);
        break;
    case PARAMETER_DIGITS:
        snprintf(text, 128, "7870%u", (unsigned)draw(4));
        break;
    default:
        draw_text(text);
    }
}

static struct parameter_config of_search[] = {
    {.name = "a", .type = PARAMETER_TEXT},
    {.name = "city", .type = PARAMETER_TEXT},
    {.name = "n", .type = PARAMETER_NUMBER, .least = -100, .most = 100},
    {.name = "beds", .type = PARAMETER_FILTER},
    {.name = "days", .type = PARAMETER_DAYS},
    {.name = "type", .type = PARAMETER_CHOICES, .values = "Condo|Land"},
    {.name = "zip", .type = PARAMETER_DIGITS, .max_length = 5},
    {.name = "limit", .type = PARAMETER_INTEGER, .least = 1, .most = 500, .default_text = "10"},
    {.name = "total", .type = PARAMETER_FLAG, .default_text = "false"},
};

static struct parameter_config of_one[] = {
    {.name = "id", .type = PARAMETER_TEXT, .in_path = true, .required = true},
    {.name = "a", .type = PARAMETER_TEXT},
    {.name = "limit", .type = PARAMETER_INTEGER, .least = 1, .most = 500},
};

static struct parameter_config of_two[] = {
    {.name = "id", .type = PARAMETER_TEXT, .in_path = true, .required = true},
    {.name = "other", .type = PARAMETER_TEXT, .in_path = true, .required = true},
};

#define ROUTE(route_endpoint, route_path, list)                                                    \
    {                                                                                              \
        .name = route_path, .endpoint = route_endpoint, .method = "GET", .path = route_path,       \
        .upstream_path = route_path, .parameters = list, .parameter_count = COUNT(list),           \
        .unknown_parameters = ROUTE_UNKNOWN_IGNORE                                                 \
    }

static struct route_config routes[] = {
    ROUTE("things", "/search", of_search),
    ROUTE("things", "/one/{id}", of_one),
    ROUTE("things", "/two/{id}/{other}", of_two),
    ROUTE("others", "/other", of_search),
};

static inline void
draw_begin(void)
{
    plan_use_routes(routes, COUNT(routes));
    target_size = 0;
}

static inline void
draw_end(void)
{
    plan_drop_routes();
}

static inline void
draw_path(const struct route_config *route)
{
    const struct parameter_config any_text = {.type = PARAMETER_TEXT};
    char value[128];

    for (const char *c = route->path; *c != '\0'; c++) {
        if (*c != '{') {
            put((char[]){*c, '\0'});
            continue;
        }
        draw_value(&any_text, value);
        for (char *slash = value; (slash = strchr(slash, '/')) != NULL;)
            *slash = ';'; /* no part of a path holds one */
        put_encoded(value, false);
        c += strcspn(c, "}");
    }
}

/* Few parameters of many, in any order, so that equal requests come often. */
static inline void
draw_target(void)
{
    const struct route_config *route = &routes[draw(COUNT(routes))];
    int64_t first = (int64_t)draw((uint64_t)route->parameter_count);
    const char *mark = "?";
    char value[128];

    target_size = 0;
    draw_path(route);
    for (int64_t i = 0; i < route->parameter_count; i++) {
        const struct parameter_config *parameter =
            &route->parameters[(first + i) % route->parameter_count];

        if (parameter->in_path || draw(3) > 0)
            continue;
        draw_value(parameter, value);
        put(mark);
        put_encoded(parameter->name, true);
        put("=");
        put_encoded(value, true);
        mark = draw(8) ? "&" : "&&x=y&";
    }
}
