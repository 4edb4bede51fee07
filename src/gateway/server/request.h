/* request.h - one HTTP request as the gateway's own code sees it: texts, no call to the server
 * library. Where they lie in the library's buffer matters to guard.c alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

#define REQUEST_HEADERS_MAX 64

struct request_header {
    const char *name;
    const char *value;
};

/* All text borrows from the connection's buffers and lives until the response is written. */
struct request {
    struct bytes
        head; /* as it was delivered: from the first byte to the end that the library saw */
    const char *method;
    const char *target;     /* as it came, but cut before the query; "*" stands for the server */
    struct bytes authority; /* of the absolute form, "host" or "host:port"; no data: another form */
    const char *path;       /* in target: raw, still percent-encoded */
    const char *query;      /* raw, NULL: none */
    const char *version;    /* "1.1" or "1.0" */
    struct request_header headers[REQUEST_HEADERS_MAX];
    size_t header_count;
    int64_t content_length; /* -1: none given */
    struct bytes body;      /* whole, decoded from chunks; empty: none */
    const char *remote_address;
    bool is_admin; /* came by the admin listener */
};

/* Fills in authority, path and, unless it is known, query from target, which is cut there (RFC 9112 3.2). */
void request_split_target(struct request *request);
/* The value of the only field of that name (case-insensitive); NULL: none. *count: how many there
 * are. */
const char *request_header(const struct request *request, const char *name, size_t *count);
bool request_method_is(const struct request *request, const char *method);
