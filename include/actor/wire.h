/* wire.h - one encoder and one decoder for every message, bounded in both directions. Pure. */
#pragma once

#include <stdio.h>

#include "messages.h"
#include "status.h"

#define WIRE_FIELDS_MAX         32
#define WIRE_ENVELOPE_MAX_BYTES 131072 /* a whole envelope frame */

enum field_type {
    FIELD_INT,   /* int64_t */
    FIELD_FLAG,  /* bool: 0 or 1 */
    FIELD_ENUM,  /* an enum without negative values: 0 to value_count - 1 */
    FIELD_BYTES, /* struct bytes: at most max_bytes */
};

struct field {
    const char *name;
    size_t offset; /* within the body struct */
    enum field_type type;
    size_t max_bytes;
    unsigned value_count;
    const char *enum_tag; /* for docs/messages.md */
    bool is_secret;       /* never dumped */
};

struct schema {
    const struct field *fields;
    size_t field_count;
    size_t body_struct_size;
};

const struct schema *message_schema(enum message_kind kind);
const char *message_meaning(enum message_kind kind); /* for docs/messages.md */

/* Encodes into a new blob; one that holds a secret is overwritten when it is freed. STATUS_MALFORMED: a field is over
 * its bound, or the kind is not the sender's to send; STATUS_NO_MEMORY. A time left below 0 is sent as 1: the request
 * is late, but it has a deadline. */
enum status wire_encode(const struct message *message, struct blob **envelope);
/* Decodes without allocating; bytes in *message borrow from envelope. STATUS_MALFORMED on anything that is not exactly
 * a known message: wrong version, kind, status, arity or type, a field over its bound, a value that an enum or a flag
 * does not have, trailing bytes, a sender that may not send the kind. *body_size: as the sender announced it. */
enum status wire_decode(struct bytes envelope, struct message *message, size_t *body_size);
/* Overwrites the secret fields of a message that was handled, in the frame that they lie in. */
void wire_wipe(const struct message *message);

/* Prints the table as Markdown: docs/messages.md is made of this. */
void wire_describe(FILE *out);
