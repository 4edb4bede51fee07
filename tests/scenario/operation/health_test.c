/* health_test.c - /health: healthy only if all checks pass, and each can fail alone. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "support/now.h"
#include "support/row.h"
#include "support/testbed_fixture.h"

#define LONG_MS 60000
#define SOON_MS                                                                                    \
    1000 /* an answer that waited for a busy actor would take the two seconds that it waits for a lock */

static void
setup(void)
{
    static const char *const settings[] = {"UPSTREAM_PROBE_INTERVAL_S=1",
                                           "UPSTREAM_CONNECT_TIMEOUT_MS=500", NULL};

    testbed_start(&testbed, settings);
}

/* A busy machine stands still now and then: one of some answers must come soon. */
static void
ask_until_soon(int port, struct http_response *response)
{
    for (int attempt = 1;; attempt++) {
        long asked_ms = now_ms();

        http_call(port, "GET", "/health", NULL, NULL, NULL, response);
        if (now_ms() - asked_ms < SOON_MS)
            return;
        ck_assert_int_lt(attempt, 8);
        http_response_fini(response);
    }
}

static json_t *
health(int port, int *status)
{
    struct http_response response;
    json_t *object;

    ask_until_soon(port, &response);
    *status = response.status;
    object = json_loads(response.body, 0, NULL);
    ck_assert_msg(json_is_object(object), "%s", response.body);
    http_response_fini(&response);
    return object;
}

static bool
passes(const json_t *object, const char *name)
{
    const json_t *check = json_object_get(json_object_get(object, "checks"), name);

    ck_assert_msg(json_is_boolean(check), "%s is no check", name);
    return json_is_true(check);
}

static const char *const check_names[] = {"database", "cache", "upstream", "ledger", "disk_space"};
#define CHECKS ((int)(sizeof check_names / sizeof *check_names))

/* Waits until exactly this check fails; NULL: none. The status and the words agree each time. */
static void
await_failing(const char *failing)
{
    long deadline_ms = now_ms() + LONG_MS;
    bool is_as_expected = false;

    while (!is_as_expected) {
        int status, failed = 0;
        json_t *object = health(testbed.port, &status);
        bool is_healthy;

        is_as_expected = true;
        for (int i = 0; i < CHECKS; i++) {
            bool should_pass = failing == NULL || strcmp(failing, check_names[i]) != 0;

            failed += !passes(object, check_names[i]);
            is_as_expected = is_as_expected && passes(object, check_names[i]) == should_pass;
        }
        is_healthy = strcmp(json_string_value(json_object_get(object, "status")), "healthy") == 0;
        ck_assert_int_eq(is_healthy, failed == 0);
        ck_assert_int_eq(status, failed == 0 ? 200 : 503);
        json_decref(object);
        ck_assert_msg(now_ms() < deadline_ms, "%s does not fail alone",
                      failing != NULL ? failing : "nothing");
    }
}

START_TEST(the_body_has_both_forms)
{
    static const char *const texts[] = {"status", "timestamp", "version", "database",
                                        "cache_backend"};
    int status;
    json_t *object;

    row("R-137");
    await_failing(NULL);
    object = health(testbed.admin_port, &status);
    ck_assert_int_eq(status, 200);
    ck_assert_str_eq(json_string_value(json_object_get(object, "status")), "healthy");
    ck_assert_uint_eq(json_object_size(json_object_get(object, "checks")), CHECKS);
    for (int i = 0; i < CHECKS; i++)
        ck_assert(passes(object, check_names[i]));
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(json_is_string(json_object_get(object, texts[i])), "%s", texts[i]);
    ck_assert(json_is_integer(json_object_get(object, "active_keys")));
    ck_assert(json_is_integer(json_object_get(object, "total_cache_entries")));
    ck_assert(json_is_null(json_object_get(object, "cache_hit_ratio_24h")));
    json_decref(object);
}
END_TEST

START_TEST(the_ratio_is_that_of_the_rows)
{
    double ratio = -1;
    long deadline_ms = now_ms() + LONG_MS;

    row("R-125");
    for (int i = 0; i < 4; i++)
        testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200);
    while (ratio < 0.7499 || ratio > 0.7501) {
        int status;
        json_t *object = health(testbed.port, &status);

        ratio = json_number_value(json_object_get(object, "cache_hit_ratio_24h"));
        json_decref(object);
        ck_assert_msg(now_ms() < deadline_ms, "the ratio is %f", ratio);
    }
}
END_TEST

static sqlite3 *
lock_database(const char *name)
{
    char path[200];
    sqlite3 *handle = NULL;

    snprintf(path, sizeof path, "%s/%s", testbed.data_dir, name);
    ck_assert_int_eq(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(handle, 10000);
    ck_assert_int_eq(sqlite3_exec(handle, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return handle;
}

static void
unlock_database(sqlite3 *handle)
{
    ck_assert_int_eq(sqlite3_exec(handle, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(handle);
}

/* A row that cannot be written. Nobody asks while the lock goes: it must find out by itself. */
START_TEST(the_database_fails_alone)
{
    sqlite3 *lock;

    row("R-136");
    row("R-137");
    row("R-138");
    await_failing(NULL);
    lock = lock_database("rentcache.db");
    testbed_expect(&testbed, "/api/v1/properties?limit=501", 422);
    await_failing("database");
    unlock_database(lock);
    await_failing(NULL);
}
END_TEST

START_TEST(the_cache_fails_alone)
{
    sqlite3 *lock;

    row("R-136");
    row("R-137");
    await_failing(NULL);
    lock = lock_database("cache.db");
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200);
    await_failing("cache");
    unlock_database(lock);
    await_failing(NULL);
}
END_TEST

/* Found out, and found well again, without one request that could be billed. */
START_TEST(the_upstream_fails_alone)
{
    int status;
    json_t *object;

    row("R-005");
    row("R-136");
    row("R-137");
    row("R-140");
    await_failing(NULL);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
    process_kill(&testbed.simulator);
    await_failing("upstream");
    ck_assert_double_ge(
        testbed_metric(&testbed, "rentcache_upstream_probes_total{upstream=\"rentcast\"}"), 1);
    object = health(testbed.port, &status);
    ck_assert_uint_gt(
        strlen(json_string_value(json_object_get(
            json_object_get(json_object_get(object, "details"), "upstream"), "detail"))),
        0);
    json_decref(object);
    testbed_start_simulator(&testbed);
    await_failing(NULL);
    object = health(testbed.port, &status);
    ck_assert_int_ge(
        json_integer_value(json_object_get(
            json_object_get(json_object_get(object, "details"), "upstream"), "latency_us")),
        0);
    json_decref(object);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
    testbed_await_metric(&testbed, "upstream_api_calls_total", 0, LONG_MS);
}
END_TEST

/* More free space is asked for than any disk has. */
START_TEST(the_disk_fails_alone)
{
    row("R-136");
    row("R-137");
    row("R-141");
    await_failing(NULL);
    testbed_stop_server(&testbed);
    testbed.port = testbed.admin_port = 0;
    snprintf(testbed.settings[testbed.setting_count++], 256,
             "MIN_FREE_DISK_BYTES=1125899906842624");
    testbed_start_server(&testbed);
    await_failing("disk_space");
}
END_TEST

static bool
tells_its_times(const json_t *part)
{
    const json_t *times = json_object_get(part, "response_time_ms");

    return json_integer_value(json_object_get(part, "latency_us")) >= 0 &&
           json_number_value(json_object_get(times, "p50")) > 0 &&
           json_number_value(json_object_get(times, "p99")) > 0;
}

static int64_t
detail(const json_t *details, const char *part, const char *name)
{
    return json_integer_value(json_object_get(json_object_get(details, part), name));
}

/* Times of statements and calls, and the space in use; they come with the next heartbeats. */
/* An upstream that starts while the ledger cannot be opened: both are there, and no call can be made. */
START_TEST(a_ledger_that_is_shut_is_seen)
{
    long deadline_ms = now_ms() + LONG_MS;
    bool is_open = true;
    sqlite3 *lock;

    if (!testbed.is_split) /* one process would not start */
        return;
    await_failing(NULL);
    lock = lock_database("rentcache.db");
    process_kill(testbed_process(&testbed, TESTBED_UPSTREAM));
    testbed_restart_process(&testbed, TESTBED_UPSTREAM);
    while (is_open) {
        int status;
        json_t *object = health(testbed.port, &status);

        is_open = passes(object, "ledger");
        json_decref(object);
        ck_assert_msg(now_ms() < deadline_ms, "nobody says that the ledger is shut");
    }
    unlock_database(lock);
    await_failing(NULL);
}
END_TEST

START_TEST(dependencies_report_their_times)
{
    long deadline_ms = now_ms() + LONG_MS;
    bool are_told = false;

    row("R-138");
    row("R-140");
    row("R-141");
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200);
    while (!are_told) {
        int status;
        json_t *object = health(testbed.port, &status);
        const json_t *details = json_object_get(object, "details");

        are_told = tells_its_times(json_object_get(details, "analytics")) &&
                   tells_its_times(json_object_get(details, "cache")) &&
                   tells_its_times(json_object_get(details, "upstream"));
        ck_assert_int_gt(detail(details, "disk", "free_bytes"), 0);
        ck_assert_int_eq(detail(details, "disk", "min_free_bytes"), 67108864);
        ck_assert_int_gt(detail(details, "near_cache", "bytes"), 0);
        json_decref(object);
        ck_assert_int_lt(now_ms(), deadline_ms);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("health");
    TCase *cases = tcase_create("checks");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, the_body_has_both_forms);
    tcase_add_test(cases, the_ratio_is_that_of_the_rows);
    tcase_add_test(cases, the_database_fails_alone);
    tcase_add_test(cases, the_cache_fails_alone);
    tcase_add_test(cases, the_upstream_fails_alone);
    tcase_add_test(cases, the_disk_fails_alone);
    tcase_add_test(cases, a_ledger_that_is_shut_is_seen);
    tcase_add_test(cases, dependencies_report_their_times);
    suite_add_tcase(suite, cases);
    return suite;
}
