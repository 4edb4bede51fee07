/* bulk_test.c - many estimates in one request: from the entries of single ones, several calls at once, each item's own
 * status, and what the books say of it. */
/* links: @support */
/* topologies: one four */
#include "scenario/requests/bulk_common.h"

static const char *const careful[] = {"UPSTREAM_RETRIES=0", NULL};
static const char *const three_at_once[] = {"BULK_CONCURRENCY=3", NULL};

static void
setup_careful(void)
{
    testbed_start(&testbed, careful);
}

static void
setup_three(void)
{
    testbed_start(&testbed, three_at_once);
}

START_TEST(twenty_items_with_five_cached_take_fifteen_calls)
{
    static char body[BODY_SIZE];
    json_t *answer;

    for (int i = 0; i < 5; i++) {
        char target[128];

        snprintf(target, sizeof target,
                 "/api/v1/estimates/value?latitude=30.27&longitude=-97.74&compCount=%d", 5 + i);
        testbed_expect(&testbed, target, 200);
    }
    body[0] = '\0';
    add_estimates(body, 5, 20);
    close_body(body);
    answer = ask(VALUE_BULK, body);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 20);
    ck_assert_int_eq(count_of(answer, "total"), 20);
    ck_assert_int_eq(count_of(answer, "succeeded"), 20);
    ck_assert_int_eq(count_of(answer, "failed"), 0);
    ck_assert_double_eq(dollars(answer, "cost_usd"), 30.0);
    ck_assert_double_eq(dollars(answer, "saved_usd"), 10.0);
    for (size_t i = 0; i < 20; i++) {
        json_t *data = json_object_get(result(answer, i), "data");

        ck_assert_int_eq(status_of(answer, i), 200);
        ck_assert_str_eq(cache_of(answer, i), i < 5 ? "hit" : "miss");
        /* each has its own: as many comparables as it asked for */
        ck_assert_uint_eq(json_array_size(json_object_get(data, "comparables")), 5 + i);
    }
    json_decref(answer);
    /* and what it fetched answers single requests */
    ck_assert_int_eq(
        testbed_expect(&testbed,
                       "/api/v1/estimates/value?latitude=30.27&longitude=-97.74&compCount=24", 200),
        1);
}
END_TEST

START_TEST(a_failing_item_fails_alone)
{
    static char body[BODY_SIZE];
    json_t *answer, *error;
    int failed_above = 0;

    body[0] = '\0';
    add_estimates(body, 5, 3);
    add_item(body, "{" HERE ", \"compCount\": 99}");
    add_item(body, NOWHERE);
    add_item(body, "17");
    add_item(body, "{\"address\": {\"street\": \"x\"}}");
    add_item(body, "{" HERE ", \"compCount\": 5, \"color\": [\"red\"], \"city\": null}");
    close_body(body);
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 500, \"times\": 1}");
    answer = ask(VALUE_BULK, body);
    ck_assert_int_eq(count_of(answer, "total"), 8);
    ck_assert_int_eq(status_of(answer, 3), 422);
    ck_assert_str_eq(cache_of(answer, 3), "refused");
    error = json_object_get(result(answer, 3), "error");
    ck_assert_str_eq(json_string_value(json_object_get(
                         json_array_get(json_object_get(error, "detail"), 0), "type")),
                     "less_than_equal");
    ck_assert_int_eq(status_of(answer, 5), 422);
    ck_assert_int_eq(status_of(answer, 6), 422);
    /* one of the others met the fault; an item that equals another shares what became of it */
    for (size_t i = 0; i < 5; i++)
        failed_above += status_of(answer, i) == 500;
    ck_assert_int_eq(failed_above, 1);
    ck_assert_int_eq(status_of(answer, 7), status_of(answer, 0));
    json_decref(answer);
    answer = ask(VALUE_BULK, body);
    ck_assert_int_eq(count_of(answer, "failed"), 4);
    ck_assert_int_eq(status_of(answer, 4), 404);
    error = json_object_get(result(answer, 4), "error");
    ck_assert_ptr_nonnull(
        strstr(json_string_value(json_object_get(error, "detail")), "Upstream API error: "));
    ck_assert_ptr_null(json_object_get(result(answer, 4), "data"));
    json_decref(answer);
}
END_TEST

/* The paid API asks for a pause: so do the items that it hit. */
START_TEST(a_pause_is_told_by_the_item)
{
    json_t *answer, *error;

    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 429, \"times\": 1, \"headers\": "
                            "{\"Retry-After\": \"7\"}}");
    answer = ask(VALUE_BULK, "[{" HERE "}]");
    ck_assert_int_eq(status_of(answer, 0), 503);
    error = json_object_get(result(answer, 0), "error");
    ck_assert_int_gt(json_integer_value(json_object_get(error, "retry_after_s")), 0);
    ck_assert_int_le(json_integer_value(json_object_get(error, "retry_after_s")), 7);
    json_decref(answer);
}
END_TEST

START_TEST(equal_items_are_fetched_once)
{
    static char body[BODY_SIZE];
    json_t *answer;

    body[0] = '\0';
    add_item(body, "{" HERE ", \"bedrooms\": 2}");
    add_item(body, "{\"longitude\": \"-97.74\", \"bedrooms\": 2.0, \"latitude\": 30.27}");
    add_item(body, "{" HERE ", \"bedrooms\": \"2\", \"compCount\": 15}");
    close_body(body);
    answer = ask(RENT_BULK, body);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    expect_call(1, "/v1/avm/rent/long-term", NULL, 200);
    ck_assert_int_eq(count_of(answer, "succeeded"), 3);
    ck_assert_str_eq(cache_of(answer, 0), "miss");
    ck_assert_str_eq(cache_of(answer, 1), "collapsed");
    ck_assert_str_eq(cache_of(answer, 2), "collapsed");
    ck_assert(json_equal(json_object_get(result(answer, 0), "data"),
                         json_object_get(result(answer, 2), "data")));
    ck_assert_double_eq(dollars(answer, "cost_usd"), 2.0);
    json_decref(answer);
}
END_TEST

static int
held(int wait, int timeout_ms)
{
    char target[96];
    json_t *answer;
    int count;

    snprintf(target, sizeof target, "/_control/held?wait=%d&timeout_ms=%d", wait, timeout_ms);
    answer = testbed_control(&testbed, "GET", target, NULL);
    count = count_of(answer, "held");
    json_decref(answer);
    return count;
}

static void
send_bulk(struct http *http, const char *body)
{
    static char request[BODY_SIZE + 512];

    snprintf(request, sizeof request,
             "POST " VALUE_BULK " HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
             "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
             testbed.key, strlen(body), body);
    http_open(http, testbed.port);
    ck_assert(http_send(http, request, strlen(request)));
}

/* Three calls are out at once, which none of them was alone, and never a fourth. */
START_TEST(three_items_are_called_at_once_and_no_more)
{
    static char body[BODY_SIZE];
    struct http_response response;
    struct http http;

    body[0] = '\0';
    add_estimates(body, 5, 7);
    close_body(body);
    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    send_bulk(&http, body);
    ck_assert_int_eq(held(3, 10000), 3);
    row("R-105");
    ck_assert_int_eq(held(4, 300), 3);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 3);
    testbed_fault(&testbed, "");
    ck_assert(http_receive(&http, &response, false, 60000));
    ck_assert_int_eq(response.status, 200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 7);
    http_response_fini(&response);
    http_close(&http);
}
END_TEST

/* More of them than may be asked at once, and each insists on a call. */
START_TEST(equal_items_that_insist_on_a_call_make_one)
{
    static char body[BODY_SIZE];
    json_t *answer;

    body[0] = '\0';
    for (int i = 0; i < 5; i++)
        add_item(body, "{" HERE ", \"force_refresh\": true}");
    close_body(body);
    answer = ask(VALUE_BULK, body);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    ck_assert_int_eq(count_of(answer, "succeeded"), 5);
    ck_assert_str_eq(cache_of(answer, 4), "collapsed");
    json_decref(answer);
}
END_TEST

START_TEST(a_single_request_joins_the_call_of_an_item)
{
    static char body[BODY_SIZE];
    struct http_response response;
    struct http http, single;
    char request[512];

    body[0] = '\0';
    add_estimates(body, 15, 2);
    close_body(body);
    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    send_bulk(&http, body);
    ck_assert_int_eq(held(2, 10000), 2);
    snprintf(request, sizeof request,
             "GET /api/v1/comparables?latitude=30.27&longitude=-97.74 HTTP/1.1\r\nHost: x\r\n"
             "Authorization: Bearer %s\r\n\r\n",
             testbed.key);
    http_open(&single, testbed.port);
    ck_assert(http_send(&single, request, strlen(request)));
    testbed_await_metric(&testbed, "rentcache_cache_waiters", 3, 60000);
    testbed_fault(&testbed, "");
    ck_assert(http_receive(&http, &response, false, 60000));
    ck_assert_int_eq(response.status, 200);
    ck_assert_ptr_nonnull(strstr(response.body, "\"succeeded\": 2"));
    http_response_fini(&response);
    ck_assert(http_receive(&single, &response, false, 60000));
    ck_assert_int_eq(response.status, 200);
    http_response_fini(&response);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    http_close(&http);
    http_close(&single);
}
END_TEST

START_TEST(the_books_agree)
{
    static char body[BODY_SIZE];

    body[0] = '\0';
    add_estimates(body, 5, 6);
    add_estimates(body, 5, 2);
    add_item(body, NOWHERE);
    add_item(body, "{}");
    close_body(body);
    json_decref(ask(VALUE_BULK, body));
    json_decref(ask(VALUE_BULK, body));
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM usage_stats WHERE endpoint = 'value_estimate_bulk' "
                        "AND method = 'POST' AND status_code = 200",
                        2, 60000);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats"),
                     2);
    ck_assert_int_eq(testbed_upstream_billed(&testbed), 6);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status IN ('billed', 'free')", 8, 60000);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(cost_micro_usd) FROM usage_stats"),
        12000000);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(cost_micro_usd) FROM ledger"),
        12000000);
    /* the first saved what its two doubles shared, the second all eight */
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(saved_micro_usd) FROM usage_stats"),
        20000000);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db",
                      "SELECT count(*) FROM usage_stats WHERE decision IN ('miss', 'hit')"),
        2);
}
END_TEST

static const struct {
    const char *body, *further;
    int status;
} refusals[] = {
    {"{\"requests\": []}", NULL, 422},
    {"[]", NULL, 422},
    {"{}", NULL, 422},
    {"{\"requests\": {}}", NULL, 422},
    {"17", NULL, 400},
    {"", NULL, 400},
    {"{\"requests\": [", NULL, 400},
    {"{\"requests\": [{\"address\": \"a\", \"address\": \"b\"}]}", NULL, 400},
    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", NULL, 400},
};

START_TEST(a_bad_body_is_refused)
{
    static char body[BODY_SIZE];
    struct http_response response;
    char allowed[64];

    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        json_decref(ask_with(testbed.key, VALUE_BULK, refusals[i].body, refusals[i].status));
    body[0] = '\0';
    for (int i = 0; i < 51; i++)
        add_item(body, "{" HERE "}");
    close_body(body);
    json_decref(ask_with(testbed.key, VALUE_BULK, body, 422));
    json_decref(ask_with("rc_wrong_key", VALUE_BULK, body, 401));
    http_call(testbed.port, "GET", VALUE_BULK, testbed.key, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 405);
    ck_assert(http_field(&response, "Allow", allowed, sizeof allowed));
    ck_assert_str_eq(allowed, "POST, OPTIONS");
    http_response_fini(&response);
    http_call(testbed.port, "OPTIONS", VALUE_BULK, NULL, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 204);
    http_expect_field(&response, "Allow", "POST, OPTIONS");
    http_response_fini(&response);
    http_call(testbed.port, "POST", VALUE_BULK, testbed.key, NULL,
              "Content-Type: text/plain\r\nContent-Length: 0\r\n", &response);
    ck_assert_int_eq(response.status, 415);
    http_response_fini(&response);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("bulk");
    TCase *cases = tcase_create("items");
    TCase *faults = tcase_create("faults");
    TCase *three = tcase_create("at_once");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, twenty_items_with_five_cached_take_fifteen_calls);
    tcase_add_test(cases, equal_items_are_fetched_once);
    tcase_add_test(cases, a_single_request_joins_the_call_of_an_item);
    tcase_add_test(cases, the_books_agree);
    tcase_add_test(cases, a_bad_body_is_refused);
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(faults, setup_careful, testbed_teardown);
    tcase_set_timeout(faults, 120);
    tcase_add_test(faults, a_pause_is_told_by_the_item);
    tcase_add_test(faults, a_failing_item_fails_alone);
    suite_add_tcase(suite, faults);
    tcase_add_checked_fixture(three, setup_three, testbed_teardown);
    tcase_set_timeout(three, 120);
    tcase_add_test(three, equal_items_that_insist_on_a_call_make_one);
    tcase_add_test(three, three_items_are_called_at_once_and_no_more);
    suite_add_tcase(suite, three);
    return suite;
}
