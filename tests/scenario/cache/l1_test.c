/* l1_test.c - Redis before the database: what comes from where, for how long, and what a purge takes from it. */
/* links: @support */
/* topologies: one four */
#include <hiredis/hiredis.h>

#include "scenario/cache/l1_common.h"

#define HITS        100
#define OWN_QUERIES 20 /* counting and cleaning, now and then */

static void
setup(void)
{
    start("NEAR_CACHE_BYTES=0", NULL);
}

static double
cache_queries(void)
{
    return testbed_metric(&testbed,
                          "rentcache_database_query_duration_seconds_count{database=\"cache\"}");
}

START_TEST(a_hit_in_l1_leaves_l2_alone)
{
    double before;

    expect_level(PROPERTIES, "");
    row("R-024");
    before = cache_queries();
    for (int i = 0; i < HITS; i++)
        expect_level(PROPERTIES, "L1");
    ck_assert_msg(cache_queries() - before < OWN_QUERIES, "%.0f queries for %d hits",
                  cache_queries() - before, HITS);
    testbed_await_metric(&testbed, "rentcache_cache_l1_hits_total", HITS, WAIT_MS);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM usage_stats WHERE cache_hit AND level = 'L1'", HITS,
                        WAIT_MS);
}
END_TEST

START_TEST(an_answer_is_in_both_levels_before_it_is_given)
{
    char target[96];

    row("R-015");
    for (int i = 1; i <= 20; i++) {
        snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=%d", i);
        expect_level(target, "");
        ck_assert_int_eq(redis_number(&redis, "DBSIZE"), i);
        ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries"),
                         i);
    }
}
END_TEST

/* In the names and values of everything that L1 holds. */
static bool
is_in_l1(const char *text)
{
    redisReply *keys = redisCommand(redis.context, "KEYS *");
    bool is_found = false;

    ck_assert_ptr_nonnull(keys);
    for (size_t i = 0; i < keys->elements; i++) {
        redisReply *value = redisCommand(redis.context, "GET %s", keys->element[i]->str);

        ck_assert_int_eq(value->type, REDIS_REPLY_STRING);
        is_found = is_found || strstr(keys->element[i]->str, text) != NULL ||
                   memmem(value->str, value->len, text, strlen(text)) != NULL;
        freeReplyObject(value);
    }
    freeReplyObject(keys);
    return is_found;
}

START_TEST(no_secret_is_in_l1)
{
    row("R-093");
    expect_level(PROPERTIES, "");
    expect_level(LISTINGS, "");
    ck_assert_int_eq(redis_number(&redis, "DBSIZE"), 2);
    ck_assert(is_in_l1("formattedAddress"));
    ck_assert(!is_in_l1(testbed.key));
    ck_assert(!is_in_l1(strchr(testbed.key, '_') + 1));
    ck_assert(!is_in_l1("sim_key_unlimited"));
    ck_assert(!is_in_l1(testbed.admin_token));
}
END_TEST

/* The only key of L1. */
static long long
left_ms(void)
{
    char key[160];

    redis_text(&redis, key, sizeof key, "KEYS rentcache:*");
    ck_assert_ptr_null(strchr(key, ' '));
    return redis_number(&redis, "PTTL %s", key);
}

static void
empty_l1(void)
{
    char answer[32];

    redis_text(&redis, answer, sizeof answer, "FLUSHALL");
}

/* Milliseconds that the only row of L2 has left. */
static int64_t
left_in_l2_ms(void)
{
    return testbed_query(&testbed, "cache.db",
                         "SELECT CAST((julianday(expires_at) - julianday('now')) * 86400000 AS "
                         "INTEGER) FROM cache_entries");
}

START_TEST(what_only_l2_has_goes_into_l1)
{
    int64_t in_l2_ms;

    expect_level(LISTINGS, "");
    row("R-025");
    empty_l1();
    expect_level(LISTINGS, "L2");
    expect_level(LISTINGS, "L1");
    /* half an hour for listings: no longer than L2's; a second for the two clocks' reading */
    in_l2_ms = left_in_l2_ms();
    ck_assert_int_le(left_ms(), in_l2_ms + 1000);
    ck_assert_int_gt(left_ms(), 1700000);
    empty_l1();
    row("R-034");
    clear_all();
    expect_level(PROPERTIES, "");
    ck_assert_int_le(left_ms(), 7200000);
    ck_assert_int_gt(left_ms(), 7100000);
    empty_l1(); /* its two hours are over, its day is not */
    expect_level(PROPERTIES, "L2");
    ck_assert_int_le(left_ms(), 7200000);
    expect_level(PROPERTIES, "L1");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

START_TEST(a_purge_takes_it_from_l1)
{
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, "L1");
    clear_all();
    ck_assert_int_eq(redis_number(&redis, "DBSIZE"), 0);
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, "L1");
}
END_TEST

/* What is put there again behind a purge's back is not served. */
START_TEST(what_a_purge_did_not_reach_is_not_served)
{
    char key[160], answer[32];

    expect_level(PROPERTIES, "");
    redis_text(&redis, key, sizeof key, "KEYS rentcache:*");
    redis_text(&redis, answer, sizeof answer, "COPY %s kept", key);
    clear_all();
    redis_text(&redis, answer, sizeof answer, "RENAME kept %s", key);
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, "L1");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

START_TEST(a_server_that_starts_again_finds_its_entries)
{
    expect_level(PROPERTIES, "");
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    expect_level(PROPERTIES, "L1");
    /* a killed one may have stored what L1 did not get */
    testbed_kill_server(&testbed);
    testbed_start_server(&testbed);
    expect_level(PROPERTIES, "L2");
    expect_level(PROPERTIES, "L1");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

static const struct {
    const char *near, *further, *level;
} switches[] = {
    {"NEAR_CACHE_BYTES=0", NULL, "L1"},
    {"NEAR_CACHE_BYTES=0", "ENABLE_DATABASE_CACHE=false", "L1"},
    {"NEAR_CACHE_BYTES=0", "ENABLE_REDIS_CACHE=false", "L2"},
    {"NEAR_CACHE_BYTES=1048576", "ENABLE_REDIS_CACHE=false", "near"},
    {"NEAR_CACHE_BYTES=1048576", "ENABLE_DATABASE_CACHE=false", "near"},
};

START_TEST(each_level_can_be_switched_off)
{
    row("R-003");
    start(switches[_i].near, switches[_i].further);
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, switches[_i].level);
    clear_all();
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, switches[_i].level);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    if (switches[_i].further != NULL)
        expect_health("healthy", strstr(switches[_i].further, "REDIS") != NULL ? "not used" : "up");
}
END_TEST

START_TEST(with_no_level_at_all_each_request_is_a_call)
{
    start("NEAR_CACHE_BYTES=0", "ENABLE_DATABASE_CACHE=false");
    testbed_stop_server(&testbed);
    snprintf(testbed.settings[testbed.setting_count++], sizeof testbed.settings[0],
             "ENABLE_REDIS_CACHE=false");
    testbed_start_server(&testbed);
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, "");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

/* Redis is the only level: nothing that lasts knows of the entry. */
START_TEST(what_a_purge_took_from_redis_was_purged)
{
    struct http_response response;

    start("NEAR_CACHE_BYTES=0", "ENABLE_DATABASE_CACHE=false");
    await_l1(true);
    expect_level(PROPERTIES, "");
    expect_level(PROPERTIES, "L1");
    clear_all();
    testbed_get(&testbed, PROPERTIES, &response);
    http_expect_field(&response, "Cache-Status",
                      "RentCache; fwd=uri-miss; stored; ttl=86400; detail=purged");
    http_response_fini(&response);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("l1");
    TCase *tests = tcase_create("l1");
    TCase *levels = tcase_create("switches");

    tcase_set_timeout(tests, 120);
    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, a_hit_in_l1_leaves_l2_alone);
    tcase_add_test(tests, an_answer_is_in_both_levels_before_it_is_given);
    tcase_add_test(tests, no_secret_is_in_l1);
    tcase_add_test(tests, what_only_l2_has_goes_into_l1);
    tcase_add_test(tests, a_purge_takes_it_from_l1);
    tcase_add_test(tests, what_a_purge_did_not_reach_is_not_served);
    tcase_add_test(tests, a_server_that_starts_again_finds_its_entries);
    suite_add_tcase(suite, tests);
    tcase_set_timeout(levels, 120);
    tcase_add_checked_fixture(levels, NULL, teardown);
    tcase_add_loop_test(levels, each_level_can_be_switched_off, 0,
                        sizeof switches / sizeof *switches);
    tcase_add_test(levels, with_no_level_at_all_each_request_is_a_call);
    tcase_add_test(levels, what_a_purge_took_from_redis_was_purged);
    suite_add_tcase(suite, levels);
    return suite;
}
