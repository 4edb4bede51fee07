/* unreserved_calls_test.c - ledger.unreachable: spend: calls go on without the ledger, and are in it when it is back. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "support/now.h"
#include "support/row.h"
#include "support/testbed_fixture.h"

#define AWAIT_MS 30000

static int next_offset;
static sqlite3 *lock;

static void
setup(void)
{
    static const char *const settings[] = {
        "LEDGER_UNREACHABLE=spend",
        "UPSTREAM_RESERVE_TIMEOUT_MS=500",
        "UPSTREAM_RATE_PER_SECOND=0",
        NULL,
    };

    next_offset = 0;
    testbed_start(&testbed, settings);
}

/* Each is another miss. */
static void
expect_misses(int count)
{
    for (int i = 0; i < count; i++) {
        char target[128];

        snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=1&offset=%d",
                 next_offset++);
        ck_assert_int_eq(testbed_expect(&testbed, target, 200), 0);
    }
}

static void
lock_database(void)
{
    char path[200];

    snprintf(path, sizeof path, "%s/rentcache.db", testbed.data_dir);
    ck_assert_int_eq(sqlite3_open_v2(path, &lock, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(lock, 10000);
    ck_assert_int_eq(sqlite3_exec(lock, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
}

static void
unlock_database(void)
{
    ck_assert_int_eq(sqlite3_exec(lock, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(lock);
}

/* Where it is a process of its own it is killed, else its database is locked. */
static void
take_ledger_away(void)
{
    if (testbed.is_split)
        process_kill(testbed_process(&testbed, TESTBED_ANALYTICS));
    else
        lock_database();
}

static void
await_health(const char *status)
{
    long deadline_ms = now_ms() + AWAIT_MS;
    bool is_so = false;

    while (!is_so) {
        struct http_response response;

        http_call(testbed.admin_port, "GET", "/health", testbed.admin_token, NULL, NULL, &response);
        is_so = strstr(response.body, status) != NULL && response.status == 200;
        ck_assert_msg(is_so || now_ms() < deadline_ms, "%d: %s", response.status, response.body);
        http_response_fini(&response);
    }
}

static void
expect_the_bill(void)
{
    int64_t billed = testbed_upstream_billed(&testbed);

    /* a call that was on its way when a part was restarted may be asked for again */
    ck_assert_int_ge(billed, next_offset);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'billed'", billed, AWAIT_MS);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "status <> 'billed'"), 0);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(cost_micro_usd) FROM ledger"),
        billed * 1000000);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(cost_micro_usd) FROM ledger_hourly"),
        billed * 1000000);
    testbed_await_metric(&testbed, "rentcache_ledger_journal_calls", 0, AWAIT_MS);
}

START_TEST(calls_go_on_and_are_in_the_ledger_when_it_is_back)
{
    row("R-175");
    expect_misses(3);
    await_health("\"status\": \"healthy\"");
    take_ledger_away();
    expect_misses(5);
    await_health("\"status\": \"degraded\"");
    await_health("\"spends_unreserved\": true");
    testbed_await_metric(&testbed, "rentcache_ledger_journal_calls", 5, AWAIT_MS);
    if (testbed.is_split)
        testbed_restart_process(&testbed, TESTBED_ANALYTICS);
    else
        unlock_database();
    expect_the_bill();
    expect_misses(2);
    expect_the_bill();
    await_health("\"status\": \"healthy\"");
}
END_TEST

/* kill -9 of everything, the ledger still away. */
START_TEST(they_are_in_it_after_a_kill_of_everything)
{
    expect_misses(2);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'billed'", 2, AWAIT_MS);
    take_ledger_away();
    expect_misses(4);
    if (testbed.is_split) {
        process_kill(testbed_process(&testbed, TESTBED_UPSTREAM));
        testbed_restart_process(&testbed, TESTBED_UPSTREAM);
        testbed_await_metric(&testbed, "rentcache_ledger_journal_calls", 4, AWAIT_MS);
        testbed_await_success(&testbed, "/api/v1/properties?state=TX&limit=1&offset=6");
        next_offset = 7;
    }
    testbed_kill_server(&testbed);
    if (!testbed.is_split)
        unlock_database();
    testbed_start_server(&testbed);
    testbed_await_ready(&testbed, AWAIT_MS);
    expect_the_bill();
    testbed_kill_server(&testbed);
    testbed_start_server(&testbed);
    testbed_await_ready(&testbed, AWAIT_MS);
    expect_the_bill();
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("unreserved_calls");
    TCase *test = tcase_create("unreserved_calls");

    tcase_set_timeout(test, 180);
    tcase_add_checked_fixture(test, setup, testbed_teardown);
    tcase_add_test(test, calls_go_on_and_are_in_the_ledger_when_it_is_back);
    tcase_add_test(test, they_are_in_it_after_a_kill_of_everything);
    suite_add_tcase(suite, test);
    return suite;
}
