/* gone_clients_test.c - clients that do not wait for a slow paid API: what was not sent for them is not bought. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "support/testbed_fixture.h"

#define CLIENTS   40
#define IN_FLIGHT 2
#define AWAIT_MS  20000

static struct http clients[CLIENTS];

static void
setup(void)
{
    static const char *const settings[] = {"UPSTREAM_MAX_CONNECTIONS=2", NULL};

    testbed_start(&testbed, settings);
    testbed_fault(&testbed, "{\"path\": \"/v1/*\", \"kind\": \"latency\", \"latency_ms\": 5000}");
}

static void
ask(struct http *client, const char *method, const char *target, const char *body)
{
    char request[1024];
    int size = snprintf(request, sizeof request,
                        "%s %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n"
                        "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                        method, target, testbed.key, strlen(body), body);

    http_open(client, testbed.port);
    ck_assert(http_send(client, request, (size_t)size));
}

static void
ask_one(size_t number)
{
    char target[128];

    snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=%zu", number + 1);
    ask(&clients[number], "GET", target, "");
}

/* All that is left of the calls is over. */
static void
expect_bought(int64_t calls)
{
    testbed_await_metric(&testbed, "rentcache_cache_flights", 0, AWAIT_MS);
    testbed_await_metric(&testbed, "rentcache_workers_waiting", 0, AWAIT_MS);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), calls);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'reserved'", 0, AWAIT_MS);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "http_status IS NOT NULL"), calls);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "status = 'unknown'"), 0);
}

START_TEST(only_what_was_sent_is_bought)
{
    for (size_t i = 0; i < CLIENTS; i++)
        ask_one(i);
    testbed_await_metric(&testbed, "rentcache_upstream_queued{upstream=\"rentcast\"}",
                         CLIENTS - IN_FLIGHT, AWAIT_MS);
    testbed_await_upstream_calls(&testbed, IN_FLIGHT);
    for (size_t i = 0; i < CLIENTS; i++)
        http_close(&clients[i]);
    testbed_await_metric(&testbed, "rentcache_upstream_cancelled_total{upstream=\"rentcast\"}",
                         CLIENTS - IN_FLIGHT, AWAIT_MS);
    expect_bought(IN_FLIGHT);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM usage_stats WHERE status_code = 499",
                        CLIENTS - IN_FLIGHT, AWAIT_MS);
    testbed_fault(&testbed, "");
    for (size_t i = 0, hits = 0; i < CLIENTS; i++) {
        char target[128];

        snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=%zu", i + 1);
        hits += testbed_expect(&testbed, target, 200) == 1;
        ck_assert_uint_le(hits, IN_FLIGHT);
    }
    expect_bought(CLIENTS);
}
END_TEST

/* Those that wait on get what they wait for. */
START_TEST(others_are_served)
{
    struct http_response response;

    for (size_t i = 0; i < IN_FLIGHT; i++)
        ask_one(i);
    testbed_await_upstream_calls(&testbed, IN_FLIGHT);
    for (size_t i = IN_FLIGHT; i < 5; i++)
        ask_one(i);
    testbed_await_metric(&testbed, "rentcache_upstream_queued{upstream=\"rentcast\"}", 3, AWAIT_MS);
    for (size_t i = 0; i < 4; i++)
        http_close(&clients[i]);
    ck_assert(http_receive(&clients[4], &response, false, AWAIT_MS));
    ck_assert_int_eq(response.status, 200);
    http_response_fini(&response);
    http_close(&clients[4]);
    testbed_await_metric(&testbed, "rentcache_upstream_cancelled_total{upstream=\"rentcast\"}", 2,
                         AWAIT_MS);
    expect_bought(3);
}
END_TEST

START_TEST(items_of_a_bulk_request_are_dropped_too)
{
    ask(&clients[0], "POST", "/api/v1/estimates/value/bulk",
        "{\"requests\": [{\"address\": \"1 A St, Austin, TX 78701\"},"
        " {\"address\": \"2 A St, Austin, TX 78701\"}, {\"address\": \"3 A St, Austin, TX 78701\"},"
        " {\"address\": \"4 A St, Austin, TX 78701\"}, {\"address\": \"5 A St, Austin, TX 78701\"},"
        " {\"address\": \"6 A St, Austin, TX 78701\"}]}");
    testbed_await_upstream_calls(&testbed, IN_FLIGHT);
    http_close(&clients[0]);
    testbed_await_metric(&testbed, "rentcache_clients_gone_total", 1, AWAIT_MS);
    expect_bought(IN_FLIGHT);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("gone_clients");
    TCase *test = tcase_create("gone_clients");

    tcase_set_timeout(test, 120);
    tcase_add_checked_fixture(test, setup, testbed_teardown);
    tcase_add_test(test, only_what_was_sent_is_bought);
    tcase_add_test(test, others_are_served);
    tcase_add_test(test, items_of_a_bulk_request_are_dropped_too);
    suite_add_tcase(suite, test);
    return suite;
}
