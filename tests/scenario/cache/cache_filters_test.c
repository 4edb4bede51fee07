/* cache_filters_test.c - the cache cleared by age and by life, in memory and on disk alike; and what it says of itself. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/server/admin.h"
#include "support/testbed_fixture.h"

#define OLD_PROPERTIES "/api/v1/properties?state=TX&limit=2"
#define NEW_PROPERTIES "/api/v1/properties?state=TX&limit=3"
#define OLD_ESTIMATE   "/api/v1/estimates/value?latitude=30.27&longitude=-97.74"
#define HOUR_S         3600

/* Lives are decided by the wall clock alone, which the tests move. */
static void
setup_without_memory(void)
{
    const char *settings[] = {test_clock_setting(), "NEAR_CACHE_BYTES=0", NULL};

    testbed_start(&testbed, settings);
}

static long long
clear(const char *body, const char *pattern)
{
    json_t *answer = admin_call(&testbed, "POST", "/admin/cache/clear", body, 200);
    long long cleared = json_integer_value(json_object_get(answer, "cleared"));
    char message[64];

    snprintf(message, sizeof message, "Cleared %lld cache entries", cleared);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "message")), message);
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(answer, "pattern")), pattern));
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "unconfirmed_gateways")), 0);
    json_decref(answer);
    return cleared;
}

static void
fill_over_three_hours(void)
{
    ck_assert_int_eq(testbed_expect(&testbed, OLD_PROPERTIES, 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, OLD_ESTIMATE, 200), 0);
    test_clock_move_wall(3 * HOUR_S);
    ck_assert_int_eq(testbed_expect(&testbed, NEW_PROPERTIES, 200), 0);
}

/* The near cache holds all three: what it still gives behind the purge is what the purge left. */
START_TEST(what_is_older_goes_and_what_is_younger_stays)
{
    row("R-042");
    fill_over_three_hours();
    ck_assert_int_eq(clear("{\"older_than_hours\": 4}", "* fetched before "), 0);
    ck_assert_int_eq(testbed_expect(&testbed, OLD_PROPERTIES, 200), 1);
    ck_assert_int_eq(clear("{\"older_than_hours\": 2, \"endpoint\": \"properties\"}",
                           "properties fetched before "),
                     1);
    ck_assert_int_eq(testbed_expect(&testbed, NEW_PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, OLD_PROPERTIES, 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, OLD_PROPERTIES, 200), 1);
    ck_assert_int_eq(clear("{\"older_than_hours\": 2}", "*"), 1);
    ck_assert_int_eq(
        testbed_query(&testbed, "cache.db",
                      "SELECT count(*) FROM cache_entries WHERE endpoint ="
                      " 'value_estimate' AND NOT is_valid AND length(response_data) > 0"),
        1);
    ck_assert_int_eq(
        testbed_query(&testbed, "cache.db",
                      "SELECT count(*) FROM purge_log WHERE fetched_before IS NOT NULL"),
        3);
}
END_TEST

START_TEST(a_purge_of_age_holds_over_a_restart)
{
    fill_over_three_hours();
    ck_assert_int_eq(clear("{\"older_than_hours\": 2}", "*"), 2);
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    ck_assert_int_eq(testbed_expect(&testbed, NEW_PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, OLD_PROPERTIES, 200), 0);
}
END_TEST

/* The estimate lives an hour and might be given stale for 15 minutes more; properties live a day. */
START_TEST(what_has_expired_is_not_given_stale_any_more)
{
    ck_assert_int_eq(testbed_expect(&testbed, OLD_ESTIMATE, 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, OLD_PROPERTIES, 200), 0);
    ck_assert_int_eq(clear("{\"invalid_only\": true}", "* expired"), 0);
    test_clock_move_wall(HOUR_S + 60);
    ck_assert_int_eq(clear("{\"invalid_only\": true, \"endpoint\": \"properties\"}", "expired"), 0);
    ck_assert_int_eq(clear("{\"invalid_only\": true, \"older_than_hours\": 2}", "expired"), 0);
    ck_assert_int_eq(clear("{\"invalid_only\": true, \"older_than_hours\": 1}", "expired"), 1);
    ck_assert_int_eq(testbed_expect(&testbed, OLD_PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, OLD_ESTIMATE, 200), 0);
    ck_assert_int_eq(clear("{\"invalid_only\": false}", "*"), 2);
}
END_TEST

START_TEST(filters_that_mean_nothing_clear_nothing)
{
    static const char *const bodies[] = {
        "{\"older_than_hours\": 0}",       "{\"older_than_hours\": -1}",
        "{\"older_than_hours\": 1.5}",     "{\"older_than_hours\": \"2\"}",
        "{\"older_than_hours\": 9000000}", "{\"invalid_only\": 1}",
        "{\"invalid_only\": \"true\"}",    "{\"older_than\": 2}",
    };

    ck_assert_int_eq(testbed_expect(&testbed, OLD_PROPERTIES, 200), 0);
    for (size_t i = 0; i < sizeof bodies / sizeof *bodies; i++)
        json_decref(admin_call(&testbed, "POST", "/admin/cache/clear", bodies[i], 422));
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM purge_log"), 0);
}
END_TEST

static long long
member(const json_t *object, const char *first, const char *second)
{
    return json_integer_value(json_object_get(json_object_get(object, first), second));
}

START_TEST(the_cache_says_what_it_holds_and_what_it_saved)
{
    json_t *stats, *properties;

    row("R-046");
    fill_over_three_hours();
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(testbed_expect(&testbed, NEW_PROPERTIES, 200), 1);
    testbed_await_query(&testbed, "cache.db", "SELECT sum(hit_count) FROM cache_entries", 2, 60000);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 5, 60000);
    ck_assert_int_eq(clear("{\"endpoint\": \"value_estimate\"}", "value_estimate"), 1);
    stats = admin_call(&testbed, "GET", "/admin/cache/stats", NULL, 200);
    ck_assert_int_eq(member(stats, "entries", "total"), 3);
    ck_assert_int_eq(member(stats, "entries", "valid"), 2);
    ck_assert_int_eq(member(stats, "entries", "hits"), 2);
    ck_assert_int_eq(member(stats, "entries", "saved_micro_usd"), 2000000);
    ck_assert_int_eq(member(stats, "near", "entries"), 2);
    ck_assert_int_gt(member(stats, "near", "bytes"), 0);
    ck_assert_int_eq(member(stats, "near", "budget_bytes"), 268435456);
    ck_assert_int_eq(member(stats, "near", "evictions"), 0);
    ck_assert(json_real_value(json_object_get(stats, "hit_ratio_24h")) == 0.4);
    properties = json_array_get(json_object_get(stats, "endpoints"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(properties, "endpoint")), "properties");
    ck_assert_int_eq(json_integer_value(json_object_get(properties, "valid")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(properties, "bytes")),
                     testbed_query(&testbed, "cache.db",
                                   "SELECT sum(length(response_data)) FROM cache_entries"
                                   " WHERE endpoint = 'properties'"));
    json_decref(stats);
    stats = admin_call(&testbed, "GET", "/admin/cache/stats?endpoint=value_estimate", NULL, 200);
    ck_assert_uint_eq(json_array_size(json_object_get(stats, "endpoints")), 1);
    ck_assert_int_eq(member(stats, "entries", "valid"), 0);
    json_decref(stats);
    json_decref(admin_call(&testbed, "POST", "/admin/cache/stats", "{}", 405));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache_filters");
    TCase *cases = tcase_create("with memory");
    TCase *bare = tcase_create("without memory");

    tcase_add_checked_fixture(cases, testbed_setup_with_clock, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, what_is_older_goes_and_what_is_younger_stays);
    tcase_add_test(cases, a_purge_of_age_holds_over_a_restart);
    tcase_add_test(cases, filters_that_mean_nothing_clear_nothing);
    tcase_add_test(cases, the_cache_says_what_it_holds_and_what_it_saved);
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(bare, setup_without_memory, testbed_teardown);
    tcase_set_timeout(bare, 120);
    tcase_add_test(bare, what_has_expired_is_not_given_stale_any_more);
    suite_add_tcase(suite, bare);
    return suite;
}
