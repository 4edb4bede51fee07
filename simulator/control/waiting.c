/* waiting.c - a lock whose holder can wait for a change until a deadline. */
#include "control/waiting.h"

#include <time.h>

void
waiting_init(struct waiting *waiting)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_mutex_init(&waiting->lock, NULL);
    pthread_cond_init(&waiting->changed, &monotonic);
    pthread_condattr_destroy(&monotonic);
    atomic_init(&waiting->stopping, false);
}

void
waiting_fini(struct waiting *waiting)
{
    pthread_cond_destroy(&waiting->changed);
    pthread_mutex_destroy(&waiting->lock);
}

void
waiting_enter(struct waiting *waiting)
{
    pthread_mutex_lock(&waiting->lock);
}

void
waiting_leave(struct waiting *waiting)
{
    pthread_mutex_unlock(&waiting->lock);
}

void
waiting_notify(struct waiting *waiting)
{
    pthread_cond_broadcast(&waiting->changed);
}

bool
waiting_until(struct waiting *waiting, int64_t deadline_ms)
{
    if (waiting->stopping || waiting_now_ms() >= deadline_ms)
        return false;
    struct timespec deadline = {deadline_ms / 1000, (long)(deadline_ms % 1000) * 1000000};
    pthread_cond_timedwait(&waiting->changed, &waiting->lock, &deadline);
    return !waiting->stopping;
}

void
waiting_stop(struct waiting *waiting)
{
    waiting_enter(waiting);
    waiting->stopping = true;
    waiting_notify(waiting);
    waiting_leave(waiting);
}

bool
waiting_is_stopping(struct waiting *waiting)
{
    return atomic_load(&waiting->stopping);
}

bool
waiting_pause(struct waiting *waiting, int64_t pause_ms)
{
    int64_t deadline_ms = waiting_now_ms() + pause_ms + 1; /* never short of a whole pause */
    waiting_enter(waiting);
    bool goes_on = true;
    while (goes_on)
        goes_on = waiting_until(waiting, deadline_ms);
    waiting_leave(waiting);
    return !waiting_is_stopping(waiting);
}

int64_t
waiting_now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
