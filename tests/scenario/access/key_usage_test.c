/* key_usage_test.c - keys made once, counted each for itself, and the rates of the admin listener. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/server/admin.h"
#include "support/testbed_fixture.h"

#define TARGET "/api/v1/properties?state=TX&limit=2"

static void
create_again(const char *body, int status, bool has_secret, char id[32])
{
    struct http_response response;
    json_t *answer;

    http_call(testbed.admin_port, "POST", "/admin/api-keys", testbed.admin_token, body,
              "Idempotency-Key: 4711\r\n", &response);
    ck_assert_msg(response.status == status, "%d: %s", response.status, response.body);
    answer = json_loads(response.body, 0, NULL);
    ck_assert_int_eq(json_object_get(answer, "api_key") != NULL, has_secret);
    snprintf(id, 32, "%lld", admin_integer(answer, "id"));
    json_decref(answer);
    http_response_fini(&response);
}

/* A client that did not see the answer asks again: one key, and its secret is not told twice. */
START_TEST(a_creation_asked_again_is_done_once)
{
    static const char body[] = "{\"key_name\": \"once\", \"daily_limit\": 7}";
    char id[32], again[32], none[32];

    create_again(body, 201, true, id);
    create_again(body, 201, false, again);
    ck_assert_str_eq(again, id);
    create_again("{ \"daily_limit\": 7, \"key_name\": \"once\" }", 201, false, again);
    ck_assert_str_eq(again, id);
    create_again("{\"key_name\": \"other\"}", 422, false, none);
    json_decref(admin_call(&testbed, "POST", "/admin/api-keys", body, 400));
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    create_again(body, 201, false, again);
    ck_assert_str_eq(again, id);
    test_clock_move_wall(86400 + 60);
    create_again(body, 400, false, none); /* forgotten: the name is taken */
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM api_keys WHERE key_name = 'once'"),
                     1);
}
END_TEST

/* Per key and in all: what each one did is what it alone has used. */
START_TEST(keys_have_budgets_and_usage_of_their_own)
{
    char one[80], other[80];
    json_t *answer;

    row("R-012");
    testbed_make_key(&testbed, "one", "\"limits\": {\"properties\": \"2/hour\"}", one);
    testbed_make_key(&testbed, "other", "\"limits\": {\"properties\": \"2/hour\"}", other);
    ck_assert_int_eq(testbed_status(&testbed, one, TARGET), 200);
    ck_assert_int_eq(testbed_status(&testbed, one, TARGET), 200);
    ck_assert_int_eq(testbed_status(&testbed, one, TARGET), 429);
    ck_assert_int_eq(testbed_status(&testbed, other, TARGET), 200);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 4, 60000);
    answer = admin_call(&testbed, "GET", "/admin/api-keys?name=one", NULL, 200);
    ck_assert_int_eq(
        admin_integer(json_array_get(json_object_get(answer, "keys"), 0), "daily_usage"), 2);
    json_decref(answer);
    answer = admin_call(&testbed, "GET", "/admin/api-keys?name=other", NULL, 200);
    ck_assert_int_eq(
        admin_integer(json_array_get(json_object_get(answer, "keys"), 0), "daily_usage"), 1);
    json_decref(answer);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(requests) FROM usage_daily"),
        testbed_query(&testbed, "rentcache.db",
                      "SELECT count(*) FROM usage_stats WHERE decision <> 'refused'"));
}
END_TEST

START_TEST(usage_starts_anew_at_midnight_and_last_used_moves)
{
    char key[80];
    json_t *answer, *shown;

    row("R-079");
    row("R-080");
    testbed_make_key(&testbed, "days", "\"daily_limit\": 1", key);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 429);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM api_keys WHERE key_name = 'days' AND last_used > "
                        "created_at AND daily_usage = 1",
                        1, 60000);
    test_clock_move_wall(86400);
    answer = admin_call(&testbed, "GET", "/admin/api-keys?name=days", NULL, 200);
    shown = json_array_get(json_object_get(answer, "keys"), 0);
    ck_assert_int_eq(admin_integer(shown, "daily_usage"), 0);
    json_decref(answer);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM api_keys WHERE key_name = 'days' AND daily_usage = 1"
                        " AND last_daily_reset > created_at",
                        1, 60000);
}
END_TEST

/* Off by default: a scrape or a script with the token is no flood. Switched on they are the original's. */
static void
setup_limited(void)
{
    const char *settings[] = {test_clock_setting(), "METRICS_RATE_LIMIT=10/minute",
                              "ADMIN_RATE_LIMIT=5/minute", NULL};

    testbed_start(&testbed, settings);
}

static void
expect_limit(const char *method, const char *target, const char *body, int free_calls,
             const char *policy)
{
    struct http_response response;
    char text[32];

    for (int i = 0; i <= free_calls; i++) {
        http_call(testbed.admin_port, method, target, testbed.admin_token, body, NULL, &response);
        ck_assert_msg((response.status == 429) == (i == free_calls), "%d: %d", i, response.status);
        if (i == free_calls) {
            ck_assert_ptr_nonnull(strstr(response.body, policy));
            ck_assert(http_field(&response, "Retry-After", text, sizeof text));
        }
        http_response_fini(&response);
    }
}

START_TEST(the_originals_limits_of_the_admin_routes_can_be_switched_on)
{
    expect_limit("GET", "/metrics", NULL, 10, "\"metrics\"");
    expect_limit("POST", "/admin/cache/clear", "{}", 4, "\"admin\""); /* one made the test's key */
    json_decref(admin_call(&testbed, "GET", "/admin/api-keys", NULL, 200));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("key_usage");
    TCase *cases = tcase_create("usage");
    TCase *limited = tcase_create("limited");

    tcase_add_checked_fixture(cases, testbed_setup_with_clock, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_creation_asked_again_is_done_once);
    tcase_add_test(cases, keys_have_budgets_and_usage_of_their_own);
    tcase_add_test(cases, usage_starts_anew_at_midnight_and_last_used_moves);
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(limited, setup_limited, testbed_teardown);
    tcase_set_timeout(limited, 120);
    tcase_add_test(limited, the_originals_limits_of_the_admin_routes_can_be_switched_on);
    suite_add_tcase(suite, limited);
    return suite;
}
