/* passthrough_test.c - credential: passthrough: each client calls with its own key of the paid API, which is stored
 * nowhere. */
/* links: @support @core */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api_key.h"
#include "support/row.h"
#include "support/server/secrets.h"
#include "support/testbed_fixture.h"

#define TARGET  "/api/v1/properties?state=TX&limit=2"
#define OTHER   "/api/v1/properties?state=TX&limit=3"
#define GOOD    "own_key_of_customer_good_1"
#define SECOND  "own_key_of_customer_good_2"
#define BAD     "own_key_of_customer_bad_403"
#define BAD_401 "own_key_of_customer_bad_401"
#define SLOW    "own_key_of_customer_limited"
#define UNKNOWN "own_key_that_nobody_registered"
#define LIFE_S  86400

static void
make_own_key(const char *name, const char *key)
{
    struct http_response response;
    char body[256];

    snprintf(body, sizeof body,
             "{\"key_name\": \"%s\", \"rentcast_api_key\": \"%s\", \"daily_limit\": \"none\","
             " \"limits\": {\"global\": \"none\", \"*\": \"none\"}}",
             name, key);
    http_call(testbed.admin_port, "POST", "/admin/api-keys", testbed.admin_token, body, NULL,
              &response);
    ck_assert_msg(response.status == 201, "%d: %s", response.status, response.body);
    ck_assert_ptr_null(strstr(response.body, key));
    ck_assert_ptr_null(strstr(response.body, "api_key\""));
    http_response_fini(&response);
}

static void
setup(void)
{
    const char *settings[] = {test_clock_setting(), "UPSTREAM_CREDENTIAL=passthrough",
                              "NEAR_CACHE_BYTES=0", "REFRESH_BACKOFF_MS=100", NULL};

    testbed_start(&testbed, settings);
    json_decref(testbed_control(
        &testbed, "PUT", "/_control/keys",
        "{\"keys\": [{\"name\": \"a\", \"key\": \"" GOOD "\", \"kind\": \"unlimited\"},"
        "{\"name\": \"b\", \"key\": \"" SECOND "\", \"kind\": \"unlimited\"},"
        "{\"name\": \"c\", \"key\": \"" BAD "\", \"kind\": \"inactive\"},"
        "{\"name\": \"e\", \"key\": \"" SLOW "\", \"kind\": \"limited\", "
        "\"requests_per_second\": 1},"
        "{\"name\": \"d\", \"key\": \"" BAD_401 "\", \"kind\": \"inactive_401\"}]}"));
    make_own_key("good", GOOD);
    make_own_key("second", SECOND);
    make_own_key("bad", BAD);
    make_own_key("bad_401", BAD_401);
    make_own_key("slow", SLOW);
}

/* How many calls the paid API saw with this key. */
static int
calls_with(const char *key)
{
    json_t *journal = testbed_control(&testbed, "GET", "/_control/journal", NULL), *one;
    char hash[API_KEY_HEX_SIZE];
    size_t i;
    int count = 0;

    api_key_hash_hex(bytes_of_text(key), hash);
    json_array_foreach(json_object_get(journal, "requests"), i, one)
    {
        const char *seen = json_string_value(json_object_get(one, "key_hash"));

        count += seen != NULL && strcmp(seen, hash) == 0;
    }
    json_decref(journal);
    return count;
}

START_TEST(each_client_calls_with_its_own_key)
{
    ck_assert_int_eq(testbed_status(&testbed, GOOD, TARGET), 200);
    ck_assert_int_eq(testbed_status(&testbed, SECOND, OTHER), 200);
    ck_assert_int_eq(testbed_status(&testbed, SECOND, TARGET),
                     200); /* share: all: paid by the other one */
    ck_assert_int_eq(calls_with(GOOD), 1);
    ck_assert_int_eq(calls_with(SECOND), 1);
    ck_assert_int_eq(calls_with("sim_key_unlimited"), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

START_TEST(who_is_not_known_here_is_never_passed_on)
{
    row("R-092");
    ck_assert_int_eq(testbed_status(&testbed, UNKNOWN, TARGET), 401);
    ck_assert_int_eq(testbed_status(&testbed, NULL, TARGET), 401);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
}
END_TEST

/* Also where its answer is in the cache: the refusal does not depend on that. */
START_TEST(a_key_made_here_is_refused_and_never_sent)
{
    struct http_response response;

    for (int i = 0; i < 2; i++) {
        http_call(testbed.port, "GET", TARGET, testbed.key, NULL, NULL, &response);
        ck_assert_int_eq(response.status, 403);
        ck_assert_ptr_nonnull(strstr(response.body, "your own key"));
        ck_assert_ptr_nonnull(strstr(response.body, "forbidden"));
        http_response_fini(&response);
        ck_assert_int_eq(testbed_status(&testbed, GOOD, TARGET), 200);
    }
    ck_assert_int_eq(calls_with(testbed.key), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

static void
expect_own_refusal(const char *key, int status)
{
    struct http_response response;

    http_call(testbed.port, "GET", TARGET, key, NULL, NULL, &response);
    ck_assert_msg(response.status == status, "%d: %s", response.status, response.body);
    ck_assert_ptr_nonnull(strstr(response.body, "Upstream API error: "));
    http_response_fini(&response);
}

START_TEST(what_the_paid_api_says_of_a_key_goes_to_its_client_alone)
{
    expect_own_refusal(BAD, 403);
    expect_own_refusal(BAD_401, 401);
    ck_assert_int_eq(testbed_status(&testbed, GOOD, TARGET), 200);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE settled_at IS NOT NULL", 3, 60000);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM ledger WHERE cost_micro_usd > 0"),
                     1);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries"), 1);
}
END_TEST

/* A pause for one plan is none for the others. */
START_TEST(a_limit_of_one_clients_plan_stops_that_client_alone)
{
    struct http_response response;
    char text[32], target[64];
    int refused = 0;

    for (int i = 10; i < 20 && refused == 0; i++) {
        snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=%d", i);
        http_call(testbed.port, "GET", target, SLOW, NULL, NULL, &response);
        refused += response.status == 503;
        ck_assert(response.status == 200 ||
                  http_field(&response, "Retry-After", text, sizeof text));
        http_response_fini(&response);
        ck_assert_int_eq(testbed_status(&testbed, GOOD, target), 200);
    }
    ck_assert_int_eq(refused, 1);
}
END_TEST

struct client {
    const char *key;
    int status;
};

static void *
ask(void *argument)
{
    struct client *client = argument;

    client->status = testbed_status(&testbed, client->key, TARGET);
    return NULL;
}

/* The bad key's call is held until the good one waits for it: then its refusal must not be the other's. */
START_TEST(the_next_waiter_pays_where_the_first_ones_key_is_refused)
{
    struct client bad = {.key = BAD}, good = {.key = GOOD};
    pthread_t threads[2];

    testbed_fault(&testbed, "{\"kind\": \"hold\", \"times\": 1}");
    ck_assert_int_eq(pthread_create(&threads[0], NULL, ask, &bad), 0);
    testbed_await_upstream_calls(&testbed, 1);
    ck_assert_int_eq(pthread_create(&threads[1], NULL, ask, &good), 0);
    testbed_await_metric(&testbed, "rentcache_cache_waiters", 2, 60000);
    testbed_fault(&testbed, "");
    pthread_join(threads[0], NULL);
    pthread_join(threads[1], NULL);
    ck_assert_int_eq(bad.status, 403);
    ck_assert_int_eq(good.status, 200);
    ck_assert_int_eq(calls_with(BAD), 1);
    ck_assert_int_eq(calls_with(GOOD), 1);
}
END_TEST

START_TEST(a_refresh_uses_the_key_of_who_caused_it)
{
    ck_assert_int_eq(testbed_status(&testbed, GOOD, TARGET), 200);
    test_clock_move_wall(LIFE_S + 60);
    ck_assert_int_eq(testbed_status(&testbed, SECOND, TARGET),
                     200); /* stale, and a refresh behind it */
    testbed_await_upstream_calls(&testbed, 2);
    ck_assert_int_eq(calls_with(SECOND), 1);
    testbed_await_query(
        &testbed, "rentcache.db",
        "SELECT count(*) FROM ledger WHERE reason = 'refresh' AND status = 'billed'", 1, 60000);
}
END_TEST

static void
expect_no_key_anywhere(void)
{
    static const char *const keys[] = {GOOD, SECOND, BAD, BAD_401, SLOW, UNKNOWN};

    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        secrets_expect_nowhere(testbed.folder, keys[i], NULL);
}

START_TEST(own_keys_are_written_nowhere)
{
    struct http_response response;
    char hash[API_KEY_HEX_SIZE], sql[160];

    row("R-010");
    row("R-093");
    (void)testbed_status(&testbed, GOOD, TARGET);
    (void)testbed_status(&testbed, SECOND, TARGET);
    (void)testbed_status(&testbed, BAD, OTHER);
    (void)testbed_status(&testbed, BAD_401, OTHER);
    (void)testbed_status(&testbed, UNKNOWN, OTHER);
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 503}");
    (void)testbed_status(&testbed, GOOD, "/api/v1/properties?state=TX&limit=9");
    testbed_fault(&testbed, "");
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 5, 60000);
    api_key_hash_hex(bytes_of_text(GOOD), hash);
    snprintf(sql, sizeof sql, "SELECT count(*) FROM api_keys WHERE key_hash = '%s'", hash);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", sql), 1);
    http_call(testbed.admin_port, "GET", "/metrics/prometheus", NULL, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 200);
    ck_assert_ptr_null(strstr(response.body, "own_key"));
    http_response_fini(&response);
    expect_no_key_anywhere();
    testbed_stop_server(&testbed);
    expect_no_key_anywhere();
    testbed_start_server(&testbed);
}
END_TEST

START_TEST(own_keys_are_made_once_and_again_after_deletion)
{
    struct http_response response;
    char sql[] = "SELECT id FROM api_keys WHERE key_name = 'good'", target[64];

    row("R-077");
    http_call(testbed.admin_port, "POST", "/admin/api-keys", testbed.admin_token,
              "{\"key_name\": \"twin\", \"rentcast_api_key\": \"" GOOD "\"}", NULL, &response);
    ck_assert_int_eq(response.status, 400);
    http_response_fini(&response);
    snprintf(target, sizeof target, "/admin/api-keys/%lld",
             (long long)testbed_query(&testbed, "rentcache.db", sql));
    http_call(testbed.admin_port, "DELETE", target, testbed.admin_token, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 200);
    http_response_fini(&response);
    ck_assert_int_eq(testbed_status(&testbed, GOOD, TARGET), 401);
    make_own_key("good", GOOD);
    ck_assert_int_eq(testbed_status(&testbed, GOOD, TARGET), 200);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("passthrough");
    TCase *cases = tcase_create("credentials");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, each_client_calls_with_its_own_key);
    tcase_add_test(cases, who_is_not_known_here_is_never_passed_on);
    tcase_add_test(cases, a_key_made_here_is_refused_and_never_sent);
    tcase_add_test(cases, what_the_paid_api_says_of_a_key_goes_to_its_client_alone);
    tcase_add_test(cases, a_limit_of_one_clients_plan_stops_that_client_alone);
    tcase_add_test(cases, the_next_waiter_pays_where_the_first_ones_key_is_refused);
    tcase_add_test(cases, a_refresh_uses_the_key_of_who_caused_it);
    tcase_add_test(cases, own_keys_are_written_nowhere);
    tcase_add_test(cases, own_keys_are_made_once_and_again_after_deletion);
    suite_add_tcase(suite, cases);
    return suite;
}
