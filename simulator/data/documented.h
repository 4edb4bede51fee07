/* documented.h - the houses of the vendor's two published estimates, of value and of rent. Pure.
 *
 * The API's documentation asks for one address and shows five comparables of each kind. Here they
 * stand in zip 78244, with the published coordinates, measures, prices, times on the market and
 * correlations; streets and people are invented, as everywhere. The examples were taken on
 * 2025-09-04: the anchor takes the place of that day, so that they come out alike for any anchor.
 */
#pragma once

#include "data/property.h"

#include <stdbool.h>
#include <stdint.h>

struct documented {
    const char *address_line1;
    struct point point;
    int32_t bathrooms_tenths;
    int32_t square_footage;
    int32_t lot_size;
    int32_t year_built;
    int32_t price;
    int32_t listed_days;    /* before the anchor */
    int32_t removed_days;   /* 0 while it is active */
    int32_t correlation_e4; /* with the subject, times ten thousand */
};

bool documented_is_place(const struct place *place);

/* Makes the property of that index in the zip one of the comparables, or moves it out of their
 * way. Called before its last sale is made. */
void documented_make_comparable(uint32_t index, struct property *property);

/* Makes the property of index 0 the subject. Called last. */
void documented_make_subject(uint32_t index, int32_t anchor_day, struct property *property);

/* The one listing of a comparable; false in the other book. */
bool documented_make_listing(const struct property *property, enum book book, int32_t anchor_day,
                             struct listing *listing);
