/* multi_gateway_test.c - parts that are killed while requests wait for them: who waits is answered in time, who comes later is
 * served, and what needs no killed part goes on. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>

#include "support/now.h"
#include "support/testbed_fixture.h"

#define FOLLOWERS  20
#define ANSWER_MS  25000 /* from the kill; a silence is seen after 5 s, and a request lives for 35 */
#define SETTLE_MS  60000
#define PROPERTIES "/api/v1/properties?state=TX&limit=2"

/* For tests that hold a call back as long as they like: only the kill ends it. */
static void
setup(void)
{
    static const char *const settings[] = {"ACTOR_HEARTBEAT_TIMEOUT_MS=5000", NULL};

    testbed_start(&testbed, settings);
}

struct follower {
    pthread_t thread;
    int status;
    long ended_ms;
};

static void *
follow(void *argument)
{
    struct follower *follower = argument;
    struct http_response response;
    struct http http;

    http_open(&http, testbed.port);
    http_call_on(&http, "GET", PROPERTIES, testbed.key, NULL, NULL, &response);
    follower->status = response.status;
    follower->ended_ms = now_ms();
    http_response_fini(&response);
    http_close(&http);
    return NULL;
}

static void
start_followers(struct follower followers[FOLLOWERS])
{
    testbed_fault(&testbed, "{\"kind\": \"hold\", \"times\": 1}");
    for (int i = 0; i < FOLLOWERS; i++)
        ck_assert_int_eq(pthread_create(&followers[i].thread, NULL, follow, &followers[i]), 0);
    testbed_await_metric(&testbed, "rentcache_cache_waiters", FOLLOWERS, 60000);
    testbed_await_upstream_calls(&testbed, 1);
}

/* They are answered long before their deadline; in one process nobody is left to answer. */
static void
kill_under_followers(enum testbed_process which, struct follower followers[FOLLOWERS])
{
    long killed_ms = now_ms();

    process_kill(testbed_process(&testbed, which));
    for (int i = 0; i < FOLLOWERS; i++) {
        pthread_join(followers[i].thread, NULL);
        if (testbed.is_split)
            ck_assert_msg(followers[i].status == 503, "%d", followers[i].status);
        else
            ck_assert_int_eq(followers[i].status, 0);
        ck_assert_msg(followers[i].ended_ms - killed_ms < ANSWER_MS, "%ld ms",
                      followers[i].ended_ms - killed_ms);
    }
}

/* C3 */
START_TEST(a_killed_fetch_releases_its_followers_and_its_key)
{
    struct follower followers[FOLLOWERS];

    start_followers(followers);
    kill_under_followers(TESTBED_UPSTREAM, followers);
    testbed_fault(&testbed, "");
    testbed_restart_process(&testbed, TESTBED_UPSTREAM);
    testbed_await_ready(&testbed, 60000);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'unknown'", 1, 60000);
    testbed_await_success(&testbed, PROPERTIES);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    ck_assert_int_eq(
        testbed_query(
            &testbed, "rentcache.db",
            "SELECT count(*) FROM ledger WHERE status = 'unknown' AND cost_micro_usd = 1000000"),
        1);
}
END_TEST

START_TEST(a_killed_cache_actor_releases_its_waiters)
{
    struct follower followers[FOLLOWERS];

    start_followers(followers);
    kill_under_followers(TESTBED_CACHE, followers);
    testbed_fault(&testbed, "");
    testbed_restart_process(&testbed, TESTBED_CACHE);
    testbed_await_ready(&testbed, 60000);
    testbed_await_success(&testbed, PROPERTIES);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
}
END_TEST

static void
fill_near_cache(void)
{
    testbed_expect(&testbed, PROPERTIES, 200);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
}

/* R3 */
START_TEST(without_analytics_hits_go_on_and_no_row_is_lost)
{
    fill_near_cache();
    process_kill(testbed_process(&testbed, TESTBED_ANALYTICS));
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    testbed_restart_process(&testbed, TESTBED_ANALYTICS);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 203,
                        SETTLE_MS);
}
END_TEST

START_TEST(without_the_cache_actor_hits_in_memory_go_on)
{
    fill_near_cache();
    process_kill(testbed_process(&testbed, TESTBED_CACHE));
    for (int i = 0; i < 200; i++)
        ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    testbed_expect(&testbed, PROPERTIES "&offset=1", 503);
    testbed_restart_process(&testbed, TESTBED_CACHE);
    testbed_await_ready(&testbed, 60000);
    testbed_await_success(&testbed, PROPERTIES "&offset=1");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("multi_gateway");
    TCase *cases = tcase_create("parts");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_killed_fetch_releases_its_followers_and_its_key);
    tcase_add_test(cases, a_killed_cache_actor_releases_its_waiters);
    if (testbed_is_split()) { /* in one process no part can be away alone */
        tcase_add_test(cases, without_analytics_hits_go_on_and_no_row_is_lost);
        tcase_add_test(cases, without_the_cache_actor_hits_in_memory_go_on);
    }
    suite_add_tcase(suite, cases);
    return suite;
}
