/* near_purges.c - the ring of remembered purges. Pure. */

#include "near_purges.h"

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

bool
near_purges_names(struct bytes endpoint, struct bytes route)
{
    return endpoint.size == 0 || endpoint.size >= ROUTE_NAME_SIZE || bytes_equal(endpoint, route);
}

void
near_purges_add(struct near_purges *purges, int64_t number, struct bytes endpoint)
{
    char *text = purges->endpoints[(uint64_t)number % NEAR_PURGES_REMEMBERED];

    assert(near_purges_is_next(purges, number));
    if (!bytes_copy_text(endpoint, text, ROUTE_NAME_SIZE))
        text[0] = '\0';
    purges->newest = number;
    if (number - purges->floor > NEAR_PURGES_REMEMBERED)
        purges->floor = number - NEAR_PURGES_REMEMBERED;
}

bool
near_purges_match(const struct near_purges *purges, int64_t purge_number, struct bytes route)
{
    if (purge_number < purges->floor)
        return true;
    for (int64_t number = purges->newest; number > purge_number; number--) {
        const char *endpoint = purges->endpoints[(uint64_t)number % NEAR_PURGES_REMEMBERED];

        if (endpoint[0] == '\0' || bytes_equal_text(route, endpoint))
            return true;
    }
    return false;
}
