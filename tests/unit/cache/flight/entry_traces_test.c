/* entry_traces_test.c - what is said of an entry that is gone, and that nothing is said without knowing. */
/* links: cache/flight/entry_traces.c core/domain/purge.c */
#include "flight/entry_traces.h"

#include <check.h>
#include <stdio.h>

#define T0  1768478400000
#define KEY "ceba473f42f79d99adb48ccd2b0ae28c"

static struct entry_traces traces;
static struct purge remembered[8];
static struct purge_ring purges;
static const struct response_meta meta = {.created_wall_ms = T0, .expires_wall_ms = T0 + 60000};

static void
begin(void)
{
    traces = (struct entry_traces){0};
    purge_ring_init(&purges, remembered, 8, 40);
}

static enum cache_reason
explain(const char *cache_key, int64_t now_wall_ms)
{
    return entry_traces_explain(&traces, cache_key, "properties", &purges, now_wall_ms);
}

START_TEST(without_a_trace_nothing_is_said)
{
    ck_assert_int_eq(explain(KEY, T0), CACHE_REASON_ABSENT);
    ck_assert_int_eq(explain("", T0), CACHE_REASON_ABSENT);
}
END_TEST

START_TEST(what_was_due_has_expired_and_what_was_not_was_evicted)
{
    entry_traces_note(&traces, KEY, &meta, 40);
    ck_assert_int_eq(explain(KEY, T0 + 59999), CACHE_REASON_EVICTED);
    ck_assert_int_eq(explain(KEY, T0 + 60000), CACHE_REASON_EXPIRED);
    ck_assert_int_eq(explain("00000000000000000000000000000000", T0), CACHE_REASON_ABSENT);
}
END_TEST

START_TEST(a_purge_that_came_later_and_matches_took_it)
{
    const struct purge_scope all = {0}, others = {.endpoint = "listings_sale"};

    entry_traces_note(&traces, KEY, &meta, 40);
    purge_ring_add(&purges, 41, &others);
    ck_assert_int_eq(explain(KEY, T0 + 1), CACHE_REASON_EVICTED);
    purge_ring_add(&purges, 42, &all);
    ck_assert_int_eq(explain(KEY, T0 + 1), CACHE_REASON_PURGED);
    entry_traces_note(&traces, KEY, &meta, 42); /* fetched again */
    ck_assert_int_eq(explain(KEY, T0 + 1), CACHE_REASON_EVICTED);
}
END_TEST

START_TEST(the_newest_are_known_however_many_there_were)
{
    char cache_key[ENTRY_KEY_SIZE];
    int known = 0;

    for (int i = 0; i < 4 * ENTRY_TRACES; i++) {
        snprintf(cache_key, sizeof cache_key, "%032x", i);
        entry_traces_note(&traces, cache_key, &meta, 40);
        ck_assert_int_eq(explain(cache_key, T0), CACHE_REASON_EVICTED);
    }
    for (int i = 3 * ENTRY_TRACES; i < 4 * ENTRY_TRACES; i++) {
        snprintf(cache_key, sizeof cache_key, "%032x", i);
        known += explain(cache_key, T0) == CACHE_REASON_EVICTED;
    }
    ck_assert_int_gt(known, ENTRY_TRACES / 2);
    ck_assert_int_eq(explain("00000000000000000000000000000000", T0), CACHE_REASON_ABSENT);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("entry_traces");
    TCase *test = tcase_create("entry_traces");

    tcase_add_checked_fixture(test, begin, NULL);
    tcase_add_test(test, without_a_trace_nothing_is_said);
    tcase_add_test(test, what_was_due_has_expired_and_what_was_not_was_evicted);
    tcase_add_test(test, a_purge_that_came_later_and_matches_took_it);
    tcase_add_test(test, the_newest_are_known_however_many_there_were);
    suite_add_tcase(suite, test);
    return suite;
}
