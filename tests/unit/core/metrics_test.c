/* metrics_test.c - counters over threads, gauges, durations. */
/* links: core/metrics.c core/log.c core/log_line.c core/clock.c core/clock_text.c */
#include <check.h>
#include <pthread.h>
#include <string.h>

#include "bytes.h"
#include "metrics.h"

static void
begin(void)
{
    ck_assert(metrics_init(3));
}

static void
end(void)
{
    metrics_fini();
}

static void *
count_thousand(void *unused)
{
    for (int i = 0; i < 1000; i++)
        metric_add(METRIC_CACHE_LOOKUPS, 1);
    return unused;
}

static void
run_threads(int count)
{
    pthread_t threads[8];

    ck_assert_int_le(count, 8);
    for (int i = 0; i < count; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, count_thousand, NULL), 0);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

START_TEST(counts_of_all_threads_add_up)
{
    metric_add(METRIC_CACHE_LOOKUPS, 5);
    run_threads(8);
    ck_assert_int_eq(metric_value(METRIC_CACHE_LOOKUPS), 8005);
    ck_assert_int_eq(metric_value(METRIC_CACHE_FETCHES), 0);
}
END_TEST

START_TEST(counts_outlive_their_thread)
{
    for (int round = 1; round <= 5; round++) {
        run_threads(2);
        ck_assert_int_eq(metric_value(METRIC_CACHE_LOOKUPS), round * 2000);
    }
}
END_TEST

START_TEST(a_gauge_shows_the_last_value)
{
    metric_set(METRIC_CACHE_ENTRIES, 10);
    metric_set(METRIC_CACHE_ENTRIES, 4);
    ck_assert_int_eq(metric_value(METRIC_CACHE_ENTRIES), 4);
}
END_TEST

START_TEST(a_gauge_can_go_up_and_down)
{
    metric_add(METRIC_WORKERS_BUSY, 1);
    metric_add(METRIC_WORKERS_BUSY, 1);
    metric_add(METRIC_WORKERS_BUSY, -1);
    ck_assert_int_eq(metric_value(METRIC_WORKERS_BUSY), 1);
}
END_TEST

START_TEST(requests_are_counted_by_route)
{
    metric_count_request(0, DECISION_HIT, 200, 90, 1000000);
    metric_count_request(0, DECISION_HIT, 200, 90, 1000000);
    metric_count_request(2, DECISION_ERROR, 502, 3000000, 0);
    metric_count_request(2, DECISION_REFUSED, 429, 40, 0);
    ck_assert_int_eq(metric_requests(0, DECISION_HIT), 2);
    ck_assert_int_eq(metric_requests(1, DECISION_HIT), 0);
    ck_assert_int_eq(metric_requests(2, DECISION_ERROR), 1);
    ck_assert_int_eq(metric_status_class(0, 2), 2);
    ck_assert_int_eq(metric_status_class(2, 4), 1);
    ck_assert_int_eq(metric_status_class(2, 5), 1);
    ck_assert_int_eq(metric_status_class(2, 3), 0);
    ck_assert_int_eq(metric_saved_micro_usd(), 2000000);
}
END_TEST

/* A duration belongs to the first bound that is not below it. */
START_TEST(durations_are_cumulative)
{
    int64_t counts[METRIC_DURATION_BUCKET_COUNT + 1];
    int64_t sum_us = 0;

    metric_count_request(0, DECISION_HIT, 200, 100, 0);
    metric_count_request(0, DECISION_HIT, 200, 101, 0);
    metric_count_request(0, DECISION_HIT, 200, 0, 0);
    metric_count_request(0, DECISION_MISS, 200, 10000000, 0);
    metric_count_request(0, DECISION_MISS, 200, 10000001, 0);
    metric_durations(counts, &sum_us);
    ck_assert_int_eq(counts[0], 2);
    ck_assert_int_eq(counts[1], 3);
    ck_assert_int_eq(counts[METRIC_DURATION_BUCKET_COUNT - 1], 4);
    ck_assert_int_eq(counts[METRIC_DURATION_BUCKET_COUNT], 5);
    ck_assert_int_eq(sum_us, 20000202);
}
END_TEST

START_TEST(a_new_start_begins_at_zero)
{
    metric_add(METRIC_CACHE_LOOKUPS, 5);
    metric_set(METRIC_CACHE_ENTRIES, 9);
    ck_assert(metrics_init(1));
    ck_assert_int_eq(metric_value(METRIC_CACHE_LOOKUPS), 0);
    ck_assert_int_eq(metric_value(METRIC_CACHE_ENTRIES), 0);
}
END_TEST

START_TEST(rows_name_owner_and_kind)
{
    const struct metric_row *calls = &metric_rows[METRIC_UPSTREAM_CALLS];

    ck_assert_str_eq(calls->exposed, "upstream_api_calls_total");
    ck_assert_int_eq(calls->owner, ACTOR_UPSTREAM);
    ck_assert(!calls->is_gauge);
    ck_assert(metric_rows[METRIC_ACTIVE_KEYS].is_gauge);
    for (int i = 0; i < METRIC_COUNT; i++) {
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(metric_rows[i].exposed, metric_rows[j].exposed);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/metrics");
    TCase *tcase = tcase_create("metrics");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, counts_of_all_threads_add_up);
    tcase_add_test(tcase, counts_outlive_their_thread);
    tcase_add_test(tcase, a_gauge_shows_the_last_value);
    tcase_add_test(tcase, a_gauge_can_go_up_and_down);
    tcase_add_test(tcase, requests_are_counted_by_route);
    tcase_add_test(tcase, durations_are_cumulative);
    tcase_add_test(tcase, a_new_start_begins_at_zero);
    tcase_add_test(tcase, rows_name_owner_and_kind);
    suite_add_tcase(suite, tcase);
    return suite;
}
