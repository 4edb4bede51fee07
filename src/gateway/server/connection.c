/* connection.c - reading a request's body, or dropping it; when a connection closes. What goes
 * through the library is in server.c. */
#include "server/connection.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"

#define BODY_FIRST_BYTES 1024

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

/* A body as it comes, in memory that grows with it: who announces much has not sent it yet. */
struct body {
    uint8_t *data;
    size_t size, capacity, most;
};

static void
wipe(void *data, size_t size)
{
    if (data != NULL)
        OPENSSL_cleanse(data, size);
    free(data);
}

/* Nothing of the old place stays, which realloc does not promise. */
static enum status
make_room(struct body *body)
{
    size_t capacity = body->capacity > 0 ? 2 * body->capacity : BODY_FIRST_BYTES;
    uint8_t *larger;

    if (body->size < body->capacity)
        return STATUS_OK;
    if (body->size == body->most)
        return STATUS_BODY_TOO_LARGE;
    capacity = capacity < body->most ? capacity : body->most;
    larger = malloc(capacity);
    if (larger == NULL)
        return STATUS_NO_MEMORY;
    if (body->size > 0)
        memcpy(larger, body->data, body->size);
    wipe(body->data, body->size);
    body->data = larger;
    body->capacity = capacity;
    return STATUS_OK;
}

/* One byte a call: bytes that are there already cost no system call, and no gap can outlast the
 * deadline. */
static enum status
read_bytes(struct connection *connection, struct body *body, int64_t deadline_ms)
{
    enum status status;
    uint8_t byte;
    int got;

    for (;;) {
        got = connection_receive(connection, &byte, 1);
        if (got == 0)
            return STATUS_OK;
        if (got < 0)
            return clock_mono_ms() >= deadline_ms ? STATUS_REQUEST_TIMEOUT : STATUS_BAD_REQUEST;
        status = make_room(body);
        if (status != STATUS_OK)
            return status;
        body->data[body->size++] = byte;
        if (clock_mono_ms() >= deadline_ms)
            return STATUS_REQUEST_TIMEOUT;
    }
}

/* The library reads chunks loosely (extensions, trailers, bare LF, long sizes), where a proxy in front may see another
 * end: nothing that follows them is taken for a request. */
static bool
is_chunked(const struct request *request)
{
    return request_header(request, "Transfer-Encoding", NULL) != NULL;
}

enum status
connection_read_body(struct connection *connection, struct request *request, size_t most,
                     int64_t timeout_ms)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    struct body body = {.most = most};
    enum status status = STATUS_BAD_REQUEST;

    if (request_header(request, "Expect", NULL) == NULL ||
        connection_write(connection, go_on, sizeof go_on - 1))
        status = read_bytes(connection, &body, clock_mono_ms() + timeout_ms);
    if (status == STATUS_OK && request->content_length > 0 &&
        body.size != (size_t)request->content_length)
        status = STATUS_BAD_REQUEST;
    if (status != STATUS_OK || is_chunked(request))
        connection_close_after(connection);
    connection->is_too_large = status == STATUS_BODY_TOO_LARGE;
    connection->has_unread_body = false;
    request->body = bytes_of(body.data, body.size);
    return status;
}

void
connection_drop_body(struct request *request)
{
    wipe((void *)(uintptr_t)request->body.data, request->body.size);
    request->body = bytes_of(NULL, 0);
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
