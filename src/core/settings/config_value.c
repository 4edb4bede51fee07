/* config_value.c - strict readers: what is not wholly a value is no value. Pure. */
#include "settings/config_value.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/bytes.h"
#include "base/utf8.h"
#include "settings/config_report.h"

enum { MONEY_DECIMALS = 6, MONEY_DIGITS_MOST = 9 };

static bool
config_value_refuse(char *why, const char *text, const char *reason)
{
    char shown[CONFIG_SHOWN_SIZE];

    snprintf(why, CONFIG_WHY_SIZE, "%s %s", config_show(text, shown), reason);
    return false;
}

static size_t
count_digits(const char *text)
{
    return strspn(text, "0123456789");
}

static bool
is_whole_number(const char *text)
{
    const char *digits = text + (text[0] == '-' ? 1 : 0);
    size_t count = count_digits(digits);

    return count > 0 && digits[count] == '\0' &&
           (digits[0] != '0' || (count == 1 && digits == text));
}

bool
config_value_int(const char *text, int64_t least, int64_t most, int64_t *value, char *why)
{
    char shown[CONFIG_SHOWN_SIZE];
    long long parsed;

    if (!is_whole_number(text))
        return config_value_refuse(why, text, "is not a whole number");
    errno = 0;
    parsed = strtoll(text, NULL, 10);
    if (errno != 0 || parsed < least || parsed > most) {
        snprintf(why, CONFIG_WHY_SIZE, "%s is not in %lld..%lld", config_show(text, shown),
                 (long long)least, (long long)most);
        return false;
    }
    *value = parsed;
    return true;
}

bool
config_value_number(const char *text, double *value, char *why)
{
    const char *whole = text + (text[0] == '-' ? 1 : 0);
    size_t whole_count = count_digits(whole);
    const char *point = whole + whole_count;
    size_t fraction_count = *point == '.' ? count_digits(point + 1) : 0;
    const char *end = *point == '.' ? point + 1 + fraction_count : point;

    if (whole_count == 0 || whole_count > 15 || *end != '\0' ||
        (*point == '.' && fraction_count == 0))
        return config_value_refuse(why, text, "is not a number");
    *value = strtod(text, NULL);
    return true;
}

bool
config_value_flag(const char *text, bool *value, char *why)
{
    bool is_true = strcasecmp(text, "true") == 0;

    if (!is_true && strcasecmp(text, "false") != 0)
        return config_value_refuse(why, text, "is neither true nor false");
    *value = is_true;
    return true;
}

bool
config_value_money(const char *text, int64_t *micro_usd, char *why)
{
    size_t whole_count = count_digits(text);
    const char *fraction = text + whole_count + (text[whole_count] == '.' ? 1 : 0);
    size_t fraction_count = count_digits(fraction);
    int64_t value = 0;

    if (whole_count == 0 || whole_count > MONEY_DIGITS_MOST || fraction_count > MONEY_DECIMALS ||
        fraction[fraction_count] != '\0' || (text[whole_count] == '.' && fraction_count == 0) ||
        (text[whole_count] != '.' && fraction_count != 0))
        return config_value_refuse(why, text,
                                   "is not an amount in dollars with at most 6 decimals");
    for (size_t i = 0; i < whole_count; i++)
        value = value * 10 + (text[i] - '0');
    for (size_t i = 0; i < MONEY_DECIMALS; i++)
        value = value * 10 + (i < fraction_count ? fraction[i] - '0' : 0);
    *micro_usd = value;
    return true;
}

bool
config_value_rate(const char *text, struct rate *rate, char *why)
{
    if (rate_parse(bytes_of_text(text), rate))
        return true;
    return config_value_refuse(
        why, text, "is not a rate: expected 60/minute, 1000/hour, 5/second, 100/day or none");
}

bool
config_value_text(const char *text, bool is_secret, char *value, size_t capacity, char *why)
{
    size_t size = strlen(text);

    if (size >= capacity) {
        snprintf(why, CONFIG_WHY_SIZE, "%zu bytes are too many, at most %zu fit", size,
                 capacity - 1);
        return false;
    }
    if (!utf8_is_plain(bytes_of_text(text)))
        return config_value_refuse(why, is_secret ? "the secret" : text,
                                   "is not UTF-8 text without control characters");
    memcpy(value, text, size + 1);
    return true;
}

int
config_choice_find(const char *choices, const char *text)
{
    size_t size = strlen(text);

    for (int index = 0;; index++) {
        size_t length = strcspn(choices, "|");

        if (length == size && memcmp(choices, text, size) == 0)
            return index;
        if (choices[length] == '\0')
            return -1;
        choices += length + 1;
    }
}

static bool
read_choice(const struct config_row *row, const char *text, void *member, char *why)
{
    char shown[CONFIG_SHOWN_SIZE];
    int index = config_choice_find(row->choices, text);

    if (index < 0) {
        snprintf(why, CONFIG_WHY_SIZE, "%s is not one of %s", config_show(text, shown),
                 row->choices);
        return false;
    }
    if (row->type == CONFIG_WORD)
        return config_value_text(text, false, member, row->size, why);
    assert(row->size == sizeof index);
    memcpy(member, &index, sizeof index);
    return true;
}

static bool
read_money(const struct config_row *row, const char *text, int64_t *member, char *why)
{
    int64_t micro_usd;

    if (!config_value_money(text, &micro_usd, why))
        return false;
    if (micro_usd > row->most * INT64_C(1000000)) {
        snprintf(why, CONFIG_WHY_SIZE, "%s is not in 0..%lld", text, (long long)row->most);
        return false;
    }
    *member = micro_usd;
    return true;
}

static bool
ends_with(const char *text, const char *end)
{
    size_t size = strlen(text), end_size = strlen(end);

    return size > end_size && strcmp(text + size - end_size, end) == 0;
}

/* The unit that a row's name ends with; 0: it is no time. */
static int64_t
own_unit_ms(const struct config_row *row)
{
    if (ends_with(row->name, "_ms"))
        return 1;
    return ends_with(row->name, "_s") ? 1000 : ends_with(row->name, "_days") ? 86400000 : 0;
}

/* Reads "90s" or "24h" in a unit in which it is whole. False: it is no such time. */
static bool
read_time(const char *text, int64_t unit_ms, int64_t *value)
{
    static const struct {
        const char *suffix;
        int64_t ms;
    } units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
    size_t digits = count_digits(text);

    if (unit_ms == 0 || digits == 0 || digits > 9 || (text[0] == '0' && digits > 1))
        return false;
    for (size_t i = 0; i < COUNT(units); i++) {
        int64_t ms = strtoll(text, NULL, 10) * units[i].ms;

        if (strcmp(text + digits, units[i].suffix) != 0)
            continue;
        *value = ms / unit_ms;
        return ms % unit_ms == 0;
    }
    return false;
}

/* A whole number; of a time also one with a unit. */
static bool
read_int(const struct config_row *row, const char *text, int64_t *member, char *why)
{
    char number[24];
    int64_t value;

    if (!read_time(text, own_unit_ms(row), &value))
        return config_value_int(text, row->least, row->most, member, why);
    snprintf(number, sizeof number, "%lld", (long long)value);
    return config_value_int(number, row->least, row->most, member, why);
}

bool
config_value_read(const struct config_row *row, const char *text, void *target,
                  char why[CONFIG_WHY_SIZE])
{
    void *member = (char *)target + row->offset;

    switch (row->type) {
    case CONFIG_INT:
        return read_int(row, text, member, why);
    case CONFIG_FLAG:
        return config_value_flag(text, member, why);
    case CONFIG_RATE:
        return config_value_rate(text, member, why);
    case CONFIG_TEXT:
    case CONFIG_SECRET:
        return config_value_text(text, row->type == CONFIG_SECRET, member, row->size, why);
    case CONFIG_NUMBER:
        return config_value_number(text, member, why);
    case CONFIG_MONEY:
        return read_money(row, text, member, why);
    case CONFIG_WORD:
    case CONFIG_CHOICE:
        return read_choice(row, text, member, why);
    case CONFIG_LATER:
    case CONFIG_MAPPING:
    case CONFIG_SEQUENCE:
        return true;
    }
    assert(false);
    return false;
}
