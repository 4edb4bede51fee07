/* duration.c - the bounds, and quantiles out of counts. Pure. */
#include "base/duration.h"

#define US_OF_MS 1000.0

const int64_t duration_bounds_us[DURATION_BOUND_COUNT] = {
    10,    25,    50,     100,    250,    500,     1000,    2500,    5000,     10000,
    25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000, 30000000,
};

double
duration_quantile_ms(const int64_t counts[DURATION_BUCKET_COUNT], double share)
{
    int64_t total = 0, below = 0;
    size_t bucket = 0;
    double rank, lower_us, upper_us;

    for (size_t i = 0; i < DURATION_BUCKET_COUNT; i++)
        total += counts[i];
    if (total == 0)
        return 0.0;
    rank = share * (double)total;
    while (bucket < DURATION_BOUND_COUNT && (double)(below + counts[bucket]) < rank)
        below += counts[bucket++];
    lower_us = bucket > 0 ? (double)duration_bounds_us[bucket - 1] : 0.0;
    if (bucket == DURATION_BOUND_COUNT || counts[bucket] == 0)
        return lower_us / US_OF_MS;
    upper_us = (double)duration_bounds_us[bucket];
    return (lower_us + (upper_us - lower_us) * (rank - (double)below) / (double)counts[bucket]) /
           US_OF_MS;
}
