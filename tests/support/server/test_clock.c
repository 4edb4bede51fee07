/* test_clock.c - two int64 offsets in nanoseconds: monotonic, wall. */
#include "support/server/test_clock.h"

#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

static char path[] = "/tmp/rentcache-clock-XXXXXX";
static char setting[64];
static _Atomic int64_t *offsets;

const char *
test_clock_setting(void)
{
    int file = mkstemp(path);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(ftruncate(file, 2 * sizeof *offsets), 0);
    offsets = mmap(NULL, 2 * sizeof *offsets, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    ck_assert_ptr_ne(offsets, MAP_FAILED);
    close(file);
    snprintf(setting, sizeof setting, "RENTCACHE_TEST_CLOCK=%s", path);
    return setting;
}

void
test_clock_move_mono(int64_t seconds)
{
    ck_assert_int_ge(seconds, 0);
    atomic_fetch_add(&offsets[0], seconds * 1000000000);
}

void
test_clock_move_wall(int64_t seconds)
{
    atomic_fetch_add(&offsets[1], seconds * 1000000000);
}

void
test_clock_remove(void)
{
    if (offsets == NULL)
        return;
    munmap(offsets, 2 * sizeof *offsets);
    offsets = NULL;
    unlink(path);
    snprintf(path, sizeof path, "/tmp/rentcache-clock-XXXXXX");
}

void
test_clock_go_to_the_middle_of_a_month(void)
{
    time_t now = time(NULL);
    struct tm day;

    gmtime_r(&now, &day);
    day.tm_mon++;
    day.tm_mday = 10;
    day.tm_hour = 12;
    day.tm_min = day.tm_sec = 0;
    test_clock_move_wall(timegm(&day) - now);
}
