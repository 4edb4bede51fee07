/* documented.c - the houses of the vendor's two published estimates. */
#include "data/documented.h"

#include "common/calendar.h"

#include <stdio.h>
#include <string.h>

enum { COMPARABLES = 5 };

static const struct documented comparables[BOOK_COUNT][COMPARABLES] = {
    {{"5201 Paper Boat Dr", {29470460, -98351561}, 20, 1895, 6882, 1988, 289444, 146, 0, 9916},
     {"6702 Kite Tail St", {29476170, -98356908}, 20, 1811, 8146, 1977, 279000, 90, 54, 9887},
     {"6911 Marble Run Dr", {29479375, -98351978}, 20, 1753, 11151, 1974, 199900, 105, 8, 9863},
     {"5308 Hop Scotch Ln", {29477064, -98343686}, 20, 1948, 9017, 2000, 159900, 73, 68, 9859},
     {"7203 Spinning Top Ct", {29463689, -98348663}, 20, 1883, 5140, 2022, 320000, 178, 0, 9835}},
    {{"7302 Tin Whistle Dr", {29473782, -98344684}, 20, 1835, 7405, 1997, 1627, 210, 209, 9873},
     {"4903 Yo Yo Trl", {29471408, -98348191}, 20, 1764, 6098, 1996, 1500, 420, 210, 9792},
     {"7031 Music Box Dr", {29473394, -98348222}, 25, 1863, 5358, 1999, 1700, 23, 0, 9702},
     {"5102 Rag Doll Dr", {29473168, -98349176}, 20, 1667, 6882, 1987, 1695, 741, 113, 9692},
     {"7321 Tin Soldier Way", {29474238, -98343940}, 20, 1671, 9017, 2001, 1575, 248, 91, 9663}},
};

static const int32_t subject_value = 251000;
static const struct point subject = {29476011, -98351454};

/* Nothing else of the zip stands nearer than a mile: the farthest comparable is 0.87 miles away. */
static const double clearing_miles = 1;
enum {
    CLEARING_MICRO = 14500, /* of latitude: just more than that mile */
};

bool
documented_is_place(const struct place *place)
{
    return strcmp(place->zip, "78244") == 0;
}

static void
clear_away(struct property *property)
{
    bool is_north = property->point.latitude_micro >= subject.latitude_micro;
    if (place_distance_miles(subject, property->point) < clearing_miles)
        property->point.latitude_micro += is_north ? CLEARING_MICRO : -CLEARING_MICRO;
}

void
documented_make_comparable(uint32_t index, struct property *property)
{
    if (index == 0 || index > BOOK_COUNT * COMPARABLES) {
        clear_away(property);
        return;
    }
    uint32_t book = (index - 1) / COMPARABLES;
    const struct documented *documented = &comparables[book][(index - 1) % COMPARABLES];
    snprintf(property->address_line1, sizeof property->address_line1, "%s",
             documented->address_line1);
    property->address_line2[0] = '\0';
    property->point = documented->point;
    property->traits = (struct traits){
        PROPERTY_SINGLE_FAMILY,       3,
        documented->bathrooms_tenths, documented->square_footage,
        documented->lot_size,         documented->year_built,
    };
    property->unit_count = 1;
    property->value = book == BOOK_SALE ? documented->price : subject_value;
    property->documented = documented;
}

void
documented_make_subject(uint32_t index, int32_t anchor_day, struct property *property)
{
    if (index != 0)
        return;
    snprintf(property->address_line1, sizeof property->address_line1, "5500 Grand Lake Dr");
    property->address_line2[0] = '\0';
    property->point = subject;
    property->traits = (struct traits){PROPERTY_SINGLE_FAMILY, 3, 20, 1878, 8843, 1973};
    property->unit_count = 1;
    property->hoa_fee = 175;
    property->value = subject_value;
    property->last_sale_day = calendar_day((struct date){2024, 11, 18});
    if (property->last_sale_day >= anchor_day)
        property->last_sale_day = anchor_day - 423;
    property->last_sale_price = 270000;
    property->is_documented_subject = true;
}

bool
documented_make_listing(const struct property *property, enum book book, int32_t anchor_day,
                        struct listing *listing)
{
    const struct documented *documented = property->documented;
    bool is_of_book =
        documented >= comparables[book] && documented < comparables[book] + COMPARABLES;
    if (!is_of_book)
        return false;
    struct draw draw = draw_stream(property->detail_seed, 1000, (uint64_t)book);
    bool is_active = documented->removed_days == 0;
    *listing = (struct listing){
        .property = property,
        .traits = property->traits,
        .type = LISTING_STANDARD,
        .span_count = 1,
        .seen_at_ms = draw_between(&draw, 0, 86399999),
        .detail_seed = draw_next(&draw),
    };
    listing->spans[0] = (struct span){
        .listed_day = anchor_day - documented->listed_days,
        .removed_day = is_active ? UNKNOWN : anchor_day - documented->removed_days,
        .price = documented->price,
    };
    return true;
}
