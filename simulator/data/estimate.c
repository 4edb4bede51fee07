/* estimate.c - how a price is estimated from comparable listings. */
#include "data/estimate.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static const double deviations = 0.815;

static double
estimate_differ(int32_t left, int32_t right)
{
    return left < 0 || right < 0 ? 0 : fabs((double)left - (double)right);
}

double
estimate_correlation(const struct traits *subject, const struct traits *other, double distance,
                     double max_radius)
{
    double penalty = 0.04 * distance / max_radius;
    if (subject->square_footage > 0)
        penalty += 0.05 * estimate_differ(subject->square_footage, other->square_footage) /
                   subject->square_footage;
    penalty += 0.02 * estimate_differ(subject->bedrooms, other->bedrooms);
    penalty += 0.015 * estimate_differ(subject->bathrooms_tenths, other->bathrooms_tenths) / 10;
    penalty += 0.0005 * estimate_differ(subject->year_built, other->year_built);
    if (subject->type != PROPERTY_TYPE_UNKNOWN && subject->type != other->type)
        penalty += 0.15;
    return fmin(1, fmax(0, 1 - penalty));
}

static double
estimate_average(const struct weighted_price *prices, size_t count, int is_weighted)
{
    double sum = 0;
    double weights = 0;
    for (size_t i = 0; i < count; i++) {
        double weight = is_weighted ? prices[i].correlation_e4 : 1;
        sum += weight * prices[i].price;
        weights += weight;
    }
    return weights > 0 ? sum / weights : estimate_average(prices, count, 0);
}

static double
estimate_deviation(const struct weighted_price *prices, size_t count)
{
    if (count < 2)
        return 0;
    double mean = estimate_average(prices, count, 0);
    double squares = 0;
    for (size_t i = 0; i < count; i++)
        squares += (prices[i].price - mean) * (prices[i].price - mean);
    return sqrt(squares / (double)(count - 1));
}

static int64_t
round_to(double value, int64_t rounding)
{
    return llround(value / (double)rounding) * rounding;
}

struct estimate
estimate_price(const struct weighted_price *prices, size_t count, int64_t rounding)
{
    assert(count > 0);
    double price = estimate_average(prices, count, 1);
    double spread = deviations * estimate_deviation(prices, count);
    return (struct estimate){
        .price = round_to(price, rounding),
        .low = round_to(fmax(0, price - spread), rounding),
        .high = round_to(price + spread, rounding),
    };
}

int32_t
estimate_to_e4(double value)
{
    return (int32_t)lround(value * 10000);
}
