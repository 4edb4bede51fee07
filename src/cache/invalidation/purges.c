/* purges.c - the newest purges by number, and those that wait to be confirmed by the gateways. */

#include "invalidation/purges.h"

#include <assert.h>
#include <stdlib.h>

void
purges_init(struct purges *purges, int64_t last)
{
    *purges = (struct purges){.last = last};
}

void
purges_fini(struct purges *purges)
{
    for (; purges->waiting_count > 0; purges->waiting_count--) {
        free(purges->waiting[purges->first_waiting].from);
        purges->first_waiting = (purges->first_waiting + 1) % PURGES_WAITING_MAX;
    }
}

bool
purges_admit(struct purges *purges)
{
    if (purges->asked_count + purges->waiting_count >= PURGES_WAITING_MAX)
        return false;
    purges->asked_count++;
    return true;
}

void
purges_give_back(struct purges *purges)
{
    assert(purges->asked_count > 0);
    purges->asked_count--;
}

static size_t
place_of(int64_t number)
{
    return (size_t)number % PURGES_REMEMBERED_MAX;
}

bool
purges_are_pending(const struct purges *purges)
{
    return purges->asked_count + purges->waiting_count > 0;
}

void
purges_log(struct purges *purges, int64_t number, const struct purge_scope *scope)
{
    struct purge *purge = &purges->remembered[place_of(number)];

    purge->number = number;
    purge->scope = *scope;
    if (number > purges->last)
        purges->last = number;
}

const struct purge *
purges_find(const struct purges *purges, int64_t number)
{
    const struct purge *purge = &purges->remembered[place_of(number)];

    return number > 0 && purge->number == number ? purge : NULL;
}

bool
purges_reach_back_to(const struct purges *purges, int64_t number)
{
    if (number < 0 || number > purges->last || purges->last - number > PURGES_REMEMBERED_MAX)
        return false;
    for (int64_t missed = number + 1; missed <= purges->last; missed++) {
        if (purges_find(purges, missed) == NULL)
            return false;
    }
    return true;
}

bool
purges_match(const struct purges *purges, int64_t number, struct bytes endpoint,
             int64_t created_wall_ms, int64_t expires_wall_ms)
{
    for (int64_t later = purges->last; later > number; later--) {
        const struct purge *purge = purges_find(purges, later);

        if (purge == NULL ||
            purge_scope_matches(&purge->scope, endpoint, created_wall_ms, expires_wall_ms))
            return true;
    }
    return false;
}

void
purges_wait(struct purges *purges, const struct purge_wait *wait)
{
    assert(purges->asked_count > 0 && purges->waiting_count < PURGES_WAITING_MAX);
    size_t at = (purges->first_waiting + purges->waiting_count) % PURGES_WAITING_MAX;

    purges->waiting[at] = *wait;
    purges->waiting_count++;
    purges->asked_count--;
}

bool
purges_take_ripe(struct purges *purges, struct listeners *listeners, int64_t now_mono_ms,
                 int64_t not_before_mono_ms, struct purge_wait *taken)
{
    if (purges->waiting_count == 0 || now_mono_ms < not_before_mono_ms)
        return false;
    struct purge_wait *oldest = &purges->waiting[purges->first_waiting];
    bool is_late = now_mono_ms >= oldest->deadline_mono_ms;

    if (!is_late && listeners_awaited(listeners, oldest->number) > 0)
        return false;
    *taken = *oldest;
    oldest->from = NULL;
    taken->unconfirmed = listeners_give_up(listeners, oldest->number);
    purges->first_waiting = (purges->first_waiting + 1) % PURGES_WAITING_MAX;
    purges->waiting_count--;
    return true;
}
