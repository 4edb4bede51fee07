/* connection.c - reading a request's body, or dropping it; when a connection closes. What goes
 * through the library is in server.c. */
#include "server/connection.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"

void
connection_close_after(struct connection *connection)
{
    connection->must_close = true;
}

bool
connection_will_close(struct connection *connection, const struct request *request)
{
    const char *field;

    if (connection->must_close || connection->has_unread_body || request == NULL)
        return true;
    field = request_header(request, "Connection", NULL);
    if (strcmp(request->version, "1.0") == 0 ||
        (field != NULL && strcasecmp(field, "keep-alive") != 0))
        connection->must_close = true;
    return connection->must_close;
}

/* One byte a call: bytes that are there already cost no system call, and no gap can outlast the
 * deadline. */
static enum status
read_bytes(struct connection *connection, struct bytes buffer, int64_t deadline_ms, size_t *size)
{
    uint8_t *to = (uint8_t *)(uintptr_t)buffer.data;
    uint8_t byte;
    int got;

    for (*size = 0;; (*size)++) {
        got = connection_receive(connection, &byte, 1);
        if (got == 0)
            return STATUS_OK;
        if (got < 0)
            return clock_mono_ms() >= deadline_ms ? STATUS_REQUEST_TIMEOUT : STATUS_BAD_REQUEST;
        if (*size == buffer.size)
            return STATUS_BODY_TOO_LARGE;
        to[*size] = byte;
        if (clock_mono_ms() >= deadline_ms)
            return STATUS_REQUEST_TIMEOUT;
    }
}

enum status
connection_read_body(struct connection *connection, const struct request *request,
                     struct bytes buffer, int64_t timeout_ms, size_t *size)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    enum status status;

    *size = 0;
    if (request_header(request, "Expect", NULL) != NULL &&
        !connection_write(connection, go_on, sizeof go_on - 1))
        return STATUS_BAD_REQUEST;
    status = read_bytes(connection, buffer, clock_mono_ms() + timeout_ms, size);
    if (status == STATUS_OK && request->content_length > 0 &&
        *size != (size_t)request->content_length)
        status = STATUS_BAD_REQUEST;
    if (status != STATUS_OK)
        connection_close_after(connection);
    connection->is_too_large = status == STATUS_BODY_TOO_LARGE;
    connection->has_unread_body = false;
    return status;
}

/* Of a client that will stop by itself, and did not ask before it sends. */
static bool
is_worth_draining(const struct request *request, int64_t bytes)
{
    return request->content_length <= bytes && request_header(request, "Expect", NULL) == NULL;
}

void
connection_drain(struct connection *connection, const struct request *request, int64_t bytes,
                 int64_t timeout_ms)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    char dropped[4096];

    if (!is_worth_draining(request, bytes))
        return;
    while (bytes > 0 && clock_mono_ms() < deadline_ms) {
        int got = connection_receive(connection, dropped, sizeof dropped);

        if (got <= 0)
            return;
        bytes -= got;
    }
}
