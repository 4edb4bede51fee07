/* lifecycle_test.c - how servers begin and end: one per data folder, signals, requests under way. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/now.h"
#include "support/testbed_fixture.h"

#define PROPERTIES "/api/v1/properties?state=TX&limit=2"

/* Waits until the servers' log says so. */
static void
await_log(const char *text)
{
    static char log[1 << 20];
    long deadline_ms = now_ms() + 60000;
    size_t size = 0;

    do {
        FILE *file = fopen(testbed.log_path, "re");

        ck_assert_ptr_nonnull(file);
        size = fread(log, 1, sizeof log - 1, file);
        log[size] = '\0';
        fclose(file);
        ck_assert_msg(now_ms() < deadline_ms, "nobody says \"%s\"", text);
    } while (strstr(log, text) == NULL);
}

/* Starts another server on the same data folder; its exit status. */
static int
start_again(const char *only, long *took_ms)
{
    char data_dir[128], output[512], log_path[128];
    const char *const environment[] = {data_dir,
                                       "PORT=0",
                                       "ADMIN_PORT=0",
                                       "HOST=127.0.0.1",
                                       "ENVIRONMENT=test",
                                       "GATEWAY_THREADS=8",
                                       NULL};
    const char *const arguments[] = {"server", only != NULL ? "--only" : NULL, only, NULL};
    long started_ms = now_ms();
    int status;

    snprintf(data_dir, sizeof data_dir, "DATA_DIR=%s", testbed.data_dir);
    snprintf(log_path, sizeof log_path, "%s/second", testbed.folder);
    status = process_run("rentcache", arguments, environment, output, sizeof output, log_path);
    *took_ms = now_ms() - started_ms;
    ck_assert_str_eq(output, ""); /* it was never ready */
    return status;
}

/* R9 */
START_TEST(a_second_server_on_the_same_folder_ends_at_once)
{
    static const char *const parts[] = {NULL, "analytics", "upstream", "cache", "gateway"};
    long took_ms;

    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        ck_assert_int_ne(start_again(parts[i], &took_ms), 0);
        ck_assert_msg(took_ms < 20000, "%ld ms", took_ms); /* one second, and a slow machine */
        ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
        ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES "&force_refresh=true", 200), 0);
    }
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 11, 60000);
}
END_TEST

static void
expect_in_file(const char *path, const char *text)
{
    static char log[1 << 16];
    FILE *file = fopen(path, "re");

    ck_assert_ptr_nonnull(file);
    log[fread(log, 1, sizeof log - 1, file)] = '\0';
    fclose(file);
    ck_assert_msg(strstr(log, text) != NULL, "%s", log);
}

START_TEST(a_taken_port_is_said_and_ends_the_start)
{
    char folder[128], port[32], output[512], log_path[128];
    const char *const environment[] = {
        folder, port, "ADMIN_PORT=0", "HOST=127.0.0.1", "GATEWAY_THREADS=8", NULL};
    const char *const arguments[] = {"server", NULL};

    snprintf(folder, sizeof folder, "DATA_DIR=%s/other", testbed.folder);
    snprintf(port, sizeof port, "PORT=%d", testbed.port);
    snprintf(log_path, sizeof log_path, "%s/second", testbed.folder);
    ck_assert_int_ne(
        process_run("rentcache", arguments, environment, output, sizeof output, log_path), 0);
    ck_assert_str_eq(output, "");
    expect_in_file(log_path, "another process listens on this port");
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
}
END_TEST

START_TEST(the_test_clock_is_refused_in_production)
{
    char folder[128], output[512], log_path[128];
    const char *const environment[] = {folder,
                                       "PORT=0",
                                       "ADMIN_PORT=0",
                                       "ENVIRONMENT=production",
                                       "RENTCACHE_TEST_CLOCK=/dev/zero",
                                       NULL};
    const char *const arguments[] = {"server", NULL};

    snprintf(folder, sizeof folder, "DATA_DIR=%s/other", testbed.folder);
    snprintf(log_path, sizeof log_path, "%s/second", testbed.folder);
    ck_assert_int_ne(
        process_run("rentcache", arguments, environment, output, sizeof output, log_path), 0);
    ck_assert_str_eq(output, "");
}
END_TEST

static void *
ask(void *argument)
{
    testbed_get(&testbed, PROPERTIES, argument);
    return NULL;
}

static void
end_with_a_request_under_way(int number)
{
    struct process *gateway = testbed_process(&testbed, TESTBED_GATEWAY);
    struct http_response response;
    pthread_t client;

    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    ck_assert_int_eq(pthread_create(&client, NULL, ask, &response), 0);
    testbed_await_upstream_calls(&testbed, 1);
    process_signal(gateway, number);
    await_log("stopping on signal");
    testbed_fault(&testbed, "");
    pthread_join(client, NULL);
    ck_assert_msg(response.status == 200, "%d", response.status);
    http_response_fini(&response);
    ck_assert_int_eq(process_wait(gateway, 30000), 0);
    testbed_stop_server(&testbed);
    /* what was answered is accounted for */
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM usage_stats WHERE decision = 'miss'"),
                     1);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM ledger WHERE status = 'billed'"),
                     1);
    testbed_start_server(&testbed);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
}

START_TEST(sigterm_lets_requests_under_way_end)
{
    end_with_a_request_under_way(SIGTERM);
}
END_TEST

START_TEST(sigint_does_the_same)
{
    end_with_a_request_under_way(SIGINT);
}
END_TEST

#define UNDER_WAY 50

static void
await_all_stopping(void)
{
    static char log[1 << 20];
    long deadline_ms = now_ms() + 60000;
    int wanted = testbed.is_split ? TESTBED_PROCESSES : 1;
    int found;

    do {
        FILE *file = fopen(testbed.log_path, "re");

        ck_assert_ptr_nonnull(file);
        log[fread(log, 1, sizeof log - 1, file)] = '\0';
        fclose(file);
        found = 0;
        for (const char *at = log; (at = strstr(at, "stopping on signal")) != NULL; at++)
            found++;
        ck_assert_msg(now_ms() < deadline_ms, "%d of %d stop", found, wanted);
    } while (found < wanted);
}

struct asker {
    pthread_t thread;
    char target[96];
    struct http_response response;
};

static void *
ask_own(void *argument)
{
    struct asker *asker = argument;

    testbed_get(&testbed, asker->target, &asker->response);
    return NULL;
}

/* What compose, systemd and Ctrl-C do. */
START_TEST(processes_that_stop_together_deliver_what_is_paid)
{
    struct asker askers[UNDER_WAY] = {0};

    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    for (int i = 0; i < UNDER_WAY; i++) {
        snprintf(askers[i].target, sizeof askers[i].target, PROPERTIES "&offset=%d", i);
        ck_assert_int_eq(pthread_create(&askers[i].thread, NULL, ask_own, &askers[i]), 0);
    }
    testbed_await_upstream_calls(&testbed, UNDER_WAY);
    for (int i = 0; i < TESTBED_PROCESSES; i++)
        if (testbed.processes[i].pid != 0)
            process_signal(&testbed.processes[i], SIGTERM);
    await_all_stopping();
    testbed_fault(&testbed, "");
    for (int i = 0; i < UNDER_WAY; i++) {
        pthread_join(askers[i].thread, NULL);
        ck_assert_msg(askers[i].response.status == 200, "%d", askers[i].response.status);
        http_response_fini(&askers[i].response);
    }
    for (int i = 0; i < TESTBED_PROCESSES; i++)
        if (testbed.processes[i].pid != 0)
            ck_assert_int_eq(process_wait(&testbed.processes[i], 30000), 0);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM usage_stats WHERE decision = 'miss'"),
                     UNDER_WAY);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM ledger WHERE status = 'billed'"),
                     UNDER_WAY);
}
END_TEST

static atomic_bool is_over;

static void
setup_with_short_stops(void)
{
    static const char *const settings[] = {"STOP_TIMEOUT_MS=5000", NULL};

    testbed_start(&testbed, settings);
}

static void *
ask_for_misses(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    struct http http;

    http_open(&http, testbed.port);
    while (!atomic_load(&is_over)) {
        struct http_response response;
        char target[128];

        snprintf(target, sizeof target, PROPERTIES "&force_refresh=true&offset=%d",
                 rand_r(&seed) % 50);
        ck_assert(http_call_on(&http, "GET", target, testbed.key, NULL, NULL, &response));
        http_response_fini(&response);
    }
    http_close(&http);
    return NULL;
}

/* Others go on asking it: it takes nothing new then, ends what it has, and is not killed by its own alarm. */
START_TEST(a_part_that_stops_alone_ends_what_it_has)
{
    static const enum testbed_process parts[] = {TESTBED_CACHE, TESTBED_UPSTREAM,
                                                 TESTBED_ANALYTICS};
    pthread_t threads[4];

    if (!testbed.is_split)
        return;
    for (uintptr_t i = 0; i < 4; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_for_misses, (void *)(i + 1)), 0);
    testbed_await_upstream_calls(&testbed, 50);
    for (size_t i = 0; i < 3; i++) {
        struct process *process = testbed_process(&testbed, parts[i]);

        ck_assert_int_eq(process_stop(process), 0);
        testbed_restart_process(&testbed, parts[i]);
        testbed_await_success(&testbed, PROPERTIES);
    }
    atomic_store(&is_over, true);
    for (size_t i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status IN ('reserved', 'unknown')", 0,
                        20000);
}
END_TEST

START_TEST(sighup_changes_nothing)
{
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
    for (int i = 0; i < TESTBED_PROCESSES; i++)
        if (testbed.processes[i].pid != 0)
            process_signal(&testbed.processes[i], SIGHUP);
    await_log("SIGHUP: nothing was reloaded");
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES "&force_refresh=true", 200), 0);
}
END_TEST

START_TEST(a_stop_loses_no_row)
{
    struct http http;

    http_open(&http, testbed.port);
    for (int i = 0; i < 500; i++) {
        struct http_response response;

        ck_assert(http_call_on(&http, "GET", PROPERTIES, testbed.key, NULL, NULL, &response));
        ck_assert_int_eq(response.status, 200);
        http_response_fini(&response);
    }
    http_close(&http);
    testbed_stop_server(&testbed);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats"),
                     500);
    testbed_start_server(&testbed);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("lifecycle");
    TCase *cases = tcase_create("servers"), *alone = tcase_create("alone");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_second_server_on_the_same_folder_ends_at_once);
    tcase_add_test(cases, a_taken_port_is_said_and_ends_the_start);
    tcase_add_test(cases, the_test_clock_is_refused_in_production);
    tcase_add_test(cases, sigterm_lets_requests_under_way_end);
    tcase_add_test(cases, sigint_does_the_same);
    tcase_add_test(cases, processes_that_stop_together_deliver_what_is_paid);
    tcase_add_test(cases, sighup_changes_nothing);
    tcase_add_test(cases, a_stop_loses_no_row);
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(alone, setup_with_short_stops, testbed_teardown);
    tcase_set_timeout(alone, 120);
    tcase_add_test(alone, a_part_that_stops_alone_ends_what_it_has);
    suite_add_tcase(suite, alone);
    return suite;
}
