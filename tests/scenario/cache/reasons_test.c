/* reasons_test.c - why a request was a hit or was not: Cache-Status and the access line say the same, for every level. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "support/server/admin.h"
#include "support/server/log_line.h"
#include "support/testbed_fixture.h"

#define TARGET "/api/v1/properties?state=TX&limit=3"
#define TTL_S                                                                                      \
    86400 /* of properties; then 3600 s of stale-while-revalidate, 86400 s of stale-if-error */
#define LATENCY_US 300000

static void
start(const char *first, const char *second)
{
    const char *settings[] = {test_clock_setting(), first, second, NULL};

    testbed_start(&testbed, settings);
}

static void
purge_all(void)
{
    json_decref(admin_call(&testbed, "POST", "/admin/cache/clear", "{}", 200));
}

/* Cache-Status begins so, and the line of this request has this reason. */
static void
expect(const char *target, const char *status, const char *reason)
{
    static int number;
    char request_id[32], field[160];
    struct http_response response;
    json_t *line;

    snprintf(request_id, sizeof request_id, "ask-%d", ++number);
    snprintf(field, sizeof field, "X-Request-ID: %s\r\n", request_id);
    http_call(testbed.port, "GET", target, testbed.key, NULL, field, &response);
    ck_assert_msg(response.status == 200, "%d %s", response.status, response.body);
    ck_assert(http_field(&response, "Cache-Status", field, sizeof field));
    ck_assert_msg(strncmp(field, status, strlen(status)) == 0, "%s, not %s", field, status);
    http_response_fini(&response);
    line = log_line_await(testbed.log_path, "access", "request_id", request_id);
    ck_assert_str_eq(json_string_value(json_object_get(line, "reason")), reason);
    json_decref(line);
}

#define STORED "; stored; ttl=86400; detail="

START_TEST(what_was_never_asked_for_is_absent_and_then_fresh)
{
    start(NULL, NULL);
    expect(TARGET, "RentCache; fwd=uri-miss" STORED "absent", "absent");
    expect(TARGET, "RentCache; hit; ttl=863", "fresh");
}
END_TEST

START_TEST(a_forced_refresh_says_that_it_was_asked_for)
{
    start(NULL, NULL);
    testbed_expect(&testbed, TARGET, 200);
    expect(TARGET "&force_refresh=true", "RentCache; fwd=request" STORED "refreshed", "refreshed");
}
END_TEST

START_TEST(a_route_that_keeps_nothing_is_not_cacheable)
{
    start(NULL, NULL);
    for (int i = 0; i < 2; i++)
        expect("/api/v1/properties/random?limit=1", "RentCache; fwd=bypass; detail=not-cacheable",
               "not-cacheable");
}
END_TEST

/* What levels there are, beside the one that is named. */
static const char *const levels[][2] = {
    {NULL, NULL}, {"NEAR_CACHE_BYTES=0", NULL}, {"ENABLE_DATABASE_CACHE=false", NULL}};

START_TEST(what_a_purge_took_was_purged)
{
    start(levels[_i][0], levels[_i][1]);
    testbed_expect(&testbed, TARGET, 200);
    purge_all();
    expect(TARGET, "RentCache; fwd=uri-miss" STORED "purged", "purged");
    ck_assert_int_eq(testbed_expect(&testbed, TARGET, 200), 1);
}
END_TEST

START_TEST(a_purge_is_remembered_by_the_database)
{
    start("NEAR_CACHE_BYTES=0", NULL);
    testbed_expect(&testbed, TARGET, 200);
    purge_all();
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    expect(TARGET, "RentCache; fwd=uri-miss" STORED "purged", "purged");
}
END_TEST

START_TEST(past_its_ttl_an_entry_is_stale_and_then_expired)
{
    start("NEAR_CACHE_BYTES=0", "REFRESH_BACKOFF_MS=3600000");
    testbed_expect(&testbed, TARGET, 200);
    test_clock_move_wall(TTL_S + 10);
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 500}");
    expect(TARGET, "RentCache; hit; detail=stale-while-revalidate", "stale-while-revalidate");
    test_clock_move_wall(7200);
    expect(TARGET, "RentCache; hit; detail=\"stale-if-error upstream-refused\"", "stale-if-error");
    testbed_fault(&testbed, "");
    expect(TARGET, "RentCache; fwd=stale" STORED "expired", "expired");
}
END_TEST

START_TEST(what_made_room_was_evicted)
{
    start("CACHE_MAX_L2_BYTES=1048576", "NEAR_CACHE_BYTES=0");
    testbed_expect(&testbed, TARGET, 200);
    for (int i = 0; i < 40; i++) {
        char target[96];

        snprintf(target, sizeof target, "/api/v1/properties?limit=100&offset=%d", i);
        testbed_expect(&testbed, target, 200);
    }
    testbed_await_query(&testbed, "cache.db",
                        "SELECT count(*) FROM cache_entries WHERE signature LIKE '%TX%'", 0, 10000);
    expect(TARGET, "RentCache; fwd=uri-miss" STORED "evicted", "evicted");
}
END_TEST

START_TEST(a_line_says_how_long_the_paid_api_took)
{
    struct http_response response;
    json_t *miss, *hit;

    start(NULL, NULL);
    testbed_fault(&testbed, "{\"kind\": \"latency\", \"latency_ms\": 300}");
    http_call(testbed.port, "GET", TARGET, testbed.key, NULL, "X-Request-ID: slow\r\n", &response);
    ck_assert_int_eq(response.status, 200);
    http_response_fini(&response);
    http_call(testbed.port, "GET", TARGET, testbed.key, NULL, "X-Request-ID: fast\r\n", &response);
    http_response_fini(&response);
    miss = log_line_await(testbed.log_path, "access", "request_id", "slow");
    hit = log_line_await(testbed.log_path, "access", "request_id", "fast");
    ck_assert_int_ge(json_integer_value(json_object_get(miss, "upstream_us")), LATENCY_US);
    ck_assert_int_le(json_integer_value(json_object_get(miss, "upstream_us")),
                     json_integer_value(json_object_get(miss, "duration_us")));
    ck_assert_int_eq(json_integer_value(json_object_get(miss, "ttl_s")), TTL_S);
    ck_assert_ptr_null(json_object_get(hit, "upstream_us"));
    json_decref(miss);
    json_decref(hit);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("reasons");
    TCase *cases = tcase_create("reasons");

    tcase_add_checked_fixture(cases, NULL, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, what_was_never_asked_for_is_absent_and_then_fresh);
    tcase_add_test(cases, a_forced_refresh_says_that_it_was_asked_for);
    tcase_add_test(cases, a_route_that_keeps_nothing_is_not_cacheable);
    tcase_add_loop_test(cases, what_a_purge_took_was_purged, 0, sizeof levels / sizeof *levels);
    tcase_add_test(cases, a_purge_is_remembered_by_the_database);
    tcase_add_test(cases, past_its_ttl_an_entry_is_stale_and_then_expired);
    tcase_add_test(cases, what_made_room_was_evicted);
    tcase_add_test(cases, a_line_says_how_long_the_paid_api_took);
    suite_add_tcase(suite, cases);
    return suite;
}
