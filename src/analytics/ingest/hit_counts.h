/* hit_counts.h - how often each entry was read, summed over stored records until it is told to the cache actor. Pure.
 *
 * Bounded: what does not fit is forgotten; hit counts are a statistic, not an account. */
#pragma once

#include <stddef.h>

#include "usage_record.h"

#define HIT_COUNTS_MAX 8192 /* a power of two; filled to three quarters: 192 KiB of a message */

struct hit_counts {
    struct entry_hit slots[HIT_COUNTS_MAX]; /* count 0: free */
    size_t count;
};

/* Counts hits and stale responses; other decisions read no entry. */
void hit_counts_add(struct hit_counts *counts, const struct usage_record *record);
/* Packs the used slots into out (HIT_COUNTS_MAX of them), empties the table; returns how many. */
size_t hit_counts_take(struct hit_counts *counts, struct entry_hit *out);
/* Forgets what was counted: the records were not stored after all. */
void hit_counts_clear(struct hit_counts *counts);
