/* vocabulary.h - the words that records are made of: the API's enumerations and invented names.
 *
 * Nobody and nothing named here exists; only the enumerations are the API's own.
 */
#pragma once

#include "data/draw.h"

#include <stdbool.h>
#include <stdint.h>

/* In alphabetical order, the order in which market statistics list them. */
enum property_type {
    PROPERTY_APARTMENT, /* 5 and more units */
    PROPERTY_CONDO,
    PROPERTY_LAND,
    PROPERTY_MANUFACTURED,
    PROPERTY_MULTI_FAMILY, /* 2 to 4 units */
    PROPERTY_SINGLE_FAMILY,
    PROPERTY_TOWNHOUSE,
    PROPERTY_TYPE_COUNT,
    PROPERTY_TYPE_UNKNOWN = -1
};

enum listing_type {
    LISTING_STANDARD,
    LISTING_NEW_CONSTRUCTION,
    LISTING_FORECLOSURE,
    LISTING_SHORT_SALE,
    LISTING_TYPE_COUNT
};

enum vocabulary {
    WORD_ARCHITECTURE,
    WORD_COOLING,
    WORD_EXTERIOR,
    WORD_FIREPLACE,
    WORD_FOUNDATION,
    WORD_GARAGE,
    WORD_HEATING,
    WORD_POOL,
    WORD_ROOF,
    WORD_VIEW,
    WORD_STREET,
    WORD_STREET_SUFFIX,
    WORD_FIRST_NAME,
    WORD_LAST_NAME,
    WORD_ORGANIZATION,
    WORD_ORGANIZATION_FORM,
    WORD_SUBDIVISION,
    WORD_ZONING,
    WORD_OFFICE,
    WORD_BUILDER,
    WORD_MLS,
    VOCABULARY_COUNT
};

const char *vocabulary_property_type(enum property_type type);
const char *vocabulary_listing_type(enum listing_type type);

/* Exact spelling, case included; PROPERTY_TYPE_UNKNOWN when there is no such type. length: bytes
 * of name, which needs no NUL. */
enum property_type vocabulary_find_property_type(const char *name, uint32_t length);

const char *vocabulary_word(enum vocabulary list, uint32_t index);
uint32_t vocabulary_size(enum vocabulary list);
const char *vocabulary_pick(enum vocabulary list, struct draw *draw);
