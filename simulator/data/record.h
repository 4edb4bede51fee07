/* record.h - writes records as the API shows them. Pure.
 *
 * Fields that a record lacks are left out, but for addressLine2 and removedDate, which are null.
 */
#pragma once

#include "common/text.h"
#include "data/dataset.h"

#include <stdint.h>

/* From id to longitude. */
void record_write_address(const struct property *property, struct text *text);

/* propertyType to yearBuilt, those known. type PROPERTY_TYPE_UNKNOWN is left out too. */
void record_write_traits(const struct traits *traits, struct text *text);

/* The whole property record. anchor_day: of the data set. */
void record_write_property(const struct property *property, int32_t anchor_day, struct text *text);

/* The whole listing, as seen on a day. */
void record_write_listing(const struct listing *listing, enum book book, int32_t today,
                          struct text *text);

/* status to daysOnMarket of a listing or a comparable. created_day: UNKNOWN leaves it out. */
void record_write_market(const struct listing *listing, int32_t today, int32_t created_day,
                         struct text *text);

/* An object that looks like a property and is exactly size bytes long, if it can be so short. */
void record_write_padded(const char *id, size_t size, struct text *text);
