/* plan_rate_test.c - never more starts in a second than the plan has; the tap that a 429 closes. */
/* links: upstream/call/plan_rate.c */

#include "call/plan_rate.h"

#include <check.h>
#include <stdbool.h>
#include <stdlib.h>

#define START_MS 5000000

static struct plan_rate plan;

static bool
start(int64_t now_ms)
{
    if (plan_rate_wait_ms(&plan, now_ms) > 0)
        return false;
    plan_rate_count(&plan, now_ms);
    return true;
}

START_TEST(so_many_start_at_once_and_no_more)
{
    plan_rate_init(&plan, 20);
    for (int i = 0; i < 20; i++)
        ck_assert(start(START_MS));
    ck_assert(!start(START_MS));
    ck_assert(!start(START_MS + 1000));
    ck_assert_int_gt(plan_rate_wait_ms(&plan, START_MS + 1000), 0);
    ck_assert_int_le(plan_rate_wait_ms(&plan, START_MS), 1100);
    ck_assert(start(START_MS + plan_rate_wait_ms(&plan, START_MS)));
}
END_TEST

/* Whatever the arrivals: within every second at most the plan's number, and the wait that was told is enough. */
START_TEST(no_second_has_more_than_the_plan)
{
    int64_t starts[5000], now_ms = START_MS;
    size_t count = 0;
    unsigned seed = 7;

    plan_rate_init(&plan, 20);
    while (count < 5000) {
        int64_t wait_ms = plan_rate_wait_ms(&plan, now_ms);

        if (wait_ms > 0) {
            now_ms += wait_ms;
            ck_assert_int_eq(plan_rate_wait_ms(&plan, now_ms), 0);
        }
        plan_rate_count(&plan, now_ms);
        starts[count++] = now_ms;
        now_ms += rand_r(&seed) % 90;
    }
    for (size_t i = 20; i < count; i++)
        ck_assert_int_gt(starts[i] - starts[i - 20], 1000);
}
END_TEST

START_TEST(zero_is_no_limit)
{
    plan_rate_init(&plan, 0);
    for (int i = 0; i < 100000; i++)
        ck_assert(start(START_MS));
}
END_TEST

START_TEST(more_than_can_be_remembered_is_cut_to_the_most)
{
    plan_rate_init(&plan, 1000000);
    for (int i = 0; i < PLAN_RATE_MAX; i++)
        ck_assert(start(START_MS));
    ck_assert(!start(START_MS));
}
END_TEST

START_TEST(a_429_closes_for_its_retry_after)
{
    plan_rate_init(&plan, 0);
    ck_assert_int_eq(plan_rate_pause_left_ms(&plan, START_MS), 0);
    plan_rate_pause(&plan, 7, START_MS);
    ck_assert_int_eq(plan_rate_pause_left_ms(&plan, START_MS), 7000);
    ck_assert_int_eq(plan_rate_pause_left_ms(&plan, START_MS + 6999), 1);
    ck_assert_int_eq(plan_rate_wait_ms(&plan, START_MS + 6999), 1);
    ck_assert_int_eq(plan_rate_pause_left_ms(&plan, START_MS + 7000), 0);
    ck_assert(start(START_MS + 7000));
}
END_TEST

START_TEST(a_429_without_retry_after_closes_for_a_second)
{
    plan_rate_init(&plan, 20);
    plan_rate_pause(&plan, 0, START_MS);
    ck_assert_int_eq(plan_rate_pause_left_ms(&plan, START_MS), 1000);
    ck_assert(!start(START_MS + 999));
    ck_assert(start(START_MS + 1000));
}
END_TEST

START_TEST(an_absurd_retry_after_is_not_believed)
{
    plan_rate_init(&plan, 0);
    plan_rate_pause(&plan, INT64_C(999999999999999999), START_MS);
    ck_assert_int_gt(plan_rate_pause_left_ms(&plan, START_MS), 0);
    ck_assert_int_le(plan_rate_pause_left_ms(&plan, START_MS), 3600 * 1000);
}
END_TEST

START_TEST(a_shorter_pause_does_not_open_earlier)
{
    plan_rate_init(&plan, 0);
    plan_rate_pause(&plan, 10, START_MS);
    plan_rate_pause(&plan, 1, START_MS + 100);
    ck_assert_int_eq(plan_rate_pause_left_ms(&plan, START_MS + 100), 9900);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("plan_rate");
    TCase *cases = tcase_create("plan");

    tcase_add_test(cases, so_many_start_at_once_and_no_more);
    tcase_add_test(cases, no_second_has_more_than_the_plan);
    tcase_add_test(cases, zero_is_no_limit);
    tcase_add_test(cases, more_than_can_be_remembered_is_cut_to_the_most);
    tcase_add_test(cases, a_429_closes_for_its_retry_after);
    tcase_add_test(cases, a_429_without_retry_after_closes_for_a_second);
    tcase_add_test(cases, an_absurd_retry_after_is_not_believed);
    tcase_add_test(cases, a_shorter_pause_does_not_open_earlier);
    suite_add_tcase(suite, cases);
    return suite;
}
