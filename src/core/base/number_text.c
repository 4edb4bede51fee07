/* number_text.c - a number of few digits is its own shortest form; only long ones are searched for. */
#include "base/number_text.h"

#include <stdio.h>
#include <stdlib.h>

/* Decimals of so many digits are different doubles when they differ at all (DBL_DIG). */
#define DIGITS_EXACT 15
/* A double needs no more. */
#define DIGITS_MOST 17

/* What a double is: 0.d1d2d3... times ten to the power of point. */
struct decimal {
    bool is_negative;
    int point;
    int count;
    char digits[DIGITS_MOST + 1];
};

static bool
is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Where the only point stands; size: there is none; -1: other bytes, too. */
static long
find_point(struct bytes text)
{
    long point = -1;

    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '.' && point < 0)
            point = (long)i;
        else if (!is_digit(text.data[i]))
            return -1;
    }
    return point < 0 ? (long)text.size : point;
}

struct bytes
number_text_trim(struct bytes text)
{
    long found = find_point(text);
    size_t point = (size_t)found;
    size_t start = 0;
    size_t end = text.size;

    if (found < 1 || point + 1 == text.size)
        return bytes_of(NULL, 0);
    while (start + 1 < point && text.data[start] == '0')
        start++;
    if (point < text.size) {
        while (text.data[end - 1] == '0')
            end--;
        if (text.data[end - 1] == '.')
            end--;
    }
    return bytes_of(text.data + start, end - start);
}

/* The fewest digits that read back as value, which is finite and not 0. */
static struct decimal
number_text_shortest(double value)
{
    struct decimal decimal = {.is_negative = value < 0};
    char text[32];
    int precision = 0;

    do {
        snprintf(text, sizeof text, "%.*e", precision, value < 0 ? -value : value);
        precision++;
    } while (precision < DIGITS_MOST && strtod(text, NULL) != (value < 0 ? -value : value));
    for (const char *at = text; *at != 'e'; at++) {
        if (*at != '.')
            decimal.digits[decimal.count++] = *at;
    }
    decimal.point = (int)strtol(strchr(text, 'e') + 1, NULL, 10) + 1;
    return decimal;
}

static char *
number_text_put(char *to, char byte)
{
    *to = byte;
    return to + 1;
}

static void
write_plain(const struct decimal *decimal, char text[NUMBER_TEXT_SIZE])
{
    int whole = decimal->point > 0 ? decimal->point : 1;
    int first =
        decimal->point > 0 ? 0 : decimal->point - 1; /* of the digits that stand at 0, 1, ... */
    int last = decimal->count > decimal->point ? decimal->count : decimal->point;

    if (decimal->is_negative)
        text = number_text_put(text, '-');
    for (int i = first; i < last; i++) {
        if (i - first == whole)
            text = number_text_put(text, '.');
        text = number_text_put(text, i >= 0 && i < decimal->count ? decimal->digits[i] : '0');
    }
    *text = '\0';
}

/* Python's: an exponent below 1e-4 and from 1e16 on, else a point with something behind it. */
static void
write_repr(const struct decimal *decimal, char text[NUMBER_TEXT_SIZE])
{
    if (decimal->point > -4 && decimal->point <= 16) {
        write_plain(decimal, text);
        if (decimal->count <= decimal->point)
            memcpy(text + strlen(text), ".0", 3);
        return;
    }
    snprintf(text, NUMBER_TEXT_SIZE, "%s%c%s%.*se%+03d", decimal->is_negative ? "-" : "",
             decimal->digits[0], decimal->count > 1 ? "." : "", decimal->count - 1,
             decimal->digits + 1, decimal->point - 1);
}

/* The digits as they came, if they are surely the shortest. */
static bool
copy_short(struct bytes text, bool is_negative, struct number_text *number)
{
    struct bytes trimmed = number_text_trim(text);
    bool has_point = trimmed.size > 0 && memchr(trimmed.data, '.', trimmed.size) != NULL;
    size_t sign = is_negative ? 1 : 0;

    if (trimmed.size == 0 || trimmed.size - (has_point ? 1 : 0) > DIGITS_EXACT ||
        (number->value < 1e-4 && number->value > -1e-4))
        return false;
    number->plain[0] = '-';
    memcpy(number->plain + sign, trimmed.data, trimmed.size);
    number->plain[sign + trimmed.size] = '\0';
    memcpy(number->repr, number->plain, sign + trimmed.size + 1);
    if (!has_point)
        memcpy(number->repr + sign + trimmed.size, ".0", 3);
    return true;
}

static bool
read_value(struct bytes text, struct bytes unsigned_text, double *value)
{
    char copy[NUMBER_INPUT_MOST + 1];

    if (find_point(unsigned_text) < 0 || unsigned_text.size == 0 ||
        bytes_equal_text(unsigned_text, ".") || !bytes_copy_text(text, copy, sizeof copy))
        return false;
    *value = strtod(copy, NULL);
    return true;
}

bool
number_text_read(struct bytes text, struct number_text *number)
{
    bool is_negative = text.size > 0 && text.data[0] == '-';
    struct bytes digits = is_negative ? bytes_skip(text, 1) : text;
    struct decimal decimal;

    if (!read_value(text, digits, &number->value))
        return false;
    if (number->value == 0) {
        *number = (struct number_text){.value = 0, .plain = "0", .repr = "0.0"};
    } else if (!copy_short(digits, is_negative, number)) {
        decimal = number_text_shortest(number->value);
        write_plain(&decimal, number->plain);
        write_repr(&decimal, number->repr);
    }
    return true;
}

bool
number_text_write(double value, char text[NUMBER_TEXT_SIZE])
{
    struct decimal decimal;

    if (value == 0) {
        memcpy(text, "0", 2);
        return true;
    }
    decimal = number_text_shortest(value);
    if (decimal.point > NUMBER_INPUT_MOST || decimal.point < -NUMBER_INPUT_MOST)
        return false;
    write_plain(&decimal, text);
    return true;
}
