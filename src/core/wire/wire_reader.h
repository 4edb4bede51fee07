/* wire_reader.h - a cursor over msgpack's wire format that never reads past its end. Pure.
 *
 * msgpack-c packs envelopes, but does not read them: its unpacker makes a tree, and reserves memory for whatever number
 * of elements a head announces. This cursor knows the three forms that envelopes are made of - an array's head,
 * integers, binary strings -, allocates nothing and believes nothing: a head that announces more than there are bytes
 * left is refused where it stands. After a false the position is undefined: give the input up. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct wire_reader {
    const uint8_t *at;
    const uint8_t *end;
};

struct wire_reader wire_reader_of(struct bytes input);
bool wire_reader_at_end(const struct wire_reader *reader);

/* Every element takes at least one byte, so *count is never more than the bytes left. */
bool wire_read_array(struct wire_reader *reader, size_t *count);
bool wire_read_uint(struct wire_reader *reader, uint64_t *value);
bool wire_read_int(struct wire_reader *reader, int64_t *value);
/* *value borrows from the input; false when it is longer than max_bytes. */
bool wire_read_bytes(struct wire_reader *reader, size_t max_bytes, struct bytes *value);
