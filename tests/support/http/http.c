/* http.c - sockets, and just enough HTTP to read an answer. */
#include "support/http/http.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/now.h"

#define ANSWER_TIMEOUT_MS 240000
#define FIELD_SIZE        512

bool
http_try_open(struct http *http, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int on = 1;

    memset(http, 0, sizeof *http);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    http->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_ge(http->socket, 0);
    setsockopt(http->socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(http->socket, (struct sockaddr *)&address, sizeof address) == 0)
        return true;
    http_close(http);
    return false;
}

void
http_open(struct http *http, int port)
{
    ck_assert_msg(http_try_open(http, port), "nobody listens on port %d", port);
}

void
http_close(struct http *http)
{
    if (http->socket >= 0)
        close(http->socket);
    free(http->data);
    *http = (struct http){.socket = -1};
}

bool
http_send(struct http *http, const void *data, size_t size)
{
    const char *next = data;

    while (size > 0) {
        ssize_t sent = send(http->socket, next, size, MSG_NOSIGNAL);

        if (sent <= 0)
            return false;
        next += sent;
        size -= (size_t)sent;
    }
    return true;
}

/* More bytes, or false: closed, reset or late. */
static bool
fill(struct http *http, long deadline_ms)
{
    struct pollfd wait = {.fd = http->socket, .events = POLLIN};
    long left_ms = deadline_ms - now_ms();
    ssize_t got;

    if (http->size + 65536 > http->capacity) {
        http->capacity = http->capacity * 2 + 131072;
        http->data = realloc(http->data, http->capacity);
        ck_assert_ptr_nonnull(http->data);
    }
    if (left_ms <= 0 || poll(&wait, 1, (int)left_ms) != 1)
        return false;
    got = recv(http->socket, http->data + http->size, http->capacity - http->size - 1, 0);
    if (got <= 0)
        return false;
    http->size += (size_t)got;
    http->data[http->size] = '\0';
    return true;
}

static char *
cut(struct http *http, size_t size)
{
    char *text = malloc(size + 1);

    ck_assert_ptr_nonnull(text);
    if (size > 0)
        memcpy(text, http->data, size);
    text[size] = '\0';
    if (http->size > size)
        memmove(http->data, http->data + size, http->size - size);
    http->size -= size;
    if (http->data != NULL)
        http->data[http->size] = '\0';
    return text;
}

static bool
receive_head(struct http *http, struct http_response *response, long deadline_ms)
{
    const char *end = NULL;

    while (http->size == 0 || (end = strstr(http->data, "\r\n\r\n")) == NULL)
        if (!fill(http, deadline_ms))
            return false;
    response->head = cut(http, (size_t)(end - http->data) + 4);
    return sscanf(response->head, "HTTP/1.1 %d", &response->status) == 1;
}

/* One chunk's size line, or false. */
static bool
receive_chunk_size(struct http *http, size_t *size, long deadline_ms)
{
    char *end = NULL;

    while (http->size == 0 || (end = strstr(http->data, "\r\n")) == NULL)
        if (!fill(http, deadline_ms))
            return false;
    *size = strtoul(http->data, NULL, 16);
    free(cut(http, (size_t)(end - http->data) + 2));
    return true;
}

static bool
await_bytes(struct http *http, size_t size, long deadline_ms)
{
    while (http->size < size)
        if (!fill(http, deadline_ms))
            return false;
    return true;
}

static bool
receive_chunks(struct http *http, struct http_response *response, long deadline_ms)
{
    size_t size;

    response->body = calloc(1, 1);
    do {
        char *chunk;

        if (!receive_chunk_size(http, &size, deadline_ms) ||
            !await_bytes(http, size + 2, deadline_ms))
            return false;
        chunk = cut(http, size + 2);
        response->body = realloc(response->body, response->body_size + size + 1);
        ck_assert_ptr_nonnull(response->body);
        memcpy(response->body + response->body_size, chunk, size);
        response->body_size += size;
        response->body[response->body_size] = '\0';
        free(chunk);
    } while (size > 0);
    return true;
}

bool
http_receive(struct http *http, struct http_response *response, bool is_head, int timeout_ms)
{
    long deadline_ms = now_ms() + timeout_ms;
    char text[32];
    bool has_body;

    memset(response, 0, sizeof *response);
    if (!receive_head(http, response, deadline_ms))
        return false;
    has_body =
        !is_head && response->status >= 200 && response->status != 204 && response->status != 304;
    if (has_body && http_field(response, "Transfer-Encoding", text, sizeof text))
        return receive_chunks(http, response, deadline_ms);
    if (has_body && http_field(response, "Content-Length", text, sizeof text))
        response->body_size = strtoul(text, NULL, 10);
    if (!await_bytes(http, response->body_size, deadline_ms))
        return false;
    response->body = cut(http, response->body_size);
    return true;
}

bool
http_is_closed(struct http *http, int timeout_ms)
{
    struct pollfd wait = {.fd = http->socket, .events = POLLIN};
    char byte;

    if (http->size > 0 || poll(&wait, 1, timeout_ms) != 1)
        return false;
    return recv(http->socket, &byte, 1, 0) <= 0;
}

void
http_response_fini(struct http_response *response)
{
    free(response->head);
    free(response->body);
    memset(response, 0, sizeof *response);
}

bool
http_field(const struct http_response *response, const char *name, char *value, size_t size)
{
    const char *line = response->head != NULL ? strstr(response->head, "\r\n") : NULL;
    size_t name_size = strlen(name);

    value[0] = '\0';
    for (; line != NULL && line[2] != '\r' && line[2] != '\0'; line = strstr(line + 2, "\r\n")) {
        const char *at = line + 2;

        if (strncasecmp(at, name, name_size) != 0 || at[name_size] != ':')
            continue;
        at += name_size + 1;
        at += strspn(at, " \t");
        snprintf(value, size, "%.*s", (int)strcspn(at, "\r"), at);
        return true;
    }
    return false;
}

bool
http_call_on(struct http *http, const char *method, const char *target, const char *key,
             const char *body, const char *further, struct http_response *response)
{
    char *request = NULL;
    int size = asprintf(&request, "%s %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%s%s", method, target,
                        key != NULL ? "Authorization: Bearer " : "", key != NULL ? key : "",
                        key != NULL ? "\r\n" : "", further != NULL ? further : "");
    char length[96] = "";
    bool is_sent;

    ck_assert_int_gt(size, 0);
    if (body != NULL)
        snprintf(length, sizeof length, "Content-Type: application/json\r\nContent-Length: %zu\r\n",
                 strlen(body));
    is_sent = http_send(http, request, (size_t)size) && http_send(http, length, strlen(length)) &&
              http_send(http, "\r\n", 2) && (body == NULL || http_send(http, body, strlen(body)));
    free(request);
    memset(response, 0, sizeof *response);
    return is_sent && http_receive(http, response, strcmp(method, "HEAD") == 0, ANSWER_TIMEOUT_MS);
}

void
http_call(int port, const char *method, const char *target, const char *key, const char *body,
          const char *further, struct http_response *response)
{
    struct http http;

    http_open(&http, port);
    ck_assert_msg(http_call_on(&http, method, target, key, body, further, response),
                  "%s %s got no whole answer", method, target);
    http_close(&http);
}

void
http_expect_field(const struct http_response *response, const char *name, const char *value)
{
    char seen[FIELD_SIZE];

    ck_assert_msg(http_field(response, name, seen, sizeof seen), "no field %s in:\n%s", name,
                  response->head);
    ck_assert_msg(strcmp(seen, value) == 0, "%s is \"%s\", not \"%s\"", name, seen, value);
}

void
http_expect_no_field(const struct http_response *response, const char *name)
{
    char seen[FIELD_SIZE];

    ck_assert_msg(!http_field(response, name, seen, sizeof seen), "%s: %s", name, seen);
}
