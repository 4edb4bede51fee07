/* property.h - what a property and a listing of it are. Types alone. */
#pragma once

#include "data/address.h"
#include "data/place.h"
#include "data/vocabulary.h"

#include <stdint.h>

enum {
    UNKNOWN = -1, /* a number or day that the record lacks */
    SPANS_MOST = 6,
};

/* What estimates and filters compare. */
struct traits {
    enum property_type type;
    int32_t bedrooms;         /* 0 is a studio */
    int32_t bathrooms_tenths; /* 25 is 2.5 */
    int32_t square_footage;
    int32_t lot_size; /* square feet */
    int32_t year_built;
};

struct documented;

struct property {
    char id[ADDRESS_SIZE];
    char formatted_address[ADDRESS_SIZE];
    char normal_address[ADDRESS_SIZE]; /* address_normalise of it */
    char address_line1[48];
    char address_line2[16]; /* empty when there is none */
    const struct place *place;
    struct point point;
    struct traits traits;
    int32_t unit_count;
    int32_t hoa_fee;         /* dollars a month */
    int32_t last_sale_day;   /* days since 1970 */
    int32_t last_sale_price; /* dollars */
    int32_t value;           /* dollars; what the invented market holds it worth */
    uint64_t detail_seed;
    const struct documented *documented; /* a comparable of the published estimates, else NULL */
    bool is_documented_subject;          /* what those estimates are of */
};

/* One time on the market: removed_day is UNKNOWN while it lasts. */
struct span {
    int32_t listed_day;
    int32_t removed_day;
    int32_t price; /* dollars, or dollars a month */
};

struct listing {
    const struct property *property;
    struct traits traits; /* of what is offered: for rent one unit, for sale the whole building */
    enum listing_type type;
    struct span spans[SPANS_MOST]; /* oldest first; the last one is the listing itself */
    int32_t span_count;
    int32_t seen_at_ms; /* time of day at which it is seen */
    uint64_t detail_seed;
};

enum book { BOOK_SALE, BOOK_RENTAL, BOOK_COUNT };
