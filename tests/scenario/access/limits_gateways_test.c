/* limits_gateways_test.c - two gateways on one set of actors: each counts by itself, and what is stored is what the one that
 * used more has used. */
/* links: @support */
/* topologies: four */
#include <check.h>
#include <sys/stat.h>

#include "scenario/access/limits_common.h"
#include "support/row.h"

static struct process second;
static int second_port;

static void
start_second(void)
{
    static const char *const arguments[] = {"server", "--only", "gateway", NULL};
    static const char *const names[] = {"CACHE", "UPSTREAM", "ANALYTICS"};
    static const char *const sockets[] = {"cache", "upstream", "analytics"};
    char texts[4][256];
    const char *environment[] = {texts[0],
                                 texts[1],
                                 texts[2],
                                 texts[3],
                                 "HOST=127.0.0.1",
                                 "PORT=0",
                                 "ADMIN_PORT=0",
                                 "ENVIRONMENT=test",
                                 "GATEWAY_THREADS=64",
                                 "SPOOL_RING_RECORDS=64",
                                 "RATE_LIMIT_SAVE_INTERVAL_MS=100",
                                 NULL};
    int admin_port;

    for (int i = 0; i < 3; i++)
        snprintf(texts[i], sizeof texts[i], "%s_ENDPOINT=ipc://%s/%s.sock", names[i],
                 testbed.data_dir, sockets[i]);
    snprintf(texts[3], sizeof texts[3], "DATA_DIR=%s/second", testbed.folder);
    process_start(&second, "rentcache", arguments, environment, testbed.log_path);
    ck_assert_int_eq(sscanf(second.ready, "ready: http://127.0.0.1:%d admin http://127.0.0.1:%d",
                            &second_port, &admin_port),
                     2);
}

static void
setup_two(void)
{
    static const char *const settings[] = {"RATE_LIMIT_SAVE_INTERVAL_MS=100", NULL};

    testbed_start(&testbed, settings);
    start_second();
}

static void
teardown_two(void)
{
    if (second.pid != 0)
        ck_assert_int_eq(process_stop(&second), 0);
    testbed_teardown();
}

/* Of at most `most` requests to the second gateway, once it knows the key. */
static int
count_admitted_by_second(const char *key, const char *target, int most)
{
    struct http http;
    int count = 0, status;

    http_open(&http, second_port);
    while (count < most && (status = status_of(&http, key, target)) != 429)
        count += status != 503;
    http_close(&http);
    return count;
}

static void
await_row(const char *endpoint, int tokens)
{
    char query[160];

    snprintf(query, sizeof query,
             "SELECT count(*) FROM rate_limits WHERE endpoint = '%s' AND current_tokens = %d",
             endpoint, tokens);
    testbed_await_query(&testbed, "rentcache.db", query, 1, 60000);
}

START_TEST(what_two_gateways_used_is_not_overwritten_by_the_one_that_used_less)
{
    char key[80];

    row("R-083");
    testbed_make_key(
        &testbed, "few",
        "\"limits\": {\"global\": \"6/hour\", \"properties\": \"3/hour\", \"*\": \"10/hour\"}",
        key);
    ck_assert_int_eq(count_admitted_by_second(key, PROPERTIES, 100), 3);
    await_row("properties", 0);
    await_row("global", 3);
    /* The first one counts by itself, and saves that it has more. */
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 1), 1);
    ck_assert_int_eq(count_admitted(key, ESTIMATE, 1), 1);
    await_row("value_estimate", 9);
    await_row("properties", 0);
    process_kill(&second);
    start_second();
    ck_assert_int_eq(count_admitted_by_second(key, PROPERTIES, 100), 0);
    process_kill(testbed_process(&testbed, TESTBED_GATEWAY));
    testbed_restart_process(&testbed, TESTBED_GATEWAY);
    testbed_await_ready(&testbed, 60000);
    expect_refusal(key, PROPERTIES, "endpoint", "3/hour", 1200);
    /* Of the six three are left, or fewer where the two counted in different parts of the window. */
    ck_assert_int_le(count_admitted(key, ESTIMATE, 100), 3);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("limits_gateways");
    TCase *tcase = tcase_create("two");

    tcase_add_checked_fixture(tcase, setup_two, teardown_two);
    tcase_set_timeout(tcase, 180);
    tcase_add_test(tcase, what_two_gateways_used_is_not_overwritten_by_the_one_that_used_less);
    suite_add_tcase(suite, tcase);
    return suite;
}
