/* http.h - a plain HTTP/1.1 client that can also send what no client should.
 *
 * One connection per struct http; failures of the connection abort the test unless a function says otherwise. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct http {
    int socket; /* -1: closed */
    char *data; /* received and not used yet */
    size_t size, capacity;
};

struct http_response {
    int status; /* 0: the connection closed without an answer */
    char *head; /* status line and fields, NUL-terminated */
    char *body; /* NUL-terminated */
    size_t body_size;
};

void http_open(struct http *http, int port);
/* False: nobody listens. */
bool http_try_open(struct http *http, int port);
void http_close(struct http *http);
/* Sends bytes as they are. False: the peer is gone. */
bool http_send(struct http *http, const void *data, size_t size);
/* Reads one whole answer (by Content-Length or chunks, or none for is_head, 1xx, 204 and 304). False: closed or timed out before it was
 * whole; response->status is 0 when nothing came. Free with http_response_fini. */
bool http_receive(struct http *http, struct http_response *response, bool is_head, int timeout_ms);
/* Whether the peer closes within timeout_ms without sending anything more. */
bool http_is_closed(struct http *http, int timeout_ms);
void http_response_fini(struct http_response *response);

/* A field's value copied into value ("" when absent); true when there is one. */
bool http_field(const struct http_response *response, const char *name, char *value, size_t size);
/* Aborts the test where the field is absent or another; where it is there. */
void http_expect_field(const struct http_response *response, const char *name, const char *value);
void http_expect_no_field(const struct http_response *response, const char *name);

/* One request on its own connection. key: Bearer token or NULL; body: NULL or JSON text; further: more field lines, or NULL. */
void http_call(int port, const char *method, const char *target, const char *key, const char *body,
               const char *further, struct http_response *response);
/* The same on a kept connection; false: no whole answer. */
bool http_call_on(struct http *http, const char *method, const char *target, const char *key,
                  const char *body, const char *further, struct http_response *response);
