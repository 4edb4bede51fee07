/* place.h - the zip codes that the simulator covers.
 *
 * Cities, counties, codes and centres are real geography; prices are invented.
 */
#pragma once

#include "data/geo.h"

#include <stdint.h>

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
