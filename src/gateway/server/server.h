/* server.h - the HTTP server: the only door to the server library, which server.c alone calls.
 *
 * One thread per connection. Threads belong to the library; each gets a worker from server_handlers
 * and hands it every request that passed the guard. Life: server_start -> requests ->
 * server_stop_accepting (keep-alive ends with each response) -> server_stop (threads joined). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "server/connection.h"
#include "server/guard.h"
#include "server/request.h"
#include "status.h"

struct server;

struct server_handlers {
    /* In the thread that will use it. NULL: the thread answers 503 to everything. */
    void *(*worker_create)(void *argument);
    void (*worker_destroy)(void *worker);
    /* Answers the request, whose body is whole, with connection_write. */
    void (*handle)(void *worker, struct connection *connection, const struct request *request);
    /* Answers a request that was refused before it became one, and will be closed. request may be
     * NULL. */
    void (*refuse)(void *worker, struct connection *connection, const struct request *request,
                   enum status status, const char *reason);
};

struct server_settings {
    const char *host_setting; /* names it where it cannot be listened on */
    const char *host;
    int64_t port; /* 0: a free one */
    int64_t threads;
    bool is_admin;
    bool measures_stacks; /* for tests: how much of them was used is logged at the end */
    int64_t keep_alive_timeout_ms;
    int64_t head_timeout_ms;
    int64_t body_timeout_ms;       /* for the whole of a body */
    int64_t drain_bytes, drain_ms; /* of a body that is too large */
    struct guard_limits limits;
};

/* NULL: the port is taken or the like; the reason is logged. argument goes to worker_create. */
struct server *server_start(const struct server_settings *settings,
                            const struct server_handlers *handlers, void *argument);
int server_port(const struct server *server);
/* The descriptor that it listens on, for library_socket_waiting; -1: not found. */
int server_socket(const struct server *server);
/* From now on every response closes its connection. */
void server_stop_accepting(struct server *server);
/* Waits until no request is being answered, at most timeout_ms; then ends all threads. */
void server_stop(struct server **server, int64_t timeout_ms);
