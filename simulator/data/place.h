/* place.h - points on the globe, the distance between them as the paid API computes it, and the zip codes that the simulator
 * covers. Pure.
 *
 * Cities, counties, codes and centres are real geography; prices are invented.
 */
#pragma once

#include <stdint.h>

/* Degrees times a million, as the published coordinates have six decimals. */
struct point {
    int32_t latitude_micro;
    int32_t longitude_micro;
};

/* Haversine over a sphere of 3963.19 miles, the equator's radius: it fits the vendor's published
 * distances, a mean radius does not. */
double place_distance_miles(struct point from, struct point to);

struct place {
    const char *zip;
    const char *city;
    const char *state;
    const char *state_fips;
    const char *county;
    const char *county_fips;
    const char *area_code; /* of telephone numbers */
    struct point centre;
    int32_t price_per_foot; /* dollars per square foot, about */
    int32_t rent_per_foot;  /* cents per square foot and month, about */
};

enum { PLACE_COUNT = 26 };

extern const struct place places[PLACE_COUNT];
