/* duration.h - the buckets of every histogram of durations, and what their counts tell. Pure. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define DURATION_BOUND_COUNT  20
#define DURATION_BUCKET_COUNT (DURATION_BOUND_COUNT + 1) /* the last one has no upper bound */

/* Upper bounds in microseconds, both of them inside; from a near hit to the longest call. */
extern const int64_t duration_bounds_us[DURATION_BOUND_COUNT];

/* The first bucket whose bound is not below it. Inline: it is on the way of every hit. */
static inline size_t
duration_bucket(int64_t duration_us)
{
    size_t bucket = 0;

    while (bucket < DURATION_BOUND_COUNT && duration_us > duration_bounds_us[bucket])
        bucket++;
    return bucket;
}

/* The duration below which share (0..1) of all lie, in milliseconds: evenly spread within a bucket, as Prometheus'
 * histogram_quantile has it. counts: of each bucket by itself. 0: nothing was counted; what lies in the last bucket counts as
 * its lower bound. */
double duration_quantile_ms(const int64_t counts[DURATION_BUCKET_COUNT], double share);
