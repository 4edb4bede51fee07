/* listing_test.c - a listing by its id: sale, on 404 rental; one entry, one flight, a ledger row for each call. */
/* links: @support */
/* topologies: one four */
#include "scenario/requests/routes_common.h"

#define SALE      "/v1/listings/sale"
#define RENTAL    "/v1/listings/rental/long-term"
#define CLIENTS   8
#define UNKNOWN   "No-Such-Place,-Austin,-TX-78701"
#define PATH_SIZE 256

/* Asks the paid API past the gateway. */
static int
ask_paid_api(const char *target, struct http_response *response)
{
    http_call(testbed.simulator_port, "GET", target, NULL, NULL, "X-Api-Key: sim_key_unlimited\r\n",
              response);
    return response->status;
}

static bool
is_for_sale(const char *id)
{
    struct http_response response;
    char path[PATH_SIZE];
    int status;

    snprintf(path, sizeof path, SALE "/%s", id);
    status = ask_paid_api(path, &response);
    http_response_fini(&response);
    return status == 200;
}

/* The first listing of the list that is, or is not, for sale; then the paid API forgets that it was asked. */
static void
find_id(const char *list, bool for_sale, char id[128])
{
    struct http_response response;
    json_t *listings;
    size_t i = 0;

    ck_assert_int_eq(ask_paid_api(list, &response), 200);
    listings = json_loads(response.body, 0, NULL);
    do {
        ck_assert_uint_lt(i, json_array_size(listings));
        snprintf(id, 128, "%s",
                 json_string_value(json_object_get(json_array_get(listings, i++), "id")));
    } while (is_for_sale(id) != for_sale);
    json_decref(listings);
    http_response_fini(&response);
    json_decref(testbed_control(&testbed, "DELETE", "/_control/journal", NULL));
    json_decref(testbed_control(&testbed, "DELETE", "/_control/ledger", NULL));
}

static void
expect_listing(const char *target, const char *id, const char *hit)
{
    struct http_response response;
    json_t *listing;

    testbed_get(&testbed, target, &response);
    ck_assert_msg(response.status == 200, "%s: %d %s", target, response.status, response.body);
    http_expect_field(&response, "X-Cache-Hit", hit);
    if (strcmp(hit, "false") == 0)
        http_expect_field(&response, "X-Estimated-Cost", "0.5");
    listing = json_loads(response.body, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(listing, "id")), id);
    json_decref(listing);
    http_response_fini(&response);
}

START_TEST(what_is_for_sale_is_found_with_one_call)
{
    char id[128], target[PATH_SIZE], path[PATH_SIZE];

    find_id(SALE "?state=TX&limit=5", true, id);
    snprintf(target, sizeof target, "/api/v1/listings/%s", id);
    snprintf(path, sizeof path, SALE "/%s", id);
    expect_listing(target, id, "false");
    expect_call(1, path, "{}", 200);
    expect_listing(target, id, "true");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    row("R-053");
    ck_assert_int_eq(
        testbed_query(
            &testbed, "cache.db",
            "SELECT CAST(round((julianday(expires_at) - julianday(created_at)) * 86400) AS INTEGER)"
            " FROM cache_entries WHERE endpoint = 'listing_by_id'"),
        1800);
}
END_TEST

START_TEST(what_is_for_rent_alone_takes_two_calls_and_one_entry)
{
    char id[128], target[PATH_SIZE], path[PATH_SIZE];

    find_id(RENTAL "?limit=500", false, id);
    snprintf(target, sizeof target, "/api/v1/listings/%s", id);
    expect_listing(target, id, "false");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    snprintf(path, sizeof path, SALE "/%s", id);
    expect_call(2, path, "{}", 404);
    snprintf(path, sizeof path, RENTAL "/%s", id);
    expect_call(1, path, "{}", 200);
    expect_listing(target, id, "true");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries"), 1);
    /* each call has its row, and the one that found nothing was free */
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE route = 'listing_by_id' AND "
                        "status IN ('free', 'billed')",
                        2, 60000);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM ledger WHERE status = 'free' AND "
                                   "http_status = 404 AND cost_micro_usd = 0"),
                     1);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT cost_micro_usd FROM ledger WHERE status = 'billed'"),
                     500000);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT count(DISTINCT api_key_id) FROM ledger"),
        1);
}
END_TEST

START_TEST(a_type_asks_for_one_kind_alone)
{
    char id[128], target[PATH_SIZE], path[PATH_SIZE];
    struct http_response response;

    find_id(RENTAL "?limit=500", false, id);
    snprintf(target, sizeof target, "/api/v1/listings/%s?type=sale", id);
    testbed_get(&testbed, target, &response);
    ck_assert_int_eq(response.status, 404);
    http_response_fini(&response);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    snprintf(target, sizeof target, "/api/v1/listings/%s?type=rental", id);
    snprintf(path, sizeof path, RENTAL "/%s", id);
    expect_listing(target, id, "false");
    expect_call(1, path, "{}", 200);
    expect_listing(target, id, "true");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    /* an entry of its own: without the type both are asked */
    snprintf(target, sizeof target, "/api/v1/listings/%s", id);
    expect_listing(target, id, "false");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 4);
}
END_TEST

START_TEST(what_neither_knows_is_a_404_and_not_kept)
{
    for (int64_t calls = 2; calls <= 4; calls += 2) {
        struct http_response response;

        testbed_get(&testbed, "/api/v1/listings/" UNKNOWN, &response);
        ck_assert_int_eq(response.status, 404);
        ck_assert_ptr_nonnull(strstr(response.body, "Upstream API error: "));
        http_response_fini(&response);
        ck_assert_int_eq(testbed_upstream_calls(&testbed), calls);
    }
    ck_assert_int_eq(testbed_upstream_billed(&testbed), 0);
}
END_TEST

START_TEST(a_fault_of_the_second_call_is_a_fault)
{
    struct http_response response;
    char id[128], target[PATH_SIZE];

    find_id(RENTAL "?limit=500", false, id);
    snprintf(target, sizeof target, "/api/v1/listings/%s", id);
    testbed_fault(&testbed,
                  "{\"path\": \"" RENTAL "/{id}\", \"kind\": \"status\", \"status\": 500}");
    testbed_get(&testbed, target, &response);
    ck_assert_int_eq(response.status, 500);
    http_response_fini(&response);
    testbed_fault(&testbed, "");
    expect_listing(target, id, "false"); /* nothing of it was kept */
}
END_TEST

START_TEST(many_at_once_share_both_calls)
{
    struct http http[CLIENTS];
    struct http_response responses[CLIENTS];
    char id[128], request[512];

    find_id(RENTAL "?limit=500", false, id);
    testbed_fault(&testbed, "{\"path\": \"" RENTAL "/{id}\", \"kind\": \"hold\"}");
    snprintf(request, sizeof request,
             "GET /api/v1/listings/%s HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n\r\n", id,
             testbed.key);
    for (int i = 0; i < CLIENTS; i++) {
        http_open(&http[i], testbed.port);
        ck_assert(http_send(&http[i], request, strlen(request)));
        if (i == 0) /* the others come while the second call runs */
            testbed_await_upstream_calls(&testbed, 2);
    }
    testbed_await_metric(&testbed, "rentcache_cache_waiters", CLIENTS, 60000);
    testbed_fault(&testbed, "");
    for (int i = 0; i < CLIENTS; i++) {
        ck_assert(http_receive(&http[i], &responses[i], false, 60000));
        ck_assert_int_eq(responses[i].status, 200);
        ck_assert_str_eq(responses[i].body, responses[0].body);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    ck_assert_int_eq(testbed_upstream_billed(&testbed), 1);
    for (int i = 0; i < CLIENTS; i++) {
        http_response_fini(&responses[i]);
        http_close(&http[i]);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("listing");
    TCase *cases = tcase_create("by_id");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, what_is_for_sale_is_found_with_one_call);
    tcase_add_test(cases, what_is_for_rent_alone_takes_two_calls_and_one_entry);
    tcase_add_test(cases, a_type_asks_for_one_kind_alone);
    tcase_add_test(cases, what_neither_knows_is_a_404_and_not_kept);
    tcase_add_test(cases, a_fault_of_the_second_call_is_a_fault);
    tcase_add_test(cases, many_at_once_share_both_calls);
    suite_add_tcase(suite, cases);
    return suite;
}
