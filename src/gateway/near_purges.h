/* near_purges.h - the last purges, for entries that were fetched before them and arrive after them.
 * Pure.
 *
 * Numbers are consecutive. An entry carries the number of the last purge that its fetch knew; those
 * after it are looked through. What is older than everything remembered cannot be judged and is
 * refused. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "config.h"

#define NEAR_PURGES_REMEMBERED 4096

struct near_purges {
    int64_t newest; /* number of the last purge */
    int64_t floor;  /* entries with a smaller number are refused */
    /* Purge n stands at n % NEAR_PURGES_REMEMBERED, for floor < n <= newest. "" = all endpoints. */
    char endpoints[NEAR_PURGES_REMEMBERED][ROUTE_NAME_SIZE];
};

/* Forgets all; entries with purge_number >= number may come. */
void near_purges_reset(struct near_purges *purges, int64_t number);
/* True: number is the one after the newest; only such a one may be added. */
bool near_purges_is_next(const struct near_purges *purges, int64_t number);
/* What a purge of endpoint drops: the route of that name. Empty, or too long for a name: all. */
bool near_purges_names(struct bytes endpoint, struct bytes route);
void near_purges_add(struct near_purges *purges, int64_t number, struct bytes endpoint);
/* True: a purge after purge_number matches, or may have matched, an entry of that route. */
bool near_purges_match(const struct near_purges *purges, int64_t purge_number, struct bytes route);
