/* estimate.h - how a price is estimated from comparable listings. Pure.
 *
 * The vendor publishes no formulas. Average, range and distance were fitted to its published
 * examples and reproduce them exactly; the correlation is an invention.
 */
#pragma once

#include "data/dataset.h"

#include <stddef.h>
#include <stdint.h>

struct weighted_price {
    int32_t price;
    int32_t correlation_e4; /* 0 to 10000 */
};

struct estimate {
    int64_t price;
    int64_t low; /* 85 % confidence */
    int64_t high;
};

/* 1 is alike. Traits that either side lacks are left out. distance and max_radius in miles. */
double estimate_correlation(const struct traits *subject, const struct traits *other,
                            double distance, double max_radius);

/* Average weighted by correlation, -/+ 0.815 sample standard deviations, each rounded to a
 * multiple of rounding dollars. count at least 1. */
struct estimate estimate_price(const struct weighted_price *prices, size_t count, int64_t rounding);

/* A value times ten thousand, rounded: distances and correlations have four decimals. */
int32_t estimate_to_e4(double value);
