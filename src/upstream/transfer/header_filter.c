/* header_filter.c - one pass over the lines, one over what was kept. */
#include "transfer/header_filter.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/char_set.h"
#include "base/header_lines.h"

/* Hop-by-hop, or written by the gateway itself: the length anew, the rest never from outside. */
static const char *const dropped[] = {
    "Connection",
    "Keep-Alive",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "Proxy-Connection",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Content-Length",
    "Date",
    "Age",
    "Cache-Status",
    "Set-Cookie",
    "X-Cache-Hit",
    "X-Cache-Level",
    "X-Cache-Stale",
    "X-Ignored-Parameters",
    "X-Response-Time-MS",
    "X-Estimated-Cost",
    "X-Request-ID",
    "RateLimit", /* of our account there: nothing to a client here, who has limits of this gateway */
    "RateLimit-Policy",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "Alt-Svc",
    "Retry-After", /* in seconds, and bounded */
    "Content-MD5", /* of bytes that may be coded anew, or be a part */
    "Content-Digest",
    "Digest",
};

void
header_filter_init(struct header_filter *filter, size_t limit)
{
    memset(filter, 0, offsetof(struct header_filter, kept));
    filter->limit = limit;
    filter->content_length = -1;
}

static bool
is_header_value(struct bytes value)
{
    for (size_t i = 0; i < value.size; i++)
        if ((value.data[i] < ' ' && value.data[i] != '\t') || value.data[i] == 0x7f)
            return false;
    return true;
}

/* At most one line end: a CR before it is part of the line. */
static struct bytes
without_line_end(struct bytes line)
{
    if (line.size > 0 && line.data[line.size - 1] == '\n')
        line.size--;
    if (line.size > 0 && line.data[line.size - 1] == '\r')
        line.size--;
    return line;
}

/* -1: no plain number. */
static int64_t
header_filter_read_number(struct bytes text)
{
    int64_t number = -1;

    (void)bytes_read_number(text, &number);
    return number;
}

/* Of "HTTP/1.1 200 OK" or "HTTP/2 200"; 0: the line is none like these. */
static int
header_filter_read_status(struct bytes line)
{
    static const char protocol[] = "HTTP/";
    size_t at = sizeof protocol - 1;

    if (line.size < at || memcmp(line.data, protocol, at) != 0)
        return 0;
    while (at < line.size && (isdigit(line.data[at]) || line.data[at] == '.'))
        at++;
    if (at == sizeof protocol - 1 || line.size - at < 4 || line.data[at] != ' ' ||
        (line.size - at > 4 && !isspace(line.data[at + 4])))
        return 0;

    int64_t status = header_filter_read_number(bytes_of(line.data + at + 1, 3));

    return status >= 100 ? (int)status : 0;
}

/* Always false: the transfer is stopped. */
static bool
header_filter_refuse(struct header_filter *filter, const char *complaint)
{
    filter->is_malformed = true;
    filter->complaint = complaint;
    return false;
}

static bool
header_filter_restart(struct header_filter *filter, struct bytes line)
{
    header_filter_init(filter, filter->limit);
    filter->http_status = header_filter_read_status(line);
    filter->received = line.size;
    return filter->http_status != 0 ||
           header_filter_refuse(filter, "The response's status line is malformed");
}

/* A name that cannot be remembered would let its field through: the head is malformed then. */
static void
note_connection(struct header_filter *filter, struct bytes value)
{
    while (value.size > 0) {
        struct bytes name = bytes_trim(bytes_take_until(&value, ','));

        if (name.size > 0) {
            if (filter->connection_name_count == CONNECTION_NAMES_MAX ||
                !bytes_copy_text(name, filter->connection_names[filter->connection_name_count],
                                 CONNECTION_NAME_SIZE)) {
                (void)header_filter_refuse(
                    filter, "The response's Connection header has too many or too long names");
                return;
            }
            filter->connection_name_count++;
        }
    }
}

/* What the transfer itself needs to know. */
static void
note_header(struct header_filter *filter, struct bytes name, struct bytes value)
{
    int64_t number = header_filter_read_number(value);

    if (bytes_is_name(name, "Connection")) {
        note_connection(filter, value);
    } else if (bytes_is_name(name, "Transfer-Encoding")) {
        filter->is_chunked = true;
    } else if (bytes_is_name(name, "Content-Length")) {
        if (number < 0 || (filter->content_length >= 0 && filter->content_length != number))
            (void)header_filter_refuse(filter, "The response's Content-Length is no number, or "
                                               "contradicts another one");
        else
            filter->content_length = number;
    }
}

static bool
is_dropped(struct bytes name)
{
    for (size_t i = 0; i < COUNT(dropped); i++)
        if (bytes_is_name(name, dropped[i]))
            return true;
    return false;
}

static void
header_filter_keep(struct header_filter *filter, struct bytes name, struct bytes value)
{
    if (name.size + value.size + 4 > sizeof filter->kept - filter->size) {
        filter->is_too_large = true;
        return;
    }
    memcpy(filter->kept + filter->size, name.data, name.size);
    memcpy(filter->kept + filter->size + name.size, ": ", 2);
    if (value.size > 0)
        memcpy(filter->kept + filter->size + name.size + 2, value.data, value.size);
    memcpy(filter->kept + filter->size + name.size + 2 + value.size, "\r\n", 2);
    filter->size += name.size + value.size + 4;
}

bool
header_filter_add(struct header_filter *filter, struct bytes line)
{
    const uint8_t *colon;
    struct bytes name, value;

    if (line.size >= 5 && memcmp(line.data, "HTTP/", 5) == 0)
        return header_filter_restart(filter, line);
    filter->received += line.size;
    filter->is_too_large = filter->is_too_large || filter->received > filter->limit;
    line = without_line_end(line);
    filter->is_complete = filter->is_complete || (line.size == 0 && !filter->is_malformed);
    if (line.size == 0 || filter->is_too_large)
        return !filter->is_malformed && !filter->is_too_large;
    colon = memchr(line.data, ':', line.size);
    name = bytes_of(line.data, colon != NULL ? (size_t)(colon - line.data) : 0);
    value = colon != NULL ? bytes_trim(bytes_of(colon + 1, line.size - name.size - 1))
                          : (struct bytes){0};
    if (!char_set_makes(char_set_token, name) || !is_header_value(value))
        return header_filter_refuse(filter,
                                    "A line of the response's headers is malformed: no name, "
                                    "a folded line, or a control character");
    note_header(filter, name, value);
    if (!is_dropped(name))
        header_filter_keep(filter, name, value);
    return !filter->is_malformed && !filter->is_too_large;
}

static bool
is_named_by_connection(const struct header_filter *filter, struct bytes name)
{
    for (size_t i = 0; i < filter->connection_name_count; i++)
        if (bytes_is_name(name, filter->connection_names[i]))
            return true;
    return false;
}

struct bytes
header_filter_result(struct header_filter *filter)
{
    struct bytes rest = bytes_of(filter->kept, filter->size);
    struct header_line line;
    size_t to = 0;

    while (header_lines_next(&rest, &line)) {
        if (!is_named_by_connection(filter, line.name)) {
            memmove(filter->kept + to, line.line.data, line.line.size);
            to += line.line.size;
        }
    }
    filter->size = to;
    return bytes_of(filter->kept, filter->size);
}

void
header_filter_drop(struct header_filter *filter, const char *name)
{
    struct bytes rest = bytes_of(filter->kept, filter->size);
    struct header_line line;
    size_t to = 0;

    while (header_lines_next(&rest, &line)) {
        if (!bytes_is_name(line.name, name)) {
            memmove(filter->kept + to, line.line.data, line.line.size);
            to += line.line.size;
        }
    }
    filter->size = to;
}
