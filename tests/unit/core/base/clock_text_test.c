/* clock_text_test.c - points in time as text. */
/* links: core/base/clock_text.c core/base/dates.c core/base/text.c */
#include <check.h>
#include <stdio.h>
#include <time.h>

#include "base/bytes.h"
#include "base/clock.h"

/* Seconds as `date -u -d TEXT +%s` gives them. */
static const struct {
    const char *text;
    int64_t wall_us;
    const char *canonical;
} good[] = {
    {"1970-01-01T00:00:00Z", 0, "1970-01-01T00:00:00.000000Z"},
    {"2026-01-15T12:00:00.123456Z", 1768478400123456, "2026-01-15T12:00:00.123456Z"},
    {"2026-01-15T12:00:00.1Z", 1768478400100000, "2026-01-15T12:00:00.100000Z"},
    {"2026-01-15T12:00:00+00:00", 1768478400000000, "2026-01-15T12:00:00.000000Z"},
    {"2026-01-15", 1768435200000000, "2026-01-15T00:00:00.000000Z"},
    {"2024-02-29", 1709164800000000, "2024-02-29T00:00:00.000000Z"},
    {"2000-02-29", 951782400000000, "2000-02-29T00:00:00.000000Z"},
    {"1969-12-31T23:59:59.999999Z", -1, "1969-12-31T23:59:59.999999Z"},
    {"0000-01-01", -62167219200000000, "0000-01-01T00:00:00.000000Z"},
    {"9999-12-31T23:59:59.999999Z", 253402300799999999, "9999-12-31T23:59:59.999999Z"},
};

START_TEST(a_time_is_read_and_written)
{
    int64_t wall_us = 7;
    char text[CLOCK_TEXT_SIZE];

    ck_assert(clock_parse_wall_us(good[_i].text, &wall_us));
    ck_assert_int_eq(wall_us, good[_i].wall_us);
    clock_format_wall_us(wall_us, text);
    ck_assert_str_eq(text, good[_i].canonical);
}
END_TEST

static const char *const bad[] = {
    "",
    "2026",
    "2026-1-15",
    "2026-13-01",
    "2026-00-01",
    "2026-02-29",
    "1900-02-29",
    "2026-04-31",
    "2026-01-00",
    "2026-01-15T",
    "2026-01-15 12:00:00Z",
    "2026-01-15T12:00:00",
    "2026-01-15T24:00:00Z",
    "2026-01-15T12:60:00Z",
    "2026-01-15T12:00:60Z",
    "2026-01-15T12:00:00.Z",
    "2026-01-15T12:00:00.1234567Z",
    "2026-01-15T12:00:00+01:00",
    "2026-01-15T12:00:00Zx",
    "20260115T120000Z",
    "-026-01-15",
};

START_TEST(anything_else_is_refused)
{
    int64_t wall_us = 7;

    ck_assert(!clock_parse_wall_us(bad[_i], &wall_us));
    ck_assert_int_eq(wall_us, 7);
}
END_TEST

/* The C library's calendar as the second opinion, over all centuries. */
START_TEST(the_calendar_is_the_libraries)
{
    for (int64_t day = -719528; day < 2932896; day += 97) {
        time_t seconds = (time_t)(day * 86400);
        struct tm broken;
        char expected[40];
        char text[CLOCK_TEXT_SIZE];
        int64_t back = 0;

        gmtime_r(&seconds, &broken);
        snprintf(expected, sizeof expected, "%04d-%02d-%02dT00:00:00.000000Z",
                 broken.tm_year + 1900, broken.tm_mon + 1, broken.tm_mday);
        clock_format_wall_us(day * 86400000000, text);
        ck_assert_str_eq(text, expected);
        ck_assert(clock_parse_wall_us(text, &back));
        ck_assert_int_eq(back, day * 86400000000);
    }
}
END_TEST

START_TEST(years_of_five_digits_are_cut)
{
    char text[CLOCK_TEXT_SIZE];

    clock_format_wall_us(INT64_MAX, text);
    ck_assert_str_eq(text, "9999-12-31T23:59:59.999999Z");
    clock_format_wall_us(INT64_MIN, text);
    ck_assert_str_eq(text, "0000-01-01T00:00:00.000000Z");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/clock_text");
    TCase *tcase = tcase_create("clock_text");

    tcase_add_loop_test(tcase, a_time_is_read_and_written, 0, (int)COUNT(good));
    tcase_add_loop_test(tcase, anything_else_is_refused, 0, (int)COUNT(bad));
    tcase_add_test(tcase, the_calendar_is_the_libraries);
    tcase_add_test(tcase, years_of_five_digits_are_cut);
    suite_add_tcase(suite, tcase);
    return suite;
}
