/* comparables_test.c - comparables are a member of the value estimate: one entry, one call, whoever asks first. */
/* links: @support */
/* topologies: one four */
#include "scenario/requests/routes_common.h"

#define QUERY       "?latitude=30.27&longitude=-97.74"
#define VALUE       "/api/v1/estimates/value" QUERY
#define COMPARABLES "/api/v1/comparables" QUERY
#define CLIENTS     8

/* The raw text of the answer; the caller frees it. */
static char *
ask(const char *target, const char *hit, const char *level)
{
    struct http_response response;
    char *body;

    testbed_get(&testbed, target, &response);
    ck_assert_msg(response.status == 200, "%s: %d %s", target, response.status, response.body);
    http_expect_field(&response, "X-Cache-Hit", hit);
    if (level != NULL)
        http_expect_field(&response, "X-Cache-Level", level);
    else
        http_expect_field(&response, "X-Estimated-Cost", "2.0");
    body = strdup(response.body);
    http_response_fini(&response);
    return body;
}

static void
expect_part(const char *value, const char *comparables)
{
    json_t *list = json_loads(comparables, 0, NULL);

    ck_assert_msg(strstr(value, comparables) != NULL, "not a part of the estimate: %s",
                  comparables);
    ck_assert_uint_eq(json_array_size(list), 15);
    json_decref(list);
}

static void
expect_stored_for_an_hour(void)
{
    ck_assert_int_eq(
        testbed_query(
            &testbed, "cache.db",
            "SELECT CAST(round((julianday(expires_at) - julianday(created_at)) * 86400) AS INTEGER)"
            " FROM cache_entries WHERE endpoint = 'value_estimate'"),
        3600);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries"), 1);
}

START_TEST(a_paid_estimate_answers_comparables)
{
    char *value = ask(VALUE, "false", NULL);
    char *comparables = ask(COMPARABLES, "true", "near");
    char *again = ask(COMPARABLES, "true", "near");

    expect_part(value, comparables);
    ck_assert_str_eq(again, comparables);
    expect_call(1, "/v1/avm/value", NULL, 200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    row("R-055");
    expect_stored_for_an_hour();
    free(value);
    free(comparables);
    free(again);
}
END_TEST

START_TEST(paid_comparables_answer_the_estimate)
{
    char *comparables = ask(COMPARABLES, "false", NULL);
    char *value = ask(VALUE, "true", "near");

    expect_part(value, comparables);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    row("R-055");
    expect_stored_for_an_hour();
    /* the call is the estimate's, the request is of its own endpoint */
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE route = 'value_estimate' AND status = "
                        "'billed' AND cost_micro_usd = 2000000",
                        1, 60000);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM usage_stats WHERE endpoint = 'comparables'", 1,
                        10000);
    free(value);
    free(comparables);
}
END_TEST

START_TEST(a_later_estimate_brings_later_comparables)
{
    char *value = ask(VALUE, "false", NULL);
    char *comparables = ask(COMPARABLES, "true", "near");

    free(value);
    free(comparables);
    json_decref(testbed_control(&testbed, "DELETE", "/_control/journal", NULL));
    value = ask(VALUE "&force_refresh=true", "false", NULL);
    comparables = ask(COMPARABLES, "true", "near");
    expect_part(value, comparables);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    free(value);
    free(comparables);
    comparables = ask(COMPARABLES "&force_refresh=true", "false", NULL);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    free(comparables);
    /* an estimate without the member: nothing of the one before is left */
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 200}");
    free(ask(VALUE "&force_refresh=true", "false", NULL));
    testbed_fault(&testbed, "");
    comparables = ask(COMPARABLES, "true", "near");
    ck_assert_str_eq(comparables, "[]");
    free(comparables);
}
END_TEST

static void
purge(const char *endpoint)
{
    struct http_response response;
    char body[128];

    snprintf(body, sizeof body, "{\"endpoint\": \"%s\"}", endpoint);
    http_call(testbed.admin_port, "POST", "/admin/cache/clear", testbed.admin_token, body, NULL,
              &response);
    ck_assert_msg(response.status == 200, "%d %s", response.status, response.body);
    http_response_fini(&response);
}

START_TEST(a_purge_of_either_takes_both)
{
    static const char *const endpoints[] = {"value_estimate", "comparables"};

    for (int i = 0; i < 2; i++) {
        free(ask(COMPARABLES, "false", NULL));
        free(ask(COMPARABLES, "true", "near"));
        free(ask(VALUE, "true", "near"));
        purge(endpoints[i]);
    }
    free(ask(VALUE, "false", NULL));
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 3);
}
END_TEST

START_TEST(what_l2_has_answers_comparables_after_a_restart)
{
    char *value = ask(VALUE, "false", NULL);
    char *comparables;

    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    comparables = ask(COMPARABLES, "true", "L2");
    expect_part(value, comparables);
    free(comparables);
    comparables = ask(COMPARABLES, "true", "near");
    expect_part(value, comparables);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    free(value);
    free(comparables);
}
END_TEST

/* Half of them ask for the estimate, half for the comparables. */
START_TEST(both_share_one_flight)
{
    struct http http[CLIENTS];
    struct http_response responses[CLIENTS];

    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    for (int i = 0; i < CLIENTS; i++) {
        char request[512];

        snprintf(request, sizeof request,
                 "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n",
                 i % 2 == 0 ? VALUE : COMPARABLES, testbed.key);
        http_open(&http[i], testbed.port);
        ck_assert(http_send(&http[i], request, strlen(request)));
    }
    testbed_await_metric(&testbed, "rentcache_cache_waiters", CLIENTS, 60000);
    testbed_fault(&testbed, "");
    for (int i = 0; i < CLIENTS; i++) {
        ck_assert(http_receive(&http[i], &responses[i], false, 60000));
        ck_assert_int_eq(responses[i].status, 200);
        ck_assert_str_eq(responses[i].body, responses[i % 2].body);
    }
    expect_part(responses[0].body, responses[1].body);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    for (int i = 0; i < CLIENTS; i++) {
        http_response_fini(&responses[i]);
        http_close(&http[i]);
    }
}
END_TEST

static void
tag_of(const char *target, const char *further, int status, char tag[128])
{
    struct http_response response;

    http_call(testbed.port, "GET", target, testbed.key, NULL, further, &response);
    ck_assert_int_eq(response.status, status);
    ck_assert(http_field(&response, "ETag", tag, 128));
    http_response_fini(&response);
}

/* The tag is that of the comparables, whether they come from the call or from memory. */
START_TEST(validators_and_codings_are_their_own)
{
    char value[128], fetched[128], near[128], packed[128], further[192];

    tag_of(COMPARABLES, NULL, 200, fetched);
    tag_of(COMPARABLES, NULL, 200, near);
    tag_of(VALUE, NULL, 200, value);
    ck_assert_str_eq(fetched, near);
    ck_assert_str_ne(fetched, value);
    snprintf(further, sizeof further, "If-None-Match: %s\r\n", fetched);
    tag_of(COMPARABLES, further, 304, near);
    tag_of(VALUE, further, 200, near);
    tag_of(COMPARABLES, "Accept-Encoding: gzip\r\n", 200, packed);
    ck_assert_str_ne(packed, fetched);
    tag_of(COMPARABLES "&force_refresh=true", "Accept-Encoding: gzip\r\n", 200, near);
    ck_assert_str_eq(packed, near);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

START_TEST(an_error_of_the_paid_api_goes_through)
{
    testbed_expect(&testbed, "/api/v1/comparables", 422);
    testbed_expect(&testbed, "/api/v1/comparables?address=No%20Such%20Street%2C%20Austin%2C%20TX",
                   404);
    testbed_expect(&testbed, COMPARABLES "&compCount=99", 422);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("comparables");
    TCase *cases = tcase_create("derived");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_paid_estimate_answers_comparables);
    tcase_add_test(cases, paid_comparables_answer_the_estimate);
    tcase_add_test(cases, a_later_estimate_brings_later_comparables);
    tcase_add_test(cases, a_purge_of_either_takes_both);
    tcase_add_test(cases, what_l2_has_answers_comparables_after_a_restart);
    tcase_add_test(cases, both_share_one_flight);
    tcase_add_test(cases, validators_and_codings_are_their_own);
    tcase_add_test(cases, an_error_of_the_paid_api_goes_through);
    suite_add_tcase(suite, cases);
    return suite;
}
