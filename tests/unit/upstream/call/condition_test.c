/* condition_test.c - when the paid API counts as well, and when it is probed. */
/* links: upstream/call/condition.c */
#include <check.h>

#include "call/condition.h"
#include "support/row.h"

#define INTERVAL_MS 30000

static struct condition condition;

static void
setup(void)
{
    condition_init(&condition);
}

START_TEST(nothing_heard_is_nothing_bad)
{
    ck_assert(condition_is_well(&condition, 1000));
    ck_assert_str_eq(condition_detail(&condition, 1000), "");
    ck_assert_int_eq(condition_latency_us(&condition), -1);
}
END_TEST

START_TEST(a_failed_call_counts_until_a_better_one_or_for_a_while)
{
    condition_note_call(&condition, 1000, CONDITION_FAILED, 700, "it broke");
    ck_assert(!condition_is_well(&condition, 1001));
    ck_assert_str_eq(condition_detail(&condition, 1001), "it broke");
    ck_assert(!condition_is_well(&condition, 1000 + CONDITION_FORGIVE_MS - 1));
    ck_assert(condition_is_well(&condition, 1000 + CONDITION_FORGIVE_MS));
    condition_note_call(&condition, 2000, CONDITION_FINE, 900, "");
    ck_assert(condition_is_well(&condition, 2001));
    ck_assert_int_eq(condition_latency_us(&condition), 900);
}
END_TEST

START_TEST(a_probe_finds_nobody_without_any_call)
{
    row("R-140");
    condition_note_probe(&condition, 1000, false, -1, "refused");
    ck_assert(!condition_is_well(&condition, 1000));
    ck_assert_str_eq(condition_detail(&condition, 1000), "refused");
    ck_assert(!condition_is_well(&condition, 1000 + 10 * CONDITION_FORGIVE_MS));
    condition_note_probe(&condition, 2000, true, 300, "");
    ck_assert(condition_is_well(&condition, 2000));
    ck_assert_int_eq(condition_latency_us(&condition), 300);
}
END_TEST

START_TEST(a_probe_excuses_only_that_nobody_was_there)
{
    condition_note_call(&condition, 1000, CONDITION_UNREACHABLE, -1, "refused");
    condition_note_probe(&condition, 2000, true, 300, "");
    ck_assert(condition_is_well(&condition, 2001));
    condition_note_call(&condition, 3000, CONDITION_FAILED, 500, "500");
    condition_note_probe(&condition, 4000, true, 300, "");
    ck_assert(!condition_is_well(&condition, 4001));
}
END_TEST

START_TEST(a_call_is_newer_news_than_an_old_probe)
{
    condition_note_probe(&condition, 1000, false, -1, "refused");
    condition_note_call(&condition, 2000, CONDITION_FINE, 500, "");
    ck_assert(condition_is_well(&condition, 2001));
    condition_note_call(&condition, 3000, CONDITION_UNREACHABLE, -1, "refused");
    ck_assert(!condition_is_well(&condition, 3001));
    ck_assert_int_eq(condition_latency_us(&condition), 500);
}
END_TEST

START_TEST(probes_are_due_in_silence_only)
{
    ck_assert(condition_is_probe_due(&condition, 1, INTERVAL_MS)); /* at the start */
    condition_note_call(&condition, 1000, CONDITION_FINE, 500, "");
    ck_assert(!condition_is_probe_due(&condition, 1000 + INTERVAL_MS - 1, INTERVAL_MS));
    ck_assert(condition_is_probe_due(&condition, 1000 + INTERVAL_MS, INTERVAL_MS));
    condition_note_probe(&condition, 31000, true, 300, "");
    ck_assert(!condition_is_probe_due(&condition, 31000 + INTERVAL_MS - 1, INTERVAL_MS));
    ck_assert(condition_is_probe_due(&condition, 31000 + INTERVAL_MS, INTERVAL_MS));
}
END_TEST

START_TEST(what_is_not_well_is_probed_sooner)
{
    condition_note_call(&condition, 1000, CONDITION_UNREACHABLE, -1, "refused");
    ck_assert(!condition_is_probe_due(&condition, 1000 + CONDITION_DOUBT_MS - 1, INTERVAL_MS));
    ck_assert(condition_is_probe_due(&condition, 1000 + CONDITION_DOUBT_MS, INTERVAL_MS));
    ck_assert(condition_is_probe_due(&condition, 2000, 1000)); /* never later than usual */
}
END_TEST

START_TEST(probes_can_be_turned_off)
{
    ck_assert(!condition_is_probe_due(&condition, 1, 0));
    condition_note_call(&condition, 1000, CONDITION_UNREACHABLE, -1, "refused");
    ck_assert(!condition_is_probe_due(&condition, 1000000, 0));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("upstream/condition");
    TCase *tcase = tcase_create("condition");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, nothing_heard_is_nothing_bad);
    tcase_add_test(tcase, a_failed_call_counts_until_a_better_one_or_for_a_while);
    tcase_add_test(tcase, a_probe_finds_nobody_without_any_call);
    tcase_add_test(tcase, a_probe_excuses_only_that_nobody_was_there);
    tcase_add_test(tcase, a_call_is_newer_news_than_an_old_probe);
    tcase_add_test(tcase, probes_are_due_in_silence_only);
    tcase_add_test(tcase, what_is_not_well_is_probed_sooner);
    tcase_add_test(tcase, probes_can_be_turned_off);
    suite_add_tcase(suite, tcase);
    return suite;
}
