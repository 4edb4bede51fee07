/* test_clock.h - moves the clocks of servers under test: a mapped file of two offsets that they read.
 *
 * Made before testbed_start; test_clock_setting goes into its settings. One per test process. */
#pragma once

#include <stdint.h>

/* "RENTCACHE_TEST_CLOCK=PATH"; makes the file with both offsets 0. */
const char *test_clock_setting(void);
/* Seconds from now on; the monotonic clock must never step back. */
void test_clock_move_wall(int64_t seconds);
void test_clock_move_mono(int64_t seconds);
/* The 10th of next month at noon: two days later it is still the same month, two hours later the same day. */
void test_clock_go_to_the_middle_of_a_month(void);
/* Where there is one. */
void test_clock_remove(void);
