/* raw_upstream.c - accepts, reads a head, sends the bytes, ends. */
#include "support/http/raw_upstream.h"

#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define STEP_MS 20

/* Waits for something to read, and gives up once the test is over. */
static bool
raw_await(struct raw_upstream *upstream, int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

    while (!atomic_load(&upstream->is_stopping))
        if (poll(&poll_fd, 1, STEP_MS) > 0)
            return true;
    return false;
}

static bool
raw_read_request(struct raw_upstream *upstream, int fd, char data[RAW_REQUEST_SIZE])
{
    size_t size = 0;

    while (size + 1 < RAW_REQUEST_SIZE && raw_await(upstream, fd)) {
        ssize_t got = recv(fd, data + size, RAW_REQUEST_SIZE - 1 - size, 0);

        if (got <= 0)
            return false;
        size += (size_t)got;
        data[size] = '\0';
        if (strstr(data, "\r\n\r\n") != NULL)
            return true;
    }
    return false;
}

static void
raw_send(int fd, const struct raw_response *response)
{
    size_t at = 0;

    while (at < response->size) {
        ssize_t sent = send(fd, response->data + at, response->size - at, MSG_NOSIGNAL);

        if (sent <= 0)
            return;
        at += (size_t)sent;
    }
}

static void
raw_serve(struct raw_upstream *upstream, int fd)
{
    char head[RAW_REQUEST_SIZE] = "", byte;

    if (!raw_read_request(upstream, fd, head))
        return;
    pthread_mutex_lock(&upstream->lock);
    memcpy(upstream->head, head, sizeof head);
    upstream->sent = upstream->response;
    pthread_mutex_unlock(&upstream->lock);
    atomic_fetch_add(&upstream->requests, 1);
    raw_send(fd, &upstream->sent);
    if (upstream->sent.end == RAW_END_HOLD && raw_await(upstream, fd))
        (void)recv(fd, &byte, 1, 0);
    shutdown(fd, SHUT_WR);
}

static void *
raw_run(void *argument)
{
    struct raw_upstream *upstream = argument;

    while (raw_await(upstream, upstream->socket)) {
        int fd = accept(upstream->socket, NULL, NULL);

        if (fd < 0)
            continue;
        raw_serve(upstream, fd);
        close(fd);
    }
    return NULL;
}

void
raw_upstream_start(struct raw_upstream *upstream, int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int on = 1;

    memset(upstream, 0, sizeof *upstream);
    upstream->socket = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ck_assert_int_eq(setsockopt(upstream->socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on), 0);
    ck_assert_int_eq(bind(upstream->socket, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(upstream->socket, 64), 0);
    ck_assert_int_eq(getsockname(upstream->socket, (struct sockaddr *)&address, &size), 0);
    upstream->port = ntohs(address.sin_port);
    pthread_mutex_init(&upstream->lock, NULL);
    ck_assert_int_eq(pthread_create(&upstream->thread, NULL, raw_run, upstream), 0);
}

void
raw_upstream_stop(struct raw_upstream *upstream)
{
    atomic_store(&upstream->is_stopping, true);
    pthread_join(upstream->thread, NULL);
    pthread_mutex_destroy(&upstream->lock);
    close(upstream->socket);
}

void
raw_upstream_say(struct raw_upstream *upstream, const char *data, size_t size, enum raw_end end)
{
    ck_assert_uint_le(size, RAW_RESPONSE_MOST);
    pthread_mutex_lock(&upstream->lock);
    memcpy(upstream->response.data, data, size);
    upstream->response.size = size;
    upstream->response.end = end;
    pthread_mutex_unlock(&upstream->lock);
}

int
raw_upstream_requests(struct raw_upstream *upstream)
{
    return atomic_load(&upstream->requests);
}

void
raw_upstream_head(struct raw_upstream *upstream, char head[RAW_REQUEST_SIZE])
{
    pthread_mutex_lock(&upstream->lock);
    memcpy(head, upstream->head, RAW_REQUEST_SIZE);
    pthread_mutex_unlock(&upstream->lock);
}
