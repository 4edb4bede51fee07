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
