/* price.c - finding the number, and multiplying it without losing a micro-dollar. */
#include "call/price.h"

#include <ctype.h>

#include "base/header_lines.h"
#include "base/json_pointer.h"

#define DIGITS_MOST   18 /* of the number of units: with 18 of the price they fit into 128 bits */
#define PICO_IN_MICRO 1000000

struct decimal {
    uint64_t digits;
    uint64_t divisor; /* 10 for each digit behind the point */
};

static bool
read_decimal(struct bytes text, struct decimal *decimal)
{
    size_t count = 0;
    bool has_point = false;

    *decimal = (struct decimal){.divisor = 1};
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '.' && !has_point && i > 0 && i + 1 < text.size) {
            has_point = true;
            continue;
        }
        if (!isdigit(text.data[i]) || ++count > DIGITS_MOST)
            return false;
        decimal->digits = decimal->digits * 10 + (uint64_t)(text.data[i] - '0');
        decimal->divisor *= has_point ? 10U : 1U;
    }
    return count > 0;
}

static struct bytes
unquote(struct bytes text)
{
    if (text.size >= 2 && text.data[0] == '"' && text.data[text.size - 1] == '"')
        return bytes_of(text.data + 1, text.size - 2);
    return text;
}

bool
price_of_units(struct bytes units, int64_t pico_usd_per_unit, int64_t *cost_micro_usd)
{
    struct decimal decimal;
    __uint128_t divisor, cost;

    if (pico_usd_per_unit < 0 || !read_decimal(unquote(units), &decimal))
        return false;
    divisor = decimal.divisor;
    divisor *= PICO_IN_MICRO;
    cost = decimal.digits;
    cost *= (uint64_t)pico_usd_per_unit;
    cost = (cost + divisor / 2) / divisor;
    if (cost > INT64_MAX)
        return false;
    *cost_micro_usd = (int64_t)cost;
    return true;
}

/* The data of one line of an event stream; false: the line is none. HTML, 9.2.6. */
static bool
event_data(struct bytes line, struct bytes *data)
{
    struct bytes name = bytes_take_until(&line, ':');

    *data = bytes_skip_blanks(line);
    return bytes_equal_text(name, "data");
}

/* An event whose data stands in several lines is not looked into: JSON that tells a price stands in one. */
static bool
find_in_events(struct bytes stream, const char *pointer, struct bytes *units)
{
    bool is_found = false;

    while (stream.size > 0) {
        const uint8_t *end = memchr(stream.data, '\n', stream.size);
        size_t size = end != NULL ? (size_t)(end - stream.data) : stream.size;
        struct bytes line = bytes_of(stream.data, size), data, value;

        if (line.size > 0 && line.data[line.size - 1] == '\r')
            line.size--;
        if (event_data(line, &data) && json_pointer_find(data, pointer, &value)) {
            *units = value;
            is_found = true;
        }
        stream = bytes_skip(stream, size + (end != NULL));
    }
    return is_found;
}

static bool
find_units(const struct price_rule *rule, struct bytes headers, struct bytes body,
           struct bytes *units)
{
    struct bytes type = header_media_type(header_lines_find(headers, "Content-Type"));

    if (rule->header[0] != '\0') {
        *units = header_lines_find(headers, rule->header);
        return units->data != NULL;
    }
    if (bytes_is_name(type, "text/event-stream"))
        return find_in_events(body, rule->pointer, units);
    return json_pointer_find(body, rule->pointer, units);
}

bool
price_of_response(const struct price_rule *rule, struct bytes headers, struct bytes body,
                  int64_t *cost_micro_usd)
{
    struct bytes units;

    return find_units(rule, headers, body, &units) &&
           price_of_units(units, rule->pico_usd_per_unit, cost_micro_usd);
}
