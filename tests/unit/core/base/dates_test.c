/* dates_test.c - days, hours and months of instants; leap years, years before 1970. */
/* links: core/base/dates.c core/base/text.c */
#include <check.h>

#include "base/dates.h"

struct day_case {
    int64_t day;
    const char *text, *month_start, *next_month;
};

/* Days since 1970 as `date -d ... +%s` gives them, divided by 86400. */
static const struct day_case cases[] = {
    {0, "1970-01-01", "1970-01-01", "1970-02-01"},
    {-1, "1969-12-31", "1969-12-01", "1970-01-01"},
    {20468, "2026-01-15", "2026-01-01", "2026-02-01"},
    {20484, "2026-01-31", "2026-01-01", "2026-02-01"},
    {20485, "2026-02-01", "2026-02-01", "2026-03-01"},
    {20818, "2026-12-31", "2026-12-01", "2027-01-01"},
    {19782, "2024-02-29", "2024-02-01", "2024-03-01"}, /* a leap year */
    {11016, "2000-02-29", "2000-02-01", "2000-03-01"}, /* a century that is one */
    {47540, "2100-02-28", "2100-02-01", "2100-03-01"}, /* a century that is none */
    {47541, "2100-03-01", "2100-03-01", "2100-04-01"},
    {2932896, "9999-12-31", "9999-12-01", NULL},
};

START_TEST(a_day_has_its_date_and_its_month)
{
    const struct day_case *expected = &cases[_i];
    char text[DATE_TEXT_SIZE];

    dates_format(expected->day, text);
    ck_assert_str_eq(text, expected->text);
    dates_format(dates_month_start(expected->day), text);
    ck_assert_str_eq(text, expected->month_start);
    if (expected->next_month != NULL) {
        dates_format(dates_next_month_start(expected->day), text);
        ck_assert_str_eq(text, expected->next_month);
    }
}
END_TEST

START_TEST(an_instant_belongs_to_the_day_and_hour_it_began_in)
{
    ck_assert_int_eq(dates_day_of(0), 0);
    ck_assert_int_eq(dates_day_of(DATES_US_OF_DAY - 1), 0);
    ck_assert_int_eq(dates_day_of(DATES_US_OF_DAY), 1);
    ck_assert_int_eq(dates_day_of(-1), -1);
    ck_assert_int_eq(dates_hour_start_us(DATES_US_OF_HOUR + 5), DATES_US_OF_HOUR);
    ck_assert_int_eq(dates_hour_start_us(DATES_US_OF_HOUR), DATES_US_OF_HOUR);
    ck_assert_int_eq(dates_hour_start_us(-1), -DATES_US_OF_HOUR);
}
END_TEST

START_TEST(months_join_without_gap)
{
    int64_t day = dates_month_start(0);

    for (int month = 0; month < 12 * 200; month++) {
        int64_t next = dates_next_month_start(day);

        ck_assert_int_ge(next - day, 28);
        ck_assert_int_le(next - day, 31);
        ck_assert_int_eq(dates_month_start(next - 1), day);
        ck_assert_int_eq(dates_month_start(next), next);
        day = next;
    }
    ck_assert_int_eq(day, 73049); /* 2170-01-01 */
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/dates");
    TCase *tcase = tcase_create("dates");

    tcase_add_loop_test(tcase, a_day_has_its_date_and_its_month, 0,
                        (int)(sizeof cases / sizeof cases[0]));
    tcase_add_test(tcase, an_instant_belongs_to_the_day_and_hour_it_began_in);
    tcase_add_test(tcase, months_join_without_gap);
    suite_add_tcase(suite, tcase);
    return suite;
}
