/* limits_restart_test.c - what is used of a limit stays used over a restart and over a kill. */
/* links: @support */
/* topologies: one four */
#include <check.h>

#include "scenario/access/limits_common.h"
#include "support/row.h"

#define LIMITS                                                                                     \
    "\"limits\": {\"global\": \"5/hour\", \"properties\": \"3/hour\"}, \"daily_limit\": \"none\""

/* Saved seldom: what a restart finds was written at the stop. */
static void
setup_seldom(void)
{
    static const char *const settings[] = {"RATE_LIMIT_SAVE_INTERVAL_MS=3600000", NULL};

    testbed_start(&testbed, settings);
}

static void
setup_often(void)
{
    static const char *const settings[] = {"RATE_LIMIT_SAVE_INTERVAL_MS=100", NULL};

    testbed_start(&testbed, settings);
}

static void
restart(void)
{
    testbed_start_server(&testbed);
    testbed_await_ready(&testbed, 60000);
}

/* Three of an endpoint's three are used, and of the five over all. */
static void
expect_used_up(const char *key)
{
    expect_refusal(key, PROPERTIES, "endpoint", "3/hour", 1200);
    expect_refusal(key, BY_ID, "endpoint", "3/hour", 1200);
}

START_TEST(a_used_up_limit_stays_so_over_a_restart)
{
    char key[80], other[80];

    row("R-082");
    testbed_make_key(&testbed, "few", LIMITS, key);
    testbed_make_key(&testbed, "other", LIMITS, other);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 3);
    ck_assert_int_eq(count_admitted(other, ESTIMATE, 1), 1);
    testbed_stop_server(&testbed);
    restart();
    expect_used_up(key);
    testbed_stop_server(&testbed);
    restart();
    expect_used_up(key);
    /* Of the window, two are left; who used one has four. */
    ck_assert_int_eq(count_admitted(key, ESTIMATE, 100), 2);
    expect_refusal(key, ESTIMATE, "global", "5/hour", 3720);
    ck_assert_int_eq(count_admitted(other, PROPERTIES, 3), 3);
    ck_assert_int_eq(count_admitted(other, ESTIMATE, 100), 1);
}
END_TEST

/* The row of an endpoint says that so many are left, sooner or later. */
static void
await_tokens(const char *endpoint, int tokens)
{
    char query[160];

    snprintf(query, sizeof query,
             "SELECT count(*) FROM rate_limits WHERE endpoint = '%s' AND current_tokens = %d",
             endpoint, tokens);
    testbed_await_query(&testbed, "rentcache.db", query, 1, 60000);
}

START_TEST(there_is_one_row_for_each_key_and_endpoint)
{
    char key[80];

    row("R-083");
    testbed_make_key(&testbed, "few", LIMITS, key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 2), 2);
    await_tokens("properties", 1);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 1);
    await_tokens("properties", 0);
    await_tokens("global", 2);
    /* What nobody uses has none. */
    ck_assert_int_eq(
        (int)testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM rate_limits"), 2);
}
END_TEST

START_TEST(a_used_up_limit_stays_so_over_a_kill)
{
    char key[80];

    row("R-082");
    testbed_make_key(&testbed, "few", LIMITS, key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 3);
    await_tokens("properties", 0);
    await_tokens("global", 2);
    testbed_kill_server(&testbed);
    restart();
    expect_used_up(key);
    ck_assert_int_eq(count_admitted(key, ESTIMATE, 100), 2);
}
END_TEST

/* Its limits are in its memory: while analytics is away they count on, and are stored when it is back. */
START_TEST(what_is_used_while_analytics_is_away_is_stored_later)
{
    char key[80];

    testbed_make_key(&testbed, "few", LIMITS, key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 1), 1);
    if (testbed.is_split)
        process_kill(testbed_process(&testbed, TESTBED_ANALYTICS));
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 2);
    if (testbed.is_split)
        testbed_restart_process(&testbed, TESTBED_ANALYTICS);
    await_tokens("properties", 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("limits_restart");
    TCase *seldom = tcase_create("at the stop"), *often = tcase_create("now and then");

    tcase_add_checked_fixture(seldom, setup_seldom, testbed_teardown);
    tcase_set_timeout(seldom, 180);
    tcase_add_test(seldom, a_used_up_limit_stays_so_over_a_restart);
    suite_add_tcase(suite, seldom);
    tcase_add_checked_fixture(often, setup_often, testbed_teardown);
    tcase_set_timeout(often, 180);
    tcase_add_test(often, there_is_one_row_for_each_key_and_endpoint);
    tcase_add_test(often, a_used_up_limit_stays_so_over_a_kill);
    tcase_add_test(often, what_is_used_while_analytics_is_away_is_stored_later);
    suite_add_tcase(suite, often);
    return suite;
}
