/* clock_test.c - the clocks, and the file that moves them in tests. */
/* links: core/base/clock.c */
#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"

#define SECOND_NS INT64_C(1000000000)

static char path[64];

static void
write_offsets(int64_t mono_ns, int64_t wall_ns, size_t size)
{
    int64_t offsets[2] = {mono_ns, wall_ns};
    int file = open(path, O_WRONLY | O_CREAT, 0600);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, offsets, size), (ssize_t)size);
    ck_assert_int_eq(close(file), 0);
}

static void
make_path(void)
{
    snprintf(path, sizeof path, "clock-%d.offsets", (int)getpid());
}

static void
remove_path(void)
{
    unlink(path);
    unsetenv("ENVIRONMENT");
}

START_TEST(clocks_agree)
{
    int64_t before_ns = clock_mono_ns();
    int64_t ms = clock_mono_ms();
    int64_t coarse_ms = clock_mono_coarse_ms();
    int64_t after_ns = clock_mono_ns();

    ck_assert_int_le(before_ns / 1000000, ms);
    ck_assert_int_le(ms, after_ns / 1000000);
    /* A kernel tick is at most 10 ms. */
    ck_assert_int_ge(coarse_ms, before_ns / 1000000 - 11);
    ck_assert_int_le(coarse_ms, after_ns / 1000000);
    ck_assert_int_ge(clock_wall_us() / 1000, clock_wall_coarse_ms() - 1);
    /* 2024-01-01 */
    ck_assert_int_gt(clock_wall_us(), 1704067200000000);
}
END_TEST

START_TEST(the_test_clock_is_refused_in_production)
{
    write_offsets(0, 0, 16);
    unsetenv("ENVIRONMENT");
    ck_assert_int_eq(clock_use_test_file(path), STATUS_FORBIDDEN);
    setenv("ENVIRONMENT", "production", 1);
    ck_assert_int_eq(clock_use_test_file(path), STATUS_FORBIDDEN);
}
END_TEST

START_TEST(the_test_clock_moves_both_clocks)
{
    int64_t mono_ns = clock_mono_ns();
    int64_t wall_us = clock_wall_us();

    setenv("ENVIRONMENT", "test", 1);
    write_offsets(0, 0, 16);
    ck_assert_int_eq(clock_use_test_file(path), STATUS_OK);
    ck_assert_int_lt(clock_mono_ns() - mono_ns, 100 * SECOND_NS);

    write_offsets(1000 * SECOND_NS, -5000 * SECOND_NS, 16);
    ck_assert_int_ge(clock_mono_ns() - mono_ns, 1000 * SECOND_NS);
    ck_assert_int_ge(clock_mono_coarse_ms() - mono_ns / 1000000, 999980);
    ck_assert_int_ge(clock_mono_ms() - mono_ns / 1000000, 1000000 - 1);
    ck_assert_int_lt(clock_wall_us() - wall_us, -4900 * INT64_C(1000000));
    ck_assert_int_lt(clock_wall_coarse_ms() - wall_us / 1000, -4900 * INT64_C(1000));
}
END_TEST

START_TEST(steady_time_is_wall_time_that_does_not_step)
{
    int64_t mono_ns = clock_mono_ns();
    int64_t steady_ns = clock_steady_ns(mono_ns);

    ck_assert_int_lt(llabs(steady_ns - clock_wall_us() * 1000), SECOND_NS);
    setenv("ENVIRONMENT", "test", 1);
    write_offsets(0, 5000 * SECOND_NS, 16);
    ck_assert_int_eq(clock_use_test_file(path), STATUS_OK);
    ck_assert_int_eq(clock_steady_ns(mono_ns), steady_ns);
    ck_assert_int_eq(clock_steady_ns(mono_ns + 7), steady_ns + 7);
}
END_TEST

START_TEST(a_bad_file_is_refused)
{
    setenv("ENVIRONMENT", "test", 1);
    ck_assert_int_eq(clock_use_test_file("no-such-file"), STATUS_NOT_FOUND);
    write_offsets(0, 0, 8);
    ck_assert_int_eq(clock_use_test_file(path), STATUS_MALFORMED);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/clock");
    TCase *tcase = tcase_create("clock");

    tcase_add_checked_fixture(tcase, make_path, remove_path);
    tcase_add_test(tcase, clocks_agree);
    tcase_add_test(tcase, the_test_clock_is_refused_in_production);
    tcase_add_test(tcase, the_test_clock_moves_both_clocks);
    tcase_add_test(tcase, steady_time_is_wall_time_that_does_not_step);
    tcase_add_test(tcase, a_bad_file_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
