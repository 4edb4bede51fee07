/* spy.c - counters under a lock. */
#include "support/actor/spy.h"

#include "support/now.h"

void
spy_note(struct spy *spy, unsigned event)
{
    pthread_mutex_lock(&spy->mutex);
    spy->counts[event]++;
    pthread_cond_broadcast(&spy->changed);
    pthread_mutex_unlock(&spy->mutex);
}

int
spy_count(struct spy *spy, unsigned event)
{
    int count;

    pthread_mutex_lock(&spy->mutex);
    count = spy->counts[event];
    pthread_mutex_unlock(&spy->mutex);
    return count;
}

bool
spy_wait(struct spy *spy, unsigned event, int count)
{
    struct timespec until = deadline_in(SPY_WAIT_MS);
    bool happened;

    pthread_mutex_lock(&spy->mutex);
    while (spy->counts[event] < count &&
           pthread_cond_timedwait(&spy->changed, &spy->mutex, &until) == 0)
        ;
    happened = spy->counts[event] >= count;
    pthread_mutex_unlock(&spy->mutex);
    return happened;
}
