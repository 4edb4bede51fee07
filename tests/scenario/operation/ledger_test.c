/* ledger_test.c - whatever freezes or locks the keeper of the ledger: its rows are the paid API's bill, and misses come back. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "support/now.h"
#include "support/testbed_fixture.h"

#define CLIENTS 24
#define LONG_MS 60000
#define LOCKS   2
#define LOCK_MS                                                                                    \
    8000 /* more than one try of the database, and silent for longer than a heartbeat may be */
#define FREEZES 3
#define FREEZE_MS                                                                                  \
    5500 /* longer than a connection lives unanswered, so that there is an old and a new one */

static void
setup(void)
{
    static const char *const settings[] = {
        "UPSTREAM_RESERVE_TIMEOUT_MS=1000",
        "UPSTREAM_RATE_PER_SECOND=0",
        "REQUEST_TIMEOUT_MS=2500",
        "UPSTREAM_TIMEOUT_MS=1500",
        NULL,
    };

    testbed_start(&testbed, settings);
}

/* Misses all the time, and how they were answered. */
static struct {
    pthread_t threads[CLIENTS];
    _Atomic bool is_over;
    _Atomic int64_t target, answered, refused;
} clients;

static void *
ask_for_misses(void *argument)
{
    struct http http;

    (void)argument;
    http_open(&http, testbed.port);
    while (!atomic_load(&clients.is_over)) {
        struct http_response response;
        char target[128];

        snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=1&offset=%lld",
                 (long long)atomic_fetch_add(&clients.target, 1));
        if (!http_call_on(&http, "GET", target, testbed.key, NULL, NULL, &response)) {
            http_close(&http);
            http_open(&http, testbed.port);
        }
        atomic_fetch_add(response.status == 200 ? &clients.answered : &clients.refused, 1);
        http_response_fini(&response);
    }
    http_close(&http);
    return NULL;
}

static void
start_clients(void)
{
    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_create(&clients.threads[i], NULL, ask_for_misses, NULL), 0);
}

static void
join_clients(void)
{
    atomic_store(&clients.is_over, true);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(clients.threads[i], NULL);
}

/* So many more of them; each that comes is another miss. */
static void
await_more(_Atomic int64_t *count, int64_t more)
{
    int64_t wanted = atomic_load(count) + more;
    long deadline_ms = now_ms() + LONG_MS;

    while (atomic_load(count) < wanted)
        ck_assert_msg(now_ms() < deadline_ms, "%lld answered, %lld refused",
                      (long long)clients.answered, (long long)clients.refused);
}

/* No call is open; the rows, their sums and the paid API's bill are the same. */
static void
expect_the_bill(void)
{
    int64_t billed;

    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'reserved'", 0, LONG_MS);
    billed = testbed_upstream_billed(&testbed);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "status = 'billed'"), billed);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "status = 'unknown'"), 0);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(cost_micro_usd) FROM ledger"),
        billed * 1000000);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(cost_micro_usd) FROM ledger_hourly"),
        billed * 1000000);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(reserved) FROM ledger_hourly"), 0);
}

/* Long enough that reservations are given up and settled: what was sent to it then comes in any order. */
START_TEST(a_freeze_leaves_the_ledger_as_the_bill)
{
    start_clients();
    for (int i = 0; i < FREEZES; i++) {
        await_more(&clients.answered, 50);
        process_signal(testbed_process(&testbed, TESTBED_ANALYTICS), SIGSTOP);
        if (testbed.is_split)
            for (long until_ms = now_ms() + FREEZE_MS; now_ms() < until_ms;)
                await_more(&clients.refused, CLIENTS);
        process_signal(testbed_process(&testbed, TESTBED_ANALYTICS), SIGCONT);
    }
    await_more(&clients.answered, 50);
    join_clients();
    expect_the_bill();
    testbed_stop_server(&testbed);
    testbed.port = testbed.admin_port = 0;
    testbed_start_server(&testbed); /* what it finds open it would charge */
    testbed_await_ready(&testbed, LONG_MS);
    expect_the_bill();
}
END_TEST

/* What /health and /readyz say of misses: whether they are answered, and the cause. */
static bool
are_misses_answered(const char *target, int *status)
{
    struct http_response response;
    json_t *object, *misses;
    bool is_answered;

    http_call(testbed.admin_port, "GET", target, NULL, NULL, NULL, &response);
    *status = response.status;
    object = json_loads(response.body, 0, NULL);
    misses = json_object_get(object, "misses");
    if (misses == NULL)
        misses = json_object_get(json_object_get(object, "details"), "misses");
    ck_assert_msg(misses != NULL, "%s", response.body);
    is_answered = json_is_true(json_object_get(misses, "answered"));
    ck_assert_int_eq(*json_string_value(json_object_get(misses, "cause")) == '\0', is_answered);
    json_decref(object);
    http_response_fini(&response);
    return is_answered;
}

static void
await_misses(bool are_answered)
{
    long deadline_ms = now_ms() + LONG_MS;
    int status;

    while (are_misses_answered("/health", &status) != are_answered ||
           status != (are_answered ? 200 : 503))
        ck_assert_msg(now_ms() < deadline_ms, "/health says %d", status);
    while (are_misses_answered("/readyz", &status) != are_answered)
        ck_assert_msg(now_ms() < deadline_ms, "/readyz says %d", status);
    ck_assert_int_eq(status, 200); /* hits are answered in any case */
}

static sqlite3 *
lock_accounts(void)
{
    char path[200];
    sqlite3 *handle = NULL;

    snprintf(path, sizeof path, "%s/rentcache.db", testbed.data_dir);
    ck_assert_int_eq(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(handle, LONG_MS);
    ck_assert_int_eq(sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return handle;
}

/* A backup, a shell, a long DELETE: for as long as it lasts there are no misses, and not a moment longer. */
START_TEST(misses_come_back_after_a_lock)
{
    start_clients();
    for (int i = 0; i < LOCKS; i++) {
        sqlite3 *lock;

        await_more(&clients.answered, 20);
        lock = lock_accounts();
        for (long until_ms = now_ms() + LOCK_MS; now_ms() < until_ms;)
            await_more(&clients.refused, CLIENTS);
        await_misses(false);
        ck_assert_int_eq(sqlite3_exec(lock, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
        sqlite3_close(lock);
        await_more(&clients.answered, 20);
        await_misses(true);
    }
    join_clients();
    expect_the_bill();
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("ledger");
    TCase *cases = tcase_create("keeper");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 180);
    tcase_add_test(cases, misses_come_back_after_a_lock);
    tcase_add_test(cases, a_freeze_leaves_the_ledger_as_the_bill);
    suite_add_tcase(suite, cases);
    return suite;
}
