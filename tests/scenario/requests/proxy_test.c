/* proxy_test.c - what a client of the three routes sees: bodies, headers, errors. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

START_TEST(a_miss_then_a_hit_from_memory)
{
    struct http_response first, second;
    char text[128];

    row("R-026");
    testbed_get(&testbed, "/api/v1/properties?city=Austin&state=TX", &first);
    ck_assert_int_eq(first.status, 200);
    http_expect_field(&first, "X-Cache-Hit", "false");
    http_expect_field(&first, "X-Estimated-Cost", "1.0");
    http_expect_field(&first, "Cache-Status",
                      "RentCache; fwd=uri-miss; stored; ttl=86400; detail=absent");
    http_expect_field(&first, "Content-Type", "application/json; charset=utf-8");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);

    row("R-024");
    testbed_get(&testbed, "/api/v1/properties?city=Austin&state=TX", &second);
    ck_assert_int_eq(second.status, 200);
    http_expect_field(&second, "X-Cache-Hit", "true");
    http_expect_field(&second, "X-Cache-Level", "near");
    http_expect_no_field(&second, "X-Estimated-Cost");
    ck_assert(http_field(&second, "Age", text, sizeof text));
    ck_assert(http_field(&second, "X-Response-Time-MS", text, sizeof text));
    ck_assert(http_field(&second, "Cache-Status", text, sizeof text));
    ck_assert_msg(strncmp(text, "RentCache; hit; ttl=863", 23) == 0 ||
                      strncmp(text, "RentCache; hit; ttl=864", 23) == 0,
                  "%s", text);
    ck_assert_uint_eq(second.body_size, first.body_size);
    ck_assert_int_eq(memcmp(second.body, first.body, first.body_size), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    http_response_fini(&first);
    http_response_fini(&second);
}
END_TEST

START_TEST(paging_fields_are_replayed_on_hits)
{
    struct http_response response;

    for (int i = 0; i < 2; i++) {
        char total[32];

        testbed_get(&testbed,
                    "/api/v1/properties?state=TX&limit=7&offset=14&includeTotalCount=true",
                    &response);
        ck_assert_int_eq(response.status, 200);
        http_expect_field(&response, "X-Limit", "7");
        http_expect_field(&response, "X-Offset", "14");
        ck_assert(http_field(&response, "X-Total-Count", total, sizeof total));
        ck_assert_int_gt((int)strtol(total, NULL, 10), 21);
        http_response_fini(&response);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(equal_queries_share_an_entry)
{
    row("R-031");
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?city=Austin&state=TX", 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&city=Austin", 200), 1);
    ck_assert_int_eq(
        testbed_expect(&testbed, "/api/v1/properties?state=TX&city=Austin&limit=100&offset=0", 200),
        1);
    ck_assert_int_eq(
        testbed_expect(&testbed, "/api/v1/properties?state=T%58&city=Austin&bedrooms=", 200), 1);
    ck_assert_int_eq(
        testbed_expect(&testbed, "/api/v1/properties?state=TX&city=Austin&limit=99", 200), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

START_TEST(upstream_gets_the_mapped_path_and_the_grammar)
{
    json_t *journal, *query;

    testbed_expect(&testbed,
                   "/api/v1/properties?state=TX&bedrooms=2|3&bathrooms=1:2.50&yearBuilt=1990:*",
                   200);
    journal = testbed_control(&testbed, "GET", "/_control/journal", NULL);
    query = json_object_get(json_array_get(json_object_get(journal, "requests"), 0), "query");
    ck_assert_str_eq(json_string_value(json_object_get(query, "bedrooms")), "2|3");
    ck_assert_str_eq(json_string_value(json_object_get(query, "bathrooms")), "1:2.5");
    ck_assert_str_eq(json_string_value(json_object_get(query, "yearBuilt")), "1990:*");
    ck_assert_str_eq(json_string_value(json_object_get(query, "limit")), "100");
    json_decref(journal);
}
END_TEST

START_TEST(estimates_and_records_by_id)
{
    struct http_response list, one;
    json_t *records;
    char target[512];

    testbed_get(&testbed, "/api/v1/properties?city=Austin&state=TX&limit=1", &list);
    records = json_loads(list.body, 0, NULL);
    snprintf(target, sizeof target, "/api/v1/properties/%s",
             json_string_value(json_object_get(json_array_get(records, 0), "id")));
    testbed_get(&testbed, target, &one);
    ck_assert_int_eq(one.status, 200);
    ck_assert_ptr_nonnull(strstr(one.body, "formattedAddress"));
    ck_assert_int_eq(testbed_expect(&testbed, target, 200), 1);
    snprintf(target, sizeof target, "/api/v1/estimates/value?latitude=%f&longitude=%f",
             json_number_value(json_object_get(json_array_get(records, 0), "latitude")),
             json_number_value(json_object_get(json_array_get(records, 0), "longitude")));
    ck_assert_int_eq(testbed_expect(&testbed, target, 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, target, 200), 1);
    json_decref(records);
    http_response_fini(&list);
    http_response_fini(&one);
}
END_TEST

struct refusal {
    const char *target;
    int status;
    const char *within; /* of the body */
    const char *why;
};

static const struct refusal refusals[] = {
    {"/api/v1/properties?limit=0", 422, "\"limit\"", "below the range"},
    {"/api/v1/properties?limit=501", 422, "less_than_equal", "above the range"},
    {"/api/v1/properties?limit=ten", 422, "int_parsing", "no number"},
    {"/api/v1/properties?offset=-1", 422, "\"offset\"", "negative"},
    {"/api/v1/properties?bedrooms=3:1", 422, "\"bedrooms\"", "minimum above maximum"},
    {"/api/v1/properties?bedrooms=1:2|4", 422, "\"bedrooms\"", "range and list mixed"},
    {"/api/v1/properties?propertyType=Castle", 422, "\"propertyType\"", "not of the list"},
    {"/api/v1/properties?zipCode=7870", 422, "\"zipCode\"", "four digits"},
    {"/api/v1/properties?radius=5", 422, "radius", "a radius without a centre"},
    {"/api/v1/properties?latitude=30&radius=5", 422, "This needs: longitude", "half a centre"},
    {"/api/v1/properties?longitude=-97&radius=5", 422, "This needs: latitude", "the other half"},
    {"/api/v1/properties/..%2Fmarkets%3FzipCode%3D78701", 422, "property_id",
     "another path within an id"},
    {"/api/v1/listings/a%2F..%2Fb", 422, "listing_id", "dots within an id"},
    {"/api/v1/properties?city=a%0Ab", 400, "\\\"city\\\" must be percent-encoded UTF-8",
     "a line feed in a parameter, by name"},
    {"/api/v1/properties?saleDateRange=0", 422, "\"saleDateRange\"", "at least one day"},
    {"/api/v1/properties?city=a&city=b", 422, "\"city\"", "given twice"},
    {"/api/v1/estimates/value", 422, "address", "neither address nor coordinates"},
    {"/api/v1/estimates/value?address=x&compCount=4", 422, "\"compCount\"", "below five"},
    {"/api/v1/properties?force_refresh=maybe", 422, "force_refresh", "no flag"},
    {"/api/v1/properties?ttl_override=0", 422, "ttl_override", "below one second"},
    {"/api/v1/properties?ttl_override=172801", 422, "ttl_override", "beyond 48 hours"},
    {"/api/v1/properties?city=%zz", 400, "bad-request", "broken escape"},
    {"/api/v1/properties?city=%00", 400, "bad-request", "NUL"},
    {"/api/v1/nothing", 404, "not-found", "no such route"},
    {"/", 404, "not-found", "no such route"},
};

START_TEST(bad_parameters_are_refused_before_any_money)
{
    row("R-008");
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        const struct refusal *refusal = &refusals[i];
        struct http_response response;
        json_t *problem;

        testbed_get(&testbed, refusal->target, &response);
        ck_assert_msg(response.status == refusal->status, "%s (%s): %d %s", refusal->target,
                      refusal->why, response.status, response.body);
        ck_assert_msg(strstr(response.body, refusal->within) != NULL, "%s: %s", refusal->target,
                      response.body);
        http_expect_field(&response, "Content-Type", "application/problem+json");
        problem = json_loads(response.body, 0, NULL);
        ck_assert_msg(problem != NULL, "no JSON: %s", response.body);
        ck_assert_int_eq(json_integer_value(json_object_get(problem, "status")), refusal->status);
        if (refusal->status == 422)
            ck_assert(
                json_equal(json_object_get(problem, "detail"), json_object_get(problem, "errors")));
        json_decref(problem);
        http_response_fini(&response);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
}
END_TEST

START_TEST(upstream_errors_keep_their_status_and_are_not_kept)
{
    struct http_response response;

    for (int i = 1; i <= 2; i++) {
        testbed_get(&testbed, "/api/v1/properties/No-Such-Place,-Austin,-TX-78701", &response);
        ck_assert_int_eq(response.status, 404);
        ck_assert_ptr_nonnull(strstr(response.body, "Upstream API error: "));
        http_response_fini(&response);
        ck_assert_int_eq(testbed_upstream_calls(&testbed), i);
    }
}
END_TEST

START_TEST(force_refresh_calls_again_and_stores)
{
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=3", 200), 0);
    ck_assert_int_eq(
        testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=3&force_refresh=true", 200), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=3", 200), 1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

START_TEST(ttl_override_shortens_for_all_and_lengthens_by_right)
{
    char key[80];
    struct http_response response;

    row("R-016");
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=2&ttl_override=60", 200);
    ck_assert_int_eq(
        testbed_query(
            &testbed, "cache.db",
            "SELECT CAST(round((julianday(expires_at) - julianday(created_at)) * 86400) AS INTEGER)"
            " FROM cache_entries"),
        60);
    testbed_get(&testbed, "/api/v1/properties?state=TX&limit=4&ttl_override=172800", &response);
    ck_assert_int_eq(response.status, 403);
    http_response_fini(&response);
    testbed_make_key(&testbed, "long_lives", "\"rights\": [\"extend_ttl\"]", key);
    http_call(testbed.port, "GET", "/api/v1/properties?state=TX&limit=4&ttl_override=172800", key,
              NULL, NULL, &response);
    ck_assert_int_eq(response.status, 200);
    http_response_fini(&response);
}
END_TEST

START_TEST(lives_are_those_of_the_document)
{
    static const char life[] =
        "SELECT CAST(round((julianday(expires_at) - julianday(created_at)) * 86400) AS INTEGER)"
        " FROM cache_entries WHERE endpoint = '%s'";
    char sql[256];

    row("R-050");
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200);
    snprintf(sql, sizeof sql, life, "properties");
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", sql), 86400);
    row("R-051");
    testbed_expect(&testbed, "/api/v1/estimates/value?latitude=30.27&longitude=-97.74", 200);
    snprintf(sql, sizeof sql, life, "value_estimate");
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", sql), 3600);
}
END_TEST

START_TEST(an_entry_survives_a_restart)
{
    struct http_response response;

    row("R-014");
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=5", 200), 0);
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    testbed_get(&testbed, "/api/v1/properties?state=TX&limit=5", &response);
    http_expect_field(&response, "X-Cache-Hit", "true");
    http_expect_field(&response, "X-Cache-Level", "L2");
    http_response_fini(&response);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(head_has_the_fields_and_no_body)
{
    struct http http;
    struct http_response response;
    char length[32];

    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=5", 200);
    http_open(&http, testbed.port);
    ck_assert(http_call_on(&http, "HEAD", "/api/v1/properties?state=TX&limit=5", testbed.key, NULL,
                           NULL, &response));
    ck_assert_int_eq(response.status, 200);
    ck_assert(http_field(&response, "Content-Length", length, sizeof length));
    ck_assert_int_gt((int)strtol(length, NULL, 10), 100);
    http_response_fini(&response);
    /* the connection is still in step */
    ck_assert(http_call_on(&http, "GET", "/api/v1/properties?state=TX&limit=5", testbed.key, NULL,
                           NULL, &response));
    ck_assert_uint_eq(response.body_size, strtoul(length, NULL, 10));
    http_response_fini(&response);
    http_close(&http);
}
END_TEST

START_TEST(other_methods_are_405_with_allow)
{
    struct http_response response;

    http_call(testbed.port, "DELETE", "/api/v1/properties", testbed.key, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 405);
    http_expect_field(&response, "Allow", "GET, HEAD, OPTIONS");
    http_response_fini(&response);
}
END_TEST

START_TEST(health_live_and_ready)
{
    struct http_response response;
    json_t *health;

    row("R-005");
    http_call(testbed.port, "GET", "/livez", NULL, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 200);
    http_response_fini(&response);
    http_call(testbed.port, "GET", "/readyz", NULL, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 200);
    http_response_fini(&response);
    http_call(testbed.port, "GET", "/health", NULL, NULL, NULL, &response);
    ck_assert_msg(response.status == 200, "%s", response.body);
    health = json_loads(response.body, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(health, "status")), "healthy");
    ck_assert_uint_eq(json_object_size(json_object_get(health, "checks")), 5);
    json_decref(health);
    http_response_fini(&response);
}
END_TEST

START_TEST(request_ids_are_taken_over_or_made)
{
    struct http_response response;
    char id[128];

    http_call(testbed.port, "GET", "/livez", NULL, NULL, "X-Request-ID: abc-123.x_Y\r\n",
              &response);
    http_expect_field(&response, "X-Request-ID", "abc-123.x_Y");
    http_response_fini(&response);
    http_call(testbed.port, "GET", "/livez", NULL, NULL, "X-Request-ID: no good\r\n", &response);
    ck_assert(http_field(&response, "X-Request-ID", id, sizeof id));
    ck_assert_uint_eq(strlen(id), 32);
    http_response_fini(&response);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("proxy");
    TCase *cases = tcase_create("client");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_miss_then_a_hit_from_memory);
    tcase_add_test(cases, paging_fields_are_replayed_on_hits);
    tcase_add_test(cases, equal_queries_share_an_entry);
    tcase_add_test(cases, upstream_gets_the_mapped_path_and_the_grammar);
    tcase_add_test(cases, estimates_and_records_by_id);
    tcase_add_test(cases, bad_parameters_are_refused_before_any_money);
    tcase_add_test(cases, upstream_errors_keep_their_status_and_are_not_kept);
    tcase_add_test(cases, force_refresh_calls_again_and_stores);
    tcase_add_test(cases, ttl_override_shortens_for_all_and_lengthens_by_right);
    tcase_add_test(cases, lives_are_those_of_the_document);
    tcase_add_test(cases, an_entry_survives_a_restart);
    tcase_add_test(cases, head_has_the_fields_and_no_body);
    tcase_add_test(cases, other_methods_are_405_with_allow);
    tcase_add_test(cases, health_live_and_ready);
    tcase_add_test(cases, request_ids_are_taken_over_or_made);
    suite_add_tcase(suite, cases);
    return suite;
}
