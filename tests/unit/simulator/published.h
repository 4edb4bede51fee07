/* published.h - the two examples of estimates in the vendor's OpenAPI document, of 2025-09-04: one
 * subject, five comparables for sale and five for rent, the most alike first. */
#pragma once

#include "data/estimate.h"
#include "data/place.h"

enum { PUBLISHED_COMPARABLES = 5 };

static const struct point published_subject = {29476011, -98351454};

struct published {
    struct point point;
    double distance;
    struct weighted_price price;
    const char *listed;
    const char *removed; /* NULL while active */
    int days_on_market;
    int days_old;
};

static const struct published published_sale[] = {
    {{29470460, -98351561}, 0.3840, {289444, 9916}, "2025-04-11", NULL, 146, 1},
    {{29476170, -98356908}, 0.3286, {279000, 9887}, "2025-06-06", "2025-07-12", 36, 55},
    {{29479375, -98351978}, 0.2348, {199900, 9863}, "2025-05-22", "2025-08-27", 97, 9},
    {{29477064, -98343686}, 0.4734, {159900, 9859}, "2025-06-23", "2025-06-28", 5, 69},
    {{29463689, -98348663}, 0.8687, {320000, 9835}, "2025-03-10", NULL, 178, 1},
};

static const struct published published_rental[] = {
    {{29473782, -98344684}, 0.4359, {1627, 9873}, "2025-02-06", "2025-02-07", 1, 210},
    {{29471408, -98348191}, 0.3741, {1500, 9792}, "2024-07-11", "2025-02-06", 210, 211},
    {{29473394, -98348222}, 0.2658, {1700, 9702}, "2025-08-12", NULL, 23, 1},
    {{29473168, -98349176}, 0.2398, {1695, 9692}, "2023-08-25", "2025-05-14", 628, 114},
    {{29474238, -98343940}, 0.4688, {1575, 9663}, "2024-12-30", "2025-06-05", 157, 92},
};
