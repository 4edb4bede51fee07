/* purge.c - the rule of purge.h, and the ring. */
#include "purge.h"

bool
purge_scope_matches(const struct purge_scope *scope, struct bytes endpoint, int64_t created_wall_ms,
                    int64_t expires_wall_ms)
{
    if (scope->endpoint[0] != '\0' && !bytes_equal_text(endpoint, scope->endpoint))
        return false;
    if (scope->fetched_before_wall_ms != 0 && created_wall_ms >= scope->fetched_before_wall_ms)
        return false;
    return scope->expired_before_wall_ms == 0 || expires_wall_ms < scope->expired_before_wall_ms;
}

void
purge_ring_init(struct purge_ring *ring, struct purge *purges, size_t size, int64_t newest)
{
    *ring = (struct purge_ring){.newest = newest, .size = size, .purges = purges};
    for (size_t i = 0; i < size; i++)
        purges[i].number = 0;
}

static struct purge *
place_of(const struct purge_ring *ring, int64_t number)
{
    return &ring->purges[(uint64_t)number % ring->size];
}

void
purge_ring_add(struct purge_ring *ring, int64_t number, const struct purge_scope *scope)
{
    *place_of(ring, number) = (struct purge){.number = number, .scope = *scope};
    if (number > ring->newest)
        ring->newest = number;
}

const struct purge *
purge_ring_find(const struct purge_ring *ring, int64_t number)
{
    const struct purge *purge = place_of(ring, number);

    return number > 0 && purge->number == number ? purge : NULL;
}

/* So many purges came after number that not all of them can be remembered. */
static bool
is_out_of_reach(const struct purge_ring *ring, int64_t number)
{
    return number < ring->newest && (uint64_t)ring->newest - (uint64_t)number > ring->size;
}

bool
purge_ring_reaches_back_to(const struct purge_ring *ring, int64_t number)
{
    if (number < 0 || number > ring->newest || is_out_of_reach(ring, number))
        return false;
    for (int64_t later = number + 1; later <= ring->newest; later++) {
        if (purge_ring_find(ring, later) == NULL)
            return false;
    }
    return true;
}

bool
purge_ring_matches(const struct purge_ring *ring, int64_t number, struct bytes endpoint,
                   int64_t created_wall_ms, int64_t expires_wall_ms)
{
    if (is_out_of_reach(ring, number))
        return true;
    for (int64_t later = number + 1; later <= ring->newest; later++) {
        const struct purge *purge = purge_ring_find(ring, later);

        if (purge == NULL ||
            purge_scope_matches(&purge->scope, endpoint, created_wall_ms, expires_wall_ms))
            return true;
    }
    return false;
}
