/* limits_test.c - rates per key and endpoint, rates per key over all. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "scenario/access/limits_common.h"
#include "support/row.h"

static void
setup_without_limiter(void)
{
    start("ENABLE_RATE_LIMITING=false");
}

static double
now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* So many are admitted, and one more for each refill_s that went by meanwhile. */
static void
expect_admitted(const char *key, const char *target, int count, double refill_s)
{
    double started_s = now_s();
    int seen = count_admitted(key, target, count * 2 + 10);
    int most = count + (int)((now_s() - started_s) / refill_s) + 1;

    ck_assert_msg(seen >= count && seen <= most, "%s: %d admitted, not %d to %d", target, seen,
                  count, most);
}

START_TEST(properties_have_sixty_a_minute)
{
    char key[80];

    testbed_make_key(&testbed, "plain", "", key);
    row("R-068");
    expect_admitted(key, PROPERTIES, 60, 1);
    row("R-027");
    expect_refusal(key, PROPERTIES, "endpoint", "60/minute", 1);
    /* routes of one endpoint share its bucket */
    expect_refusal(key, BY_ID, "endpoint", "60/minute", 1);
    row("R-067");
    row("R-069");
    expect_admitted(key, ESTIMATE, 30, 2);
    expect_refusal(key, ESTIMATE, "endpoint", "30/minute", 2);
    /* another key has its own */
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
}
END_TEST

static void
expect_pace(const char *key, const char *target, int limit, int remaining)
{
    struct http_response response;

    http_call(testbed.port, "GET", target, key, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 200);
    ck_assert_int_eq(number_field(&response, "X-RateLimit-Limit"), limit);
    ck_assert_int_eq(number_field(&response, "X-RateLimit-Remaining"), remaining);
    ck_assert_int_ge(number_field(&response, "X-RateLimit-Reset"), 1);
    http_response_fini(&response);
}

/* Of the limits that count the request the one that has the least left. */
START_TEST(every_response_says_what_is_left_of_the_limit)
{
    struct http_response response;
    char key[80];

    testbed_make_key(&testbed, "paced",
                     "\"limits\": {\"global\": \"6/hour\", \"properties\": \"4/hour\"}", key);
    expect_pace(key, PROPERTIES, 4, 3); /* a miss */
    expect_pace(key, PROPERTIES, 4, 2); /* a hit */
    expect_pace(key, ESTIMATE, 6, 3);
    expect_pace(key, ESTIMATE, 6, 2);
    testbed_get(&testbed, PROPERTIES, &response); /* by the testbed's own key, which has none */
    http_expect_no_field(&response, "X-RateLimit-Limit");
    http_response_fini(&response);
}
END_TEST

static const struct {
    const char *target, *rate;
    int count;
} limits_of_routes[] = {
    {"/api/v1/estimates/rent?latitude=30.27&longitude=-97.74", "30/minute", 30},
    {"/api/v1/markets/stats?zipCode=78701", "20/minute", 20},
    {"/api/v1/comparables?latitude=30.27&longitude=-97.74", "40/minute", 40},
    {"/api/v1/listings/sale?state=TX&limit=1", "100/minute", 100},
    {"/api/v1/listings/rental?state=TX&limit=1", "100/minute", 100},
};

START_TEST(each_route_has_the_limit_of_the_document)
{
    char key[80];

    row("R-070");
    row("R-071");
    row("R-072");
    row("R-073");
    row("R-074");
    testbed_make_key(&testbed, "plain", "", key);
    for (size_t i = 0; i < sizeof limits_of_routes / sizeof *limits_of_routes; i++) {
        const char *target = limits_of_routes[i].target;

        expect_admitted(key, target, limits_of_routes[i].count, 60.0 / limits_of_routes[i].count);
        expect_refusal(key, target, "endpoint", limits_of_routes[i].rate, 3);
    }
    /* what is used up on one leaves the others alone */
    row("R-067");
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 10), 10);
    ck_assert_int_eq(count_admitted(key, "/api/v1/listings/Nowhere-1", 10), 10);
}
END_TEST

START_TEST(an_alias_has_the_limit_of_its_route)
{
    char key[80];

    testbed_make_key(&testbed, "plain", "", key);
    ck_assert_int_ge(count_admitted(key, "/api/v1/market-stats?zipCode=78701", 100), 20);
    expect_refusal(key, "/api/v1/markets/stats?zipCode=78701", "endpoint", "20/minute", 3);
}
END_TEST

START_TEST(tokens_come_back_with_time)
{
    char key[80];

    row("R-063");
    testbed_make_key(&testbed, "plain", "", key);
    expect_admitted(key, PROPERTIES, 60, 1);
    test_clock_move_mono(10);
    expect_admitted(key, PROPERTIES, 10, 1);
    test_clock_move_mono(3600);
    expect_admitted(key, PROPERTIES, 60, 1);
}
END_TEST

START_TEST(a_key_may_have_limits_of_its_own)
{
    char key[80];

    testbed_make_key(&testbed, "five", "\"limits\": {\"properties\": \"5/hour\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
    expect_refusal(key, PROPERTIES, "endpoint", "5/hour", 720);
    expect_admitted(key, ESTIMATE, 30, 2);

    testbed_make_key(&testbed, "others",
                     "\"limits\": {\"*\": \"3/hour\", \"value_estimate\": \"4/hour\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 3);
    ck_assert_int_eq(count_admitted(key, ESTIMATE, 100), 4);

    testbed_make_key(&testbed, "free", "\"limits\": {\"properties\": \"none\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 300), 300);
}
END_TEST

START_TEST(limits_that_mean_nothing_are_refused)
{
    static const char *const limits[] = {
        "{\"nothing\": \"5/hour\"}",
        "{\"properties\": \"five\"}",
        "{\"properties\": 5}",
        "{\"properties\": \"5/fortnight\"}",
        "{\"properties\": \"-1/hour\"}",
        "[]",
        "\"none\"",
    };
    struct http_response response;
    char body[256];

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        snprintf(body, sizeof body, "{\"key_name\": \"wrong\", \"limits\": %s}", limits[i]);
        http_call(testbed.admin_port, "POST", "/admin/api-keys", testbed.admin_token, body, NULL,
                  &response);
        ck_assert_msg(response.status == 422, "%s: %d", limits[i], response.status);
        http_response_fini(&response);
    }
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM api_keys WHERE key_name = 'wrong'"),
                     0);
}
END_TEST

START_TEST(one_limit_counts_over_all_endpoints)
{
    char key[80];

    testbed_make_key(&testbed, "twenty", "\"limits\": {\"global\": \"20/hour\", \"*\": \"none\"}",
                     key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 8), 8);
    ck_assert_int_eq(count_admitted(key, ESTIMATE, 8), 8);
    ck_assert_int_eq(count_admitted(key, BY_ID, 100), 4);
    expect_refusal(key, PROPERTIES, "global", "20/hour", 3720);
    expect_refusal(key, ESTIMATE, "global", "20/hour", 3720);
}
END_TEST

START_TEST(a_thousand_an_hour_where_nothing_is_said)
{
    char key[80];

    row("R-151");
    testbed_make_key(&testbed, "usual", "\"limits\": {\"*\": \"none\"}, \"daily_limit\": \"none\"",
                     key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 2000), 1000);
    expect_refusal(key, PROPERTIES, "global", "1000/hour", 3720);
    /* Where a bucket would have given 999 of them back. */
    test_clock_move_mono(3596);
    expect_refusal(key, PROPERTIES, "global", "1000/hour", 124);
    test_clock_move_mono(124);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 2000), 1000);
}
END_TEST

START_TEST(a_wait_that_is_said_is_enough)
{
    struct http_response response;
    char key[80];

    row("R-151");
    testbed_make_key(&testbed, "seven", "\"limits\": {\"global\": \"7/hour\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 4), 4);
    test_clock_move_mono(1800);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 3);
    http_call(testbed.port, "GET", PROPERTIES, key, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 429);
    ck_assert_int_le(number_field(&response, "Retry-After"), 1920);
    test_clock_move_mono((int)number_field(&response, "Retry-After"));
    http_response_fini(&response);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 4);
}
END_TEST

START_TEST(what_one_limit_refuses_costs_the_other_nothing)
{
    char key[80];

    testbed_make_key(&testbed, "both",
                     "\"limits\": {\"global\": \"10/hour\", \"properties\": \"3/hour\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 3);
    for (int i = 0; i < 20; i++)
        expect_refusal(key, PROPERTIES, "endpoint", "3/hour", 1200);
    ck_assert_int_eq(count_admitted(key, ESTIMATE, 100), 7);
    expect_refusal(key, ESTIMATE, "global", "10/hour", 3720);
}
END_TEST

START_TEST(refusals_are_counted_and_itemised)
{
    char key[80];

    testbed_make_key(&testbed, "two", "\"limits\": {\"properties\": \"2/hour\"}", key);
    count_admitted(key, PROPERTIES, 100);
    expect_refusal(key, PROPERTIES, "endpoint", "2/hour", 1800);
    testbed_await_query(
        &testbed, "rentcache.db",
        "SELECT count(*) FROM usage_stats WHERE status_code = 429 AND decision = 'refused'", 2,
        10000);
    ck_assert_int_eq((int)testbed_metric(&testbed, "rentcache_rate_limited_total"), 2);
}
END_TEST

START_TEST(without_the_limiter_nobody_is_refused)
{
    char key[80];

    row("R-150");
    testbed_make_key(&testbed, "plain", "\"limits\": {\"global\": \"1/hour\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 200), 200);
    ck_assert_int_eq((int)testbed_metric(&testbed, "rentcache_rate_limited_total"), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("limits");
    TCase *rates = tcase_create("rates"), *off = tcase_create("off");

    tcase_add_checked_fixture(rates, setup, testbed_teardown);
    tcase_set_timeout(rates, 120);
    tcase_add_test(rates, properties_have_sixty_a_minute);
    tcase_add_test(rates, every_response_says_what_is_left_of_the_limit);
    tcase_add_test(rates, each_route_has_the_limit_of_the_document);
    tcase_add_test(rates, an_alias_has_the_limit_of_its_route);
    tcase_add_test(rates, tokens_come_back_with_time);
    tcase_add_test(rates, a_key_may_have_limits_of_its_own);
    tcase_add_test(rates, limits_that_mean_nothing_are_refused);
    tcase_add_test(rates, one_limit_counts_over_all_endpoints);
    tcase_add_test(rates, a_thousand_an_hour_where_nothing_is_said);
    tcase_add_test(rates, a_wait_that_is_said_is_enough);
    tcase_add_test(rates, what_one_limit_refuses_costs_the_other_nothing);
    tcase_add_test(rates, refusals_are_counted_and_itemised);
    suite_add_tcase(suite, rates);
    tcase_add_checked_fixture(off, setup_without_limiter, testbed_teardown);
    tcase_set_timeout(off, 120);
    tcase_add_test(off, without_the_limiter_nobody_is_refused);
    suite_add_tcase(suite, off);
    return suite;
}
