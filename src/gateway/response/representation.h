/* representation.h - from the fields and the body that are stored to the head that clients get. Pure.
 *
 * Towards its clients the gateway is the origin: it says how long and by whom an answer may be kept, and gives validators to
 * what has none. Order of a head: fields that a 304 has too, then those that describe the bytes. */
#pragma once

#include "base/text.h"
#include "response/variant.h"

#define REPRESENTATION_TAG_SIZE 40 /* of a tag made here, quotes and NUL included */

enum coding { CODING_PLAIN, CODING_GZIP };

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
/* Whether a body of that size may be sent in another coding, so that caches must be told. */
bool representation_may_gzip(const struct representation *representation, size_t body_size,
                             size_t least_size);
/* Appends the head of body to text and fills *variant. varies: other codings of it may exist. Look at text->is_cut. */
void representation_write(const struct representation *representation, enum coding coding,
                          bool varies, struct bytes body, struct text *text,
                          struct variant *variant);
