/* log.c - one line per call, escaped, in one write that never waits.
 *
 * Level and form are process-wide and may change while threads log; actor and request belong to the
 * thread. A line that does not fit is cut, never spread over two writes. A line that stderr does not
 * take at once is lost and counted; the next line that is taken follows one that says how many were. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/log_line.h"

enum { EXIT_SOFTWARE = 70, MESSAGE_SIZE = 3072 };

static const char *const level_names[] = {"DEBUG", "INFO", "WARNING", "ERROR"};

static _Atomic int least_level = LOG_INFO;
static atomic_bool is_json = true;

static int own_output = -1;        /* stderr, opened again; -1: stderr itself */
static _Atomic int64_t lost_lines; /* since it was last said */
static _Atomic(log_lost_fn *) on_lost;

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

const char *
log_set_request(const char *request_id)
{
    const char *before = own_request;

    own_request = request_id != NULL && request_id[0] != '\0' ? request_id : NULL;
    return before;
}

/* Opened by itself, a pipe or a terminal does not wait, and the others who have it do not notice. Files need none
 * of it, and what cannot be opened again (a socket, a pipe of another user) is asked before each write. */
void
log_never_wait(void)
{
    struct stat about;

    if (own_output < 0 && fstat(STDERR_FILENO, &about) == 0 &&
        (S_ISFIFO(about.st_mode) || S_ISCHR(about.st_mode)))
        own_output =
            open("/proc/self/fd/2", O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
}

void
log_on_lost(log_lost_fn *count_lost)
{
    atomic_store(&on_lost, count_lost);
}

/* One thread at a time: what poll promises to one, another could take. */
static bool
write_when_writable(const char *text, size_t size)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    struct pollfd output = {.fd = STDERR_FILENO, .events = POLLOUT};
    bool is_written;

    pthread_mutex_lock(&lock);
    is_written = poll(&output, 1, 0) == 1 && (output.revents & POLLOUT) != 0 &&
                 write(STDERR_FILENO, text, size) > 0;
    pthread_mutex_unlock(&lock);
    return is_written;
}

static bool
write_now(const struct log_line *line)
{
    ssize_t sent;

    if (own_output >= 0)
        return write(own_output, line->text, line->size) > 0;
    sent = send(STDERR_FILENO, line->text, line->size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0 || errno != ENOTSOCK)
        return sent > 0;
    return write_when_writable(line->text, line->size);
}

static void
build_line(struct log_line *line, enum log_level level, const char *message,
           const struct log_field *fields, size_t field_count)
{
    struct log_entry entry = {
        .level = level_names[level],
        .service = own_actor,
        .request_id = own_request,
        .message = message,
        .fields = fields,
        .field_count = field_count,
    };

    clock_format_wall_us(clock_wall_us(), entry.timestamp);
    if (atomic_load_explicit(&is_json, memory_order_relaxed))
        log_line_json(line, &entry);
    else
        log_line_text(line, &entry);
}

/* Says how many lines were lost; false: it cannot be said yet. */
static bool
report_lost(void)
{
    int64_t lost = atomic_exchange(&lost_lines, 0);
    struct log_line line;
    char message[64];

    if (lost == 0)
        return true;
    snprintf(message, sizeof message, "%lld line%s lost: the log was not read in time",
             (long long)lost, lost == 1 ? " was" : "s were");
    build_line(&line, LOG_WARNING, message, NULL, 0);
    if (write_now(&line))
        return true;
    atomic_fetch_add(&lost_lines, lost);
    return false;
}

void
log_count_lost(int64_t lines)
{
    log_lost_fn *count_lost = atomic_load(&on_lost);

    atomic_fetch_add(&lost_lines, lines);
    if (count_lost != NULL)
        count_lost(own_actor, lines);
}

static void
write_message(enum log_level level, const char *message, const struct log_field *fields,
              size_t field_count)
{
    struct log_line line;

    build_line(&line, level, message, fields, field_count);
    if ((atomic_load_explicit(&lost_lines, memory_order_relaxed) != 0 && !report_lost()) ||
        !write_now(&line))
        log_count_lost(1);
}

void
log_event(enum log_level level, const char *message, const struct log_field *fields,
          size_t field_count)
{
    int saved_errno = errno;

    if (log_is_enabled(level))
        write_message(level, message, fields, field_count);
    errno = saved_errno;
}

__attribute__((format(printf, 2, 0))) static void
write_arguments(enum log_level level, const char *format, va_list arguments)
{
    char message[MESSAGE_SIZE];

    if (vsnprintf(message, sizeof message, format, arguments) < 0)
        snprintf(message, sizeof message, "(a message that cannot be formatted)");
    write_message(level, message, NULL, 0);
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
