/* log_line.c - escapes what is logged, for JSON and for terminals. Pure. */
#include "base/log_line.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/utf8.h"

enum {
    CLOSING_SIZE = 3, /* what ends a line of JSON: quote, brace, newline */
    FIELD_MOST = 256, /* bytes of an actor's name or a request's id, escaped */
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

static size_t
field_limit(const struct log_line *line)
{
    return line->size + FIELD_MOST;
}

static void
append_json_field(struct log_line *line, const char *opening, const char *value)
{
    if (value == NULL)
        return;
    log_line_append(line, LOG_LINE_SIZE, opening, strlen(opening));
    append_escaped(line, field_limit(line), value, true);
    log_line_append(line, LOG_LINE_SIZE, "\"", 1);
}

void
log_line_json(struct log_line *line, const struct log_fields *fields)
{
    static const char message[] = ",\"message\":\"";

    line->size = 0;
    append_json_field(line, "{\"time\":\"", fields->time);
    append_json_field(line, ",\"level\":\"", fields->level);
    append_json_field(line, ",\"actor\":\"", fields->actor);
    append_json_field(line, ",\"request_id\":\"", fields->request_id);
    log_line_append(line, LOG_LINE_SIZE, message, sizeof message - 1);
    append_escaped(line, LOG_LINE_SIZE - CLOSING_SIZE, fields->message, true);
    log_line_append(line, LOG_LINE_SIZE, "\"}\n", CLOSING_SIZE);
}

static void
append_text_field(struct log_line *line, const char *opening, const char *value)
{
    if (value == NULL)
        return;
    log_line_append(line, LOG_LINE_SIZE, opening, strlen(opening));
    append_escaped(line, field_limit(line), value, false);
}

void
log_line_text(struct log_line *line, const struct log_fields *fields)
{
    line->size = 0;
    append_text_field(line, "", fields->time);
    append_text_field(line, " ", fields->level);
    append_text_field(line, " actor=", fields->actor);
    append_text_field(line, " request=", fields->request_id);
    log_line_append(line, LOG_LINE_SIZE, " ", 1);
    append_escaped(line, LOG_LINE_SIZE - 1, fields->message, false);
    log_line_append(line, LOG_LINE_SIZE, "\n", 1);
}
