/* encode.h - the bytes of an answer: head, body, transfer and content coding. Pure. */
#pragma once

#include "common/text.h"
#include "operation/operation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    ENCODE_GZIP_LEAST = 1000, /* bytes of a body that is worth compressing */
};

/* What the head says beyond the answer itself. */
struct encode_head {
    const char *content_type;
    const char *extra; /* complete lines */
    bool is_gzip;
    bool is_chunked;
    bool is_last; /* Connection: close */
    bool is_kept; /* Connection: keep-alive, which HTTP/1.0 needs to be told */
    int64_t date_ms;
};

/* Whether Accept-Encoding allows gzip. NULL: no. */
bool encode_accepts_gzip(const char *accept_encoding);

/* Replaces the body by its gzip form; the same body gives the same bytes. */
void encode_gzip(struct text *body);

/* Whether an answer of that status has a body at all (RFC 9110 6.4.1). */
bool encode_has_body(int status);

void encode_head(const struct answer *answer, const struct encode_head *options, struct text *text);

/* One chunk; of size 0 the end. */
void encode_chunk(const char *bytes, size_t size, struct text *text);
