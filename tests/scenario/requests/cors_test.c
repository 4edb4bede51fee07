/* cors_test.c - pages of other origins: who may read, preflights before any key, OPTIONS, fields of every answer. */
/* links: @support */
/* topologies: one four */
#include "scenario/cache/validators_common.h"

#define ALLOWED   "Origin: https://app.example\r\n"
#define FORBIDDEN "Origin: https://evil.example\r\n"
#define ASKS      "Access-Control-Request-Method: GET\r\n"

static void
setup_any(void)
{
    testbed_start(&testbed, NULL);
}

static void
setup_list(void)
{
    static const char *const settings[] = {
        "CORS_ORIGINS=https://app.example, http://localhost:3000", "CORS_METHODS=GET, HEAD",
        "CORS_HEADERS=Authorization", "CORS_MAX_AGE_S=77", NULL};

    testbed_start(&testbed, settings);
}

static void
expect_readable(const struct http_response *response, const char *origin)
{
    char names[FIELD_SIZE];

    http_expect_field(response, "Access-Control-Allow-Origin", origin);
    http_expect_no_field(response, "Access-Control-Allow-Credentials");
    if (response->status == 204)
        return;
    read_field(response, "Access-Control-Expose-Headers", names);
    ck_assert_ptr_nonnull(strstr(names, "X-Total-Count"));
    ck_assert_ptr_nonnull(strstr(names, "X-Cache-Hit"));
    ck_assert_ptr_nonnull(strstr(names, "ETag"));
    ck_assert_ptr_nonnull(strstr(names, "Retry-After"));
}

static void
look_at_any(const struct http_response *response)
{
    expect_readable(response, "*");
    ck_assert(!has_line(response, "Vary: Origin"));
}

/* Whoever asks is no page: it is not told what pages may read. */
static void
look_without_origin(const struct http_response *response)
{
    http_expect_field(response, "Access-Control-Allow-Origin", "*");
    http_expect_no_field(response, "Access-Control-Expose-Headers");
}

static void
look_at_allowed(const struct http_response *response)
{
    expect_readable(response, "https://app.example");
    ck_assert(has_line(response, "Vary: Origin"));
}

static void
look_at_forbidden(const struct http_response *response)
{
    http_expect_no_field(response, "Access-Control-Allow-Origin");
    http_expect_no_field(response, "Access-Control-Expose-Headers");
    ck_assert(has_line(response, "Vary: Origin"));
}

START_TEST(where_all_are_allowed_every_answer_says_so)
{
    for (int i = 0; i < 2; i++) /* a miss, a hit */
        ck_assert_int_eq(status_with("GET", TARGET, ALLOWED, look_at_any), 200);
    ck_assert_int_eq(status_with("GET", TARGET, NULL, look_without_origin), 200);
    ck_assert_int_eq(status_with("GET", "/health", ALLOWED, look_at_any), 200);
}
END_TEST

START_TEST(an_origin_of_the_list_is_echoed_others_are_not)
{
    row("R-098");
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(status_with("GET", TARGET, ALLOWED, look_at_allowed), 200);
        ck_assert_int_eq(status_with("GET", TARGET, FORBIDDEN, look_at_forbidden), 200);
        ck_assert_int_eq(status_with("GET", TARGET, NULL, look_at_forbidden), 200);
    }
    ck_assert_int_eq(status_with("GET", TARGET, ALLOWED "If-None-Match: *\r\n", look_at_allowed),
                     304);
}
END_TEST

START_TEST(errors_can_be_read_as_well)
{
    struct http_response response;
    char limited[80];

    ck_assert_int_eq(status_with("GET", "/api/v1/properties?limit=0", ALLOWED, look_at_allowed),
                     422);
    ck_assert_int_eq(status_with("GET", "/nothing", ALLOWED, look_at_allowed), 404);
    ck_assert_int_eq(status_with("DELETE", TARGET, ALLOWED, look_at_allowed), 405);
    http_call(testbed.port, "GET", TARGET, NULL, NULL, ALLOWED, &response);
    ck_assert_int_eq(response.status, 401);
    look_at_allowed(&response);
    http_response_fini(&response);
    testbed_make_key(&testbed, "limited", "\"limits\": {\"global\": \"1/hour\"}", limited);
    for (int i = 0; i < 2; i++) {
        http_call(testbed.port, "GET", TARGET, limited, NULL, ALLOWED, &response);
        ck_assert_int_eq(response.status, i == 0 ? 200 : 429);
        look_at_allowed(&response);
        http_response_fini(&response);
    }
    http_call(testbed.port, "GET", "/\x01", testbed.key, NULL, ALLOWED, &response);
    ck_assert_int_eq(response.status, 400);
    http_response_fini(&response);
}
END_TEST

static void
preflight(const char *target, const char *further, struct http_response *response)
{
    http_call(testbed.port, "OPTIONS", target, NULL, NULL, further, response);
    ck_assert_int_eq(response->status, 204);
    ck_assert_uint_eq(response->body_size, 0);
    http_expect_no_field(response, "Content-Length");
    http_expect_no_field(response, "Transfer-Encoding");
}

START_TEST(a_preflight_is_answered_without_a_key_and_without_a_row)
{
    struct http_response response;

    row("R-098");
    preflight(TARGET, ALLOWED ASKS "Access-Control-Request-Headers: authorization\r\n", &response);
    look_at_allowed(&response);
    http_expect_field(&response, "Access-Control-Allow-Methods", "GET, HEAD");
    http_expect_field(&response, "Access-Control-Allow-Headers", "Authorization");
    http_expect_field(&response, "Access-Control-Max-Age", "77");
    http_response_fini(&response);
    preflight(TARGET, FORBIDDEN ASKS, &response);
    look_at_forbidden(&response);
    http_expect_no_field(&response, "Access-Control-Allow-Methods");
    http_response_fini(&response);
    /* the row of a request that came after them is the only one */
    testbed_expect(&testbed, TARGET, 200);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 1, 60000);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(a_preflight_gets_what_it_asks_for_where_all_is_allowed)
{
    struct http_response response;
    char methods[FIELD_SIZE];

    preflight(TARGET, ALLOWED ASKS "Access-Control-Request-Headers: authorization,x-request-id\r\n",
              &response);
    look_at_any(&response);
    http_expect_field(&response, "Access-Control-Allow-Headers", "authorization,x-request-id");
    http_expect_field(&response, "Access-Control-Max-Age", "600");
    read_field(&response, "Access-Control-Allow-Methods", methods);
    ck_assert_ptr_nonnull(strstr(methods, "GET"));
    http_response_fini(&response);
}
END_TEST

START_TEST(other_options_tell_what_a_path_takes)
{
    struct http_response response;

    preflight(TARGET, NULL, &response);
    http_expect_field(&response, "Allow", "GET, HEAD, OPTIONS");
    http_response_fini(&response);
    preflight("/health", ALLOWED, &response);
    http_expect_field(&response, "Allow", "GET, HEAD, OPTIONS");
    http_response_fini(&response);
    http_call(testbed.port, "OPTIONS", "/nothing", NULL, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 404);
    http_response_fini(&response);
}
END_TEST

START_TEST(the_admin_listener_is_for_no_other_origin)
{
    struct http_response response;

    http_call(testbed.admin_port, "GET", "/health", NULL, NULL, ALLOWED, &response);
    ck_assert_int_eq(response.status, 200);
    http_expect_no_field(&response, "Access-Control-Allow-Origin");
    http_expect_field(&response, "X-Content-Type-Options", "nosniff");
    http_response_fini(&response);
    http_call(testbed.admin_port, "OPTIONS", "/health", NULL, NULL, ALLOWED ASKS, &response);
    ck_assert_int_eq(response.status, 405);
    http_response_fini(&response);
}
END_TEST

static void
add_case(Suite *suite, const char *name, void (*set_up)(void), const TTest *const *test)
{
    TCase *tests = tcase_create(name);

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, set_up, testbed_teardown);
    for (; *test != NULL; test++)
        tcase_add_test(tests, *test);
    suite_add_tcase(suite, tests);
}

Suite *
test_suite(void)
{
    const TTest *const any[] = {where_all_are_allowed_every_answer_says_so,
                                a_preflight_gets_what_it_asks_for_where_all_is_allowed,
                                other_options_tell_what_a_path_takes,
                                the_admin_listener_is_for_no_other_origin, NULL};
    const TTest *const list[] = {an_origin_of_the_list_is_echoed_others_are_not,
                                 errors_can_be_read_as_well,
                                 a_preflight_is_answered_without_a_key_and_without_a_row, NULL};
    Suite *suite = suite_create("cors");

    add_case(suite, "any", setup_any, any);
    add_case(suite, "list", setup_list, list);
    return suite;
}
