/* calendar_test.c - days, dates and their spellings. */
/* links: simulator/common/calendar.c */
#include "common/calendar.h"

#include <check.h>

static const struct {
    struct date date;
    int32_t day;
} days[] = {
    {{1970, 1, 1}, 0},      {{1969, 12, 31}, -1},    {{2000, 2, 29}, 11016}, {{2000, 3, 1}, 11017},
    {{2024, 2, 29}, 19782}, {{2025, 12, 31}, 20453}, {{2026, 1, 15}, 20468}, {{2100, 3, 1}, 47541},
};

START_TEST(days_and_dates_agree)
{
    struct date date = calendar_date(days[_i].day);
    ck_assert_int_eq(calendar_day(days[_i].date), days[_i].day);
    ck_assert_int_eq(date.year, days[_i].date.year);
    ck_assert_int_eq(date.month, days[_i].date.month);
    ck_assert_int_eq(date.day, days[_i].date.day);
}
END_TEST

START_TEST(every_day_of_two_centuries_comes_back)
{
    int wrong = 0;
    for (int32_t day = -36525; day < 36525; day++)
        wrong += calendar_day(calendar_date(day)) != day;
    ck_assert_int_eq(wrong, 0);
}
END_TEST

START_TEST(instants_are_written_and_read)
{
    char text[CALENDAR_INSTANT_SIZE];
    int64_t time_ms = 0;
    ck_assert(calendar_parse("2026-01-15T12:34:56.789Z", &time_ms));
    ck_assert_int_eq(time_ms, INT64_C(1768480496789));
    calendar_format(time_ms, text);
    ck_assert_str_eq(text, "2026-01-15T12:34:56.789Z");
    ck_assert(calendar_parse("2026-01-15", &time_ms));
    calendar_format(time_ms, text);
    ck_assert_str_eq(text, "2026-01-15T00:00:00.000Z");
    ck_assert(calendar_parse("2026-01-15T12:34:56Z", &time_ms));
    ck_assert_int_eq(time_ms, INT64_C(1768480496000));
}
END_TEST

START_TEST(http_dates_follow_rfc_9110)
{
    char text[CALENDAR_HTTP_SIZE];
    calendar_format_http(INT64_C(784111777000), text);
    ck_assert_str_eq(text, "Sun, 06 Nov 1994 08:49:37 GMT");
    calendar_format_http(0, text);
    ck_assert_str_eq(text, "Thu, 01 Jan 1970 00:00:00 GMT");
}
END_TEST

static const char *const wrong[] = {
    "",
    "tomorrow",
    "2026-13-01",
    "2026-02-29",
    "2026-1-15",
    "2026-01-15T24:00:00Z",
    "1969-12-31",
    "2026-01-15T12:00:00.000",
    "2026-01-15T12:00:00.0000Z",
    "2026-01-15 ",
};

START_TEST(other_spellings_are_refused)
{
    int64_t time_ms = 0;
    ck_assert_msg(!calendar_parse(wrong[_i], &time_ms), "%s", wrong[_i]);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("calendar");
    TCase *calendar = tcase_create("calendar");
    tcase_add_loop_test(calendar, days_and_dates_agree, 0, sizeof days / sizeof days[0]);
    tcase_add_test(calendar, every_day_of_two_centuries_comes_back);
    tcase_add_test(calendar, instants_are_written_and_read);
    tcase_add_test(calendar, http_dates_follow_rfc_9110);
    tcase_add_loop_test(calendar, other_spellings_are_refused, 0, sizeof wrong / sizeof wrong[0]);
    suite_add_tcase(suite, calendar);
    return suite;
}
