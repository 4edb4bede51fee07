/* common_headers.h - headers that stand in every response of a listener, made once at start. */
#pragma once

#include "http/cors.h"

#define COMMON_HEADERS_SIZE 1024

/* Const after the start. */
struct common_headers {
    char text[COMMON_HEADERS_SIZE];
    size_t size;
    bool names_origins; /* some more headers depend on the request's Origin */
    struct cors cors;   /* off on the admin listener: its pages come from itself */
};

/* *headers must not move afterwards. */
void common_headers_init(struct common_headers *headers, const struct config *config,
                         bool is_admin);

static inline struct bytes
common_headers_bytes(const struct common_headers *headers)
{
    return bytes_of(headers->text, headers->size);
}
