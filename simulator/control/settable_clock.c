/* settable_clock.c - the simulated wall clock. */
#include "control/settable_clock.h"

#include <time.h>

void
settable_clock_init(struct settable_clock *clock, int64_t set_ms)
{
    atomic_init(&clock->offset_ms, 0);
    atomic_init(&clock->set_ms, set_ms);
}

int64_t
settable_clock_now_ms(struct settable_clock *clock)
{
    int64_t set_ms = atomic_load(&clock->set_ms);
    if (set_ms != SETTABLE_CLOCK_RUNS)
        return set_ms;
    return settable_clock_machine_ms() + atomic_load(&clock->offset_ms);
}

void
settable_clock_set(struct settable_clock *clock, int64_t set_ms)
{
    atomic_store(&clock->offset_ms, 0);
    atomic_store(&clock->set_ms, set_ms);
}

void
settable_clock_advance(struct settable_clock *clock, int64_t by_ms)
{
    if (settable_clock_stands(clock))
        atomic_fetch_add(&clock->set_ms, by_ms);
    else
        atomic_fetch_add(&clock->offset_ms, by_ms);
}

bool
settable_clock_stands(struct settable_clock *clock)
{
    return atomic_load(&clock->set_ms) != SETTABLE_CLOCK_RUNS;
}

int64_t
settable_clock_machine_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}
