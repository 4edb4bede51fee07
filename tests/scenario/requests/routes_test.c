/* routes_test.c - every route: what the paid API is asked, how long the answer is kept, what is refused. */
/* links: @support */
/* topologies: one four */
#include "scenario/requests/routes_common.h"

#define PAGE  "\"limit\": \"3\", \"offset\": \"0\", \"includeTotalCount\": \"false\""
#define PLACE "5500+Grand+Lake+Dr,+San+Antonio,+TX+78244"

static const struct {
    const char *target, *upstream_path, *query;
    const char *endpoint, *cost;
    int64_t ttl_s;
} routes[] = {
    {"/api/v1/properties?city=Austin&state=TX&limit=3", "/v1/properties",
     "{\"city\": \"Austin\", \"state\": \"TX\", " PAGE "}", "properties", "1.0", 86400},
    {"/api/v1/properties/5500-Grand-Lake-Dr,-San-Antonio,-TX-78244",
     "/v1/properties/5500-Grand-Lake-Dr,-San-Antonio,-TX-78244", "{}", "properties", "1.0", 86400},
    {"/api/v1/estimates/value?address=" PLACE "&compCount=5", "/v1/avm/value",
     "{\"address\": \"5500 Grand Lake Dr, San Antonio, TX 78244\", \"compCount\": \"5\", "
     "\"lookupSubjectAttributes\": \"true\"}",
     "value_estimate", "2.0", 3600},
    {"/api/v1/estimates/rent?address=" PLACE "&propertyType=Single+Family",
     "/v1/avm/rent/long-term",
     "{\"address\": \"5500 Grand Lake Dr, San Antonio, TX 78244\", \"compCount\": \"15\", "
     "\"propertyType\": \"Single Family\", \"lookupSubjectAttributes\": \"true\"}",
     "rent_estimate", "2.0", 3600},
    {"/api/v1/listings/sale?state=TX&limit=3&price=*:9000000&daysOld=5000", "/v1/listings/sale",
     "{\"state\": \"TX\", \"status\": \"Active\", \"price\": \"*:9000000\", "
     "\"daysOld\": \"*:5000\", " PAGE "}",
     "listings_sale", "0.5", 1800},
    {"/api/v1/listings/rental?state=TX&limit=3&status=Inactive", "/v1/listings/rental/long-term",
     "{\"state\": \"TX\", \"status\": \"Inactive\", " PAGE "}", "listings_rental", "0.5", 1800},
    {"/api/v1/markets/stats?zipCode=78701&historyRange=3&unknown=x", "/v1/markets",
     "{\"zipCode\": \"78701\", \"dataType\": \"All\", \"historyRange\": \"3\"}", "market_stats",
     "5.0", 7200},
};

static const char life_sql[] =
    "SELECT CAST(round((julianday(expires_at) - julianday(created_at)) * 86400) AS INTEGER)"
    " FROM cache_entries WHERE endpoint = '%s' ORDER BY id DESC LIMIT 1";

START_TEST(each_is_mapped_paid_once_and_kept_for_its_life)
{
    row("R-050");
    row("R-051");
    row("R-052");
    row("R-053");
    row("R-054");
    for (size_t i = 0; i < sizeof routes / sizeof *routes; i++) {
        struct http_response first, second;
        char sql[256];

        testbed_get(&testbed, routes[i].target, &first);
        ck_assert_msg(first.status == 200, "%s: %d %s", routes[i].target, first.status, first.body);
        http_expect_field(&first, "X-Cache-Hit", "false");
        http_expect_field(&first, "X-Estimated-Cost", routes[i].cost);
        expect_call(1, routes[i].upstream_path, routes[i].query, 200);
        snprintf(sql, sizeof sql, life_sql, routes[i].endpoint);
        ck_assert_int_eq(testbed_query(&testbed, "cache.db", sql), routes[i].ttl_s);
        testbed_get(&testbed, routes[i].target, &second);
        http_expect_field(&second, "X-Cache-Hit", "true");
        ck_assert_str_eq(second.body, first.body);
        ck_assert_int_eq(testbed_upstream_calls(&testbed), (int64_t)i + 1);
        http_response_fini(&first);
        http_response_fini(&second);
    }
}
END_TEST

START_TEST(random_records_are_never_kept_and_never_shared)
{
    static const char target[] = "/api/v1/properties/random?limit=2";
    struct http_response responses[2];
    struct http http[2];
    char text[512];

    /* both at once at the paid API: neither waits for the other */
    testbed_fault(&testbed, "{\"path\": \"/v1/properties/random\", \"kind\": \"hold\"}");
    for (int i = 0; i < 2; i++) {
        http_open(&http[i], testbed.port);
        snprintf(text, sizeof text,
                 "GET %s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", target,
                 testbed.key);
        ck_assert(http_send(&http[i], text, strlen(text)));
    }
    testbed_await_upstream_calls(&testbed, 2);
    testbed_fault(&testbed, "");
    for (int i = 0; i < 2; i++) {
        ck_assert(http_receive(&http[i], &responses[i], false, 60000));
        ck_assert_int_eq(responses[i].status, 200);
        http_expect_field(&responses[i], "X-Cache-Hit", "false");
        http_close(&http[i]);
    }
    ck_assert_str_ne(responses[0].body, responses[1].body);
    expect_call(1, "/v1/properties/random", "{\"limit\": \"2\"}", 200);
    for (int i = 0; i < 2; i++)
        http_response_fini(&responses[i]);
    ck_assert_int_eq(testbed_expect(&testbed, target, 200), 0);
    /* a life for nothing that is kept */
    ck_assert_int_eq(
        testbed_expect(&testbed, "/api/v1/properties/random?limit=2&ttl_override=60", 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, target, 200), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 5);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries"), 0);
}
END_TEST

START_TEST(an_alias_is_the_same_route)
{
    static const char *const pairs[][2] = {
        {"/api/v1/estimates/value?address=" PLACE, "/api/v1/value-estimate?address=" PLACE},
        {"/api/v1/estimates/rent?address=" PLACE, "/api/v1/rent-estimate?address=" PLACE},
        {"/api/v1/markets/stats?zipCode=78701", "/api/v1/market-stats?zipCode=78701"},
    };

    for (size_t i = 0; i < 3; i++) {
        /* whoever comes first pays for both */
        ck_assert_int_eq(testbed_expect(&testbed, pairs[i][i % 2], 200), 0);
        ck_assert_int_eq(testbed_expect(&testbed, pairs[i][1 - i % 2], 200), 1);
        ck_assert_int_eq(testbed_upstream_calls(&testbed), (int64_t)i + 1);
    }
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 6, 60000);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT count(DISTINCT endpoint) FROM usage_stats"),
        3);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM usage_stats WHERE endpoint IN "
                                   "('value_estimate', 'rent_estimate', 'market_stats')"),
                     6);
}
END_TEST

START_TEST(address_parts_are_joined_before_the_key)
{
    static const char *const kinds[] = {"value", "rent"};
    char target[256];

    for (size_t i = 0; i < 2; i++) {
        snprintf(target, sizeof target,
                 "/api/v1/estimates/%s?zipCode=78244&state=TX&city=San+Antonio"
                 "&address=5500+Grand+Lake+Dr",
                 kinds[i]);
        ck_assert_int_eq(testbed_expect(&testbed, target, 200), 0);
        expect_call(1, i == 0 ? "/v1/avm/value" : "/v1/avm/rent/long-term",
                    "{\"address\": \"5500 Grand Lake Dr, San Antonio, TX, 78244\", "
                    "\"compCount\": \"15\", \"lookupSubjectAttributes\": \"true\"}",
                    200);
        snprintf(target, sizeof target,
                 "/api/v1/estimates/%s?address=5500+Grand+Lake+Dr,+San+Antonio,+TX,+78244",
                 kinds[i]);
        ck_assert_int_eq(testbed_expect(&testbed, target, 200), 1);
        ck_assert_int_eq(testbed_upstream_calls(&testbed), (int64_t)i + 1);
    }
}
END_TEST

static const struct {
    const char *target, *within;
} refused[] = {
    {"/api/v1/properties/random?limit=501", "\"limit\""},
    {"/api/v1/estimates/rent", "\"address\""},
    {"/api/v1/estimates/rent?address=x&propertyType=Land", "\"propertyType\""},
    {"/api/v1/estimates/rent?address=x&compCount=26", "\"compCount\""},
    {"/api/v1/estimates/rent?address=x&daysOld=0", "\"daysOld\""},
    {"/api/v1/estimates/rent?address=x&maxRadius=0", "\"maxRadius\""},
    {"/api/v1/estimates/value?city=Austin&state=TX", "This needs: address"},
    {"/api/v1/value-estimate?latitude=30&longitude=-97&zipCode=78701", "\"zipCode\""},
    {"/api/v1/estimates/value?address=x&zipCode=7870", "\"zipCode\""},
    {"/api/v1/listings/sale?status=Sold", "\"status\""},
    {"/api/v1/listings/sale?price=2:1", "\"price\""},
    {"/api/v1/listings/sale?daysOld=0", "\"daysOld\""},
    {"/api/v1/listings/sale?limit=0", "\"limit\""},
    {"/api/v1/listings/sale?radius=5", "\"radius\""},
    {"/api/v1/listings/rental?propertyType=Land", "\"propertyType\""},
    {"/api/v1/listings/rental?offset=-1", "\"offset\""},
    {"/api/v1/listings/some-id?type=both", "\"type\""},
    {"/api/v1/markets/stats", "\"zipCode\""},
    {"/api/v1/markets/stats?city=Austin&state=TX", "\"zipCode\""},
    {"/api/v1/market-stats?zipCode=787011", "\"zipCode\""},
    {"/api/v1/markets/stats?zipCode=78701&dataType=Rent", "\"dataType\""},
    {"/api/v1/markets/stats?zipCode=78701&historyRange=0", "\"historyRange\""},
};

START_TEST(what_the_paid_api_would_refuse_is_refused_here)
{
    row("R-008");
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct http_response response;

        testbed_get(&testbed, refused[i].target, &response);
        ck_assert_msg(response.status == 422, "%s: %d", refused[i].target, response.status);
        ck_assert_msg(strstr(response.body, refused[i].within) != NULL, "%s: %s", refused[i].target,
                      response.body);
        http_response_fini(&response);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
}
END_TEST

START_TEST(paging_fields_of_listings_are_replayed)
{
    static const char *const kinds[] = {"sale", "rental"};

    for (int i = 0; i < 4; i++) {
        struct http_response response;
        char target[128], total[32];

        snprintf(target, sizeof target,
                 "/api/v1/listings/%s?state=TX&limit=7&offset=14&includeTotalCount=true",
                 kinds[i / 2]);
        testbed_get(&testbed, target, &response);
        ck_assert_int_eq(response.status, 200);
        http_expect_field(&response, "X-Cache-Hit", i % 2 == 0 ? "false" : "true");
        http_expect_field(&response, "X-Limit", "7");
        http_expect_field(&response, "X-Offset", "14");
        ck_assert(http_field(&response, "X-Total-Count", total, sizeof total));
        ck_assert_int_gt((int)strtol(total, NULL, 10), 21);
        http_response_fini(&response);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

START_TEST(what_is_not_found_is_relayed_and_not_kept)
{
    static const char *const targets[] = {
        "/api/v1/listings/sale?zipCode=99999",
        "/api/v1/listings/rental?zipCode=99999",
        "/api/v1/markets/stats?zipCode=99999",
        "/api/v1/estimates/rent?address=1+Nowhere+St,+Austin,+TX,+78701",
    };
    int64_t calls = 0;

    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        for (int twice = 0; twice < 2; twice++) {
            struct http_response response;

            testbed_get(&testbed, targets[i], &response);
            ck_assert_msg(response.status == 404, "%s: %d", targets[i], response.status);
            ck_assert_ptr_nonnull(strstr(response.body, "Upstream API error: "));
            http_response_fini(&response);
            ck_assert_int_eq(testbed_upstream_calls(&testbed), ++calls);
        }
    }
    ck_assert_int_eq(testbed_upstream_billed(&testbed), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("routes");
    TCase *cases = tcase_create("all");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, each_is_mapped_paid_once_and_kept_for_its_life);
    tcase_add_test(cases, random_records_are_never_kept_and_never_shared);
    tcase_add_test(cases, an_alias_is_the_same_route);
    tcase_add_test(cases, address_parts_are_joined_before_the_key);
    tcase_add_test(cases, what_the_paid_api_would_refuse_is_refused_here);
    tcase_add_test(cases, paging_fields_of_listings_are_replayed);
    tcase_add_test(cases, what_is_not_found_is_relayed_and_not_kept);
    suite_add_tcase(suite, cases);
    return suite;
}
