/* guard.h - refuses what could be understood in two ways, before anything else looks at it.
 *
 * Pure, but it knows how the server library (civetweb) leaves its buffer: see guard_check.
 *
 * The server library parses loosely: it drops what follows an obs-fold or the 64th field, takes the
 * first of two Content-Lengths, accepts bare LF and blanks before colons. Whatever it accepted is
 * checked here against its own buffer, byte by byte, so that what was dropped is seen. Rules: RFC
 * 9112 2.2, 3, 5.1, 5.2, 6.1, 6.3; RFC 9110 7.2. Every refusal here closes the connection: what
 * follows on it cannot be trusted. */
#pragma once

#include "server/request.h"
#include "status.h"

#define GUARD_BODY_TOO_LARGE "the body is larger than gateway.max_request_body_bytes"

struct guard_limits {
    size_t max_target_bytes;
    size_t max_head_bytes;
    size_t max_body_bytes;
};

struct guard_result {
    enum status status; /* OK, or why it is refused */
    const char *reason; /* static text for the problem's detail */
};

/* request's method, target, query, version and headers must point into the library's own buffer of the
 * head: as it came, but with a NUL where the library cut it (behind method, path and query, at each
 * colon, in place of each CR); head is the part of that buffer which the library cut off as the head; version stands behind "HTTP/", and the head ends with CR NUL. A
 * request made elsewhere cannot be checked. */
struct guard_result guard_check(const struct request *request, const struct guard_limits *limits);

/* Whether a body is announced: by a Transfer-Encoding, or by a Content-Length that is not 0. */
bool guard_has_body(const struct request *request);
