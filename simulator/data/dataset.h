/* dataset.h - the records the simulator knows: made once from a seed and a day, then read only.
 *
 * The day (the anchor) is the simulated day at start; everything dated lies before it. What a
 * record shows beyond these members (owner, features, taxes, agents) is drawn from its
 * detail_seed while it is written, always in the same order.
 */
#pragma once

#include "data/property.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PROPERTIES_PER_PLACE = 104 };

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
