/* unknown_parameters_test.c - parameters that no one configured: part of the question, refused, or ignored and named. */
/* links: @support */
/* topologies: one four */
#include "scenario/requests/routes_common.h"

static char config_path[] = "/tmp/rentcache-unknown-XXXXXX";

static const char own_routes[] = "routes:\n"
                                 "  - name: geocoder\n"
                                 "    path: /geo\n"
                                 "    upstream_path: /v1/properties\n"
                                 "    ttl_s: 3600\n"
                                 "    cost_usd: \"0.005\"\n"
                                 "    share: all\n"
                                 "    unknown_parameters: forward\n"
                                 "    parameters:\n"
                                 "      - {name: address, type: text, upstream_name: city}\n"
                                 "  - name: strict\n"
                                 "    path: /strict\n"
                                 "    upstream_path: /v1/properties\n"
                                 "    ttl_s: 3600\n"
                                 "    parameters:\n"
                                 "      - {name: bedrooms, type: text}\n"
                                 "  - name: many\n"
                                 "    method: POST\n"
                                 "    path: /geo/bulk\n"
                                 "    bulk_of: geocoder\n";

static void
start(void)
{
    static char setting[128];
    const char *const settings[] = {setting, NULL};
    int file = mkstemp(config_path);
    FILE *out = file >= 0 ? fdopen(file, "w") : NULL;

    ck_assert_ptr_nonnull(out);
    fputs(own_routes, out);
    fclose(out);
    snprintf(setting, sizeof setting, "RENTCACHE_CONFIG=%s", config_path);
    testbed_start(&testbed, settings);
}

static void
end(void)
{
    testbed_stop(&testbed);
    remove(config_path);
}

START_TEST(two_languages_are_two_entries)
{
    ck_assert_int_eq(testbed_expect(&testbed, "/geo?address=Austin&language=de", 200), 0);
    expect_call(1, "/v1/properties", "{\"city\": \"Austin\", \"language\": \"de\"}", 200);
    ck_assert_int_eq(testbed_expect(&testbed, "/geo?address=Austin&language=en", 200), 0);
    expect_call(1, "/v1/properties", "{\"city\": \"Austin\", \"language\": \"en\"}", 200);
    ck_assert_int_eq(testbed_expect(&testbed, "/geo?language=de&address=Austin", 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, "/geo?address=Austin", 200), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 3);
}
END_TEST

START_TEST(a_bulk_item_shares_the_entry_of_the_single_request)
{
    struct http_response response;

    ck_assert_int_eq(testbed_expect(&testbed, "/geo?address=Austin&language=de", 200), 0);
    http_call(testbed.port, "POST", "/geo/bulk", testbed.key,
              "[{\"address\": \"Austin\", \"language\": \"de\"}, {\"language\": {}}]", NULL,
              &response);
    ck_assert_int_eq(response.status, 200);
    ck_assert_msg(strstr(response.body, "\"index\": 0, \"status\": 200, \"cache\": \"hit\"") !=
                      NULL,
                  "%s", response.body);
    ck_assert_msg(strstr(response.body, "\"index\": 1, \"status\": 422") != NULL, "%s",
                  response.body);
    http_response_fini(&response);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(a_typing_error_is_refused_by_name_and_costs_nothing)
{
    struct http_response response;

    testbed_get(&testbed, "/strict?bedroms=3", &response);
    ck_assert_int_eq(response.status, 422);
    ck_assert_msg(strstr(response.body, "Unknown parameter; did you mean bedrooms?") != NULL, "%s",
                  response.body);
    http_response_fini(&response);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
}
END_TEST

START_TEST(the_built_in_routes_name_what_they_ignore)
{
    struct http_response response;

    for (int i = 0; i < 2; i++) { /* a miss, a hit */
        testbed_get(&testbed, "/api/v1/properties?state=TX&bedroms=3&a%0db=1", &response);
        ck_assert_int_eq(response.status, 400); /* a control character, even there */
        http_response_fini(&response);
        testbed_get(&testbed, "/api/v1/properties?state=TX&bedroms=3&a%22b=1", &response);
        ck_assert_int_eq(response.status, 200);
        http_expect_field(&response, "X-Ignored-Parameters", "a%22b, bedroms");
        http_expect_field(&response, "X-Cache-Hit", i == 0 ? "false" : "true");
        http_response_fini(&response);
    }
    testbed_get(&testbed, "/api/v1/properties?state=TX", &response);
    http_expect_field(&response, "X-Cache-Hit", "true");
    http_expect_no_field(&response, "X-Ignored-Parameters");
    http_response_fini(&response);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

#define VALUE_BULK "/api/v1/estimates/value/bulk"
#define HERE       "\"latitude\": 30.27, \"longitude\": -97.74"

START_TEST(an_item_of_a_bulk_request_names_what_is_ignored_in_it)
{
    struct http_response response;
    json_t *body, *items, *names;

    http_call(testbed.port, "POST", VALUE_BULK, testbed.key,
              "[{" HERE ", \"bedroms\": 3, \"a\\\"b\": [1]}, {" HERE "}]", NULL, &response);
    ck_assert_msg(response.status == 200, "%s", response.body);
    body = json_loads(response.body, 0, NULL);
    items = json_object_get(body, "results");
    names = json_object_get(json_array_get(items, 0), "ignored_parameters");
    ck_assert_msg(json_array_size(names) == 2, "%s", response.body);
    ck_assert_str_eq(json_string_value(json_array_get(names, 0)), "a%22b");
    ck_assert_str_eq(json_string_value(json_array_get(names, 1)), "bedroms");
    ck_assert_ptr_null(json_object_get(json_array_get(items, 1), "ignored_parameters"));
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    json_decref(body);
    http_response_fini(&response);
    testbed_get(&testbed, "/api/v1/estimates/value?latitude=30.27&longitude=-97.74", &response);
    http_expect_field(&response, "X-Cache-Hit", "true");
    http_response_fini(&response);
}
END_TEST

static void
start_built_in(void)
{
    testbed_start(&testbed, NULL);
}

static void
stop_built_in(void)
{
    testbed_stop(&testbed);
}

Suite *
test_suite(void)
{
    Suite *suite = suite_create("unknown_parameters");
    TCase *own = tcase_create("own routes"), *built_in = tcase_create("built-in routes");

    tcase_add_checked_fixture(own, start, end);
    tcase_set_timeout(own, 60);
    tcase_add_test(own, two_languages_are_two_entries);
    tcase_add_test(own, a_bulk_item_shares_the_entry_of_the_single_request);
    tcase_add_test(own, a_typing_error_is_refused_by_name_and_costs_nothing);
    suite_add_tcase(suite, own);
    tcase_add_checked_fixture(built_in, start_built_in, stop_built_in);
    tcase_set_timeout(built_in, 60);
    tcase_add_test(built_in, the_built_in_routes_name_what_they_ignore);
    tcase_add_test(built_in, an_item_of_a_bulk_request_names_what_is_ignored_in_it);
    suite_add_tcase(suite, built_in);
    return suite;
}
