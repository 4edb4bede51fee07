/* crowded_test.c - kept connections never take the last threads: the admin listener keeps none, the data listener none once
 * most of its threads hold one; an idle one is given up where a new one needs its thread. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "support/now.h"
#include "support/testbed_fixture.h"

#define THREADS   20
#define KEPT      14 /* 70 % */
#define LIVEZ     "/livez"
#define EXPECTED  200
#define LINE_SIZE 4096

static void
start(void)
{
    static const char *const settings[] = {"GATEWAY_THREADS=20", "HEAD_TIMEOUT_MS=60000",
                                           "KEEP_ALIVE_TIMEOUT_MS=3600000",
                                           "MAX_WAITING_PERCENT=100", NULL};

    testbed_start(&testbed, settings);
}

static void
stop(void)
{
    testbed_stop(&testbed);
}

/* Whether its connection is closed after the answer, which must be good. */
static bool
is_closed_after(struct http *http, const char *target)
{
    struct http_response response;
    char value[32];
    bool is_closed;

    ck_assert(http_call_on(http, "GET", target, NULL, NULL, NULL, &response));
    ck_assert_int_eq(response.status, EXPECTED);
    is_closed = http_field(&response, "Connection", value, sizeof value);
    http_response_fini(&response);
    return is_closed;
}

/* The log's first line that has this text; false: there is none. */
static bool
find_logged(const char *text, char line[LINE_SIZE])
{
    FILE *log = fopen(testbed.log_path, "re");
    bool is_found = false;

    ck_assert_ptr_nonnull(log);
    while (!is_found && fgets(line, LINE_SIZE, log) != NULL)
        is_found = strstr(line, text) != NULL;
    fclose(log);
    return is_found;
}

START_TEST(idle_connections_never_take_the_last_threads)
{
    struct http kept[THREADS];
    int count = 0;

    for (bool is_closed = false; !is_closed; count++) {
        ck_assert_int_lt(count, KEPT + 1);
        http_open(&kept[count], testbed.port);
        is_closed = is_closed_after(&kept[count], LIVEZ);
        ck_assert(!is_closed || count > 0);
    }
    ck_assert(http_is_closed(&kept[count - 1], 60000));
    ck_assert(testbed_metric(&testbed, "rentcache_crowded_closes_total") >= 1);
    for (int i = 0; i < 2 * THREADS; i++) { /* those who come later are served */
        struct http http;

        http_open(&http, testbed.port);
        is_closed_after(&http, LIVEZ);
        http_close(&http);
    }
    for (int i = 0; i < count; i++)
        http_close(&kept[i]);
}
END_TEST

/* As a pool of clients does that opens all it may and uses none: none of them has a key, some sent nothing at all. */
START_TEST(an_idle_connection_is_given_up_for_a_new_one)
{
    struct http kept[2 * THREADS];
    long deadline_ms = now_ms() + 60000;
    char line[LINE_SIZE];
    int count = KEPT;

    for (int i = 0; i < count; i++) {
        http_open(&kept[i], testbed.port);
        ck_assert(!is_closed_after(&kept[i], LIVEZ));
    }
    for (; count < 2 * THREADS; count++)
        http_open(&kept[count], testbed.port);
    ck_assert(http_is_closed(&kept[0], 60000)); /* the longest idle one; not after its hour */
    while (!find_logged("the longest idle one is closed", line))
        ck_assert_int_lt(now_ms(), deadline_ms);
    ck_assert_ptr_null(
        strstr(line, "request_id")); /* no request's: the thread's last one is over */
    for (int i = 0; i < THREADS; i++) {
        struct http http;

        http_open(&http, testbed.port);
        is_closed_after(&http, LIVEZ);
        http_close(&http);
    }
    ck_assert(testbed_metric(&testbed, "rentcache_idle_closes_total") >= 1);
    ck_assert(testbed_metric(&testbed, "rentcache_connections_waiting") >= 0);
    for (int i = 0; i < count; i++)
        http_close(&kept[i]);
}
END_TEST

START_TEST(connections_that_no_thread_accepts_are_counted_and_logged)
{
    struct http busy[THREADS], waiting[2 * THREADS];
    long deadline_ms = now_ms() + 60000;
    char head[256], line[LINE_SIZE];

    testbed_fault(&testbed, "{\"kind\": \"latency\", \"latency_ms\": 15000}");
    for (int i = 0; i < THREADS; i++) {
        http_open(&busy[i], testbed.port);
        snprintf(head, sizeof head,
                 "GET /api/v1/properties?state=TX&limit=%d HTTP/1.1\r\nHost: a\r\n"
                 "Authorization: Bearer %s\r\n\r\n",
                 i + 1, testbed.key);
        ck_assert(http_send(&busy[i], head, strlen(head)));
    }
    testbed_await_metric(&testbed, "rentcache_workers_waiting", THREADS, 20000);
    for (int i = 0; i < 2 * THREADS; i++)
        http_open(&waiting[i], testbed.port);
    while (testbed_metric(&testbed, "rentcache_connections_waiting") < THREADS)
        ck_assert_int_lt(now_ms(), deadline_ms);
    while (!find_logged("connections wait to be accepted", line))
        ck_assert_int_lt(now_ms(), deadline_ms);
    for (int i = 0; i < 2 * THREADS; i++)
        http_close(&waiting[i]);
    for (int i = 0; i < THREADS; i++)
        http_close(&busy[i]);
    testbed_await_metric(&testbed, "rentcache_connections_waiting", 0, 40000);
}
END_TEST

/* The same of its few threads: connections that say nothing hold none of them. */
START_TEST(silent_connections_do_not_shut_the_admin_listener)
{
    struct http silent[3 * THREADS];

    for (int i = 0; i < 3 * THREADS; i++)
        http_open(&silent[i], testbed.admin_port);
    ck_assert(testbed_metric(&testbed, "rentcache_idle_closes_total") >= 1);
    for (int i = 0; i < 3 * THREADS; i++)
        http_close(&silent[i]);
}
END_TEST

START_TEST(the_admin_listener_keeps_no_connection)
{
    struct http http;

    for (int i = 0; i < 20; i++) { /* more than it has threads */
        http_open(&http, testbed.admin_port);
        ck_assert(is_closed_after(&http, LIVEZ));
        ck_assert(http_is_closed(&http, 60000));
        http_close(&http);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("crowded");
    TCase *cases = tcase_create("connections");

    tcase_add_checked_fixture(cases, start, stop);
    tcase_set_timeout(cases, 400);
    tcase_add_test(cases, idle_connections_never_take_the_last_threads);
    tcase_add_test(cases, an_idle_connection_is_given_up_for_a_new_one);
    tcase_add_test(cases, connections_that_no_thread_accepts_are_counted_and_logged);
    tcase_add_test(cases, silent_connections_do_not_shut_the_admin_listener);
    tcase_add_test(cases, the_admin_listener_keeps_no_connection);
    suite_add_tcase(suite, cases);
    return suite;
}
