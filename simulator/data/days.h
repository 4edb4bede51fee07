/* days.h - what a listing says of its time on the market, seen from a given day. Pure.
 *
 * A listing that is on the market was seen yesterday; one that is not was seen last on the day
 * before its removal. Both fit the vendor's published examples.
 */
#pragma once

#include "data/dataset.h"

#include <stdint.h>

/* Whole days from the listing to its removal, or to today. */
int32_t days_on_market(const struct span *span, int32_t today);

int32_t days_last_seen(const struct span *span, int32_t today);

/* Days since it was last seen. */
int32_t days_old(const struct span *span, int32_t today);

/* Days since it was listed: what the filter daysOld of listings means. */
int32_t days_since_listed(const struct span *span, int32_t today);
