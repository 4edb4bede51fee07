/* field.c - writes JSON, one field after the other, at the end of a text. */
#include "http/field.h"

#include "common/calendar.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

static void
field_separate(struct text *text)
{
    if (text->size == 0)
        return;
    char last = text->data[text->size - 1];
    if (last != '{' && last != '[' && last != ':')
        text_append(text, ",", 1);
}

/* The length of the UTF-8 sequence at the start of bytes, 0 when there is none. */
static size_t
measure_utf8(const unsigned char *bytes)
{
    if (bytes[0] < 0x80)
        return 1;
    size_t length = bytes[0] >= 0xf0 ? 4 : bytes[0] >= 0xe0 ? 3 : 2;
    if (bytes[0] < 0xc2 || bytes[0] > 0xf4)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return 0;
    bool overlong = (bytes[0] == 0xe0 && bytes[1] < 0xa0) || (bytes[0] == 0xf0 && bytes[1] < 0x90);
    bool outside = (bytes[0] == 0xed && bytes[1] > 0x9f) || (bytes[0] == 0xf4 && bytes[1] > 0x8f);
    return overlong || outside ? 0 : length;
}

static size_t
add_escaped(struct text *text, const char *at)
{
    unsigned char byte = (unsigned char)*at;
    if (byte == '"' || byte == '\\') {
        char escaped[2] = {'\\', *at};
        text_append(text, escaped, 2);
        return 1;
    }
    if (byte < 0x20) {
        text_print(text, "\\u%04x", byte);
        return 1;
    }
    size_t length = measure_utf8((const unsigned char *)at);
    if (length == 0) {
        text_add(text, "\xef\xbf\xbd");
        return 1;
    }
    text_append(text, at, length);
    return length;
}

static void
add_quoted(struct text *text, const char *value)
{
    text_append(text, "\"", 1);
    while (*value != '\0') {
        const char *plain = value;
        while (*plain >= 0x20 && *plain < 0x7f && *plain != '"' && *plain != '\\')
            plain++;
        text_append(text, value, (size_t)(plain - value));
        value = plain;
        if (*value != '\0')
            value += add_escaped(text, value);
    }
    text_append(text, "\"", 1);
}

static void
field_begin(struct text *text, const char *key)
{
    field_separate(text);
    if (key == NULL)
        return;
    add_quoted(text, key);
    text_append(text, ":", 1);
}

void
field_open(struct text *text, const char *key, char bracket)
{
    field_begin(text, key);
    text_append(text, &bracket, 1);
}

void
field_close(struct text *text, char bracket)
{
    text_append(text, &bracket, 1);
}

void
field_string(struct text *text, const char *key, const char *value)
{
    field_begin(text, key);
    if (value == NULL)
        text_add(text, "null");
    else
        add_quoted(text, value);
}

void
field_integer(struct text *text, const char *key, int64_t value)
{
    field_scaled(text, key, value, 0);
}

void
field_boolean(struct text *text, const char *key, bool value)
{
    field_begin(text, key);
    text_add(text, value ? "true" : "false");
}

void
field_null(struct text *text, const char *key)
{
    field_begin(text, key);
    text_add(text, "null");
}

void
field_scaled(struct text *text, const char *key, int64_t value, unsigned decimals)
{
    field_begin(text, key);
    while (decimals > 0 && value % 10 == 0) {
        value /= 10;
        decimals--;
    }
    char digits[40];
    size_t at = sizeof digits;
    uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;
    for (unsigned written = 0; rest > 0 || written <= decimals; written++) {
        if (written == decimals && decimals > 0)
            digits[--at] = '.';
        digits[--at] = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (value < 0)
        digits[--at] = '-';
    text_append(text, digits + at, sizeof digits - at);
}

void
field_day(struct text *text, const char *key, int32_t day)
{
    field_instant(text, key, (int64_t)day * CALENDAR_DAY_MS);
}

void
field_instant(struct text *text, const char *key, int64_t time_ms)
{
    char instant[CALENDAR_INSTANT_SIZE];
    calendar_format(time_ms, instant);
    field_string(text, key, instant);
}
