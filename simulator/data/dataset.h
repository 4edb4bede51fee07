/* dataset.h - the records the simulator knows: made once from a seed and a day, then read only.
 *
 * The day (the anchor) is the simulated day at start; everything dated lies before it. What a
 * record shows beyond these members (owner, features, taxes, agents) is drawn from its
 * detail_seed while it is written, always in the same order.
 */
#pragma once

#include "data/address.h"
#include "data/place.h"
#include "data/vocabulary.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    UNKNOWN = -1, /* a number or day that the record lacks */
    PROPERTIES_PER_PLACE = 104,
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

struct dataset {
    uint64_t seed;
    int32_t anchor_day;
    struct property *properties; /* by id */
    size_t property_count;
    struct listing *listings[BOOK_COUNT]; /* by id; at most one of a property in each book */
    size_t listing_count[BOOK_COUNT];
};

struct dataset *dataset_create(uint64_t seed, int32_t anchor_day);
void dataset_destroy(struct dataset **dataset);

/* NULL when there is none. */
const struct property *dataset_find_property(const struct dataset *dataset, const char *id);
const struct listing *dataset_find_listing(const struct dataset *dataset, enum book book,
                                           const char *id);

/* normal: from address_normalise. */
const struct property *dataset_find_address(const struct dataset *dataset, const char *normal);

/* What is compared when the property is sold or let: rent is for one unit of a building that has
 * several, value for all of it. */
struct traits dataset_traits(const struct property *property, enum book book);

/* The span that is the listing itself, and whether it still lasts. */
const struct span *listing_current(const struct listing *listing);
bool listing_is_active(const struct listing *listing);

/* What a listing says of its time on the market, seen from a given day: one that is on the market was seen yesterday; one
 * that is not was seen last on the day before its removal. Both fit the vendor's published examples. */

/* Whole days from the listing to its removal, or to today. */
int32_t days_on_market(const struct span *span, int32_t today);

int32_t days_last_seen(const struct span *span, int32_t today);

/* Days since it was last seen. */
int32_t days_old(const struct span *span, int32_t today);

/* Days since it was listed: what the filter daysOld of listings means. */
int32_t days_since_listed(const struct span *span, int32_t today);
