/* readiness_test.c - ready means that a miss can be answered, in whatever order the processes came up. */
/* links: @support */
/* topologies: four */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/now.h"
#include "support/process/port_hold.h"
#include "support/testbed_fixture.h"

#define ROUNDS   12
#define LONG_MS  60000
#define BEATS_MS 700 /* more than two heartbeats of every actor */

static int targets;

static bool
somebody_listens(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((unsigned short)port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool is_there;

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    is_there = connect(fd, (struct sockaddr *)&address, sizeof address) == 0;
    close(fd);
    return is_there;
}

static int
readyz(void)
{
    struct http_response response;
    int status;

    http_call(testbed.admin_port, "GET", "/readyz", NULL, NULL, NULL, &response);
    status = response.status;
    http_response_fini(&response);
    return status;
}

/* Something that is in no cache. */
static void
expect_a_miss_to_be_answered(void)
{
    char target[96];

    snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=%d", 1 + targets++);
    ck_assert_int_eq(testbed_expect(&testbed, target, 200), 0);
}

/* A port that was free once may be somebody's own end of a connection by now. */
static void
stop_and_leave_ports(void)
{
    testbed_stop_server(&testbed);
    testbed.port = 0;
    testbed.admin_port = 0;
}

START_TEST(the_first_miss_after_ready_is_answered)
{
    static const enum testbed_process orders[][TESTBED_PROCESSES] = {
        {TESTBED_GATEWAY, TESTBED_CACHE, TESTBED_UPSTREAM, TESTBED_ANALYTICS},
        {TESTBED_ANALYTICS, TESTBED_UPSTREAM, TESTBED_CACHE, TESTBED_GATEWAY},
        {TESTBED_CACHE, TESTBED_GATEWAY, TESTBED_ANALYTICS, TESTBED_UPSTREAM},
        {TESTBED_UPSTREAM, TESTBED_GATEWAY, TESTBED_ANALYTICS, TESTBED_CACHE},
    };

    for (int round = 0; round < ROUNDS; round++) {
        const enum testbed_process *order = orders[round % 4];

        stop_and_leave_ports();
        for (int i = 0; i < TESTBED_PROCESSES; i++)
            testbed_launch_process(&testbed, order[i]);
        testbed_await_process(&testbed, TESTBED_GATEWAY);
        ck_assert_int_eq(readyz(), 200);
        expect_a_miss_to_be_answered();
        for (int i = 0; i < TESTBED_GATEWAY; i++)
            testbed_await_process(&testbed, (enum testbed_process)i);
    }
}
END_TEST

/* Everything is there but one: not ready, also after more than the time of some heartbeats. */
static void
expect_not_ready_without(enum testbed_process last)
{
    long until_ms;
    int held;

    stop_and_leave_ports();
    held = port_hold_free(&testbed.admin_port); /* it is asked before it can say which */
    ck_assert_int_ge(held, 0);
    for (int i = 0; i < TESTBED_PROCESSES; i++)
        if ((enum testbed_process)i != last)
            testbed_launch_process(&testbed, (enum testbed_process)i);
    for (int i = 0; i < TESTBED_GATEWAY; i++)
        if ((enum testbed_process)i != last)
            testbed_await_process(&testbed, (enum testbed_process)i);
    for (until_ms = now_ms() + LONG_MS; !somebody_listens(testbed.admin_port);)
        ck_assert_int_lt(now_ms(), until_ms);
    for (until_ms = now_ms() + BEATS_MS; now_ms() < until_ms;)
        ck_assert_int_eq(readyz(), 503);
    testbed_launch_process(&testbed, last);
    testbed_await_process(&testbed, TESTBED_GATEWAY);
    expect_a_miss_to_be_answered();
    testbed_await_process(&testbed, last);
    close(held);
}

START_TEST(nothing_is_ready_while_one_is_missing)
{
    expect_not_ready_without((enum testbed_process)_i);
}
END_TEST

/* Nobody can say yet whose request it is: it is answered, and has no usage row. */
START_TEST(without_keys_there_is_no_answer_and_no_row)
{
    struct http_response response;
    long until_ms;
    int held[2];

    stop_and_leave_ports();
    held[0] = port_hold_free(&testbed.port);
    held[1] = port_hold_free(&testbed.admin_port);
    for (int i = 0; i < TESTBED_PROCESSES; i++)
        if (i != TESTBED_ANALYTICS)
            testbed_launch_process(&testbed, (enum testbed_process)i);
    for (until_ms = now_ms() + LONG_MS; !somebody_listens(testbed.port);)
        ck_assert_int_lt(now_ms(), until_ms);
    testbed_get(&testbed, "/api/v1/properties?state=TX&limit=1", &response);
    ck_assert_msg(response.status == 503 && strstr(response.body, "problem:not-ready") != NULL,
                  "%d %s", response.status, response.body);
    http_response_fini(&response);
    testbed_launch_process(&testbed, TESTBED_ANALYTICS);
    for (int i = 0; i < TESTBED_PROCESSES; i++)
        testbed_await_process(&testbed, (enum testbed_process)i);
    expect_a_miss_to_be_answered();
    testbed_stop_server(&testbed); /* all rows are stored */
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats"),
                     1);
    close(held[0]);
    close(held[1]);
}
END_TEST

/* Later an actor that is away costs misses, not hits: traffic may still come. */
START_TEST(a_gateway_stays_ready_for_hits)
{
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=400", 200);
    process_kill(testbed_process(&testbed, TESTBED_UPSTREAM));
    testbed_await_metric(&testbed, "rentcache_actor_up{actor=\"upstream\"}", 0, LONG_MS);
    ck_assert_int_eq(readyz(), 200);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=400", 200), 1);
    process_kill(testbed_process(&testbed, TESTBED_CACHE));
    testbed_await_metric(&testbed, "rentcache_actor_up{actor=\"cache\"}", 0, LONG_MS);
    ck_assert_int_eq(readyz(), 503);
    testbed_restart_process(&testbed, TESTBED_CACHE);
    testbed_restart_process(&testbed, TESTBED_UPSTREAM);
    testbed_await_ready(&testbed, LONG_MS);
    expect_a_miss_to_be_answered();
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("readiness");
    TCase *cases = tcase_create("start");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 180);
    tcase_add_test(cases, the_first_miss_after_ready_is_answered);
    tcase_add_test(cases, without_keys_there_is_no_answer_and_no_row);
    tcase_add_loop_test(cases, nothing_is_ready_while_one_is_missing, 0, TESTBED_GATEWAY);
    tcase_add_test(cases, a_gateway_stays_ready_for_hits);
    suite_add_tcase(suite, cases);
    return suite;
}
