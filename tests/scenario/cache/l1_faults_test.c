/* l1_faults_test.c - a Redis that is killed, frozen, or away from the start costs nothing but speed. */
/* links: @support */
/* topologies: one four */
#include "scenario/cache/l1_common.h"

#define RECORD "/api/v1/properties/bench-1" /* as large as the simulator is told */

static void
setup(void)
{
    start("NEAR_CACHE_BYTES=0", NULL);
}

START_TEST(a_killed_redis_is_done_without_and_used_again)
{
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, "L1");
    row("R-139");
    expect_health("healthy", "up");
    redis_kill(&redis);
    expect_level(PROPERTIES, "L2");
    await_l1(false);
    expect_health("degraded", "down");
    expect_level(LISTINGS, "");
    expect_level(LISTINGS, "L2");
    redis_restart(&redis);
    await_l1(true);
    expect_health("healthy", "up");
    expect_level(PROPERTIES, "L2");
    expect_level(PROPERTIES, "L1");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

static size_t
size_of_record(void)
{
    struct http_response response;
    size_t size;

    testbed_get(&testbed, RECORD, &response);
    ck_assert_int_eq(response.status, 200);
    size = response.body_size;
    http_response_fini(&response);
    return size;
}

/* What was stored while it said nothing is newer than what it has. */
START_TEST(a_frozen_redis_comes_back_without_what_is_old)
{
    json_decref(testbed_control(&testbed, "PUT", "/_control/settings", "{\"body_bytes\": 800}"));
    ck_assert_uint_eq(size_of_record(), 800);
    expect_level(RECORD, "L1");
    redis_signal(&redis, SIGSTOP);
    json_decref(testbed_control(&testbed, "PUT", "/_control/settings", "{\"body_bytes\": 900}"));
    ck_assert_int_eq(testbed_expect(&testbed, RECORD "?force_refresh=true", 200), 0);
    expect_level(RECORD, "L2");
    await_l1(false);
    redis_signal(&redis, SIGCONT);
    await_l1(true);
    expect_level(RECORD, "L2");
    expect_level(RECORD, "L1");
    ck_assert_uint_eq(size_of_record(), 900);
}
END_TEST

static int
log_lines(const char *text)
{
    FILE *log = fopen(testbed.log_path, "re");
    char line[2048];
    int count = 0;

    ck_assert_ptr_nonnull(log);
    while (fgets(line, sizeof line, log) != NULL)
        count += strstr(line, text) != NULL;
    fclose(log);
    return count;
}

/* It answers and takes nothing: it stays down, and says so once, until it takes something again. */
START_TEST(a_redis_that_refuses_writes_stays_down)
{
    double failures;

    await_l1(true);
    (void)redis_number(&redis, "CONFIG SET min-replicas-to-write 1");
    expect_level(PROPERTIES, "");
    await_l1(false);
    failures = testbed_metric(&testbed, "rentcache_cache_l1_failures_total");
    for (int probes = 1; probes <= 5; probes++)
        while (testbed_metric(&testbed, "rentcache_cache_l1_failures_total") < failures + probes)
            ;
    ck_assert(testbed_metric(&testbed, "rentcache_cache_l1_up") <= 0);
    ck_assert_int_eq(log_lines("L1 is in use"), 1);
    ck_assert_int_eq(log_lines("L1 is skipped"), 1);
    ck_assert_int_eq(log_lines("NOREPLICAS"), 1);
    (void)redis_number(&redis, "CONFIG SET min-replicas-to-write 0");
    await_l1(true);
    expect_level(LISTINGS, "");
    expect_level(LISTINGS, "L1");
}
END_TEST

START_TEST(a_purge_while_it_is_frozen_holds)
{
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, "L1");
    redis_signal(&redis, SIGSTOP);
    clear_all();
    redis_signal(&redis, SIGCONT);
    await_l1(true);
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, "L1");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

START_TEST(a_server_starts_without_it)
{
    testbed_stop_server(&testbed);
    redis_kill(&redis);
    testbed_start_server(&testbed);
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, "L2");
    redis_restart(&redis);
    await_l1(true);
    expect_level(PROPERTIES, "L2");
    expect_level(PROPERTIES, "L1");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("l1_faults");
    TCase *tests = tcase_create("faults");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_killed_redis_is_done_without_and_used_again);
    tcase_add_test(tests, a_frozen_redis_comes_back_without_what_is_old);
    tcase_add_test(tests, a_redis_that_refuses_writes_stays_down);
    tcase_add_test(tests, a_purge_while_it_is_frozen_holds);
    tcase_add_test(tests, a_server_starts_without_it);
    suite_add_tcase(suite, tests);
    return suite;
}
