/* bulk_limits_test.c - items count as single requests do, in rates and quotas: all or nothing; an answer's time and size
 * have their bounds. */
/* links: @support */
/* topologies: one four */
#include <pthread.h>

#include "scenario/requests/bulk_common.h"

static void
expect_policy(const char *key, const char *body, const char *policy, const char *rate)
{
    json_t *problem = ask_with(key, VALUE_BULK, body, 429);
    json_t *violated = json_array_get(json_object_get(problem, "violated-policies"), 0);

    ck_assert_str_eq(json_string_value(json_object_get(violated, "policy")), policy);
    if (rate != NULL)
        ck_assert_str_eq(json_string_value(json_object_get(violated, "limit")), rate);
    json_decref(problem);
}

START_TEST(items_count_in_the_limits_of_the_single_route)
{
    static char body[BODY_SIZE], larger[BODY_SIZE];
    char key[80];

    testbed_make_key(&testbed, "hourly", "\"limits\": {\"value_estimate\": \"12/hour\"}", key);
    body[0] = larger[0] = '\0';
    add_estimates(body, 5, 10);
    add_item(body, "{}"); /* refused: costs no token */
    close_body(body);
    add_estimates(larger, 5, 3);
    close_body(larger);
    json_decref(ask_with(key, VALUE_BULK, body, 200));
    expect_policy(key, larger, "endpoint", "12/hour");
    /* all or nothing: the two that are left are still there */
    json_decref(ask_with(key, VALUE_BULK, "[{" HERE "}, {" HERE "}]", 200));
    expect_policy(key, "[{" HERE "}]", "endpoint", "12/hour");

    testbed_make_key(&testbed, "few", "\"limits\": {\"global\": \"4/hour\"}", key);
    json_decref(ask_with(key, VALUE_BULK, larger, 200));
    expect_policy(key, larger, "global", "4/hour");

    testbed_make_key(&testbed, "one", "\"limits\": {\"value_estimate_bulk\": \"1/hour\"}", key);
    json_decref(ask_with(key, VALUE_BULK, larger, 200));
    expect_policy(key, larger, "endpoint", "1/hour");
}
END_TEST

START_TEST(items_count_in_the_quota)
{
    static char body[BODY_SIZE];
    char key[80];

    testbed_make_key(&testbed, "daily", "\"daily_limit\": 7", key);
    body[0] = '\0';
    add_estimates(body, 5, 5);
    close_body(body);
    json_decref(ask_with(key, VALUE_BULK, body, 200));
    expect_policy(key, body, "daily-quota", NULL);
    /* all or nothing */
    json_decref(ask_with(key, VALUE_BULK, "[{" HERE "}, {" HERE "}]", 200));
    expect_policy(key, "[{" HERE "}]", "daily-quota", NULL);
}
END_TEST

#define BULKS 20

struct bulk {
    pthread_t thread;
    const char *key, *body;
    int status;
};

static void *
send_bulk(void *argument)
{
    struct bulk *bulk = argument;
    struct http_response response;

    http_call(testbed.port, "POST", VALUE_BULK, bulk->key, bulk->body, NULL, &response);
    bulk->status = response.status;
    http_response_fini(&response);
    return NULL;
}

/* Twenty tens at once, and a hundred are there: ten are admitted, whoever they are. */
START_TEST(parallel_bulks_use_the_quota_to_its_end)
{
    static char body[BODY_SIZE];
    struct bulk bulks[BULKS];
    char key[80];
    int admitted = 0;

    testbed_make_key(&testbed, "parallel",
                     "\"daily_limit\": 100, \"limits\": {\"*\": \"100000/minute\"}", key);
    body[0] = '\0';
    add_estimates(body, 5, 10);
    close_body(body);
    json_decref(ask(VALUE_BULK, body)); /* with a key of its own quota: all are hits from now on */
    for (int i = 0; i < BULKS; i++) {
        bulks[i] = (struct bulk){.key = key, .body = body};
        ck_assert_int_eq(pthread_create(&bulks[i].thread, NULL, send_bulk, &bulks[i]), 0);
    }
    for (int i = 0; i < BULKS; i++) {
        pthread_join(bulks[i].thread, NULL);
        ck_assert(bulks[i].status == 200 || bulks[i].status == 429);
        admitted += bulks[i].status == 200;
    }
    ck_assert_int_eq(admitted, 10);
}
END_TEST

START_TEST(more_items_than_the_limit_ever_holds_are_told_apart)
{
    static char body[BODY_SIZE];
    char key[80];
    json_t *problem;

    testbed_make_key(&testbed, "plain", "", key);
    body[0] = '\0';
    add_estimates(body, 5, 15);
    for (int i = 0; i < 16; i++) /* equal ones count, too */
        add_item(body, "{" HERE ", \"compCount\": 5}");
    close_body(body);
    problem = ask_with(key, VALUE_BULK, body, 429);
    ck_assert_str_eq(
        json_string_value(json_object_get(problem, "detail")),
        "Rate limit exceeded: this request has more items than the limit allows at once");
    json_decref(problem);
    expect_policy(key, body, "endpoint", "30/minute");
}
END_TEST

static const char *const hurried[] = {"REQUEST_TIMEOUT_MS=1500", NULL};
static const char *const narrow[] = {"BULK_RESPONSE_BYTES=65536", NULL};

static void
setup_hurried(void)
{
    testbed_start(&testbed, hurried);
}

static void
setup_narrow(void)
{
    testbed_start(&testbed, narrow);
}

START_TEST(what_is_not_there_in_time_fails_alone)
{
    static char body[BODY_SIZE];
    json_t *answer;

    testbed_expect(&testbed, "/api/v1/estimates/value?latitude=30.27&longitude=-97.74&compCount=5",
                   200);
    body[0] = '\0';
    add_estimates(body, 5, 12);
    close_body(body);
    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    answer = ask(VALUE_BULK, body);
    testbed_fault(&testbed, "");
    ck_assert_int_eq(count_of(answer, "succeeded"), 1);
    ck_assert_int_eq(status_of(answer, 0), 200);
    for (size_t i = 1; i < 12; i++) {
        ck_assert_int_eq(status_of(answer, i), 504);
        ck_assert_str_eq(cache_of(answer, i), "error");
    }
    /* four of them were never asked for */
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 9);
    json_decref(answer);
}
END_TEST

/* What found no place was paid and is kept: asked for alone it is there. */
START_TEST(an_answer_that_grows_too_large_leaves_items_out)
{
    static char body[BODY_SIZE];
    json_t *answer;
    int left_out = 0;

    body[0] = '\0';
    add_estimates(body, 16, 10);
    close_body(body);
    answer = ask(VALUE_BULK, body);
    for (size_t i = 0; i < 10; i++) {
        char target[128];

        left_out += status_of(answer, i) == 503;
        snprintf(target, sizeof target,
                 "/api/v1/estimates/value?latitude=30.27&longitude=-97.74&compCount=%zu", 16 + i);
        ck_assert_int_eq(testbed_expect(&testbed, target, 200), 1);
    }
    ck_assert_int_gt(left_out, 0);
    ck_assert_int_eq(count_of(answer, "failed"), left_out);
    ck_assert_int_gt(count_of(answer, "succeeded"), 0);
    ck_assert_double_eq(dollars(answer, "cost_usd"), 20.0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 10);
    json_decref(answer);
}
END_TEST

Suite *
test_suite(void)
{
    TCase *time = tcase_create("time");
    TCase *size = tcase_create("size");
    Suite *suite = suite_create("bulk_limits");
    TCase *cases = tcase_create("limits");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, items_count_in_the_limits_of_the_single_route);
    tcase_add_test(cases, items_count_in_the_quota);
    tcase_add_test(cases, parallel_bulks_use_the_quota_to_its_end);
    tcase_add_test(cases, more_items_than_the_limit_ever_holds_are_told_apart);
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(time, setup_hurried, testbed_teardown);
    tcase_set_timeout(time, 120);
    tcase_add_test(time, what_is_not_there_in_time_fails_alone);
    suite_add_tcase(suite, time);
    tcase_add_checked_fixture(size, setup_narrow, testbed_teardown);
    tcase_set_timeout(size, 120);
    tcase_add_test(size, an_answer_that_grows_too_large_leaves_items_out);
    suite_add_tcase(suite, size);
    return suite;
}
