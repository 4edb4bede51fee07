/* slice_pace_test.c - rows give way to reservations while the processor is scarce, and for no longer. */
/* links: analytics/ingest/slice_pace.c @core */
#include "ingest/slice_pace.h"

#include <check.h>

#define NOW_MS 1000000
#define MS     1000000LL /* in ns */

static struct slice_pace
after(int64_t wall_ms, int64_t cpu_ms, bool is_reserving, int64_t age_ms)
{
    const struct slice_course course = {wall_ms * MS, cpu_ms * MS, is_reserving, age_ms};
    struct slice_pace pace = {0};

    slice_pace_note(&pace, &course, NOW_MS);
    return pace;
}

START_TEST(nothing_rests_at_the_start)
{
    const struct slice_pace pace = {0};

    ck_assert_int_eq(slice_pace_rest_ms(&pace, NOW_MS), 0);
    ck_assert_int_eq(slice_pace_rows(&pace), 250);
}
END_TEST

START_TEST(a_slice_that_had_the_processor_is_followed_by_the_next)
{
    const struct slice_pace pace = after(8, 4, true, 10);

    ck_assert_int_eq(slice_pace_rest_ms(&pace, NOW_MS), 0);
    ck_assert_int_eq(slice_pace_rows(&pace), 250);
}
END_TEST

START_TEST(a_slice_that_was_held_up_is_followed_by_a_rest)
{
    const struct slice_pace pace = after(24, 4, true, 10);

    ck_assert_int_eq(slice_pace_rest_ms(&pace, NOW_MS), 200);
    ck_assert_int_eq(slice_pace_rest_ms(&pace, NOW_MS + 199), 1);
    ck_assert_int_eq(slice_pace_rest_ms(&pace, NOW_MS + 200), 0);
    ck_assert_int_eq(slice_pace_rows(&pace), 50);
}
END_TEST

START_TEST(a_rest_is_bounded)
{
    const struct slice_pace pace = after(5000, 4, true, 10);

    ck_assert_int_eq(slice_pace_rest_ms(&pace, NOW_MS), 1000);
}
END_TEST

START_TEST(where_no_call_is_reserved_nothing_rests)
{
    const struct slice_pace pace = after(24, 4, false, 10);

    ck_assert_int_eq(slice_pace_rest_ms(&pace, NOW_MS), 0);
    ck_assert_int_eq(slice_pace_rows(&pace), 250);
}
END_TEST

START_TEST(rows_that_waited_for_a_minute_do_not_rest)
{
    const struct slice_pace pace = after(24, 4, true, 60000);

    ck_assert_int_eq(slice_pace_rest_ms(&pace, NOW_MS), 0);
    ck_assert_int_eq(slice_pace_rows(&pace), 50);
}
END_TEST

START_TEST(a_rest_ends_with_the_next_good_slice)
{
    const struct slice_course course = {4 * MS, 4 * MS, true, 10};
    struct slice_pace pace = after(24, 4, true, 10);

    slice_pace_note(&pace, &course, NOW_MS + 50);
    ck_assert_int_eq(slice_pace_rest_ms(&pace, NOW_MS + 50), 0);
    ck_assert_int_eq(slice_pace_rows(&pace), 250);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("analytics/slice_pace");
    TCase *tcase = tcase_create("slice_pace");

    tcase_add_test(tcase, nothing_rests_at_the_start);
    tcase_add_test(tcase, a_slice_that_had_the_processor_is_followed_by_the_next);
    tcase_add_test(tcase, a_slice_that_was_held_up_is_followed_by_a_rest);
    tcase_add_test(tcase, a_rest_is_bounded);
    tcase_add_test(tcase, where_no_call_is_reserved_nothing_rests);
    tcase_add_test(tcase, rows_that_waited_for_a_minute_do_not_rest);
    tcase_add_test(tcase, a_rest_ends_with_the_next_good_slice);
    suite_add_tcase(suite, tcase);
    return suite;
}
