/* representation.h - from the headers and the body that are stored to the head that clients get. Pure.
 *
 * Towards its clients the gateway is the origin: it says how long and by whom a response may be kept, and gives validators to
 * what has none. Order of a head: headers that a 304 has too, then those that describe the bytes. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/text.h"

#define REPRESENTATION_TAG_SIZE 40 /* of a tag made here, quotes and NUL included */

/* One response in one encoding, with its validators. Borrowed bytes: who made the variant owns them. head.size 0: it was not
 * made. */
struct variant {
    struct bytes head; /* of a 200: "Name: value\r\n"..., Content-Length included */
    struct bytes body;
    size_t not_modified_size; /* of head: what a 304 carries */
    /* the entity tag within head; size 0: this response has no validators */
    size_t tag_at, tag_size;
    size_t length_at; /* the line Content-Length within head; it is the last one */
};

/* A response as it is kept; its gzip variant, if there is one, stands beside it. */
struct content {
    struct variant plain;
    bool may_gzip; /* gzip is worth trying */
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

struct representation {
    struct bytes headers; /* borrowed: "Name: value\r\n"... */
    int http_status;
    struct bytes tag;        /* the upstream's, or tag_text; empty: no 200, no validators */
    int64_t last_modified_s; /* the upstream's, or when it was fetched */
    bool is_coded;           /* came with a Content-Encoding: left alone */
    bool must_not_transform; /* Cache-Control: no-transform */
    bool is_text;            /* of a type that shrinks */
    char tag_text[REPRESENTATION_TAG_SIZE];
};

/* created_s: when it was fetched. tag points into *representation, which must not move. */
void representation_read(struct representation *representation, struct bytes headers,
                         struct bytes body, int http_status, int64_t created_s);
/* What is answered is a part of the body alone: its tag is made of that. */
void representation_take_part(struct representation *representation, struct bytes part);
/* Whether a body of that size may be sent in another encoding, so that caches must be told. */
bool representation_may_gzip(const struct representation *representation, size_t body_size,
                             size_t least_size);
/* Appends the head of body to text and fills *variant. varies: a gzip variant may exist. Look at text->is_cut. */
void representation_write(const struct representation *representation, bool varies,
                          struct bytes body, struct text *text, struct variant *variant);
/* The same response with a packed body: plain's head with a tag and a length of its own. */
void representation_write_gzip(const struct variant *plain, struct bytes packed, struct text *text,
                               struct variant *gzip);
