/* connection.h - the connection of the request at hand: the body in, the response out, and whether it
 * closes afterwards.
 *
 * Lives in server.c's stack frame while the handler runs; only src/gateway/server looks inside. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "server/request.h"
#include "status.h"

struct server;
struct thread_slot;

/* What begin_request needs beyond the library's own state. */
struct connection {
    void *library; /* its connection: server.c knows what that is */
    struct server *server;
    struct thread_slot *slot; /* of the thread that serves it */
    bool must_close;
    bool has_unread_body; /* nobody knows whether it ends where it should: the connection closes */
    bool is_too_large;    /* the body: what of it still comes is drained */
};

/* False: the client did not take it in time, or is gone; the connection closes after this request.
 */
bool connection_write(struct connection *connection, const void *data, size_t size);
/* The client closed its side, or the connection broke: seen without reading, so that nothing is taken from the next request.
 * False also where it cannot be known. */
bool connection_is_gone(const struct connection *connection);
void connection_close_after(struct connection *connection);
/* Whether the response must say "Connection: close". */
bool connection_will_close(struct connection *connection, const struct request *request);

/* Whether "host" or "host:port" is the address that it came to. */
bool connection_is_addressed_by(const struct connection *connection, struct bytes authority);

/* For server.c and connection.c: */

/* Reads the whole body into request, at most `most` bytes, answering "100 Continue" first where it is expected.
 * REQUEST_TIMEOUT, BODY_TOO_LARGE, BAD_REQUEST (broken chunks or cut short), NO_MEMORY: the connection closes after the
 * response then, as it does behind chunks. Ended by connection_drop_body either way. */
enum status connection_read_body(struct connection *connection, struct request *request,
                                 size_t most, int64_t timeout_ms);
/* Wipes it: it may hold a customer's key. */
void connection_drop_body(struct request *request);

/* Bytes of the body, at most size; 0: it is over, negative: cut short, broken, or late. */
int connection_receive(struct connection *connection, void *to, size_t size);
/* A close with bytes unread would be a reset, which takes the response away from a client that is
 * still sending (RFC 9112 9.6): so much of a body that is too large is read and dropped first. */
void connection_drain(struct connection *connection, const struct request *request, int64_t bytes,
                      int64_t timeout_ms);
