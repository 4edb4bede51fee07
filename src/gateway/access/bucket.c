/* bucket.c - the generic cell rate algorithm over one atomic word. Pure.
 *
 * One token is token_ns of time, rounded up to whole nanoseconds: never faster than the rate,
 * slower by less than 1 ns per token. The distance of the word from now is what is missing, at most
 * the whole bucket. */

#include "access/bucket.h"

#include <assert.h>

enum { NS_PER_MS = 1000000 };

/* What a rate means in nanoseconds. */
struct pace {
    int64_t token_ns;
    int64_t whole_ns; /* from empty to full */
};

static struct pace
pace_of(const struct rate *rate)
{
    int64_t period_ns = rate->period_ms * NS_PER_MS;
    int64_t token_ns = (period_ns + rate->count - 1) / rate->count;

    return (struct pace){.token_ns = token_ns, .whole_ns = token_ns * rate->count};
}

static int64_t
ms_of(int64_t ns)
{
    return (ns + NS_PER_MS - 1) / NS_PER_MS;
}

/* The word may lie further ahead than the bucket is deep: a thread whose time is later was here, or the rate was another. As
 * far as no thread lags behind it was the rate: from now on the bucket is empty, or it would stay so until the word's time. */
static int64_t
load_full_at(struct bucket *bucket, int64_t now_ns, const struct pace *pace)
{
    int64_t full_at_ns = atomic_load_explicit(&bucket->full_at_ns, memory_order_relaxed);

    while (full_at_ns - now_ns > 2 * pace->whole_ns)
        if (atomic_compare_exchange_weak_explicit(&bucket->full_at_ns, &full_at_ns,
                                                  now_ns + pace->whole_ns, memory_order_relaxed,
                                                  memory_order_relaxed))
            full_at_ns = now_ns + pace->whole_ns;
    return full_at_ns;
}

static int64_t
missing_ns(int64_t full_at_ns, int64_t now_ns)
{
    return full_at_ns > now_ns ? full_at_ns - now_ns : 0;
}

static struct bucket_result
bucket_refuse(int64_t missing, int64_t asked_ns, const struct pace *pace)
{
    int64_t wait_ns = missing + asked_ns - pace->whole_ns;
    int64_t left_ns = missing < pace->whole_ns ? pace->whole_ns - missing : 0;

    return (struct bucket_result){
        .is_admitted = false,
        .remaining = left_ns / pace->token_ns,
        .retry_after_ms = wait_ns > NS_PER_MS ? ms_of(wait_ns) : 1,
        .reset_ms = ms_of(missing),
    };
}

static struct bucket_result
bucket_admit(int64_t missing, const struct pace *pace)
{
    return (struct bucket_result){
        .is_admitted = true,
        .remaining = (pace->whole_ns - missing) / pace->token_ns,
        .reset_ms = ms_of(missing),
    };
}

struct bucket_result
bucket_take(struct bucket *bucket, const struct rate *rate, int64_t tokens, int64_t now_ns)
{
    assert(tokens >= 1 && now_ns > 0);
    if (rate->count == 0)
        return (struct bucket_result){.is_admitted = true, .remaining = INT64_MAX};

    struct pace pace = pace_of(rate);
    /* More than the bucket holds is refused as one more than it holds: no time is long enough. */
    int64_t asked_ns = tokens <= rate->count ? tokens * pace.token_ns : pace.whole_ns + 1;
    int64_t full_at_ns = load_full_at(bucket, now_ns, &pace);
    int64_t missing;

    do {
        missing = missing_ns(full_at_ns, now_ns);
        if (missing + asked_ns > pace.whole_ns)
            return bucket_refuse(missing, asked_ns, &pace);
    } while (!atomic_compare_exchange_weak_explicit(&bucket->full_at_ns, &full_at_ns,
                                                    now_ns + missing + asked_ns,
                                                    memory_order_relaxed, memory_order_relaxed));
    return bucket_admit(missing + asked_ns, &pace);
}

void
bucket_give_back(struct bucket *bucket, const struct rate *rate, int64_t tokens)
{
    assert(tokens >= 1);
    if (rate->count == 0)
        return;

    struct pace pace = pace_of(rate);
    int64_t given_ns = tokens <= rate->count ? tokens * pace.token_ns : pace.whole_ns;
    int64_t full_at_ns = atomic_load_explicit(&bucket->full_at_ns, memory_order_relaxed);
    int64_t sooner_ns;

    do
        sooner_ns = full_at_ns > given_ns ? full_at_ns - given_ns : 0;
    while (!atomic_compare_exchange_weak_explicit(&bucket->full_at_ns, &full_at_ns, sooner_ns,
                                                  memory_order_relaxed, memory_order_relaxed));
}

bool
bucket_read(struct bucket *bucket, const struct rate *rate, int64_t now_ns,
            struct bucket_level *level)
{
    struct pace pace;
    int64_t missing, there_ns;

    if (rate->count == 0)
        return false;
    pace = pace_of(rate);
    level->full_at_ns = load_full_at(bucket, now_ns, &pace);
    missing = missing_ns(level->full_at_ns, now_ns);
    there_ns = missing < pace.whole_ns ? pace.whole_ns - missing : 0;
    level->tokens = there_ns / pace.token_ns;
    level->refilled_ns = now_ns - there_ns % pace.token_ns;
    return missing > 0;
}

void
bucket_raise(struct bucket *bucket, int64_t full_at_ns)
{
    int64_t is_ns = atomic_load_explicit(&bucket->full_at_ns, memory_order_relaxed);

    while (is_ns < full_at_ns &&
           !atomic_compare_exchange_weak_explicit(&bucket->full_at_ns, &is_ns, full_at_ns,
                                                  memory_order_relaxed, memory_order_relaxed))
        ;
}
