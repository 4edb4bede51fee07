/* upstream_health_test.c - when the paid API counts as well, and when it is probed. */
/* links: upstream/call/upstream_health.c */
#include <check.h>

#include "call/upstream_health.h"
#include "support/row.h"

#define INTERVAL_MS 30000

static struct upstream_health health;

static void
setup(void)
{
    upstream_health_init(&health);
}

START_TEST(nothing_heard_is_nothing_bad)
{
    ck_assert(upstream_health_is_healthy(&health, 1000));
    ck_assert_str_eq(upstream_health_detail(&health, 1000), "");
    ck_assert_int_eq(upstream_health_latency_us(&health), -1);
}
END_TEST

START_TEST(a_failed_call_counts_until_a_better_one_or_for_a_while)
{
    upstream_health_note_call(&health, 1000, UPSTREAM_CALL_FAILED, 700, "it broke");
    ck_assert(!upstream_health_is_healthy(&health, 1001));
    ck_assert_str_eq(upstream_health_detail(&health, 1001), "it broke");
    ck_assert(!upstream_health_is_healthy(&health, 1000 + UPSTREAM_FAILURE_MAX_AGE_MS - 1));
    ck_assert(upstream_health_is_healthy(&health, 1000 + UPSTREAM_FAILURE_MAX_AGE_MS));
    upstream_health_note_call(&health, 2000, UPSTREAM_CALL_OK, 900, "");
    ck_assert(upstream_health_is_healthy(&health, 2001));
    ck_assert_int_eq(upstream_health_latency_us(&health), 900);
}
END_TEST

START_TEST(a_rejected_key_counts_until_a_call_ends_otherwise)
{
    upstream_health_note_call(&health, 1000, UPSTREAM_CALL_REJECTED, 700, "no such key");
    upstream_health_note_probe(&health, 2000, true, 300, "");
    ck_assert(!upstream_health_is_healthy(&health, 1000 + 100 * UPSTREAM_FAILURE_MAX_AGE_MS));
    ck_assert_str_eq(upstream_health_detail(&health, 3000), "no such key");
    upstream_health_note_call(&health, 4000, UPSTREAM_CALL_OK, 900, "");
    ck_assert(upstream_health_is_healthy(&health, 4001));
}
END_TEST

START_TEST(a_probe_finds_nobody_without_any_call)
{
    row("R-140");
    upstream_health_note_probe(&health, 1000, false, -1, "refused");
    ck_assert(!upstream_health_is_healthy(&health, 1000));
    ck_assert_str_eq(upstream_health_detail(&health, 1000), "refused");
    ck_assert(!upstream_health_is_healthy(&health, 1000 + 10 * UPSTREAM_FAILURE_MAX_AGE_MS));
    upstream_health_note_probe(&health, 2000, true, 300, "");
    ck_assert(upstream_health_is_healthy(&health, 2000));
    ck_assert_int_eq(upstream_health_latency_us(&health), 300);
}
END_TEST

START_TEST(a_probe_excuses_only_that_nobody_was_there)
{
    upstream_health_note_call(&health, 1000, UPSTREAM_CALL_UNREACHABLE, -1, "refused");
    upstream_health_note_probe(&health, 2000, true, 300, "");
    ck_assert(upstream_health_is_healthy(&health, 2001));
    upstream_health_note_call(&health, 3000, UPSTREAM_CALL_FAILED, 500, "500");
    upstream_health_note_probe(&health, 4000, true, 300, "");
    ck_assert(!upstream_health_is_healthy(&health, 4001));
}
END_TEST

START_TEST(a_call_is_newer_news_than_an_old_probe)
{
    upstream_health_note_probe(&health, 1000, false, -1, "refused");
    upstream_health_note_call(&health, 2000, UPSTREAM_CALL_OK, 500, "");
    ck_assert(upstream_health_is_healthy(&health, 2001));
    upstream_health_note_call(&health, 3000, UPSTREAM_CALL_UNREACHABLE, -1, "refused");
    ck_assert(!upstream_health_is_healthy(&health, 3001));
    ck_assert_int_eq(upstream_health_latency_us(&health), 500);
}
END_TEST

START_TEST(probes_are_due_in_silence_only)
{
    ck_assert(upstream_health_is_probe_due(&health, 1, INTERVAL_MS)); /* at the start */
    upstream_health_note_call(&health, 1000, UPSTREAM_CALL_OK, 500, "");
    ck_assert(!upstream_health_is_probe_due(&health, 1000 + INTERVAL_MS - 1, INTERVAL_MS));
    ck_assert(upstream_health_is_probe_due(&health, 1000 + INTERVAL_MS, INTERVAL_MS));
    upstream_health_note_probe(&health, 31000, true, 300, "");
    ck_assert(!upstream_health_is_probe_due(&health, 31000 + INTERVAL_MS - 1, INTERVAL_MS));
    ck_assert(upstream_health_is_probe_due(&health, 31000 + INTERVAL_MS, INTERVAL_MS));
}
END_TEST

START_TEST(what_is_not_well_is_probed_sooner)
{
    upstream_health_note_call(&health, 1000, UPSTREAM_CALL_UNREACHABLE, -1, "refused");
    ck_assert(!upstream_health_is_probe_due(&health, 1000 + UPSTREAM_UNHEALTHY_PROBE_MS - 1,
                                            INTERVAL_MS));
    ck_assert(
        upstream_health_is_probe_due(&health, 1000 + UPSTREAM_UNHEALTHY_PROBE_MS, INTERVAL_MS));
    ck_assert(upstream_health_is_probe_due(&health, 2000, 1000)); /* never later than usual */
}
END_TEST

START_TEST(probes_can_be_turned_off)
{
    ck_assert(!upstream_health_is_probe_due(&health, 1, 0));
    upstream_health_note_call(&health, 1000, UPSTREAM_CALL_UNREACHABLE, -1, "refused");
    ck_assert(!upstream_health_is_probe_due(&health, 1000000, 0));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("upstream/upstream_health");
    TCase *tcase = tcase_create("upstream_health");

    tcase_add_checked_fixture(tcase, setup, NULL);
    tcase_add_test(tcase, nothing_heard_is_nothing_bad);
    tcase_add_test(tcase, a_failed_call_counts_until_a_better_one_or_for_a_while);
    tcase_add_test(tcase, a_rejected_key_counts_until_a_call_ends_otherwise);
    tcase_add_test(tcase, a_probe_finds_nobody_without_any_call);
    tcase_add_test(tcase, a_probe_excuses_only_that_nobody_was_there);
    tcase_add_test(tcase, a_call_is_newer_news_than_an_old_probe);
    tcase_add_test(tcase, probes_are_due_in_silence_only);
    tcase_add_test(tcase, what_is_not_well_is_probed_sooner);
    tcase_add_test(tcase, probes_can_be_turned_off);
    suite_add_tcase(suite, tcase);
    return suite;
}
