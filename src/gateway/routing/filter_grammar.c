/* filter_grammar.c - numbers compared as numbers, printed as they were written. */
#include "routing/filter_grammar.h"

#include <stdlib.h>

#include "base/number_text.h"

#define LIST_MAX     64
#define NUMBER_BYTES 24

/* In its one form; empty: not a number. */
static struct bytes
trim_number(struct bytes text)
{
    return text.size <= NUMBER_BYTES ? number_text_trim(text) : (struct bytes){0};
}

static double
number_of(struct bytes text)
{
    char buffer[NUMBER_BYTES + 1];

    bytes_copy_text(text, buffer, sizeof buffer);
    return strtod(buffer, NULL);
}

static bool
is_open(struct bytes bound)
{
    return bytes_equal_text(bound, "*");
}

static enum filter_result
normalise_range(struct bytes low, struct bytes high, struct text *out)
{
    struct bytes low_number = is_open(low) ? low : trim_number(low);
    struct bytes high_number = is_open(high) ? high : trim_number(high);

    if (low_number.size == 0 || high_number.size == 0)
        return FILTER_INVALID;
    if (is_open(low) && is_open(high))
        return FILTER_NONE;
    if (!is_open(low) && !is_open(high) && number_of(low_number) > number_of(high_number))
        return FILTER_INVALID;
    text_add_bytes(out, low_number);
    text_add(out, ":");
    text_add_bytes(out, high_number);
    return FILTER_VALID;
}

/* Inserts in order; doubles are left out. False: full. */
static bool
filter_grammar_insert(struct bytes list[LIST_MAX], size_t *count, struct bytes number)
{
    size_t at = *count;

    while (at > 0 && number_of(list[at - 1]) > number_of(number))
        at--;
    if (at > 0 && bytes_equal(list[at - 1], number))
        return true;
    if (*count == LIST_MAX)
        return false;
    for (size_t i = *count; i > at; i--)
        list[i] = list[i - 1];
    list[at] = number;
    (*count)++;
    return true;
}

static enum filter_result
normalise_list(struct bytes value, struct text *out)
{
    struct bytes list[LIST_MAX];
    size_t count = 0;

    for (size_t start = 0; start <= value.size;) {
        const uint8_t *bar = memchr(value.data + start, '|', value.size - start);
        size_t end = bar != NULL ? (size_t)(bar - value.data) : value.size;
        struct bytes number = trim_number(bytes_of(value.data + start, end - start));

        if (number.size == 0 || !filter_grammar_insert(list, &count, number))
            return FILTER_INVALID;
        start = end + 1;
    }
    for (size_t i = 0; i < count; i++) {
        text_add(out, i > 0 ? "|" : "");
        text_add_bytes(out, list[i]);
    }
    return FILTER_VALID;
}

enum filter_result
filter_normalise(struct bytes value, struct text *out)
{
    const uint8_t *colon = value.size > 0 ? memchr(value.data, ':', value.size) : NULL;
    size_t low_size;

    if (value.size == 0)
        return FILTER_INVALID;
    if (colon == NULL)
        return normalise_list(value, out);
    low_size = (size_t)(colon - value.data);
    return normalise_range(bytes_of(value.data, low_size),
                           bytes_of(colon + 1, value.size - low_size - 1), out);
}

static bool
is_day_bound(struct bytes bound)
{
    struct bytes number = trim_number(bound);

    return is_open(bound) || (number.size > 0 && memchr(number.data, '.', number.size) == NULL &&
                              number_of(number) >= 1);
}

enum filter_result
filter_normalise_days(struct bytes value, struct text *out)
{
    const uint8_t *colon = value.size > 0 ? memchr(value.data, ':', value.size) : NULL;
    size_t low_size = colon != NULL ? (size_t)(colon - value.data) : 0;
    struct bytes low = colon != NULL ? bytes_of(value.data, low_size) : bytes_of_text("*");
    struct bytes high = colon != NULL ? bytes_of(colon + 1, value.size - low_size - 1) : value;

    if (!is_day_bound(low) || !is_day_bound(high) || (colon == NULL && is_open(high)))
        return FILTER_INVALID;
    return normalise_range(low, high, out);
}
