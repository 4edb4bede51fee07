/* derived.h - routes that answer with one member of another route's responses, from the same entries.
 *
 * The near cache holds the member as an entry of its own, made at the first use from the whole one: with its source's age,
 * expiry and purge number, under its source's endpoint. A whole entry that was fetched another time makes a new
 * one. */
#pragma once

#include "exchange.h"
#include "near/near_cache.h"

/* Whether route answers with a part of a body of that status; other routes, and responses other than 200, are whole. */
bool derived_is_part(const struct route_config *route, int http_status);
/* The member's raw text; [] where the body has none. */
struct bytes derived_part(const struct route_config *route, struct bytes body);

/* The near entry that answers the request at hand, whatever its route; NULL: none. The caller owns one reference:
 * near_entry_release. */
struct near_entry *derived_find_near(struct exchange *exchange, int64_t now_mono_ms);
