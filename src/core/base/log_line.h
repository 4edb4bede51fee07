/* log_line.h - builds one line of the log in a buffer of fixed size. Pure.
 *
 * Whatever the fields hold, the line is valid UTF-8, has no control character but its closing
 * newline and, as JSON, is one object; what does not fit is cut at a whole character. */
#pragma once

#include <stddef.h>

#include "base/clock.h"

#define LOG_LINE_SIZE 4096

struct log_line {
    size_t size; /* of text, newline included; no NUL */
    char text[LOG_LINE_SIZE];
};

struct log_fields {
    char time[CLOCK_TEXT_SIZE];
    const char *level;
    const char *actor;      /* NULL: none */
    const char *request_id; /* NULL: none */
    const char *message;
};

void log_line_json(struct log_line *line, const struct log_fields *fields);
void log_line_text(struct log_line *line, const struct log_fields *fields);
