/* crowded_test.c - kept connections never take the last threads: the admin listener keeps none, the data listener none once
 * most of its threads hold one. */
/* links: @support */
/* topologies: one four */
#include <check.h>

#include "support/testbed_fixture.h"

#define THREADS  20
#define KEPT     14 /* 70 % */
#define LIVEZ    "/livez"
#define EXPECTED 200

static void
start(void)
{
    static const char *const settings[] = {"GATEWAY_THREADS=20", NULL};

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

START_TEST(the_admin_listener_keeps_no_connection)
{
    struct http http;

    for (int i = 0; i < 20; i++) { /* more than it has threads */
        http_open(&http, testbed.admin_port);
        ck_assert(is_closed_after(&http, "/health"));
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
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, idle_connections_never_take_the_last_threads);
    tcase_add_test(cases, the_admin_listener_keeps_no_connection);
    suite_add_tcase(suite, cases);
    return suite;
}
