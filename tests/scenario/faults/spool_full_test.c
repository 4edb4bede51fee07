/* spool_full_test.c - nothing takes usage records and there is no place for more: hits go on, what could cost money does not. */
/* links: @support */
/* topologies: four */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "support/testbed_fixture.h"

#define RING_RECORDS 64
#define LONG_MS      60000
#define ROWS         "SELECT count(*) FROM usage_stats"
#define PROPERTIES   "/api/v1/properties?state=TX&limit=2"

/* No segment may be written, and nobody waits for a place. */
static void
setup(void)
{
    static const char *const settings[] = {"SPOOL_RING_RECORDS=64", "SPOOL_SEGMENTS_MAX_BYTES=0",
                                           "SPOOL_FULL_WAIT_MS=0", NULL};

    testbed_start(&testbed, settings);
}

/* On one connection: its thread's ring is the one that fills. */
static int
call(struct http *http, const char *target, char *body, size_t size)
{
    struct http_response response;
    int status;

    ck_assert(http_call_on(http, "GET", target, testbed.key, NULL, NULL, &response));
    status = response.status;
    snprintf(body, size, "%s", response.body);
    http_response_fini(&response);
    return status;
}

START_TEST(hits_are_answered_and_counted_and_paid_calls_are_refused)
{
    struct http http;
    char body[512];

    http_open(&http, testbed.port);
    ck_assert_int_eq(call(&http, PROPERTIES, body, sizeof body), 200);
    testbed_await_query(&testbed, "rentcache.db", ROWS, 1, LONG_MS);
    testbed_await_metric(&testbed, "rentcache_spool_stored_total", 1,
                         LONG_MS); /* its place is free */
    process_kill(testbed_process(&testbed, TESTBED_ANALYTICS));
    testbed_await_metric(&testbed, "rentcache_actor_up{actor=\"analytics\"}", 0, LONG_MS);
    for (int i = 0; i < RING_RECORDS; i++)
        ck_assert_int_eq(call(&http, PROPERTIES, body, sizeof body), 200);
    ck_assert_double_eq(testbed_metric(&testbed, "rentcache_spool_full_total"), 0);
    ck_assert_int_eq(call(&http, PROPERTIES, body, sizeof body), 200);
    ck_assert_double_eq(testbed_metric(&testbed, "rentcache_spool_full_total"), 1);
    ck_assert_int_eq(call(&http, PROPERTIES "&offset=1", body, sizeof body), 503);
    ck_assert_msg(strstr(body, "urn:rentcache:problem:spool-full") != NULL, "%s", body);
    ck_assert_int_eq(call(&http, PROPERTIES, body, sizeof body), 200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    testbed_restart_process(&testbed, TESTBED_ANALYTICS);
    testbed_await_query(&testbed, "rentcache.db", ROWS, 1 + RING_RECORDS, LONG_MS);
    testbed_await_success(&testbed, PROPERTIES "&offset=1");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    http_close(&http);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("spool_full");
    TCase *test = tcase_create("spool_full");

    tcase_set_timeout(test, 120);
    tcase_add_checked_fixture(test, setup, testbed_teardown);
    tcase_add_test(test, hits_are_answered_and_counted_and_paid_calls_are_refused);
    suite_add_tcase(suite, test);
    return suite;
}
