/* usage_dedup.h - which part of a shipped run is new. Pure.
 *
 * The mark is the last sequence of that ring that is stored. A run that ends at or below it came twice; one that
 * starts beyond mark + 1 leaves a gap. A ring has one run out at a time and starts again from its first unconfirmed record, so
 * what is missing was confirmed by a database that this one is not (an older copy was put back, or it was begun
 * anew): asked for again a few times, it never comes, and the run is taken as it is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum usage_dedup { USAGE_ALL_NEW, USAGE_TAIL_NEW, USAGE_KNOWN, USAGE_GAP };

/* *skip: records at the front that are stored already. count >= 1, first_sequence >= 1. */
enum usage_dedup usage_dedup_decide(int64_t mark, int64_t first_sequence, int64_t count,
                                    int64_t *skip);

#define GAP_WATCH_RINGS 64
#define GAP_PATIENCE    3 /* the run that leaves the same gap for the third time is taken */

struct gap_row {
    char spool_id[33];
    int64_t ring;
    int64_t first_sequence;
    int64_t times; /* 0: the place is free */
};

/* Zeroed: nothing seen. When more rings than places leave gaps, the oldest places are taken first. */
struct gap_watch {
    struct gap_row rows[GAP_WATCH_RINGS];
    size_t next;
};

/* Notes that the ring left a gap before first_sequence; true: what is missing does not exist any more. */
bool gap_watch_is_lost(struct gap_watch *watch, struct bytes spool_id, int64_t ring,
                       int64_t first_sequence);
