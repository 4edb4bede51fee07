/* rate_test.c - the text of a limit. */
/* links: core/base/rate.c */
#include <check.h>

#include "base/rate.h"

static const struct {
    const char *text;
    int64_t count;
    int64_t period_ms;
    const char *canonical;
} good[] = {
    {"60/minute", 60, 60000, "60/minute"},
    {"1000/hour", 1000, 3600000, "1000/hour"},
    {"5000/second", 5000, 1000, "5000/second"},
    {"5/day", 5, 86400000, "5/day"},
    {"100 per minute", 100, 60000, "100/minute"},
    {"2 / hours", 2, 3600000, "2/hour"},
    {"1/Second", 1, 1000, "1/second"},
    {"10 PER DAYS", 10, 86400000, "10/day"},
    {"1000000000/second", 1000000000, 1000, "1000000000/second"},
    {"none", 0, 1000, "none"},
    {"None", 0, 1000, "none"},
};

START_TEST(a_rate_is_read)
{
    struct rate rate = {.count = -1};
    char text[RATE_TEXT_SIZE];

    ck_assert(rate_parse(bytes_of_text(good[_i].text), &rate));
    ck_assert_int_eq(rate.count, good[_i].count);
    ck_assert_int_eq(rate.period_ms, good[_i].period_ms);
    rate_format(&rate, text);
    ck_assert_str_eq(text, good[_i].canonical);
}
END_TEST

static const char *const bad[] = {
    "",
    "60",
    "/minute",
    "60/",
    "60/fortnight",
    "0/minute", /* would be none */
    "-1/minute",
    "1.5/second",
    "60/minute ",
    " 60/minute",
    "60perminute",
    "60 perminute",
    "60/minutess",
    "1000000001/day",
    "99999999999999999999/day",
    "6x/minute",
    "nonesuch",
};

START_TEST(anything_else_is_refused)
{
    struct rate rate = {.count = 7, .period_ms = 9};

    ck_assert(!rate_parse(bytes_of_text(bad[_i]), &rate));
    ck_assert_int_eq(rate.count, 7);
    ck_assert_int_eq(rate.period_ms, 9);
}
END_TEST

/* Borrowed bytes have no NUL at their end. */
START_TEST(only_the_given_bytes_are_read)
{
    struct rate rate;

    ck_assert(rate_parse(bytes_of("60/minutes and more", 9), &rate));
    ck_assert_int_eq(rate.count, 60);
    ck_assert(!rate_parse(bytes_of(NULL, 0), &rate));
}
END_TEST

START_TEST(every_unit_has_its_number)
{
    static const char *const texts[RATE_UNIT_COUNT] = {"1/second", "1/minute", "1/hour", "1/day"};

    for (size_t i = 0; i < RATE_UNIT_COUNT; i++) {
        struct rate rate;

        ck_assert(rate_parse(bytes_of_text(texts[i]), &rate));
        ck_assert_uint_eq(rate_unit(&rate), i);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/rate");
    TCase *tcase = tcase_create("rate");

    tcase_add_loop_test(tcase, a_rate_is_read, 0, (int)COUNT(good));
    tcase_add_loop_test(tcase, anything_else_is_refused, 0, (int)COUNT(bad));
    tcase_add_test(tcase, every_unit_has_its_number);
    tcase_add_test(tcase, only_the_given_bytes_are_read);
    suite_add_tcase(suite, tcase);
    return suite;
}
