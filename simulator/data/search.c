/* search.c - reads a search from the query of a request, and which records match it. */
#include "data/search.h"

#include <math.h>
#include <string.h>

static const char *const attribute_names[ATTRIBUTE_COUNT] = {
    [ATTRIBUTE_BEDROOMS] = "bedrooms",
    [ATTRIBUTE_BATHROOMS] = "bathrooms",
    [ATTRIBUTE_SQUARE_FOOTAGE] = "squareFootage",
    [ATTRIBUTE_LOT_SIZE] = "lotSize",
    [ATTRIBUTE_YEAR_BUILT] = "yearBuilt",
};

static bool
search_refuse(const struct query *query, const char *name, struct problem *problem)
{
    problem_set_parameter(problem, name, query_value(query, name));
    return false;
}

bool
search_is_zip(const char *zip)
{
    return zip == NULL || (strlen(zip) == 5 && strspn(zip, "0123456789") == 5);
}

bool
search_read_limit(const struct query *query, struct search_page *page, struct problem *problem)
{
    int64_t limit = SEARCH_LIMIT_DEFAULT;
    if (!query_integer(query, "limit", 1, SEARCH_LIMIT_MOST, &limit))
        return search_refuse(query, "limit", problem);
    *page = (struct search_page){.limit = (size_t)limit};
    return true;
}

bool
search_read_page(const struct query *query, struct search_page *page, struct problem *problem)
{
    int64_t offset = 0;
    if (!search_read_limit(query, page, problem))
        return false;
    if (!query_integer(query, "offset", 0, INT32_MAX, &offset))
        return search_refuse(query, "offset", problem);
    page->offset = (size_t)offset;
    if (!query_boolean(query, "includeTotalCount", &page->wants_total))
        return search_refuse(query, "includeTotalCount", problem);
    return true;
}

/* An address names a record: alone it is the answer, with a radius the centre. */
static bool
read_address(const struct query *query, const struct dataset *dataset, struct search *search,
             struct problem *problem)
{
    const char *address = query_value(query, "address");
    char normal[ADDRESS_SIZE];
    if (!address_normalise(address, normal)) {
        problem_set_address(problem, address);
        return false;
    }
    search->address = dataset_find_address(dataset, normal);
    if (search->address == NULL) {
        problem_set(problem, PROBLEM_NOT_FOUND, NULL);
        return false;
    }
    search->centre = search->address->point;
    return true;
}

static bool
read_coordinates(const struct query *query, struct search *search, struct problem *problem)
{
    double latitude = NAN;
    double longitude = NAN;
    if (!query_number(query, "latitude", -90, 90, &latitude))
        return search_refuse(query, "latitude", problem);
    if (!query_number(query, "longitude", -180, 180, &longitude))
        return search_refuse(query, "longitude", problem);
    if (isnan(latitude) != isnan(longitude))
        return search_refuse(query, isnan(latitude) ? "latitude" : "longitude", problem);
    search->is_circle = !isnan(latitude);
    if (search->is_circle)
        search->centre =
            (struct point){(int32_t)lround(latitude * 1e6), (int32_t)lround(longitude * 1e6)};
    return true;
}

/* Coordinates need a radius, a radius needs a centre, and none is zero miles wide. */
static bool
read_circle(const struct query *query, bool has_address, struct search *search,
            struct problem *problem)
{
    double radius = 0;
    if (!query_number(query, "radius", 0, 100, &radius))
        return search_refuse(query, "radius", problem);
    bool has_radius = query_value(query, "radius") != NULL;
    bool has_centre = search->is_circle || has_address;
    if ((has_radius && (radius <= 0 || !has_centre)) || (search->is_circle && !has_radius))
        return search_refuse(query, "radius", problem);
    search->is_circle = has_radius;
    search->radius_miles = radius;
    return true;
}

static bool
read_area(const struct query *query, struct search *search, struct problem *problem)
{
    search->city = query_value(query, "city");
    search->state = query_value(query, "state");
    search->zip = query_value(query, "zipCode");
    if (search->state != NULL && strlen(search->state) != 2)
        return search_refuse(query, "state", problem);
    if (!search_is_zip(search->zip))
        return search_refuse(query, "zipCode", problem);
    return true;
}

static bool
read_traits(const struct query *query, struct search *search, struct problem *problem)
{
    unsigned all = (1U << PROPERTY_TYPE_COUNT) - 1;
    unsigned allowed = search->kind == SEARCH_RENTAL ? all & ~(1U << PROPERTY_LAND) : all;
    search->types = all;
    if (!filter_parse_types(query_value(query, "propertyType"), allowed, &search->types))
        return search_refuse(query, "propertyType", problem);
    for (int i = 0; i < ATTRIBUTE_COUNT; i++)
        if (!filter_parse_numbers(query_value(query, attribute_names[i]), &search->attributes[i]))
            return search_refuse(query, attribute_names[i], problem);
    return true;
}

static bool
read_listing(const struct query *query, struct search *search, struct problem *problem)
{
    const char *status = query_value(query, "status");
    search->wants_active = status == NULL || strcmp(status, "Active") == 0;
    if (!search->wants_active && strcmp(status, "Inactive") != 0)
        return search_refuse(query, "status", problem);
    if (!filter_parse_numbers(query_value(query, "price"), &search->price))
        return search_refuse(query, "price", problem);
    if (!filter_parse_days(query_value(query, "daysOld"), &search->listed_days))
        return search_refuse(query, "daysOld", problem);
    return true;
}

static bool
read_sale_days(const struct query *query, struct search *search, struct problem *problem)
{
    if (!filter_parse_days(query_value(query, "saleDateRange"), &search->sale_days))
        return search_refuse(query, "saleDateRange", problem);
    return true;
}

/* What cannot be read is told before what cannot be found: 400 goes before 404. */
bool
search_read(const struct query *query, enum search_kind kind, const struct dataset *dataset,
            struct search *search, struct problem *problem)
{
    *search = (struct search){.kind = kind};
    bool has_address = query_value(query, "address") != NULL;
    if (!read_area(query, search, problem) || !read_traits(query, search, problem) ||
        !search_read_page(query, &search->page, problem))
        return false;
    if (kind == SEARCH_PROPERTIES ? !read_sale_days(query, search, problem)
                                  : !read_listing(query, search, problem))
        return false;
    if (!has_address && !read_coordinates(query, search, problem))
        return false;
    if (!read_circle(query, has_address, search, problem))
        return false;
    return !has_address || read_address(query, dataset, search, problem);
}

static bool
is_same(const char *asked, const char *is)
{
    return asked == NULL || strcmp(asked, is) == 0;
}

static bool
matches_where(const struct search *search, const struct property *property)
{
    if (search->is_circle)
        return place_distance_miles(search->centre, property->point) <= search->radius_miles;
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
