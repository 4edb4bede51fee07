/* search.h - finds records by place and attributes, as the three list operations do. Pure. */
#pragma once

#include "data/dataset.h"
#include "data/grammar.h"
#include "http/problem.h"
#include "http/query.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum search_kind { SEARCH_PROPERTIES, SEARCH_SALE, SEARCH_RENTAL };

enum {
    SEARCH_LIMIT_MOST = 500,
    SEARCH_LIMIT_DEFAULT = 50,
};

enum search_attribute {
    ATTRIBUTE_BEDROOMS,
    ATTRIBUTE_BATHROOMS,
    ATTRIBUTE_SQUARE_FOOTAGE,
    ATTRIBUTE_LOT_SIZE,
    ATTRIBUTE_YEAR_BUILT,
    ATTRIBUTE_COUNT
};

struct search_page {
    size_t limit;
    size_t offset;
    bool wants_total;
};

struct search {
    enum search_kind kind;
    /* Where: one address, a circle, or any of city, state and zip that are not NULL. */
    const struct property *address;
    bool is_circle;
    struct point centre;
    double radius_miles;
    const char *city;
    const char *state;
    const char *zip;
    /* What. */
    unsigned types; /* bits, 1 << enum property_type */
    struct filter attributes[ATTRIBUTE_COUNT];
    struct filter sale_days; /* properties only */
    struct filter price;     /* listings only, as the next two */
    struct filter listed_days;
    bool wants_active;
    struct search_page page;
};

/* Reads a whole query, which must outlive the search. False with a problem that tells what is
 * wrong; also when there is no record at an address (not found). */
bool search_read(const struct query *query, enum search_kind kind, const struct dataset *dataset,
                 struct search *search, struct problem *problem);

/* limit alone, as the random operation takes it, or limit, offset and includeTotalCount. */
bool search_read_limit(const struct query *query, struct search_page *page,
                       struct problem *problem);
bool search_read_page(const struct query *query, struct search_page *page, struct problem *problem);

/* 5 digits; NULL is good. */
bool search_is_zip(const char *zip);

bool search_matches_property(const struct search *search, const struct property *property,
                             int32_t today);
bool search_matches_listing(const struct search *search, const struct listing *listing,
                            int32_t today);
