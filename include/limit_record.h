/* limit_record.h - what is used of one limit of a key: as a gateway tells it, and as the database keeps it. */
#pragma once

#include <stdint.h>

#include "route_config.h"

/* A sliding window's period is counted in so many parts. */
#define WINDOW_PARTS 30

struct window_counts {
    int64_t part_ns;                /* the length of a part */
    int64_t newest;                 /* its number: how many parts went by since 1970 */
    int32_t used[WINDOW_PARTS + 1]; /* tokens taken in the part newest - i */
};

/* What the limit of all endpoints is called where others have the name of an endpoint. */
#define LIMIT_GLOBAL "global"

struct limit_record {
    int64_t api_key_id;
    uint8_t key_hash[32]; /* of its secret; filled in by the database alone */
    char endpoint[ROUTE_NAME_SIZE];
    int64_t tokens;              /* that were left at ... */
    int64_t refilled_wall_us;    /* ... this time */
    int64_t full_at_wall_us;     /* nothing is used any more from then on */
    struct window_counts window; /* of a sliding window; part_ns 0: a token bucket */
};
