/* two_upstreams_test.c - two paid APIs and a third that says what the test wants: each has its key, its breaker and its faults,
 * and none is noticed by another. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/http/raw_upstream.h"
#include "support/process/commands.h"
#include "support/row.h"
#include "support/server/admin.h"
#include "support/server/secrets.h"
#include "support/testbed_fixture.h"

#define RUN(...) command_run(&testbed, (const char *const[]){__VA_ARGS__, NULL})
#define SECRET   "qu3ry-s3cret-key"
#define ONE      "/one?state=TX"
#define TWO      "/two?state=TX"
/* Of 64 threads 51 may wait, and 25 of them for one upstream. */
#define HELD_CALLS 56
#define ADMITTED   25
#define OTHERS     40
#define LONG_MS    60000
#define SAY(text)  raw_upstream_say(&raw, text, sizeof(text) - 1, RAW_END_CLOSE)
#define HEAD(status, size)                                                                         \
    "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " size               \
    "\r\nConnection: close\r\n\r\n"

static struct testbed second; /* its simulator alone */
static struct raw_upstream raw;
static char config_path[] = "/tmp/rentcache-upstreams-XXXXXX";

static const char upstreams[] =
    "upstreams:\n"
    "  - {name: one, base_url: \"${RENTCAST_BASE_URL:-http://h}\", credential: {name: X-Api-Key, "
    "value: "
    "\"${RENTCAST_API_KEY}\"}, max_connections: 4, retries: 0}\n"
    "  - {name: two, base_url: \"${SECOND_URL}\", credential: {name: X-Api-Key, value: "
    "\"${SECOND_KEY}\"}, breaker_failures: 3, breaker_reset_timeout_s: 60, retries: 0}\n"
    "  - {name: three, base_url: \"${THIRD_URL}\", credential: {in: query, name: key, "
    "value: " SECRET "}, headers: {x-version: \"7\"}}\n"
    "routes:\n"
    "  - {name: one, upstream: one, path: /one, upstream_path: /v1/properties, ttl_s: 3600, share: "
    "all, unknown_parameters: forward, cost_usd: \"0.01\"}\n"
    "  - {name: two, upstream: two, path: /two, upstream_path: /v1/properties, ttl_s: 3600, "
    "stale_if_error_s: 86400, share: all, unknown_parameters: forward, cost_usd: \"0.02\"}\n"
    "  - {name: three, upstream: three, path: /three, upstream_path: /v1/three, ttl_s: 3600, "
    "share: "
    "all, unknown_parameters: forward, cost_usd: \"0.03\"}\n";

static void
write_config(void)
{
    int file;
    FILE *out;

    memcpy(config_path + sizeof config_path - 7, "XXXXXX", 6);
    file = mkstemp(config_path);
    out = file >= 0 ? fdopen(file, "w") : NULL;
    ck_assert_ptr_nonnull(out);
    fputs(upstreams, out);
    fclose(out);
}

static void
start(const char *environment)
{
    char config[128], second_url[128], third_url[128];
    const char *settings[] = {environment,
                              config,
                              second_url,
                              third_url,
                              "SECOND_KEY=sim_key_unlimited",
                              "NEAR_CACHE_BYTES=0",
                              "REFRESH_BACKOFF_MS=100",
                              NULL};

    write_config();
    second = (struct testbed){.log_path = "/dev/null"};
    testbed_start_simulator(&second);
    raw_upstream_start(&raw, 0);
    SAY(HEAD("200 OK", "2") "{}");
    snprintf(config, sizeof config, "RENTCACHE_CONFIG=%s", config_path);
    snprintf(second_url, sizeof second_url, "SECOND_URL=http://127.0.0.1:%d",
             second.simulator_port);
    snprintf(third_url, sizeof third_url, "THIRD_URL=http://127.0.0.1:%d", raw.port);
    testbed_start(&testbed, settings);
}

static void
setup(void)
{
    start(test_clock_setting());
}

static void
setup_production(void)
{
    start("ENVIRONMENT=production");
}

static void
teardown(void)
{
    testbed_teardown();
    raw_upstream_stop(&raw);
    process_kill(&second.simulator);
    remove(config_path);
}

/* To be decref'd. */
static json_t *
get_upstream(size_t index)
{
    json_t *list = admin_call(&testbed, "GET", "/admin/upstreams", NULL, 200);
    json_t *upstream = json_incref(json_array_get(json_object_get(list, "upstreams"), index));

    ck_assert_ptr_nonnull(upstream);
    json_decref(list);
    return upstream;
}

static void
expect_breaker(size_t index, const char *state)
{
    json_t *upstream = get_upstream(index);
    json_t *breaker = json_object_get(upstream, "breaker");

    ck_assert_str_eq(json_string_value(json_object_get(breaker, "state")), state);
    json_decref(upstream);
}

START_TEST(each_route_calls_its_upstream)
{
    json_t *upstream;

    testbed_expect(&testbed, ONE, 200);
    testbed_expect(&testbed, TWO, 200);
    testbed_expect(&testbed, "/two?state=TX&limit=3", 200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    ck_assert_int_eq(testbed_upstream_calls(&second), 2);
    ck_assert_int_eq(testbed_upstream_billed(&second), 2);
    testbed_await_metric(&testbed, "rentcache_upstream_billed_total{upstream=\"two\"}", 2, LONG_MS);
    ck_assert_double_eq(
        testbed_metric(&testbed, "rentcache_upstream_cost_micro_usd_total{upstream=\"one\"}"),
        10000);
    upstream = get_upstream(1);
    ck_assert_str_eq(json_string_value(json_object_get(upstream, "name")), "two");
    ck_assert_str_eq(json_string_value(json_object_get(upstream, "key")), "accepted");
    json_decref(upstream);
    ck_assert_int_eq(RUN("upstreams"), 0);
    command_expect_text(command_output, "three");
    command_expect_text(command_output, "closed");
}
END_TEST

struct held {
    int number, status;
};

static void *
ask_held(void *argument)
{
    struct held *held = argument;
    char target[64];

    snprintf(target, sizeof target, "/one?limit=%d", held->number);
    held->status = testbed_status(&testbed, testbed.key, target);
    return NULL;
}

/* More calls hang than it has connections, and more clients ask than may wait: the others have threads and places all the same. */
START_TEST(one_that_hangs_is_not_noticed_by_the_others)
{
    pthread_t threads[HELD_CALLS];
    struct held held[HELD_CALLS];
    char target[64];
    int answered = 0, refused = 0;

    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    for (int i = 0; i < HELD_CALLS; i++) {
        held[i].number = i + 1;
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_held, &held[i]), 0);
    }
    testbed_await_metric(&testbed, "rentcache_upstream_queued{upstream=\"one\"}", ADMITTED - 4,
                         LONG_MS);
    for (int i = 0; i < OTHERS; i++) {
        snprintf(target, sizeof target, "/%s?limit=%d", i % 2 == 0 ? "two" : "three", i + 1);
        testbed_expect(&testbed, target, 200);
    }
    ck_assert_double_eq(testbed_metric(&testbed, "rentcache_upstream_active{upstream=\"one\"}"), 4);
    testbed_fault(&testbed, "");
    for (int i = 0; i < HELD_CALLS; i++) {
        pthread_join(threads[i], NULL);
        answered += held[i].status == 200;
        refused += held[i].status == 503;
    }
    ck_assert_int_eq(answered, ADMITTED);
    ck_assert_int_eq(refused, HELD_CALLS - ADMITTED);
}
END_TEST

START_TEST(a_key_in_the_query_is_written_nowhere)
{
    struct http_response response;
    char head[RAW_REQUEST_SIZE];

    testbed_expect(&testbed, "/three?a=b", 200);
    raw_upstream_head(&raw, head);
    ck_assert_ptr_nonnull(strstr(head, "GET /v1/three?a=b&key=" SECRET " HTTP/1.1\r\n"));
    ck_assert_ptr_nonnull(strstr(head, "\r\nx-version: 7\r\n"));
    SAY(HEAD("200 OK", "42") "{\"next\": \"/v1/three?key=" SECRET "\"}");
    testbed_get(&testbed, "/three?page=2", &response);
    ck_assert_int_eq(response.status, 200);
    ck_assert_ptr_nonnull(strstr(response.body, "{\"next\": \"/v1/three?key=***\"}"));
    http_response_fini(&response);
    SAY(HEAD("500 Broken", "26") "\"/v1?key=" SECRET "\"");
    testbed_get(&testbed, "/three?c=d", &response);
    ck_assert_int_ge(response.status, 500);
    ck_assert_ptr_null(strstr(response.body, SECRET));
    http_response_fini(&response);
    SAY(HEAD("404 None", "26") "\"/v1?key=" SECRET "\"");
    testbed_get(&testbed, "/three?e=f", &response);
    ck_assert_int_eq(response.status, 404);
    ck_assert_ptr_null(strstr(response.body, SECRET));
    http_response_fini(&response);
    http_call(testbed.admin_port, "GET", "/admin/upstreams", testbed.admin_token, NULL, NULL,
              &response);
    ck_assert_ptr_null(strstr(response.body, SECRET));
    http_response_fini(&response);
    secrets_expect_nowhere(testbed.folder, SECRET, NULL);
    testbed_stop_server(&testbed);
    secrets_expect_nowhere(testbed.folder, SECRET, NULL);
    testbed_start_server(&testbed);
}
END_TEST

/* Three failures in a row, and nothing is sent to it any more. */
static void
open_breaker(void)
{
    char target[64];

    testbed_fault(&second, "{\"kind\": \"status\", \"status\": 500}");
    for (int i = 0; i < 3; i++) {
        snprintf(target, sizeof target, "/two?limit=%d", 100 + i);
        testbed_expect(&testbed, target, 500);
    }
    testbed_await_metric(&testbed, "rentcache_upstream_breaker_state{upstream=\"two\"}", 1,
                         LONG_MS);
}

START_TEST(an_open_breaker_answers_at_once_or_stale)
{
    struct http_response response;
    char text[64];
    int64_t calls;

    row("A-031");
    testbed_expect(&testbed, TWO, 200);
    test_clock_move_wall(7200);
    open_breaker();
    calls = testbed_upstream_calls(&second);
    testbed_get(&testbed, "/two?limit=9", &response);
    ck_assert_int_eq(response.status, 503);
    ck_assert_ptr_nonnull(strstr(response.body, "urn:rentcache:problem:upstream-open"));
    ck_assert(http_field(&response, "Retry-After", text, sizeof text));
    ck_assert_int_ge(strtol(text, NULL, 10), 1);
    ck_assert_int_le(strtol(text, NULL, 10), 60);
    http_response_fini(&response);
    testbed_expect(&testbed, TWO, 200); /* stale */
    ck_assert_int_eq(testbed_upstream_calls(&second), calls);
    testbed_expect(&testbed, ONE, 200);
    expect_breaker(0, "closed");
    expect_breaker(1, "open");
}
END_TEST

START_TEST(health_and_readiness_tell_each)
{
    json_t *answer, *details;

    open_breaker();
    answer = admin_call(&testbed, "GET", "/health", NULL, 200);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "status")), "degraded");
    details = json_object_get(json_object_get(answer, "details"), "upstreams");
    ck_assert(json_is_false(json_object_get(json_object_get(details, "two"), "healthy")));
    ck_assert(json_is_true(json_object_get(json_object_get(details, "one"), "healthy")));
    json_decref(answer);
    answer = admin_call(&testbed, "GET", "/readyz", NULL, 200);
    details = json_object_get(answer, "upstreams");
    ck_assert_str_eq(json_string_value(json_object_get(details, "two")), "open");
    ck_assert_str_eq(json_string_value(json_object_get(details, "one")), "healthy");
    json_decref(answer);
}
END_TEST

START_TEST(a_breaker_is_reset_by_administrators)
{
    struct http_response response;

    open_breaker();
    testbed_fault(&second, "");
    testbed_expect(&testbed, "/two?limit=9", 503);
    json_decref(admin_call(&testbed, "POST", "/admin/upstreams/two/reset", "{}", 200));
    testbed_expect(&testbed, "/two?limit=9", 200);
    open_breaker();
    ck_assert_int_eq(RUN("reset-breaker", "two"), 0);
    command_expect_text(command_output, "two: the breaker is closed");
    testbed_fault(&second, "");
    testbed_expect(&testbed, "/two?limit=10", 200);
    testbed_await_metric(
        &testbed, "rentcache_upstream_breaker_transitions_total{upstream=\"two\",to=\"open\"}", 2,
        LONG_MS);
    json_decref(admin_call(&testbed, "POST", "/admin/upstreams/four/reset", "{}", 404));
    ck_assert_int_eq(RUN("reset-breaker", "four"), 1);
    ck_assert_int_eq(RUN("reset-breaker", "a/b"), 2);
    http_call(testbed.admin_port, "POST", "/admin/upstreams/two/reset", NULL, "{}", NULL,
              &response);
    ck_assert_int_eq(response.status, 401);
    http_response_fini(&response);
}
END_TEST

START_TEST(faults_are_injected_into_one_upstream)
{
    row("A-033");
    row("A-034");
    row("A-035");
    json_decref(
        admin_call(&testbed, "POST", "/admin/upstreams/one/faults", "{\"rate\": 1.0}", 200));
    testbed_expect(&testbed, ONE, 502);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
    testbed_expect(&testbed, TWO, 200);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'free' AND route = 'one'", 1,
                        LONG_MS);
    json_decref(admin_call(&testbed, "POST", "/admin/upstreams/one/faults",
                           "{\"rate\": 0, \"latency_ms\": 300}", 200));
    testbed_expect(&testbed, ONE, 200);
    testbed_await_metric(
        &testbed, "rentcache_upstream_fault_latency_milliseconds{upstream=\"one\"}", 300, LONG_MS);
    testbed_await_metric(&testbed, "rentcache_upstream_calls_total{upstream=\"one\"}", 1, LONG_MS);
    ck_assert_double_ge(
        testbed_metric(&testbed, "rentcache_upstream_call_duration_seconds_sum{upstream=\"one\"}"),
        0.3);
    json_decref(admin_call(&testbed, "POST", "/admin/upstreams/one/faults", "{}", 200));
    testbed_expect(&testbed, "/one?state=TX&limit=3", 200);
    json_decref(
        admin_call(&testbed, "POST", "/admin/upstreams/one/faults", "{\"rate\": 1.5}", 422));
    json_decref(
        admin_call(&testbed, "POST", "/admin/upstreams/one/faults", "{\"rating\": 1}", 422));
    json_decref(admin_call(&testbed, "POST", "/admin/upstreams/none/faults", "{\"rate\": 1}", 404));
}
END_TEST

START_TEST(production_takes_no_faults)
{
    json_decref(
        admin_call(&testbed, "POST", "/admin/upstreams/one/faults", "{\"rate\": 1.0}", 403));
    testbed_expect(&testbed, ONE, 200);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("two_upstreams");
    TCase *test = tcase_create("test"), *production = tcase_create("production");

    tcase_add_checked_fixture(test, setup, teardown);
    tcase_set_timeout(test, 180);
    tcase_add_test(test, each_route_calls_its_upstream);
    tcase_add_test(test, one_that_hangs_is_not_noticed_by_the_others);
    tcase_add_test(test, a_key_in_the_query_is_written_nowhere);
    tcase_add_test(test, an_open_breaker_answers_at_once_or_stale);
    tcase_add_test(test, health_and_readiness_tell_each);
    tcase_add_test(test, a_breaker_is_reset_by_administrators);
    tcase_add_test(test, faults_are_injected_into_one_upstream);
    suite_add_tcase(suite, test);
    tcase_add_checked_fixture(production, setup_production, teardown);
    tcase_set_timeout(production, 180);
    tcase_add_test(production, production_takes_no_faults);
    suite_add_tcase(suite, production);
    return suite;
}
