/* purge_test.c - what was fetched before a purge is never given behind it: not from memory, not from disk, not from a fetch
 * under way. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <jansson.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/server/admin.h"
#include "support/testbed_fixture.h"

#define PROPERTIES "/api/v1/properties?state=TX&limit=2"
#define ESTIMATE   "/api/v1/estimates/value?latitude=30.27&longitude=-97.74"
#define READERS    4
#define RECORDS    8
#define ROUNDS     25
#define LEAST_SIZE 700 /* of a record, in version 0 */

/* Rings that no reader fills faster than they are shipped. */
static void
setup(void)
{
    static const char *const settings[] = {"SPOOL_RING_RECORDS=16384", NULL};

    testbed_start(&testbed, settings);
}

/* The answer's "Cleared N" number. */
static int64_t
purge(const char *body, const char *pattern)
{
    struct http_response response;
    json_t *answer;
    long long cleared = -1;

    http_call(testbed.admin_port, "POST", "/admin/cache/clear", testbed.admin_token, body, NULL,
              &response);
    ck_assert_msg(response.status == 200, "%d %s", response.status, response.body);
    answer = json_loads(response.body, 0, NULL);
    ck_assert_int_eq(sscanf(json_string_value(json_object_get(answer, "message")),
                            "Cleared %lld cache entries", &cleared),
                     1);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "pattern")), pattern);
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "unconfirmed_gateways")), 0);
    json_decref(answer);
    http_response_fini(&response);
    return cleared;
}

static void
fill(void)
{
    testbed_expect(&testbed, PROPERTIES, 200);
    testbed_expect(&testbed, ESTIMATE, 200);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, ESTIMATE, 200), 1);
}

START_TEST(everything_is_cleared_and_its_rows_stay_readable)
{
    fill();
    ck_assert_int_eq(purge("{}", "*"), 2);
    row("R-042");
    ck_assert_int_eq(testbed_query(&testbed, "cache.db",
                                   "SELECT count(*) FROM cache_entries WHERE NOT is_valid"),
                     2);
    ck_assert_int_eq(
        testbed_query(&testbed, "cache.db",
                      "SELECT count(*) FROM cache_entries WHERE length(response_data) > 0"),
        2);
    ck_assert_int_eq(
        testbed_query(&testbed, "cache.db", "SELECT count(*) FROM purge_log WHERE scope = 'all'"),
        1);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, ESTIMATE, 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 4);
    ck_assert_int_eq(
        testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries WHERE is_valid"),
        2);
}
END_TEST

START_TEST(one_endpoint_is_cleared_and_the_others_stay)
{
    fill();
    ck_assert_int_eq(purge("{\"endpoint\": \"properties\"}", "properties"), 1);
    ck_assert_int_eq(testbed_expect(&testbed, ESTIMATE, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 3);
    ck_assert_int_eq(purge("{\"endpoint\": \"value_estimate\"}", "value_estimate"), 1);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, ESTIMATE, 200), 0);
}
END_TEST

START_TEST(an_empty_cache_can_be_cleared)
{
    ck_assert_int_eq(purge("{}", "*"), 0);
}
END_TEST

/* The variable that a client's script has not set. */
START_TEST(null_clears_nothing)
{
    json_t *problem;

    fill();
    problem = admin_call(&testbed, "POST", "/admin/cache/clear", "{\"endpoint\": null}", 422);
    json_decref(problem);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, ESTIMATE, 200), 1);
}
END_TEST

START_TEST(what_was_cleared_stays_so_over_a_restart)
{
    fill();
    purge("{\"endpoint\": \"properties\"}", "properties");
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    ck_assert_int_eq(testbed_expect(&testbed, ESTIMATE, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
}
END_TEST

static void *
ask_properties(void *argument)
{
    testbed_get(&testbed, PROPERTIES, argument);
    return NULL;
}

START_TEST(a_fetch_from_before_is_answered_and_not_kept)
{
    struct http_response response;
    pthread_t client;
    char text[128];

    testbed_fault(&testbed, "{\"kind\": \"hold\", \"times\": 1}");
    ck_assert_int_eq(pthread_create(&client, NULL, ask_properties, &response), 0);
    testbed_await_upstream_calls(&testbed, 1);
    purge("{}", "*");
    testbed_fault(&testbed, "");
    pthread_join(client, NULL);
    ck_assert_int_eq(response.status, 200); /* who asked before the purge may have it */
    ck_assert(http_field(&response, "X-Cache-Hit", text, sizeof text));
    ck_assert_str_eq(text, "false");
    ck_assert(http_field(&response, "Cache-Status", text, sizeof text));
    ck_assert_msg(strstr(text, "stored") == NULL, "%s", text);
    http_response_fini(&response);
    ck_assert_int_eq(
        testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries WHERE is_valid"),
        0);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

/* A request that comes behind the purge does not join the fetch from before. */
START_TEST(who_comes_behind_does_not_share_the_old_fetch)
{
    struct http_response first, second;
    pthread_t clients[2];

    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    ck_assert_int_eq(pthread_create(&clients[0], NULL, ask_properties, &first), 0);
    testbed_await_upstream_calls(&testbed, 1);
    purge("{\"endpoint\": \"properties\"}", "properties");
    ck_assert_int_eq(pthread_create(&clients[1], NULL, ask_properties, &second), 0);
    testbed_await_upstream_calls(&testbed, 2);
    testbed_fault(&testbed, "");
    for (int i = 0; i < 2; i++)
        pthread_join(clients[i], NULL);
    ck_assert_int_eq(first.status, 200);
    ck_assert_int_eq(second.status, 200);
    http_response_fini(&first);
    http_response_fini(&second);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

START_TEST(bodies_that_mean_nothing_clear_nothing)
{
    static const struct {
        const char *body;
        int status;
    } rows[] = {
        {"{\"endpoint\": \"nothing\"}", 422},
        {"{\"endpoint\": 5}", 422},
        {"{\"endpoint\": \"\"}", 422},
        {"{\"endpoint\": [\"properties\"]}", 422},
        {"{\"pattern\": \"*\"}", 422},
        {"{\"endpoint\": \"properties\", \"x\": 1}", 422},
        {"[]", 422},
        {"\"properties\"", 400},
        {"{", 400},
        {"", 400},
        {"{\"endpoint\": \"properties\", \"endpoint\": \"value_estimate\"}", 400},
    };
    struct http_response response;

    fill();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        http_call(testbed.admin_port, "POST", "/admin/cache/clear", testbed.admin_token,
                  rows[i].body, NULL, &response);
        ck_assert_msg(response.status == rows[i].status, "%s: %d", rows[i].body, response.status);
        http_response_fini(&response);
    }
    http_call(testbed.admin_port, "GET", "/admin/cache/clear", testbed.admin_token, NULL, NULL,
              &response);
    ck_assert_int_eq(response.status, 405);
    http_response_fini(&response);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM purge_log"), 0);
}
END_TEST

/* The records' size is their version: it grows with every purge. */
static _Atomic int version;
static _Atomic bool is_over;

static int
read_version(struct http *http, int record)
{
    struct http_response response;
    char target[64];
    int size;

    snprintf(target, sizeof target, "/api/v1/properties/bench-%d", record);
    ck_assert(http_call_on(http, "GET", target, testbed.key, NULL, NULL, &response));
    ck_assert_msg(response.status == 200, "%d %s", response.status, response.body);
    size = (int)response.body_size;
    http_response_fini(&response);
    return size - LEAST_SIZE;
}

/* Nobody who asks behind a purge's answer sees a version from before it. */
static void *
read_all_the_time(void *argument)
{
    int *old_ones = argument;
    struct http http;

    http_open(&http, testbed.port);
    for (int i = 0; !atomic_load(&is_over); i++) {
        int least = atomic_load(&version);

        *old_ones += read_version(&http, i % RECORDS) < least;
    }
    http_close(&http);
    return NULL;
}

static void
publish_next_version(struct http *http)
{
    char body[64];
    int next = atomic_load(&version) + 1;

    snprintf(body, sizeof body, "{\"body_bytes\": %d}", LEAST_SIZE + next);
    json_decref(testbed_control(&testbed, "PUT", "/_control/settings", body));
    purge("{\"endpoint\": \"properties\"}", "properties");
    atomic_store(&version, next);
    for (int i = 0; i < RECORDS; i++)
        ck_assert_int_eq(read_version(http, i), next);
}

START_TEST(under_load_no_old_answer_is_given)
{
    pthread_t readers[READERS];
    int old_ones[READERS] = {0};
    struct http http;

    json_decref(testbed_control(&testbed, "PUT", "/_control/settings", "{\"body_bytes\": 700}"));
    for (int i = 0; i < READERS; i++)
        ck_assert_int_eq(pthread_create(&readers[i], NULL, read_all_the_time, &old_ones[i]), 0);
    http_open(&http, testbed.port);
    for (int i = 0; i < ROUNDS; i++)
        publish_next_version(&http);
    http_close(&http);
    atomic_store(&is_over, true);
    for (int i = 0; i < READERS; i++) {
        pthread_join(readers[i], NULL);
        ck_assert_int_eq(old_ones[i], 0);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("purge");
    TCase *cases = tcase_create("clear");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, everything_is_cleared_and_its_rows_stay_readable);
    tcase_add_test(cases, one_endpoint_is_cleared_and_the_others_stay);
    tcase_add_test(cases, an_empty_cache_can_be_cleared);
    tcase_add_test(cases, null_clears_nothing);
    tcase_add_test(cases, what_was_cleared_stays_so_over_a_restart);
    tcase_add_test(cases, a_fetch_from_before_is_answered_and_not_kept);
    tcase_add_test(cases, who_comes_behind_does_not_share_the_old_fetch);
    tcase_add_test(cases, bodies_that_mean_nothing_clear_nothing);
    tcase_add_test(cases, under_load_no_old_answer_is_given);
    suite_add_tcase(suite, cases);
    return suite;
}
