/* log_line.h - builds one line of the log in a buffer of fixed size. Pure.
 *
 * Whatever the fields hold, the line is valid UTF-8, has no control character but its closing
 * newline and, as JSON, is one object; what does not fit is cut at a whole character. */
#pragma once

#include <stddef.h>

#include "base/clock.h"
#include "base/log.h"

#define LOG_LINE_SIZE 4096

struct log_line {
    size_t size; /* of text, newline included; no NUL */
    char text[LOG_LINE_SIZE];
};

struct log_entry {
    char timestamp[CLOCK_TEXT_SIZE];
    const char *level;
    const char *service;    /* NULL: none */
    const char *request_id; /* NULL: none */
    const char *message;
    const struct log_field
        *fields; /* typed, beside the message; what does not fit whole is left out */
    size_t field_count;
};

void log_line_json(struct log_line *line, const struct log_entry *entry);
void log_line_text(struct log_line *line, const struct log_entry *entry);
