/* log_levels_test.c - what a hit does without, and that many who wait or idle do not keep others waiting. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

#define CONNECTIONS 1000
#define WAITING     200
#define HITS        200
/* The cache actor counts and cleans its rows now and then; that is no look-up. */
#define OWN_QUERIES 20

static const char hit[] = "/api/v1/properties?city=Austin&state=TX&limit=1";

static void
setup_wide(void)
{
    static const char *const settings[] = {"GATEWAY_THREADS=1300", NULL};

    testbed_start(&testbed, settings);
}

static double
cache_queries(void)
{
    return testbed_metric(&testbed,
                          "rentcache_database_query_duration_seconds_count{database=\"cache\"}");
}

START_TEST(a_hit_in_memory_asks_no_database)
{
    double before;

    row("R-013");
    ck_assert_int_eq(testbed_expect(&testbed, hit, 200), 0);
    testbed_await_metric(&testbed, "rentcache_cache_lookups_total", 1, 60000);
    before = cache_queries();
    ck_assert(before > 0);
    for (int i = 0; i < HITS; i++)
        ck_assert_int_eq(testbed_expect(&testbed, hit, 200), 1);
    ck_assert_int_eq((int)testbed_metric(&testbed, "rentcache_cache_lookups_total"), 1);
    ck_assert_msg(cache_queries() - before < OWN_QUERIES, "%.0f queries for %d hits",
                  cache_queries() - before, HITS);
}
END_TEST

struct client {
    pthread_t thread;
    struct http http;
    struct http_response response;
    char target[96];
};

static void *
ask(void *argument)
{
    struct client *client = argument;

    if (!http_call_on(&client->http, "GET", client->target, testbed.key, NULL, NULL,
                      &client->response))
        client->response.status = -1;
    return NULL;
}

/* All connections are open; the first WAITING of them ask for what the paid API holds back. */
static struct client *
open_many(void)
{
    struct client *clients = calloc(CONNECTIONS, sizeof *clients);
    pthread_attr_t small;

    ck_assert_ptr_nonnull(clients);
    for (int i = 0; i < CONNECTIONS; i++)
        http_open(&clients[i].http, testbed.port);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 131072);
    for (int i = 0; i < WAITING; i++) {
        snprintf(clients[i].target, sizeof clients[i].target,
                 "/api/v1/properties?state=TX&limit=1&offset=%d", i);
        ck_assert_int_eq(pthread_create(&clients[i].thread, &small, ask, &clients[i]), 0);
    }
    pthread_attr_destroy(&small);
    return clients;
}

START_TEST(a_hit_is_answered_while_hundreds_wait_and_a_thousand_are_connected)
{
    struct client *clients;

    row("R-006");
    ck_assert_int_eq(testbed_expect(&testbed, hit, 200), 0);
    testbed_fault(&testbed,
                  "{\"path\": \"/v1/properties\", \"probability\": 1.0, \"kind\": \"hold\"}");
    clients = open_many();
    testbed_await_metric(&testbed, "rentcache_cache_waiters", WAITING, 60000);
    for (int i = WAITING; i < CONNECTIONS; i += 100) {
        snprintf(clients[i].target, sizeof clients[i].target, "%s", hit);
        ask(&clients[i]);
        ck_assert_int_eq(clients[i].response.status, 200);
    }
    ck_assert_int_eq((int)testbed_metric(&testbed, "rentcache_cache_waiters"), WAITING);
    testbed_fault(&testbed, "");
    for (int i = 0; i < WAITING; i++) {
        pthread_join(clients[i].thread, NULL);
        ck_assert_int_eq(clients[i].response.status, 200);
    }
    for (int i = 0; i < CONNECTIONS; i++) {
        http_response_fini(&clients[i].response);
        http_close(&clients[i].http);
    }
    free(clients);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("log_levels");
    TCase *memory = tcase_create("memory");
    TCase *crowd = tcase_create("crowd");

    tcase_set_timeout(memory, 120);
    tcase_add_checked_fixture(memory, testbed_setup, testbed_teardown);
    tcase_add_test(memory, a_hit_in_memory_asks_no_database);
    suite_add_tcase(suite, memory);
    tcase_set_timeout(crowd, 120);
    tcase_add_checked_fixture(crowd, setup_wide, testbed_teardown);
    tcase_add_test(crowd, a_hit_is_answered_while_hundreds_wait_and_a_thousand_are_connected);
    suite_add_tcase(suite, crowd);
    return suite;
}
