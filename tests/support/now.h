/* now.h - the time of the test itself, for deadlines and for how long something took. */
#pragma once

#include <time.h>

static inline long
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000L + now.tv_nsec / 1000000L;
}
