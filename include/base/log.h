/* log.h - JSON lines to stderr: timestamp, level, service (the actor), request_id, message, and typed fields.
 *
 * Thread-safe; one write(2) per line, lines cut at 4 KiB. No caller ever waits for a reader: a line that is not
 * taken at once is lost and counted. Arguments are data: they are escaped, never
 * interpreted. Secrets are not passed here at all: what is marked secret in a message or an option
 * has no accessor for text. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

/* level: "DEBUG", "INFO", "WARNING", "ERROR" in any case; format: "json" or "text". False: unknown. */
bool log_configure(const char *level, const char *format);
bool log_is_enabled(enum log_level level);

/* Before threads: opens a stderr that is a pipe or a terminal a second time, so that a write cannot wait. */
void log_never_wait(void);

/* Called for lines that are lost, by the thread that lost them; actor_name as that thread has set it, or NULL. */
typedef void log_lost_fn(const char *actor_name, int64_t lines);
void log_on_lost(log_lost_fn *count_lost);
/* Lines that the caller could not even hand over. */
void log_count_lost(int64_t lines);

/* What every later line of this thread carries. Both borrow: keep the text alive, or pass NULL. An empty request id is none;
 * returned is the one before. */
void log_set_actor(const char *actor_name);
const char *log_set_request(const char *request_id);

void log_write(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

enum log_field_kind { LOG_FIELD_TEXT, LOG_FIELD_NUMBER, LOG_FIELD_USD };

struct log_field {
    const char *name;
    enum log_field_kind kind;
    const char *text; /* NULL: the field is left out */
    int64_t number;   /* of LOG_FIELD_USD: micro-dollars, printed as dollars */
};

static inline struct log_field
log_text(const char *name, const char *text)
{
    return (struct log_field){.name = name, .text = text};
}

static inline struct log_field
log_number(const char *name, int64_t number)
{
    return (struct log_field){.name = name, .kind = LOG_FIELD_NUMBER, .number = number};
}

static inline struct log_field
log_usd(const char *name, int64_t micro_usd)
{
    return (struct log_field){.name = name, .kind = LOG_FIELD_USD, .number = micro_usd};
}

/* A line with typed fields beside its message. */
void log_event(enum log_level level, const char *message, const struct log_field *fields,
               size_t field_count);

#define log_debug(...)   log_write(LOG_DEBUG, __VA_ARGS__)
#define log_info(...)    log_write(LOG_INFO, __VA_ARGS__)
#define log_warning(...) log_write(LOG_WARNING, __VA_ARGS__)
#define log_error(...)   log_write(LOG_ERROR, __VA_ARGS__)

/* Logs at error level and ends the process with status 70 (a bug or no memory of ours). */
void log_fatal(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));
