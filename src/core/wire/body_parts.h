/* body_parts.h - what both ends of a chunked body agree on. Pure. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "base/bytes.h"

#define BODY_PART_BYTES 262144 /* every part but the last; a body of at most this size goes whole */
#define BODY_PARTS_OUT  4      /* parts sent and not yet confirmed by a credit */
#define BODY_STALE_MS   10000  /* a transfer in which nothing moves for this long is dropped */

/* The other end: a ROUTER's routing id, or size 0 for the one peer of a DEALER. */
#define BODY_ADDRESS_SIZE 64

struct body_address {
    uint8_t size;
    uint8_t identity[BODY_ADDRESS_SIZE];
};

static inline bool
body_address_equal(const struct body_address *a, const struct body_address *b)
{
    return a->size == b->size && memcmp(a->identity, b->identity, a->size) == 0;
}

static inline int64_t
body_part_count(size_t body_size)
{
    return (int64_t)(body_size / BODY_PART_BYTES + (body_size % BODY_PART_BYTES != 0));
}

/* Of part `number` of a body of this size; number < body_part_count. */
static inline size_t
body_part_size(size_t body_size, int64_t number)
{
    size_t offset = (size_t)number * BODY_PART_BYTES;

    return body_size - offset < BODY_PART_BYTES ? body_size - offset : BODY_PART_BYTES;
}
