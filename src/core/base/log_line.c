/* log_line.c - escapes what is logged, for JSON and for terminals. Pure. */
#include "base/log_line.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum {
    CLOSING_SIZE = 3,  /* what ends a line of JSON: quote, brace, newline */
    MEMBER_MOST = 256, /* bytes of a service's name or a request's id, escaped */
    FIELD_MOST = 1024, /* bytes of a text field, escaped */
    NUMBER_SIZE = 32,
};

/* Appends all of text or nothing; false when it does not fit below limit. */
static bool
log_line_append(struct log_line *line, size_t limit, const char *text, size_t size)
{
    if (size > limit || line->size > limit - size)
        return false;
    memcpy(line->text + line->size, text, size);
    line->size += size;
    return true;
}

/* The short escapes that both forms know; NULL: none. */
static const char *
short_escape(unsigned char byte, bool is_json)
{
    switch (byte) {
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    case '\\':
        return "\\\\";
    case '"':
        return is_json ? "\\\"" : NULL;
    default:
        return NULL;
    }
}

/* Appends the character at *at in its escaped form and moves on; false when it does not fit. */
static bool
append_character(struct log_line *line, size_t limit, const char **at, bool is_json)
{
    uint32_t code = 0;
    size_t size = utf8_decode(*at, strnlen(*at, 4), &code);
    const char *from = *at;
    const char *escape = short_escape((unsigned char)*from, is_json);
    char number[8];

    *at += size > 0 ? size : 1;
    if (escape != NULL)
        return log_line_append(line, limit, escape, strlen(escape));
    if (size == 0)
        return log_line_append(line, limit, "\\ufffd", 6);
    if (code >= 0x20 && (code < 0x7f || code > 0x9f))
        return log_line_append(line, limit, from, size);
    snprintf(number, sizeof number, "\\u%04x", (unsigned)(code & 0xffff));
    return log_line_append(line, limit, number, 6);
}

static void
append_escaped(struct log_line *line, size_t limit, const char *text, bool is_json)
{
    while (*text != '\0' && append_character(line, limit, &text, is_json))
        continue;
}

/* Where an escaped text of at most `most` bytes has to end. */
static size_t
limit_after(const struct log_line *line, size_t most, size_t limit)
{
    return line->size + most < limit ? line->size + most : limit;
}

static void
append_json_member(struct log_line *line, const char *opening, const char *value)
{
    if (value == NULL)
        return;
    log_line_append(line, LOG_LINE_SIZE, opening, strlen(opening));
    append_escaped(line, line->size + MEMBER_MOST, value, true);
    log_line_append(line, LOG_LINE_SIZE, "\"", 1);
}

/* A field's number as both forms print it; empty: it is a text. */
static void
print_number(const struct log_field *field, char text[NUMBER_SIZE])
{
    uint64_t size = field->number < 0 ? 0 - (uint64_t)field->number : (uint64_t)field->number;

    text[0] = '\0';
    if (field->kind == LOG_FIELD_NUMBER)
        snprintf(text, NUMBER_SIZE, "%" PRId64, field->number);
    else if (field->kind == LOG_FIELD_USD)
        snprintf(text, NUMBER_SIZE, "%s%" PRIu64 ".%06" PRIu64, field->number < 0 ? "-" : "",
                 size / 1000000, size % 1000000);
}

static void
append_field(struct log_line *line, const struct log_field *field, bool is_json, size_t limit)
{
    bool is_quoted = is_json && field->kind == LOG_FIELD_TEXT;
    char opening[64], number[NUMBER_SIZE];
    int size = snprintf(opening, sizeof opening, is_json ? ",\"%s\":%s" : " %s=%s", field->name,
                        is_quoted ? "\"" : "");

    if (field->kind == LOG_FIELD_TEXT && field->text == NULL)
        return;
    print_number(field, number);
    /* the room of the closing quote is kept */
    if (line->size + (size_t)size + strlen(number) + 1 > limit)
        return;
    log_line_append(line, limit, opening, (size_t)size);
    if (field->kind == LOG_FIELD_TEXT)
        append_escaped(line, limit_after(line, FIELD_MOST, limit - 1), field->text, is_json);
    log_line_append(line, limit, number, strlen(number));
    if (is_quoted)
        log_line_append(line, limit, "\"", 1);
}

static void
append_fields(struct log_line *line, const struct log_entry *entry, bool is_json, size_t limit)
{
    for (size_t i = 0; i < entry->field_count; i++)
        append_field(line, &entry->fields[i], is_json, limit);
}

void
log_line_json(struct log_line *line, const struct log_entry *entry)
{
    static const char message[] = ",\"message\":\"";

    line->size = 0;
    append_json_member(line, "{\"timestamp\":\"", entry->timestamp);
    append_json_member(line, ",\"level\":\"", entry->level);
    append_json_member(line, ",\"service\":\"", entry->service);
    append_json_member(line, ",\"request_id\":\"", entry->request_id);
    log_line_append(line, LOG_LINE_SIZE, message, sizeof message - 1);
    append_escaped(line, LOG_LINE_SIZE - CLOSING_SIZE, entry->message, true);
    log_line_append(line, LOG_LINE_SIZE, "\"", 1);
    append_fields(line, entry, true, LOG_LINE_SIZE - CLOSING_SIZE + 1);
    log_line_append(line, LOG_LINE_SIZE, "}\n", 2);
}

static void
append_text_member(struct log_line *line, const char *opening, const char *value)
{
    if (value == NULL)
        return;
    log_line_append(line, LOG_LINE_SIZE, opening, strlen(opening));
    append_escaped(line, line->size + MEMBER_MOST, value, false);
}

void
log_line_text(struct log_line *line, const struct log_entry *entry)
{
    line->size = 0;
    append_text_member(line, "", entry->timestamp);
    append_text_member(line, " ", entry->level);
    append_text_member(line, " service=", entry->service);
    append_text_member(line, " request=", entry->request_id);
    log_line_append(line, LOG_LINE_SIZE, " ", 1);
    append_escaped(line, LOG_LINE_SIZE - 1, entry->message, false);
    append_fields(line, entry, false, LOG_LINE_SIZE - 1);
    log_line_append(line, LOG_LINE_SIZE, "\n", 1);
}
