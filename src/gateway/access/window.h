/* window.h - a sliding window that threads share without a lock: never more than rate.count in any period. Pure.
 *
 * The period is counted in WINDOW_PARTS parts. What was admitted in a part is forgotten when the part is a whole period
 * behind: never too early, and at most one part too late. A request counts when it is admitted: a thread whose time is
 * older counts in the newest part that any thread has seen. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "access/bucket.h"
#include "base/rate.h"
#include "limit_record.h"

struct window {
    int64_t part_ns;                          /* const */
    _Atomic int64_t newest;                   /* part, by number since the time 0; 0: never used */
    _Atomic int64_t used;                     /* never less than all parts hold */
    _Atomic uint64_t parts[WINDOW_PARTS + 1]; /* by number modulo their count: round and tokens */
};

void window_init(struct window *window, int64_t period_ms);
/* Takes `tokens` (>= 1) or nothing. rate: of the window's period, count >= 1. now_ns > 0. *part: for giving back. */
struct bucket_result window_take(struct window *window, const struct rate *rate, int64_t tokens,
                                 int64_t now_ns, int64_t *part);
/* Gives back what was taken in that part (another limit refused the request). */
void window_give_back(struct window *window, int64_t tokens, int64_t part);
/* What each part holds now. Returns how many tokens that is. */
int64_t window_read(struct window *window, int64_t now_ns, struct window_counts *counts);
/* Where a part holds less than counts say it gets as much; counts of another period all go to the newest part. */
void window_raise(struct window *window, const struct window_counts *counts, int64_t now_ns);
