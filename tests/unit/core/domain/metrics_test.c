/* metrics_test.c - counters over threads, gauges, durations. */
/* links: core/domain/metrics.c core/base/duration.c core/base/log.c core/base/log_line.c core/base/clock.c */
/* links: core/base/clock_text.c core/base/dates.c core/base/text.c */
#include <check.h>
#include <pthread.h>
#include <string.h>

#include "base/bytes.h"
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

static void *
ask_thousand(void *unused)
{
    for (int i = 0; i < 1000; i++)
        metric_count_request(1, DECISION_HIT, 200, 70, 3);
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

static struct metric_route
route(size_t index)
{
    struct metric_route sums = {0};

    metric_route_add(index, &sums);
    return sums;
}

/* The place of a status among the counts. */
static size_t
status_index(const char *text)
{
    char found[METRIC_STATUS_TEXT_SIZE];

    for (size_t i = 0; i < METRIC_STATUS_COUNT; i++) {
        metric_status_text(i, found);
        if (strcmp(found, text) == 0)
            return i;
    }
    ck_abort_msg("no status %s", text);
}

START_TEST(requests_are_counted_by_route)
{
    metric_count_request(0, DECISION_HIT, 200, 90, 1000000);
    metric_count_request(0, DECISION_HIT, 200, 90, 1000000);
    metric_count_request(2, DECISION_ERROR, 502, 3000000, 0);
    metric_count_request(2, DECISION_REFUSED, 429, 40, 0);
    ck_assert_int_eq(route(0).decisions[DECISION_HIT], 2);
    ck_assert_int_eq(route(1).decisions[DECISION_HIT], 0);
    ck_assert_int_eq(route(2).decisions[DECISION_ERROR], 1);
    ck_assert_int_eq(route(0).statuses[status_index("200")], 2);
    ck_assert_int_eq(route(2).statuses[status_index("429")], 1);
    ck_assert_int_eq(route(2).statuses[status_index("502")], 1);
    ck_assert_int_eq(route(2).statuses[status_index("200")], 0);
    ck_assert_int_eq(route(0).saved_micro_usd, 2000000);
    ck_assert_int_eq(route(2).saved_micro_usd, 0);
}
END_TEST

/* Every status is counted, once, where it belongs. */
START_TEST(a_status_without_a_row_counts_with_its_class)
{
    static const struct {
        int http_status;
        const char *text;
    } rows[] = {
        {200, "200"}, {204, "2xx"}, {304, "304"},   {307, "3xx"},   {404, "404"}, {418, "4xx"},
        {504, "504"}, {599, "5xx"}, {100, "other"}, {600, "other"}, {0, "other"}, {-1, "other"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct metric_route before = route(1), after;
        size_t index = status_index(rows[i].text);

        metric_count_request(1, DECISION_MISS, rows[i].http_status, 1, 0);
        after = route(1);
        ck_assert_int_eq(after.statuses[index], before.statuses[index] + 1);
    }
}
END_TEST

START_TEST(requests_of_all_threads_add_up_by_route)
{
    pthread_t threads[4];
    struct metric_route sums;

    for (int i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_thousand, NULL), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    sums = route(1);
    ck_assert_int_eq(sums.decisions[DECISION_HIT], 4000);
    ck_assert_int_eq(sums.durations.buckets[duration_bucket(70)], 4000);
    ck_assert_int_eq(sums.durations.sum_us, 4000 * 70);
    ck_assert_int_eq(sums.saved_micro_usd, 4000 * 3);
}
END_TEST

START_TEST(counters_of_a_route_are_read_with_those_of_all)
{
    int64_t counters[8 * ROUTE_COUNTER_COUNT] = {-1, -1, -1, -1};
    size_t count = metrics_route_counters();

    ck_assert_uint_ge(count, 2 * ROUTE_COUNTER_COUNT);
    ck_assert_uint_le(count, COUNT(counters));
    metric_count_route(ROUTE_COUNTER_SPENT, 1, 500000);
    metric_count_route(ROUTE_COUNTER_SPENT, 1, 2);
    metric_count_route(ROUTE_COUNTER_UNUSABLE, 0, 1);
    metric_count_route(ROUTE_COUNTER_UNUSABLE, 4711, 1); /* of a route that is not there */
    metrics_read_routes(counters);
    ck_assert_int_eq(counters[ROUTE_COUNTER_SPENT], 0);
    ck_assert_int_eq(counters[ROUTE_COUNTER_UNUSABLE], 1);
    ck_assert_int_eq(counters[ROUTE_COUNTER_COUNT + ROUTE_COUNTER_SPENT], 500002);
    ck_assert_int_eq(route(1).counters[ROUTE_COUNTER_SPENT], 500002);
    ck_assert_str_eq(metric_route_counter_rows[ROUTE_COUNTER_UNUSABLE].family,
                     "rentcache_unusable_responses_total");
}
END_TEST

START_TEST(all_values_are_read_at_once)
{
    struct metric_values values;

    metric_add(METRIC_CACHE_LOOKUPS, 5);
    metric_set(METRIC_CACHE_ENTRIES, 9);
    metric_observe(HISTOGRAM_ACCOUNTS_QUERY, 2000000);
    metric_observe(HISTOGRAM_ACCOUNTS_QUERY, 40);
    metrics_read(&values);
    ck_assert_int_eq(values.metrics[METRIC_CACHE_LOOKUPS], 5);
    ck_assert_int_eq(values.metrics[METRIC_CACHE_ENTRIES], 9);
    ck_assert_int_eq(values.histograms[HISTOGRAM_ACCOUNTS_QUERY].sum_us, 2000040);
    ck_assert_int_eq(values.histograms[HISTOGRAM_ACCOUNTS_QUERY].buckets[duration_bucket(40)], 1);
    ck_assert_int_eq(values.histograms[HISTOGRAM_ENTRIES_QUERY].sum_us, 0);
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
    tcase_add_test(tcase, a_status_without_a_row_counts_with_its_class);
    tcase_add_test(tcase, requests_of_all_threads_add_up_by_route);
    tcase_add_test(tcase, counters_of_a_route_are_read_with_those_of_all);
    tcase_add_test(tcase, all_values_are_read_at_once);
    tcase_add_test(tcase, a_new_start_begins_at_zero);
    tcase_add_test(tcase, rows_name_owner_and_kind);
    suite_add_tcase(suite, tcase);
    return suite;
}
