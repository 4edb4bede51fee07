/* rate.c - reads and writes the text of a limit. */
#include "base/rate.h"

#include <assert.h>
#include <stdio.h>

enum { RATE_COUNT_MOST = 1000000000 };

static const struct {
    const char *name;
    int64_t period_ms;
} units[RATE_UNIT_COUNT] = {
    {"second", 1000},
    {"minute", 60000},
    {"hour", 3600000},
    {"day", 86400000},
};

static struct bytes
skip_spaces(struct bytes text)
{
    while (text.size > 0 && text.data[0] == ' ')
        text = bytes_skip(text, 1);
    return text;
}

/* Takes the digits that text starts with; 0 when there are none, or too many. */
static int64_t
take_count(struct bytes *text)
{
    int64_t count = 0;

    for (; text->size > 0 && text->data[0] >= '0' && text->data[0] <= '9';
         *text = bytes_skip(*text, 1)) {
        count = count * 10 + (text->data[0] - '0');
        if (count > RATE_COUNT_MOST)
            return 0;
    }
    return count;
}

/* Takes "/" or " per " with the spaces around it. */
static bool
take_separator(struct bytes *text)
{
    struct bytes rest = skip_spaces(*text);

    if (rest.size > 0 && rest.data[0] == '/') {
        *text = skip_spaces(bytes_skip(rest, 1));
        return true;
    }
    if (rest.size == text->size || !bytes_starts_with_name(rest, "per "))
        return false;
    *text = skip_spaces(bytes_skip(rest, 4));
    return true;
}

static int64_t
period_of(struct bytes unit)
{
    bool is_plural =
        unit.size > 1 && (unit.data[unit.size - 1] == 's' || unit.data[unit.size - 1] == 'S');
    struct bytes singular = bytes_of(unit.data, unit.size - (is_plural ? 1 : 0));

    for (size_t i = 0; i < COUNT(units); i++) {
        if (bytes_is_name(singular, units[i].name))
            return units[i].period_ms;
    }
    return 0;
}

/* A written count of 0 is refused: it would read as "no limit". */
bool
rate_parse(struct bytes text, struct rate *rate)
{
    struct rate parsed = {.count = 0, .period_ms = 1000};

    if (!bytes_is_name(text, "none")) {
        parsed.count = take_count(&text);
        if (parsed.count == 0 || !take_separator(&text))
            return false;
        parsed.period_ms = period_of(text);
        if (parsed.period_ms == 0)
            return false;
    }
    *rate = parsed;
    return true;
}

size_t
rate_unit(const struct rate *rate)
{
    size_t unit = 0;

    while (unit < COUNT(units) && units[unit].period_ms != rate->period_ms)
        unit++;
    assert(unit < COUNT(units));
    return unit;
}

void
rate_format(const struct rate *rate, char *buffer)
{
    assert(rate->count >= 0 && rate->count <= RATE_COUNT_MOST);
    if (rate->count == 0) {
        snprintf(buffer, RATE_TEXT_SIZE, "none");
        return;
    }
    snprintf(buffer, RATE_TEXT_SIZE, "%d/%s", (int)rate->count, units[rate_unit(rate)].name);
}
