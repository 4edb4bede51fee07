/* purges.c - the newest purges by number, and those that wait to be confirmed by the gateways. */

#include "invalidation/purges.h"

#include <assert.h>
#include <stdlib.h>

void
purges_init(struct purges *purges, int64_t last)
{
    *purges = (struct purges){0};
    purge_ring_init(&purges->log, purges->remembered, PURGES_REMEMBERED_MAX, last);
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
    if (purges->admitted_count + purges->waiting_count >= PURGES_WAITING_MAX)
        return false;
    purges->admitted_count++;
    return true;
}

void
purges_cancel(struct purges *purges)
{
    assert(purges->admitted_count > 0);
    purges->admitted_count--;
}

bool
purges_are_pending(const struct purges *purges)
{
    return purges->admitted_count + purges->waiting_count > 0;
}

void
purges_wait(struct purges *purges, const struct purge_wait *wait)
{
    assert(purges->admitted_count > 0 && purges->waiting_count < PURGES_WAITING_MAX);
    size_t at = (purges->first_waiting + purges->waiting_count) % PURGES_WAITING_MAX;

    purges->waiting[at] = *wait;
    purges->waiting_count++;
    purges->admitted_count--;
}

bool
purges_pop_finished(struct purges *purges, struct subscribers *listeners, int64_t now_mono_ms,
                    int64_t not_before_mono_ms, struct purge_wait *finished)
{
    if (purges->waiting_count == 0 || now_mono_ms < not_before_mono_ms)
        return false;
    struct purge_wait *oldest = &purges->waiting[purges->first_waiting];
    bool is_late = now_mono_ms >= oldest->deadline_mono_ms;

    if (!is_late && subscribers_awaited(listeners, oldest->number) > 0)
        return false;
    *finished = *oldest;
    oldest->from = NULL;
    finished->unconfirmed = subscribers_give_up(listeners, oldest->number);
    purges->first_waiting = (purges->first_waiting + 1) % PURGES_WAITING_MAX;
    purges->waiting_count--;
    return true;
}
