/* geo.h - distances on the globe as the paid API computes them. Pure. */
#pragma once

#include <stdint.h>

/* Degrees times a million, as the published coordinates have six decimals. */
struct point {
    int32_t latitude_micro;
    int32_t longitude_micro;
};

/* Haversine over a sphere of 3963.19 miles, the equator's radius: it fits the vendor's published
 * distances, a mean radius does not. */
double geo_distance_miles(struct point from, struct point to);
