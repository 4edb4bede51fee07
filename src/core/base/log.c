/* log.c - one line per call, escaped, in one write.
 *
 * Level and form are process-wide and may change while threads log; actor and request belong to the
 * thread. A line that does not fit is cut, never spread over two writes. */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log_line.h"

enum { EXIT_SOFTWARE = 70, MESSAGE_SIZE = 3072 };

static const char *const level_names[] = {"DEBUG", "INFO", "WARNING", "ERROR"};

static _Atomic int least_level = LOG_INFO;
static atomic_bool is_json = true;

static _Thread_local const char *own_actor;
static _Thread_local const char *own_request;

static int
find_level(const char *name)
{
    for (size_t i = 0; i < COUNT(level_names); i++) {
        if (strcasecmp(name, level_names[i]) == 0)
            return (int)i;
    }
    return -1;
}

bool
log_configure(const char *level, const char *format)
{
    int found = find_level(level);
    bool json = strcasecmp(format, "json") == 0;

    if (found < 0 || (!json && strcasecmp(format, "text") != 0))
        return false;
    atomic_store_explicit(&least_level, found, memory_order_relaxed);
    atomic_store_explicit(&is_json, json, memory_order_relaxed);
    return true;
}

bool
log_is_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&least_level, memory_order_relaxed);
}

void
log_set_actor(const char *actor_name)
{
    own_actor = actor_name;
}

void
log_set_request(const char *request_id)
{
    own_request = request_id;
}

/* A reader that is gone or full loses the line; there is nobody to tell. */
static void
write_line(const struct log_line *line)
{
    ssize_t written;

    do {
        written = write(STDERR_FILENO, line->text, line->size);
    } while (written < 0 && errno == EINTR);
}

static void
write_message(enum log_level level, const char *message)
{
    struct log_line line;
    struct log_fields fields = {
        .level = level_names[level],
        .actor = own_actor,
        .request_id = own_request,
        .message = message,
    };

    clock_format_wall_us(clock_wall_us(), fields.time);
    if (atomic_load_explicit(&is_json, memory_order_relaxed))
        log_line_json(&line, &fields);
    else
        log_line_text(&line, &fields);
    write_line(&line);
}

__attribute__((format(printf, 2, 0))) static void
write_arguments(enum log_level level, const char *format, va_list arguments)
{
    char message[MESSAGE_SIZE];

    if (vsnprintf(message, sizeof message, format, arguments) < 0)
        snprintf(message, sizeof message, "(a message that cannot be formatted)");
    write_message(level, message);
}

void
log_write(enum log_level level, const char *format, ...)
{
    int saved_errno = errno;
    va_list arguments;

    if (!log_is_enabled(level))
        return;
    va_start(arguments, format);
    write_arguments(level, format, arguments);
    va_end(arguments);
    errno = saved_errno;
}

void
log_fatal(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    write_arguments(LOG_ERROR, format, arguments);
    va_end(arguments);
    _exit(EXIT_SOFTWARE);
}
