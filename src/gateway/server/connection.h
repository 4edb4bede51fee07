/* connection.h - the request at hand on its connection: what server.c and connection_body.c share. */
#pragma once

#include "server/server.h"

/* What begin_request needs beyond the library's own state: lives in its stack frame. */
struct connection {
    void *library; /* its connection: server.c knows what that is */
    struct server *server;
    bool must_close;
    bool has_unread_body; /* nobody knows whether it ends where it should: the connection closes */
    bool is_too_large;    /* the body: what of it still comes is drained */
};

/* Bytes of the body, at most size; 0: it is over, negative: cut short, broken, or late. */
int connection_receive(struct connection *connection, void *to, size_t size);
/* A close with bytes unread would be a reset, which takes the answer away from a client that is still sending
 * (RFC 9112 9.6): so much of a body that is too large is read and dropped first. */
void connection_drain(struct connection *connection, const struct request *request, int64_t bytes,
                      int64_t timeout_ms);
