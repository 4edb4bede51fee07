/* search.c - which records match a search. */
#include "data/search.h"

#include "data/days.h"

#include <string.h>

static bool
is_same(const char *asked, const char *is)
{
    return asked == NULL || strcmp(asked, is) == 0;
}

static bool
matches_where(const struct search *search, const struct property *property)
{
    if (search->is_circle)
        return geo_distance_miles(search->centre, property->point) <= search->radius_miles;
    if (search->address != NULL)
        return property == search->address;
    const struct place *place = property->place;
    return is_same(search->zip, place->zip) && is_same(search->city, place->city) &&
           is_same(search->state, place->state);
}

static bool
matches_traits(const struct search *search, const struct traits *traits)
{
    const int32_t values[ATTRIBUTE_COUNT] = {
        [ATTRIBUTE_BEDROOMS] = traits->bedrooms,
        [ATTRIBUTE_BATHROOMS] = traits->bathrooms_tenths,
        [ATTRIBUTE_SQUARE_FOOTAGE] = traits->square_footage,
        [ATTRIBUTE_LOT_SIZE] = traits->lot_size,
        [ATTRIBUTE_YEAR_BUILT] = traits->year_built,
    };
    if ((search->types & (1U << traits->type)) == 0)
        return false;
    for (int i = 0; i < ATTRIBUTE_COUNT; i++) {
        double value = i == ATTRIBUTE_BATHROOMS ? values[i] / 10.0 : values[i];
        if (!filter_matches(&search->attributes[i], values[i] != UNKNOWN, value))
            return false;
    }
    return true;
}

bool
search_matches_property(const struct search *search, const struct property *property, int32_t today)
{
    if (!matches_traits(search, &property->traits))
        return false;
    if (!filter_matches(&search->sale_days, true, today - property->last_sale_day))
        return false;
    return matches_where(search, property);
}

bool
search_matches_listing(const struct search *search, const struct listing *listing, int32_t today)
{
    const struct span *span = listing_current(listing);
    if (listing_is_active(listing) != search->wants_active)
        return false;
    if (!filter_matches(&search->price, true, span->price) ||
        !filter_matches(&search->listed_days, true, days_since_listed(span, today)))
        return false;
    return matches_traits(search, &listing->traits) && matches_where(search, listing->property);
}
