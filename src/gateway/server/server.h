/* server.h - the HTTP server: the only door to the server library, and the only file that knows it.
 *
 * One thread per connection. Threads belong to the library; each gets a worker from server_handlers
 * and hands it every request that passed the guard. Life: server_start -> requests ->
 * server_stop_accepting (keep-alive ends with each answer) -> server_stop (threads joined). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "server/guard.h"
#include "server/request.h"
#include "status.h"

struct server;
struct connection; /* of the request at hand; valid while its handler runs */

struct server_handlers {
    /* In the thread that will use it. NULL: the thread answers 503 to everything. */
    void *(*worker_create)(void *argument);
    void (*worker_destroy)(void *worker);
    /* Answers the request with connection_write. */
    void (*handle)(void *worker, struct connection *connection, const struct request *request);
    /* Answers a request that was refused before it became one, and will be closed. request may be
     * NULL. */
    void (*refuse)(void *worker, struct connection *connection, const struct request *request,
                   enum status status, const char *reason);
};

struct server_settings {
    const char *host;
    int64_t port; /* 0: a free one */
    int64_t threads;
    bool is_admin;
    bool measures_stacks; /* for tests: how much of them was used is logged at the end */
    int64_t keep_alive_timeout_ms;
    int64_t head_timeout_ms;
    int64_t drain_bytes, drain_ms; /* of a body that is too large */
    struct guard_limits limits;
};

/* NULL: the port is taken or the like; the reason is logged. argument goes to worker_create. */
struct server *server_start(const struct server_settings *settings,
                            const struct server_handlers *handlers, void *argument);
int server_port(const struct server *server);
/* From now on every answer closes its connection. */
void server_stop_accepting(struct server *server);
/* Waits until no request is being answered, at most timeout_ms; then ends all threads. */
void server_stop(struct server **server, int64_t timeout_ms);

/* False: the client did not take it in time, or is gone; the connection closes after this request.
 */
bool connection_write(struct connection *connection, const void *data, size_t size);
/* Reads the whole body, answering "100 Continue" first where it is expected. REQUEST_TIMEOUT,
 * BODY_TOO_LARGE, BAD_REQUEST (broken chunks or cut short): the connection closes after the answer
 * then. */
enum status connection_read_body(struct connection *connection, const struct request *request,
                                 struct bytes buffer, int64_t timeout_ms, size_t *size);
void connection_close_after(struct connection *connection);
/* Whether the answer must say "Connection: close". */
bool connection_will_close(struct connection *connection, const struct request *request);
