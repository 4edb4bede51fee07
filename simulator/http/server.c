/* server.c - one HTTP listener, on civetweb.
 *
 * Every request is taken in begin_request, before the library looks for files or handlers. The
 * callback returns 200 whatever was answered: the library only uses the number to decide whether
 * the connection stays, and would end it after a 401.
 */
#include "http/server.h"

#include "http/peer.h"

#include <assert.h>
#include <civetweb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct server {
    struct mg_context *library;
    server_handler handler;
    void *context;
    int port;
};

struct connection {
    struct mg_connection *library;
};

static bool
will_close(const struct mg_connection *connection, bool is_http_1_1)
{
    const char *header = mg_get_header(connection, "Connection");
    if (header == NULL)
        return !is_http_1_1;
    return strcasestr(header, "keep-alive") == NULL;
}

static int
on_request(struct mg_connection *library)
{
    const struct mg_request_info *info = mg_get_request_info(library);
    const struct server *server = info->user_data;
    struct connection connection = {library};
    bool is_http_1_1 = strcmp(info->http_version, "1.1") == 0;
    struct request request = {
        .method = info->request_method,
        .path = info->local_uri_raw == NULL ? "" : info->local_uri_raw,
        .query = info->query_string,
        .api_key = mg_get_header(library, "X-Api-Key"),
        .accept_encoding = mg_get_header(library, "Accept-Encoding"),
        .request_id = mg_get_header(library, "X-Request-ID"),
        .call_id = mg_get_header(library, "X-Call-ID"),
        .is_http_1_1 = is_http_1_1,
        .wants_close = will_close(library, is_http_1_1),
        .has_body = info->content_length > 0 || mg_get_header(library, "Transfer-Encoding") != NULL,
        .connection = &connection,
    };
    server->handler(server->context, &request);
    return 200;
}

/* What the library refuses by itself: requests it cannot read. */
static int
on_error(struct mg_connection *library, int status, const char *message)
{
    char body[256];
    char head[192];
    int body_size = snprintf(body, sizeof body,
                             "{\"status\":%d,\"error\":\"resource/bad-request\","
                             "\"message\":\"The request could not be read\"}",
                             status);
    int head_size = snprintf(head, sizeof head,
                             "HTTP/1.1 %d Refused\r\nContent-Type: application/json\r\n"
                             "Content-Length: %d\r\nConnection: close\r\n\r\n",
                             status, body_size);
    (void)message;
    mg_disable_connection_keep_alive(library);
    mg_write(library, head, (size_t)head_size);
    mg_write(library, body, (size_t)body_size);
    return 0;
}

static int
on_log(const struct mg_connection *library, const char *message)
{
    (void)library;
    fprintf(stderr, "rentcast-simulator: %s\n", message);
    return 1;
}

static struct mg_context *
start_library(const struct server_options *options, struct server *server)
{
    char address[80];
    char threads[16];
    char keep_alive[16];
    snprintf(address, sizeof address, "%s:%d", options->host, options->port);
    snprintf(threads, sizeof threads, "%d", options->threads);
    snprintf(keep_alive, sizeof keep_alive, "%d", options->keep_alive_ms);
    const char *settings[] = {
        "listening_ports",
        address,
        "num_threads",
        threads,
        "connection_queue",
        "2048",
        "listen_backlog",
        "2048",
        "enable_keep_alive",
        "yes",
        "keep_alive_timeout_ms",
        keep_alive,
        "request_timeout_ms",
        "30000",
        "max_request_size",
        "32768",
        "tcp_nodelay",
        "1",
        "decode_url",
        "no",
        "enable_auth_domain_check",
        "no",
        "cgi_pattern",
        "",
        NULL,
    };
    struct mg_callbacks callbacks = {
        .begin_request = on_request,
        .http_error = on_error,
        .log_message = on_log,
    };
    return mg_start(&callbacks, server, settings);
}

struct server *
server_start(const struct server_options *options)
{
    struct server *server = calloc(1, sizeof *server);
    assert(server != NULL);
    server->handler = options->handler;
    server->context = options->context;
    server->library = start_library(options, server);
    if (server->library == NULL) {
        fprintf(stderr, "rentcast-simulator: cannot listen on %s:%d\n", options->host,
                options->port);
        free(server);
        return NULL;
    }
    struct mg_server_port port;
    int count = mg_get_server_ports(server->library, 1, &port);
    assert(count == 1);
    server->port = port.port;
    return server;
}

int
server_port(const struct server *server)
{
    return server->port;
}

/* The library polls its sockets every two seconds: shutting them down wakes it at once. */
void
server_stop(struct server **server)
{
    if (*server == NULL)
        return;
    peer_shut_down((*server)->port);
    mg_stop((*server)->library);
    free(*server);
    *server = NULL;
}

bool
connection_write(struct connection *connection, const void *bytes, size_t size)
{
    const char *at = bytes;
    while (size > 0) {
        int written = mg_write(connection->library, at, size);
        if (written <= 0) {
            connection_close(connection);
            return false;
        }
        at += written;
        size -= (size_t)written;
    }
    return true;
}

bool
connection_read(struct connection *connection, struct text *body, size_t most)
{
    for (;;) {
        text_reserve(body, 4096);
        int got = mg_read(connection->library, body->data + body->size, 4096);
        if (got < 0)
            return false;
        if (got == 0)
            return true;
        body->size += (size_t)got;
        body->data[body->size] = '\0';
        if (body->size > most)
            return false;
    }
}

void
connection_close(struct connection *connection)
{
    mg_disable_connection_keep_alive(connection->library);
}

void
connection_reset(struct connection *connection)
{
    const struct mg_request_info *info = mg_get_request_info(connection->library);
    int socket = peer_find(info->remote_addr, info->remote_port, info->server_port);
    if (socket >= 0)
        peer_reset(socket);
    connection_close(connection);
}
