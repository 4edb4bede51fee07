/* collapse_test.c - many first requests for one key: one paid call, everybody answered. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

#define CLIENTS    1000
#define WAITERS_MS 300000

struct client {
    pthread_t thread;
    struct http http;
    struct http_response response;
    bool is_whole;
};

static const char target[] = "/api/v1/properties?state=TX&limit=20";

static void
setup(void)
{
    /* a thousand threads, under a sanitizer and on a busy machine, are waited for, and so is their call */
    static const char *const settings[] = {"GATEWAY_THREADS=1300",
                                           "REQUEST_TIMEOUT_MS=600000",
                                           "UPSTREAM_TIMEOUT_MS=600000",
                                           "UPSTREAM_FIRST_BYTE_TIMEOUT_MS=600000",
                                           "HEAD_TIMEOUT_MS=60000",
                                           "ACTOR_HEARTBEAT_TIMEOUT_MS=60000",
                                           NULL};

    testbed_start(&testbed, settings);
}

static void *
ask(void *argument)
{
    struct client *client = argument;

    client->is_whole =
        http_call_on(&client->http, "GET", target, testbed.key, NULL, NULL, &client->response);
    return NULL;
}

static struct client *
ask_together(void)
{
    struct client *clients = calloc(CLIENTS, sizeof *clients);
    pthread_attr_t small;

    ck_assert_ptr_nonnull(clients);
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 131072);
    for (size_t i = 0; i < CLIENTS; i++)
        http_open(&clients[i].http, testbed.port);
    for (size_t i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_create(&clients[i].thread, &small, ask, &clients[i]), 0);
    pthread_attr_destroy(&small);
    return clients;
}

static void
await_all(struct client *clients)
{
    for (size_t i = 0; i < CLIENTS; i++)
        pthread_join(clients[i].thread, NULL);
}

static void
free_all(struct client *clients)
{
    for (size_t i = 0; i < CLIENTS; i++) {
        http_response_fini(&clients[i].response);
        http_close(&clients[i].http);
    }
    free(clients);
}

START_TEST(a_thousand_first_requests_cause_one_call)
{
    struct client *clients;

    row("R-060");
    /* the answer is held back until every request waits for it */
    testbed_fault(&testbed,
                  "{\"path\": \"/v1/properties\", \"probability\": 1.0, \"kind\": \"hold\"}");
    clients = ask_together();
    testbed_await_metric(&testbed, "rentcache_cache_waiters", CLIENTS, WAITERS_MS);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    testbed_fault(&testbed, "");
    await_all(clients);
    for (size_t i = 0; i < CLIENTS; i++) {
        ck_assert_msg(clients[i].is_whole && clients[i].response.status == 200,
                      "client %zu got %d: %.200s", i, clients[i].response.status,
                      clients[i].response.body);
        ck_assert_uint_eq(clients[i].response.body_size, clients[0].response.body_size);
        ck_assert_int_eq(memcmp(clients[i].response.body, clients[0].response.body,
                                clients[0].response.body_size),
                         0);
    }
    free_all(clients);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM usage_stats WHERE decision = 'miss'", 1, 60000);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM usage_stats WHERE decision = 'collapsed'",
                        CLIENTS - 1, 60000);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'billed'", 1, 60000);
}
END_TEST

START_TEST(a_fault_is_shared_and_nothing_is_kept)
{
    struct client *clients;

    testbed_fault(&testbed,
                  "{\"path\": \"/v1/properties\", \"probability\": 1.0, \"kind\": \"hold\"}");
    clients = ask_together();
    testbed_await_metric(&testbed, "rentcache_cache_waiters", CLIENTS, WAITERS_MS);
    json_decref(
        testbed_control(&testbed, "PUT", "/_control/faults",
                        "{\"faults\": [{\"path\": \"/v1/properties\", \"probability\": 1.0, "
                        "\"kind\": \"close\"}]}"));
    await_all(clients);
    for (size_t i = 0; i < CLIENTS; i++)
        ck_assert_msg(clients[i].is_whole, "client %zu got no answer", i);
    free_all(clients);
    testbed_fault(&testbed, "");
    ck_assert_int_eq(testbed_query(&testbed, "cache.db",
                                   "SELECT count(*) FROM cache_entries WHERE status_code <> 200"),
                     0);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=21", 200), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("collapse");
    TCase *cases = tcase_create("thousand");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, a_thousand_first_requests_cause_one_call);
    tcase_add_test(cases, a_fault_is_shared_and_nothing_is_kept);
    suite_add_tcase(suite, cases);
    return suite;
}
