/* variant.h - one response in the codings that clients can get it in, with the validators of each.
 *
 * Borrowed bytes: who made the content owns them (near_fill.h, or the entry of the near cache they were copied into). */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct variant {
    struct bytes head; /* of a 200: "Name: value\r\n"..., Content-Length included */
    struct bytes body;
    size_t not_modified_size; /* of head: what a 304 carries */
    size_t tag_at,
        tag_size; /* the entity tag within head; size 0: this response has no validators */
};

struct content {
    struct variant plain;
    struct variant gzip; /* head.size 0: not made, or it would not be smaller */
    bool may_gzip;       /* gzip is worth trying */
    int64_t last_modified_s;
};

static inline bool
variant_is_made(const struct variant *variant)
{
    return variant->head.size > 0;
}

static inline size_t
variant_size(const struct variant *variant)
{
    return variant->head.size + variant->body.size;
}

static inline struct bytes
variant_tag(const struct variant *variant)
{
    return bytes_of(variant->head.data + variant->tag_at, variant->tag_size);
}
