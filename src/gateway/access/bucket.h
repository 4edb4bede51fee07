/* bucket.h - a token bucket in one atomic word (GCRA), shared by threads without a lock. Pure.
 *
 * Equivalent to a bucket that starts full with rate.count tokens and refills continuously at
 * count/period: the word is the time at which the bucket would be full again. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/rate.h"

struct bucket {
    _Atomic int64_t full_at_ns; /* 0: never used, full */
};

struct bucket_result {
    bool is_admitted;
    int64_t remaining;      /* whole tokens left after this */
    int64_t retry_after_ms; /* refused: until the asked tokens are there, at least 1 */
    int64_t reset_ms;       /* until full */
};

/* Takes `tokens` (>= 1) or nothing. A rate of count 0 always admits. now_ns: monotonic, > 0. */
struct bucket_result bucket_take(struct bucket *bucket, const struct rate *rate, int64_t tokens,
                                 int64_t now_ns);
/* What is used of a bucket: so many whole tokens were there at a time from which on it refills. */
struct bucket_level {
    int64_t tokens;
    int64_t refilled_ns;
    int64_t full_at_ns;
};

/* False: it is full, or without a limit. */
bool bucket_read(struct bucket *bucket, const struct rate *rate, int64_t now_ns,
                 struct bucket_level *level);
/* It is full at full_at_ns, or later. */
void bucket_raise(struct bucket *bucket, int64_t full_at_ns);
/* Gives tokens back (the other limit refused the request). */
void bucket_give_back(struct bucket *bucket, const struct rate *rate, int64_t tokens);
