/* server.h - one HTTP listener: the only door to the HTTP library.
 *
 * A thread serves one connection at a time. A handler gets a request, writes the whole answer,
 * head included, and returns; what it writes goes out as it is.
 */
#pragma once

#include "common/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct server;
struct connection;

/* Lives as long as the call of the handler. */
struct request {
    const char *method;
    const char *path;            /* as on the wire, without query */
    const char *query;           /* as on the wire, NULL for none */
    const char *api_key;         /* X-Api-Key, NULL for none */
    const char *accept_encoding; /* NULL for none */
    const char *request_id;      /* X-Request-ID, NULL for none */
    const char *call_id;         /* X-Call-ID, NULL for none */
    bool is_http_1_1;
    bool wants_close; /* the connection ends after this answer */
    bool has_body;    /* a length above 0 or a transfer coding was announced */
    struct connection *connection;
};

typedef void (*server_handler)(void *context, struct request *request);

struct server_options {
    const char *host;
    int port; /* 0 picks a free one */
    int threads;
    int keep_alive_ms;
    server_handler handler; /* called by many threads at once */
    void *context;
};

/* Accepts connections when it returns; NULL when it cannot, with the reason on stderr. */
struct server *server_start(const struct server_options *options);
int server_port(const struct server *server);

/* Ends every connection and joins every thread. Handlers must be able to return by then. */
void server_stop(struct server **server);

/* False when the peer is gone. */
bool connection_write(struct connection *connection, const void *bytes, size_t size);

/* Adds what came of the body; false when it is longer than most or breaks off. */
bool connection_read(struct connection *connection, struct text *body, size_t most);

/* The connection ends after this answer. */
void connection_close(struct connection *connection);

/* The peer gets a RST now; nothing can be written any more. */
void connection_reset(struct connection *connection);
