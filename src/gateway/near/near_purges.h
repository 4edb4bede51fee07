/* near_purges.h - the last purges, for entries that were fetched before them and arrive after them.
 * Pure.
 *
 * Numbers are consecutive. An entry carries the number of the last purge that its fetch knew; those
 * after it are looked through. What is older than everything remembered cannot be judged and is
 * refused. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "purge.h"

#define NEAR_PURGES_REMEMBERED 4096

struct near_purges {
    int64_t newest; /* number of the last purge */
    int64_t floor;  /* entries with a smaller number are refused */
    /* Purge n stands at n % NEAR_PURGES_REMEMBERED, for floor < n <= newest. */
    struct purge_scope scopes[NEAR_PURGES_REMEMBERED];
};

/* Forgets all; entries with purge_number >= number may come. */
void near_purges_reset(struct near_purges *purges, int64_t number);
/* True: number is the one after the newest; only such a one may be added. */
bool near_purges_is_next(const struct near_purges *purges, int64_t number);
void near_purges_add(struct near_purges *purges, int64_t number, const struct purge_scope *scope);
/* An entry as purges see it. */
struct near_purged {
    int64_t purge_number; /* the last one that its fetch knew */
    struct bytes route;   /* its endpoint */
    int64_t created_wall_ms, expires_wall_ms;
};
/* True: a purge after the entry's matches it, or may have matched it. */
bool near_purges_match(const struct near_purges *purges, const struct near_purged *entry);
