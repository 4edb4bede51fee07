/* stale_test.c - past its life an entry still helps: at once while one refresh runs, and instead of an error. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

#define TARGET "/api/v1/properties?state=TX&limit=3"
#define LIFE_S                                                                                     \
    86400 /* of properties; then 3600 s of stale-while-revalidate, 86400 s of stale-if-error */
#define CLIENTS 16

/* Without a near cache: lives are decided by the wall clock alone, which the tests move. */
static void
setup(void)
{
    const char *settings[] = {
        test_clock_setting(),         "NEAR_CACHE_BYTES=0",
        "UPSTREAM_TIMEOUT_MS=1500",   "UPSTREAM_FIRST_BYTE_TIMEOUT_MS=800",
        "REFRESH_BACKOFF_MS=3600000", NULL,
    };

    testbed_start(&testbed, settings);
}

/* A stored answer past its life, said to be so. */
static void
expect_stale(const char *detail, int64_t least_age_s)
{
    struct http_response response;
    char text[128], status[128];

    testbed_get(&testbed, TARGET, &response);
    ck_assert_msg(response.status == 200, "%d %s", response.status, response.body);
    http_expect_field(&response, "X-Cache-Hit", "true");
    snprintf(status, sizeof status,
             strcmp(detail, "stale-while-revalidate") == 0
                 ? "RentCache; hit; detail=%s"
                 : "RentCache; hit; detail=\"stale-if-error %s\"",
             detail);
    http_expect_field(&response, "Cache-Status", status);
    http_expect_field(&response, "X-Cache-Stale", "true");
    ck_assert(http_field(&response, "Age", text, sizeof text));
    ck_assert_msg(strtoll(text, NULL, 10) >= least_age_s &&
                      strtoll(text, NULL, 10) <= least_age_s + 60,
                  "Age: %s", text);
    ck_assert(!http_field(&response, "X-Estimated-Cost", text, sizeof text));
    ck_assert(!http_field(&response, "Warning", text, sizeof text));
    http_response_fini(&response);
}

START_TEST(a_fresh_entry_is_given_as_it_is)
{
    row("R-056");
    ck_assert_int_eq(testbed_expect(&testbed, TARGET, 200), 0);
    test_clock_move_wall(LIFE_S - 30);
    ck_assert_int_eq(testbed_expect(&testbed, TARGET, 200), 1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(just_expired_is_answered_at_once_and_refreshed_once_behind)
{
    struct http_response response;

    ck_assert_int_eq(testbed_expect(&testbed, TARGET, 200), 0);
    test_clock_move_wall(LIFE_S + 10);
    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    row("R-057");
    expect_stale("stale-while-revalidate", LIFE_S + 10);
    row("R-058");
    testbed_await_upstream_calls(&testbed, 2); /* the refresh is held */
    for (int i = 0; i < 10; i++)
        expect_stale("stale-while-revalidate", LIFE_S + 10);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    testbed_fault(&testbed, "");
    testbed_await_query(
        &testbed, "rentcache.db",
        "SELECT count(*) FROM ledger WHERE reason = 'refresh' AND status = 'billed'", 1, 60000);
    /* the gauge may be as old as the last heartbeat: what was stored a day ahead tells that the refresh is done */
    testbed_await_query(&testbed, "cache.db",
                        "SELECT count(*) FROM cache_entries"
                        " WHERE julianday(created_at) > julianday('now') + 0.5",
                        1, 60000);
    testbed_await_metric(&testbed, "rentcache_cache_flights", 0, 60000);
    testbed_get(&testbed, TARGET, &response);
    http_expect_field(&response, "X-Cache-Hit", "true");
    http_expect_field(&response, "Age", "0");
    http_response_fini(&response);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "1"), 2);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM usage_stats WHERE decision = 'stale' AND cache_hit",
                        11, 60000);
}
END_TEST

static void *
ask(void *argument)
{
    int *stale = argument;
    struct http_response response;
    char text[128];

    testbed_get(&testbed, TARGET, &response);
    *stale = response.status == 200 && http_field(&response, "Cache-Status", text, sizeof text) &&
             strstr(text, "stale-while-revalidate") != NULL;
    http_response_fini(&response);
    return NULL;
}

START_TEST(many_at_once_cause_one_refresh)
{
    pthread_t threads[CLIENTS];
    int stale[CLIENTS];

    row("R-060");
    testbed_expect(&testbed, TARGET, 200);
    test_clock_move_wall(LIFE_S + 10);
    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask, &stale[i]), 0);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(stale[i], 1);
    }
    testbed_await_upstream_calls(&testbed, 2);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    testbed_fault(&testbed, "");
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'billed'", 2, 60000);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "1"), 2);
}
END_TEST

START_TEST(a_failed_refresh_is_not_repeated_at_once)
{
    testbed_expect(&testbed, TARGET, 200);
    test_clock_move_wall(LIFE_S + 10);
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 404}");
    expect_stale("stale-while-revalidate", LIFE_S + 10);
    testbed_await_upstream_calls(&testbed, 2);
    testbed_await_metric(&testbed, "rentcache_cache_flights", 0, 60000);
    for (int i = 0; i < 10; i++)
        expect_stale("stale-while-revalidate", LIFE_S + 10);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

/* What the paid API does, and what Cache-Status says of it. */
static const struct {
    const char *fault;
    const char *detail;
} troubles[] = {
    {"{\"kind\": \"status\", \"status\": 500}", "upstream-refused"},
    {"{\"kind\": \"status\", \"status\": 503}", "upstream-refused"},
    {"{\"kind\": \"status\", \"status\": 429}", "upstream-limited"},
    {"{\"kind\": \"status\", \"status\": 401}", "upstream-credential"},
    {"{\"kind\": \"status\", \"status\": 403}", "upstream-credential"},
    {"{\"kind\": \"reset\"}", "upstream-failed"},
    {"{\"kind\": \"close\"}", "upstream-failed"},
    {"{\"kind\": \"truncate\"}", "upstream-failed"},
    {"{\"kind\": \"garbage\"}", "upstream-malformed"},
    {"{\"kind\": \"content_type\"}", "upstream-malformed"},
    {"{\"kind\": \"latency\", \"latency_ms\": 60000}", "upstream-timeout"},
};

START_TEST(every_trouble_of_the_upstream_gives_the_old_answer)
{
    row("R-061");
    testbed_expect(&testbed, TARGET, 200);
    test_clock_move_wall(LIFE_S + 7200); /* too old to refresh behind */
    testbed_fault(&testbed, troubles[_i].fault);
    expect_stale(troubles[_i].detail, LIFE_S + 7200);
    testbed_fault(&testbed, "");
}
END_TEST

START_TEST(an_upstream_that_is_down_gives_the_old_answer_until_it_is_back)
{
    struct http_response response;

    row("R-061");
    testbed_expect(&testbed, TARGET, 200);
    test_clock_move_wall(LIFE_S + 7200);
    process_kill(&testbed.simulator);
    for (int i = 0; i < 5; i++)
        expect_stale("upstream-failed", LIFE_S + 7200);
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=4",
                   502); /* nothing old of this one */
    /* nothing was sent to nobody; only what went into a kept connection may have arrived */
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'reserved'", 0, 60000);
    ck_assert_int_le(testbed_count_ledger(&testbed, "status = 'unknown'"), 1);
    testbed_start_simulator(&testbed);
    testbed_get(&testbed, TARGET, &response);
    ck_assert_int_eq(response.status, 200);
    http_expect_field(&response, "X-Cache-Hit", "false");
    http_response_fini(&response);
    ck_assert_int_eq(testbed_expect(&testbed, TARGET, 200), 1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1); /* of the new simulator: one per key */
}
END_TEST

START_TEST(a_verdict_on_the_request_is_no_trouble)
{
    testbed_expect(&testbed, TARGET, 200);
    test_clock_move_wall(LIFE_S + 7200);
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 404}");
    testbed_expect(&testbed, TARGET, 404);
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 400}");
    testbed_expect(&testbed, TARGET, 400);
}
END_TEST

START_TEST(too_old_is_not_given_even_then)
{
    testbed_expect(&testbed, TARGET, 200);
    test_clock_move_wall(2 * LIFE_S + 10);
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 500}");
    testbed_expect(&testbed, TARGET, 500);
    testbed_fault(&testbed, "");
    ck_assert_int_eq(testbed_expect(&testbed, TARGET, 200), 0);
}
END_TEST

START_TEST(force_refresh_that_fails_gives_an_error_not_the_old_answer_as_new)
{
    struct http_response response;

    testbed_expect(&testbed, TARGET, 200);
    testbed_fault(&testbed, "{\"kind\": \"close\"}");
    testbed_get(&testbed, TARGET "&force_refresh=true", &response);
    ck_assert_msg(response.status == 502, "%d %s", response.status, response.head);
    http_response_fini(&response);
    testbed_fault(&testbed, "");
    ck_assert_int_eq(testbed_expect(&testbed, TARGET, 200), 1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("stale");
    TCase *cases = tcase_create("old answers");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_fresh_entry_is_given_as_it_is);
    tcase_add_test(cases, just_expired_is_answered_at_once_and_refreshed_once_behind);
    tcase_add_test(cases, many_at_once_cause_one_refresh);
    tcase_add_test(cases, a_failed_refresh_is_not_repeated_at_once);
    tcase_add_loop_test(cases, every_trouble_of_the_upstream_gives_the_old_answer, 0,
                        (int)(sizeof troubles / sizeof *troubles));
    tcase_add_test(cases, an_upstream_that_is_down_gives_the_old_answer_until_it_is_back);
    tcase_add_test(cases, a_verdict_on_the_request_is_no_trouble);
    tcase_add_test(cases, too_old_is_not_given_even_then);
    tcase_add_test(cases, force_refresh_that_fails_gives_an_error_not_the_old_answer_as_new);
    suite_add_tcase(suite, cases);
    return suite;
}
