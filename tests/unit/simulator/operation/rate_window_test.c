/* rate_window_test.c - twenty requests in any second, not in any calendar second. */
/* links: simulator/operation/rate_window.c */
#include "operation/rate_window.h"

#include <check.h>

static struct rate_window window;

static void
make_window(void)
{
    rate_window_init(&window, 20);
}

static void
drop_window(void)
{
    rate_window_fini(&window);
}

static int
admit_many(int requests, int64_t now_ms)
{
    int admitted = 0;
    for (int i = 0; i < requests; i++)
        admitted += rate_window_admit(&window, now_ms);
    return admitted;
}

START_TEST(the_twenty_first_in_a_second_is_refused)
{
    ck_assert_int_eq(admit_many(20, 5000), 20);
    ck_assert(!rate_window_admit(&window, 5000));
    ck_assert(!rate_window_admit(&window, 5999));
    ck_assert(rate_window_admit(&window, 6000));
}
END_TEST

START_TEST(the_second_slides)
{
    ck_assert_int_eq(admit_many(10, 1000), 10);
    ck_assert_int_eq(admit_many(15, 1900), 10);
    /* A fixed second would start anew at 2000: here only the ten of 1000 are over. */
    ck_assert_int_eq(admit_many(15, 2000), 10);
    ck_assert_int_eq(admit_many(5, 2899), 0);
    ck_assert_int_eq(admit_many(20, 2900), 10);
}
END_TEST

START_TEST(refused_requests_do_not_count)
{
    ck_assert_int_eq(admit_many(20, 1000), 20);
    ck_assert_int_eq(admit_many(500, 1500), 0);
    ck_assert_int_eq(admit_many(30, 2000), 20);
}
END_TEST

START_TEST(twenty_a_second_go_on_for_ever)
{
    int admitted = 0;
    for (int64_t now_ms = 0; now_ms < 100000; now_ms += 50)
        admitted += rate_window_admit(&window, now_ms);
    ck_assert_int_eq(admitted, 2000);
    ck_assert(!rate_window_admit(&window, 99999 - 50));
}
END_TEST

START_TEST(no_interval_of_a_second_has_more)
{
    int64_t admitted[400];
    int count = 0;
    for (int64_t now_ms = 0; now_ms < 10000; now_ms += 7)
        if (rate_window_admit(&window, now_ms))
            admitted[count++] = now_ms;
    ck_assert_int_ge(count, 190);
    for (int i = 20; i < count; i++)
        ck_assert_int_ge(admitted[i] - admitted[i - 20], 1000);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("rate_window");
    TCase *sliding = tcase_create("sliding second");
    tcase_add_checked_fixture(sliding, make_window, drop_window);
    tcase_add_test(sliding, the_twenty_first_in_a_second_is_refused);
    tcase_add_test(sliding, the_second_slides);
    tcase_add_test(sliding, refused_requests_do_not_count);
    tcase_add_test(sliding, twenty_a_second_go_on_for_ever);
    tcase_add_test(sliding, no_interval_of_a_second_has_more);
    suite_add_tcase(suite, sliding);
    return suite;
}
