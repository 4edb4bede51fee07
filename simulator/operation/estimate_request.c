/* estimate_request.c - reads what an estimate is asked for. */
#include "operation/estimate_request.h"

#include "data/search.h"

#include <math.h>
#include <string.h>

/* Coordinates so near to a record mean it. */
static const double same_place_miles = 0.005;

static bool
estimate_request_refuse(const struct call *call, const char *name, struct problem *problem)
{
    problem_set_parameter(problem, name, query_value(call->query, name));
    return false;
}

static const struct property *
find_at(const struct dataset *dataset, struct point point)
{
    for (size_t i = 0; i < dataset->property_count; i++)
        if (place_distance_miles(point, dataset->properties[i].point) <= same_place_miles)
            return &dataset->properties[i];
    return NULL;
}

static bool
read_point(const struct call *call, struct estimate_request *request, struct problem *problem)
{
    double latitude = NAN;
    double longitude = NAN;
    if (!query_number(call->query, "latitude", -90, 90, &latitude) || isnan(latitude))
        return estimate_request_refuse(call, "latitude", problem);
    if (!query_number(call->query, "longitude", -180, 180, &longitude) || isnan(longitude))
        return estimate_request_refuse(call, "longitude", problem);
    request->point =
        (struct point){(int32_t)lround(latitude * 1e6), (int32_t)lround(longitude * 1e6)};
    request->record = find_at(call->dataset, request->point);
    return true;
}

static bool
read_address(const struct call *call, const char *address, struct estimate_request *request,
             struct problem *problem)
{
    char normal[ADDRESS_SIZE];
    if (!address_normalise(address, normal)) {
        problem_set_address(problem, address);
        return false;
    }
    request->record = dataset_find_address(call->dataset, normal);
    if (request->record == NULL) {
        problem_set(problem, PROBLEM_NOT_FOUND, NULL);
        return false;
    }
    request->point = request->record->point;
    return true;
}

static bool
read_subject(const struct call *call, struct estimate_request *request, struct problem *problem)
{
    const char *address = query_value(call->query, "address");
    if (address != NULL)
        return read_address(call, address, request, problem);
    if (query_value(call->query, "latitude") != NULL ||
        query_value(call->query, "longitude") != NULL)
        return read_point(call, request, problem);
    problem_set(problem, PROBLEM_BAD_REQUEST,
                "Either the 'address' or the 'latitude' and 'longitude' parameters are required");
    return false;
}

static bool
read_limits(const struct call *call, struct estimate_request *request, struct problem *problem)
{
    request->max_radius = 5;
    request->days_old = 270;
    request->comparables = COMPARABLES_DEFAULT;
    if (!query_number(call->query, "maxRadius", 0, 1000, &request->max_radius) ||
        request->max_radius <= 0)
        return estimate_request_refuse(call, "maxRadius", problem);
    if (!query_integer(call->query, "daysOld", 1, INT32_MAX, &request->days_old))
        return estimate_request_refuse(call, "daysOld", problem);
    if (!query_integer(call->query, "compCount", COMPARABLES_LEAST, COMPARABLES_MOST,
                       &request->comparables))
        return estimate_request_refuse(call, "compCount", problem);
    return true;
}

static bool
read_type(const struct call *call, struct estimate_request *request, struct problem *problem)
{
    const char *name = query_value(call->query, "propertyType");
    if (name == NULL)
        return true;
    enum property_type type = vocabulary_find_property_type(name, (uint32_t)strlen(name));
    if (type == PROPERTY_TYPE_UNKNOWN || (type == PROPERTY_LAND && request->book == BOOK_RENTAL))
        return estimate_request_refuse(call, "propertyType", problem);
    request->traits.type = type;
    return true;
}

/* What the caller says goes before what the records say; single numbers, no filters. */
static bool
read_traits(const struct call *call, struct estimate_request *request, struct problem *problem)
{
    double bedrooms = request->traits.bedrooms;
    double bathrooms = request->traits.bathrooms_tenths / 10.0;
    double area = request->traits.square_footage;
    if (!query_number(call->query, "bedrooms", 0, 1000, &bedrooms))
        return estimate_request_refuse(call, "bedrooms", problem);
    if (!query_number(call->query, "bathrooms", 0, 1000, &bathrooms))
        return estimate_request_refuse(call, "bathrooms", problem);
    if (!query_number(call->query, "squareFootage", 0, 1e8, &area))
        return estimate_request_refuse(call, "squareFootage", problem);
    request->traits.bedrooms = (int32_t)lround(bedrooms);
    if (query_value(call->query, "bathrooms") != NULL)
        request->traits.bathrooms_tenths = (int32_t)lround(bathrooms * 10);
    request->traits.square_footage = (int32_t)lround(area);
    return read_type(call, request, problem);
}

static const struct traits no_traits = {
    PROPERTY_TYPE_UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN,
};

static bool
is_same(const struct traits *left, const struct traits *right)
{
    return left->type == right->type && left->bedrooms == right->bedrooms &&
           left->bathrooms_tenths == right->bathrooms_tenths &&
           left->square_footage == right->square_footage && left->lot_size == right->lot_size &&
           left->year_built == right->year_built;
}

/* Rent estimates know no land: neither the caller may say so, nor the record that was found. */
static bool
is_land_to_let(const struct estimate_request *request, struct problem *problem)
{
    if (request->book != BOOK_RENTAL || request->traits.type != PROPERTY_LAND)
        return false;
    problem_set(problem, PROBLEM_BAD_REQUEST, "There is no rent estimate for land");
    return true;
}

/* Reads everything before it looks for the subject: what is malformed is 400, also where there is
 * no such record. */
bool
estimate_request_read(const struct call *call, struct estimate_request *request,
                      struct problem *problem)
{
    bool does_look_up = true;
    if (!query_boolean(call->query, "lookupSubjectAttributes", &does_look_up))
        return estimate_request_refuse(call, "lookupSubjectAttributes", problem);
    request->traits = no_traits;
    if (!read_limits(call, request, problem) || !read_traits(call, request, problem) ||
        !read_subject(call, request, problem))
        return false;
    request->traits = request->record != NULL && does_look_up
                          ? dataset_traits(request->record, request->book)
                          : no_traits;
    if (!read_traits(call, request, problem))
        return false;
    request->is_published = request->record != NULL && request->record->is_documented_subject &&
                            is_same(&request->traits, &request->record->traits);
    return !is_land_to_let(request, problem);
}
