/* monitoring_test.c - what /metrics and the reports say is what happened. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/row.h"
#include "support/server/exposition.h"
#include "support/testbed_fixture.h"

#define LONG_MS 60000
#define CALLERS 4

static void
setup(void)
{
    static const char *const settings[] = {"UPSTREAM_MAX_CONNECTIONS=2", "CACHE_TIER_THREADS=2",
                                           "ANALYTICS_REPORT_THREADS=1", NULL};

    testbed_start(&testbed, settings);
}

/* Of properties: three misses, seven hits, one 422; of value_estimate: one 404 of the paid API. */
static void
ask_around(void)
{
    for (int i = 0; i < 10; i++)
        testbed_expect(&testbed,
                       i % 3 == 0   ? "/api/v1/properties?state=TX&limit=1"
                       : i % 3 == 1 ? "/api/v1/properties?state=TX&limit=2"
                                    : "/api/v1/properties?state=TX&limit=3",
                       200);
    testbed_expect(&testbed, "/api/v1/properties?limit=501", 422);
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 404, \"times\": 1}");
    testbed_expect(&testbed,
                   "/api/v1/estimates/value?address=1%20Nowhere%20St,%20Austin,%20TX%2078701", 404);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 12, LONG_MS);
}

static int64_t
rows(const char *sql)
{
    return testbed_query(&testbed, "rentcache.db", sql);
}

static json_t *
admin_json(const char *target, int status)
{
    struct http_response response;
    json_t *object;

    http_call(testbed.admin_port, "GET", target, testbed.admin_token, NULL, NULL, &response);
    ck_assert_msg(response.status == status, "%s gave %d: %s", target, response.status,
                  response.body);
    object = json_loads(response.body, 0, NULL);
    ck_assert_ptr_nonnull(object);
    http_response_fini(&response);
    return object;
}

static double
number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    ck_assert_msg(json_is_number(value), "%s is no number", name);
    return json_number_value(value);
}

static void
expect_metric(const char *name, double expected)
{
    double seen = testbed_metric(&testbed, name);

    ck_assert_msg(seen > expected - 1e-6 && seen < expected + 1e-6, "%s is %f, not %f", name, seen,
                  expected);
}

START_TEST(metrics_agree_with_the_rows)
{
    row("R-125");
    row("R-126");
    row("R-128");
    row("R-133");
    row("R-134");
    ask_around();
    ck_assert_int_eq(rows("SELECT count(*) FROM usage_stats WHERE cache_hit"), 7);
    expect_metric("cache_hit_ratio{endpoint=\"properties\"}", 0.7);
    expect_metric("api_request_duration_seconds_count{endpoint=\"properties\"}", 11);
    expect_metric("api_request_duration_seconds_bucket{endpoint=\"properties\",le=\"+Inf\"}", 11);
    expect_metric("api_request_duration_seconds_count{endpoint=\"value_estimate\"}", 1);
    ck_assert_double_gt(
        testbed_metric(&testbed, "api_request_duration_seconds_sum{endpoint=\"properties\"}"), 0);
    expect_metric("rentcache_responses_total{endpoint=\"properties\",status=\"200\"}", 10);
    expect_metric("rentcache_responses_total{endpoint=\"properties\",status=\"422\"}", 1);
    expect_metric("rentcache_responses_total{endpoint=\"value_estimate\",status=\"404\"}", 1);
    expect_metric("rentcache_saved_micro_usd_total{endpoint=\"properties\"}",
                  (double)rows("SELECT sum(saved_micro_usd) FROM usage_stats"));
    ck_assert_int_eq(rows("SELECT sum(saved_micro_usd) FROM usage_stats"), 7000000);
}
END_TEST

START_TEST(calls_are_those_of_the_journal)
{
    row("R-135");
    ask_around();
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 4);
    testbed_await_metric(&testbed, "upstream_api_calls_total", 4, LONG_MS);
    testbed_await_metric(&testbed,
                         "rentcache_upstream_call_duration_seconds_count{upstream=\"rentcast\"}", 4,
                         LONG_MS);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'reserved'", 0, LONG_MS);
    ck_assert_int_gt(rows("SELECT sum(cost_micro_usd) FROM ledger WHERE route = 'properties'"), 0);
    testbed_await_metric(
        &testbed, "rentcache_spent_micro_usd_total{endpoint=\"properties\"}",
        (double)rows("SELECT sum(cost_micro_usd) FROM ledger WHERE route = 'properties'"), LONG_MS);
    expect_metric("rentcache_spent_micro_usd_total{endpoint=\"market_stats\"}", 0);
}
END_TEST

static size_t
count_requests(const char *query)
{
    char target[256];
    json_t *found;
    size_t count;

    snprintf(target, sizeof target, "/admin/usage/requests?%s", query);
    found = admin_json(target, 200);
    count = json_array_size(json_object_get(found, "requests"));
    json_decref(found);
    return count;
}

/* In pages of five: every row once, newest first. */
static void
expect_pages(void)
{
    char target[128] = "/admin/usage/requests?limit=5";
    char last[64] = "9";
    size_t count = 0;

    while (target[0] != '\0') {
        json_t *page = admin_json(target, 200);
        json_t *requests = json_object_get(page, "requests");
        const char *next = json_string_value(json_object_get(page, "next_before"));

        for (size_t i = 0; i < json_array_size(requests); i++, count++) {
            const char *time =
                json_string_value(json_object_get(json_array_get(requests, i), "created_at"));

            ck_assert_int_le(strcmp(time, last), 0);
            snprintf(last, sizeof last, "%s", time);
        }
        target[0] = '\0';
        if (next != NULL)
            snprintf(target, sizeof target, "/admin/usage/requests?limit=5&before=%s", next);
        json_decref(page);
    }
    ck_assert_uint_eq(count, 12);
}

START_TEST(single_requests_can_be_looked_for)
{
    static const char *const wrong[] = {"status=2xx",   "decision=cached", "from=now",
                                        "min_ms=-1",    "limit=0",         "before=1",
                                        "endpoint=not", "key_id=first",    "stauts=200",
                                        "from=%zz",     "to=1970-01-01",   "name=a&key_id=1"};
    char target[128];

    row("R-087");
    row("R-089");
    ask_around();
    ck_assert_uint_eq(count_requests(""), 12);
    ck_assert_uint_eq(count_requests("decision=hit"), 7);
    ck_assert_uint_eq(count_requests("decision=miss&endpoint=properties"), 3);
    ck_assert_uint_eq(count_requests("status=404"), 1);
    ck_assert_uint_eq(count_requests("name=test_unlimited&status=422"), 1);
    ck_assert_uint_eq(count_requests("key_id=4711"), 0);
    ck_assert_uint_eq(count_requests("from=2020-01-01T00%3A00%3A00%2B00:00&to=2099-01-01"), 12);
    ck_assert_uint_eq(count_requests("to=2020-01-01"), 0);
    ck_assert_uint_eq(count_requests("min_ms=86400000"), 0);
    expect_pages();
    json_decref(admin_json("/admin/usage/requests?name=nobody", 404));
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        snprintf(target, sizeof target, "/admin/usage/requests?%s", wrong[i]);
        json_decref(admin_json(target, 422));
    }
}
END_TEST

/* The JSON form has the members of the original, all of them true. */
START_TEST(json_totals_agree_with_the_rows)
{
    json_t *totals, *top;

    row("R-126");
    ask_around();
    totals = admin_json("/metrics", 200);
    ck_assert_double_eq(number(totals, "total_requests"), 12);
    ck_assert_double_eq(number(totals, "requests_24h"), 12);
    ck_assert_double_eq(number(totals, "cache_hits"), 7);
    ck_assert_double_eq(number(totals, "cache_hits_24h"), 7);
    ck_assert_double_eq_tol(number(totals, "total_cost_saved"), 7.0, 1e-9);
    ck_assert_double_eq_tol(
        number(totals, "cost_24h"),
        (double)rows("SELECT sum(cost_micro_usd) FROM ledger WHERE status = 'billed'") / 1e6, 1e-9);
    ck_assert_double_gt(number(totals, "avg_response_time_ms"), 0);
    ck_assert_double_gt(number(totals, "uptime_seconds"), 0);
    ck_assert_double_ge(number(totals, "active_api_keys"), 1);
    top = json_object_get(totals, "top_endpoints");
    ck_assert_uint_eq(json_array_size(top), 2);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(top, 0), "endpoint")),
                     "properties");
    ck_assert_double_eq(number(json_array_get(top, 0), "requests"), 11);
    json_decref(totals);
}
END_TEST

START_TEST(a_report_by_endpoint_agrees_with_the_rows)
{
    json_t *stats, *first;

    row("R-020");
    row("R-125");
    ask_around();
    stats = admin_json("/admin/stats?days=1", 200);
    first = json_array_get(json_object_get(stats, "endpoints"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(first, "endpoint")), "properties");
    ck_assert_double_eq(number(first, "requests"), 11);
    ck_assert_double_eq_tol(number(first, "hit_ratio"), 0.7, 1e-9);
    ck_assert_double_gt(number(first, "avg_response_time_ms"), 0);
    ck_assert_double_eq(number(first, "saved_micro_usd"), 7000000);
    ck_assert_double_eq(number(stats, "spent_micro_usd"), 3000000);
    json_decref(stats);
}
END_TEST

START_TEST(reports_by_hour_day_status_and_latency)
{
    json_t *found, *one;

    row("R-022");
    row("R-127");
    row("R-128");
    row("R-129");
    ask_around();
    found = admin_json("/admin/stats?by=hour", 200);
    double requests = 0;
    for (size_t i = 0; i < json_array_size(json_object_get(found, "hours")); i++)
        requests += number(json_array_get(json_object_get(found, "hours"), i), "requests");
    ck_assert_double_eq(requests, 12); /* of two hours, when one ended meanwhile */
    json_decref(found);

    found = admin_json("/admin/stats?by=day&endpoint=value_estimate", 200);
    one = json_array_get(json_object_get(found, "days"), 0);
    ck_assert_double_eq(number(one, "requests"), 1);
    ck_assert_uint_eq(strlen(json_string_value(json_object_get(one, "day"))), 10);
    json_decref(found);

    found = admin_json("/admin/stats?by=status", 200);
    one = json_array_get(json_object_get(found, "endpoints"), 0);
    ck_assert_double_eq_tol(number(one, "error_rate"), 1.0 / 11, 1e-9);
    ck_assert_double_eq(number(json_object_get(one, "statuses"), "200"), 10);
    ck_assert_double_eq(number(json_object_get(one, "statuses"), "422"), 1);
    json_decref(found);

    found = admin_json("/admin/stats?by=latency&days=1", 200);
    one = json_array_get(json_object_get(found, "endpoints"), 0);
    ck_assert_double_gt(number(one, "p50_ms"), 0);
    ck_assert_double_ge(number(one, "p95_ms"), number(one, "p50_ms"));
    ck_assert_double_ge(number(one, "p99_ms"), number(one, "p95_ms"));
    json_decref(found);
}
END_TEST

START_TEST(reports_are_bounded)
{
    static const char *const refused[] = {
        "/admin/stats?by=minute",       "/admin/stats?by=%00",
        "/admin/stats?by=hour&days=32", "/admin/stats?by=day&days=0",
        "/admin/stats?by=days",         "/admin/stats?by=hour%20",
        "/admin/stats?by=day&days=-1",  "/admin/stats?by=day&days=3661",
    };

    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        json_decref(admin_json(refused[i], 422));
    json_decref(admin_json("/admin/stats?by=hour&days=31", 200));
    json_decref(admin_json("/admin/stats?by=", 200));
}
END_TEST

static char *
metrics_text(void)
{
    struct http_response response;
    char *text;

    http_call(testbed.admin_port, "GET", "/metrics/prometheus", NULL, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 200);
    text = strdup(response.body);
    http_response_fini(&response);
    return text;
}

START_TEST(the_text_form_is_well_formed)
{
    const char *objection;
    char *text;

    row("R-133");
    row("R-134");
    ask_around();
    text = metrics_text();
    objection = exposition_objection(text);
    ck_assert_msg(objection == NULL, "%s", objection);
    ck_assert_ptr_null(strstr(text, testbed.key));
    ck_assert_ptr_null(strstr(text, "test_unlimited")); /* keys are no labels */
    ck_assert_ptr_nonnull(strstr(text, "# HELP cache_hit_ratio Cache hit ratio by endpoint\n"
                                       "# TYPE cache_hit_ratio gauge\n"));
    ck_assert_ptr_nonnull(strstr(text, "# TYPE api_request_duration_seconds histogram\n"));
    ck_assert_ptr_nonnull(strstr(text, "# TYPE upstream_api_calls_total counter\n"));
    free(text);
}
END_TEST

/* The reader that says so does object where it should. */
START_TEST(the_reader_of_the_text_form_objects)
{
    static const char *const wrong[] = {
        "a_total 1\n",
        "# HELP a_total x\n# TYPE a_total counter\na_total 1",
        "# HELP a_total x\n# TYPE a_total counter\na_total -1\n",
        "# HELP a_total x\n# TYPE a_total counter\na_total 1\na_total 1\n",
        "# HELP a x\n# TYPE a counter\na 1\n",
        "# HELP a x\n# TYPE a gauge\na{b=1} 1\n",
        "# HELP a x\n# TYPE a gauge\na{b=\"1\"} one\n",
        "# HELP a x\n# TYPE a gauge\nb 1\n",
        "# HELP a x\n# TYPE a gauge\na 1\n# HELP a x\n# TYPE a gauge\na{b=\"1\"} 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_bucket{le=\"+Inf\"} 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} 2\na_sum 1\n",
        "# HELP a x\n# TYPE a histogram\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 1\n",
    };

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        ck_assert_msg(exposition_objection(wrong[i]) != NULL, "row %zu", i);
    ck_assert_ptr_null(exposition_objection("# HELP a x\n# TYPE a histogram\na_bucket{le=\"1\"} "
                                            "2\na_bucket{le=\"+Inf\"} 2\na_sum 1\na_count 2\n"));
}
END_TEST

START_TEST(the_process_is_measured)
{
    double cpu_s, now_s = (double)time(NULL);

    row("R-131");
    cpu_s = testbed_metric(&testbed, "process_cpu_seconds_total");
    ck_assert_double_ge(cpu_s, 0);
    ck_assert_double_gt(testbed_metric(&testbed, "process_resident_memory_bytes"), 1e6);
    ck_assert_double_gt(testbed_metric(&testbed, "process_virtual_memory_bytes"),
                        testbed_metric(&testbed, "process_resident_memory_bytes"));
    ck_assert_double_gt(testbed_metric(&testbed, "process_open_fds"), 3);
    ck_assert_double_ge(testbed_metric(&testbed, "process_max_fds"),
                        testbed_metric(&testbed, "process_open_fds"));
    ck_assert_double_gt(testbed_metric(&testbed, "process_threads"), 64);
    ck_assert_double_le(testbed_metric(&testbed, "process_start_time_seconds"), now_s + 2);
    ck_assert_double_ge(testbed_metric(&testbed, "process_start_time_seconds"), now_s - 120);
    while (testbed_metric(&testbed, "process_cpu_seconds_total") <= cpu_s)
        ; /* asking costs CPU time */
}
END_TEST

START_TEST(statements_are_timed)
{
    row("R-130");
    ask_around();
    testbed_await_metric(&testbed, "rentcache_usage_rows_total", 12, LONG_MS);
    ck_assert_double_ge(
        testbed_metric(&testbed,
                       "rentcache_database_query_duration_seconds_count{database=\"accounts\"}"),
        12);
    ck_assert_double_ge(
        testbed_metric(&testbed,
                       "rentcache_database_query_duration_seconds_count{database=\"cache\"}"),
        3);
    ck_assert_double_ge(
        testbed_metric(&testbed,
                       "rentcache_database_commit_duration_seconds_count{database=\"accounts\"}"),
        1);
    ck_assert_double_gt(
        testbed_metric(&testbed,
                       "rentcache_database_commit_duration_seconds_sum{database=\"accounts\"}"),
        0);
}
END_TEST

struct caller {
    pthread_t thread;
    int number;
    int status;
};

static void *
call(void *argument)
{
    struct caller *caller = argument;
    struct http_response response;
    char target[96];

    snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=%d", 100 + caller->number);
    testbed_get(&testbed, target, &response);
    caller->status = response.status;
    http_response_fini(&response);
    return NULL;
}

START_TEST(pools_show_who_works_and_who_waits)
{
    struct caller callers[CALLERS] = {0};

    row("R-132");
    expect_metric("rentcache_workers", 64);
    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    for (int i = 0; i < CALLERS; i++) {
        callers[i].number = i;
        ck_assert_int_eq(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
    testbed_await_metric(&testbed, "rentcache_upstream_queued{upstream=\"rentcast\"}", 2, LONG_MS);
    testbed_await_metric(&testbed, "rentcache_upstream_active{upstream=\"rentcast\"}", 2, LONG_MS);
    testbed_await_metric(&testbed,
                         "rentcache_upstream_connections{upstream=\"rentcast\",state=\"in_use\"}",
                         2, LONG_MS);
    expect_metric("rentcache_workers_busy", CALLERS);
    expect_metric("rentcache_workers_waiting", CALLERS);
    testbed_fault(&testbed, "");
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        ck_assert_int_eq(callers[i].status, 200);
    }
    testbed_await_metric(&testbed, "rentcache_upstream_active{upstream=\"rentcast\"}", 0, LONG_MS);
    testbed_await_metric(&testbed,
                         "rentcache_upstream_connections{upstream=\"rentcast\",state=\"in_use\"}",
                         0, LONG_MS);
    testbed_await_metric(&testbed,
                         "rentcache_upstream_connections{upstream=\"rentcast\",state=\"idle\"}", 2,
                         LONG_MS);
    testbed_await_metric(&testbed, "rentcache_workers_busy", 0, LONG_MS);
    expect_metric("rentcache_workers_waiting", 0);
    testbed_await_metric(
        &testbed, "rentcache_database_connections{database=\"cache\",state=\"idle\"}", 3, LONG_MS);
    testbed_await_metric(&testbed,
                         "rentcache_database_connections{database=\"accounts\",state=\"idle\"}", 1,
                         LONG_MS);
    /* the actor's own jobs wait for a moment, too */
    testbed_await_metric(&testbed, "rentcache_database_waiting{database=\"cache\"}", 0, LONG_MS);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("monitoring");
    TCase *cases = tcase_create("metrics");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, metrics_agree_with_the_rows);
    tcase_add_test(cases, calls_are_those_of_the_journal);
    tcase_add_test(cases, json_totals_agree_with_the_rows);
    tcase_add_test(cases, single_requests_can_be_looked_for);
    tcase_add_test(cases, a_report_by_endpoint_agrees_with_the_rows);
    tcase_add_test(cases, reports_by_hour_day_status_and_latency);
    tcase_add_test(cases, reports_are_bounded);
    tcase_add_test(cases, the_text_form_is_well_formed);
    tcase_add_test(cases, the_reader_of_the_text_form_objects);
    tcase_add_test(cases, the_process_is_measured);
    tcase_add_test(cases, statements_are_timed);
    tcase_add_test(cases, pools_show_who_works_and_who_waits);
    suite_add_tcase(suite, cases);
    return suite;
}
