/* near_purges.c - the ring of remembered purges. Pure. */

#include "near/near_purges.h"

#include <assert.h>

void
near_purges_reset(struct near_purges *purges, int64_t number)
{
    purges->newest = number;
    purges->floor = number;
}

bool
near_purges_is_next(const struct near_purges *purges, int64_t number)
{
    return number > purges->newest && number - 1 == purges->newest;
}

void
near_purges_add(struct near_purges *purges, int64_t number, const struct purge_scope *scope)
{
    assert(near_purges_is_next(purges, number));
    purges->scopes[(uint64_t)number % NEAR_PURGES_REMEMBERED] = *scope;
    purges->newest = number;
    if (number - purges->floor > NEAR_PURGES_REMEMBERED)
        purges->floor = number - NEAR_PURGES_REMEMBERED;
}

bool
near_purges_match(const struct near_purges *purges, const struct near_purged *entry)
{
    if (entry->purge_number < purges->floor)
        return true;
    for (int64_t number = purges->newest; number > entry->purge_number; number--)
        if (purge_scope_matches(&purges->scopes[(uint64_t)number % NEAR_PURGES_REMEMBERED],
                                entry->route, entry->created_wall_ms, entry->expires_wall_ms))
            return true;
    return false;
}
