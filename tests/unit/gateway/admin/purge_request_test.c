/* purge_request_test.c - bodies of POST /admin/cache/clear: what they mean, or the first thing that is wrong. */
/* links: gateway/admin/purge_request.c @core */
#include "purge_request.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define NOW_MS  1768478400000 /* 2026-01-15T12:00:00Z */
#define HOUR_MS 3600000

static struct config *config;

static void
setup(void)
{
    config = config_parse("built-in", "", 0, NULL, stderr);
    ck_assert_ptr_nonnull(config);
}

static void
teardown(void)
{
    config_destroy(&config);
}

static bool
read_text(const char *text, struct purge_scope *scope, struct purge_request_problem *problem)
{
    json_t *body = json_loads(text, 0, NULL);
    bool is_read;

    ck_assert_msg(json_is_object(body), "%s", text);
    is_read = purge_request_read(config, body, NOW_MS, scope, problem);
    json_decref(body);
    return is_read;
}

static const struct {
    const char *body;
    struct purge_scope scope;
    const char *pattern;
} good[] = {
    {"{}", {.endpoint = ""}, "*"},
    {"{\"invalid_only\": false}", {.endpoint = ""}, "*"},
    {"{\"endpoint\": \"properties\"}", {.endpoint = "properties"}, "properties"},
    {"{\"older_than_hours\": 2}",
     {.fetched_before_wall_ms = NOW_MS - 2 * HOUR_MS},
     "* fetched before 2026-01-15T10:00:00.000000Z"},
    {"{\"invalid_only\": true}", {.expired_before_wall_ms = NOW_MS}, "* expired"},
    {"{\"older_than_hours\": 1, \"invalid_only\": true, \"endpoint\": \"properties\"}",
     {.endpoint = "properties",
      .fetched_before_wall_ms = NOW_MS - HOUR_MS,
      .expired_before_wall_ms = NOW_MS},
     "properties fetched before 2026-01-15T11:00:00.000000Z expired"},
    /* before 1970: nothing is that old */
    {"{\"older_than_hours\": 876000}",
     {.fetched_before_wall_ms = 1},
     "* fetched before 1970-01-01T00:00:00.001000Z"},
};

START_TEST(filters_combine)
{
    struct purge_scope scope;
    struct purge_request_problem problem;
    json_t *response;

    ck_assert(read_text(good[_i].body, &scope, &problem));
    ck_assert_str_eq(scope.endpoint, good[_i].scope.endpoint);
    ck_assert_int_eq(scope.fetched_before_wall_ms, good[_i].scope.fetched_before_wall_ms);
    ck_assert_int_eq(scope.expired_before_wall_ms, good[_i].scope.expired_before_wall_ms);
    response = purge_request_answer(&scope, 3, 77, 1);
    ck_assert_str_eq(json_string_value(json_object_get(response, "message")),
                     "Cleared 3 cache entries");
    ck_assert_str_eq(json_string_value(json_object_get(response, "pattern")), good[_i].pattern);
    ck_assert_int_eq(json_integer_value(json_object_get(response, "purge_number")), 77);
    json_decref(response);
}
END_TEST

static const struct {
    const char *body, *member, *type;
} bad[] = {
    {"{\"endpoint\": \"nothing\"}", "endpoint", "enum"},
    {"{\"endpoint\": \"\"}", "endpoint", "enum"},
    /* a variable that a client has not set clears nothing */
    {"{\"endpoint\": null}", "endpoint", "enum"},
    {"{\"endpoint\": \"properties\", \"older_than_hours\": null}", "older_than_hours",
     "greater_than"},
    {"{\"endpoint\": \"properties\", \"invalid_only\": null}", "invalid_only", "bool_type"},
    {"{\"endpoint\": \"property_by_id\"}", "endpoint", "enum"}, /* a route, no endpoint */
    {"{\"older_than_hours\": 0}", "older_than_hours", "greater_than"},
    {"{\"older_than_hours\": 876001}", "older_than_hours", "greater_than"},
    {"{\"older_than_hours\": true}", "older_than_hours", "greater_than"},
    {"{\"invalid_only\": 0}", "invalid_only", "bool_type"},
    {"{\"pattern\": \"*\"}", "pattern", "extra_forbidden"},
};

START_TEST(the_first_thing_that_is_wrong_is_named)
{
    struct purge_scope scope;
    struct purge_request_problem problem;

    ck_assert(!read_text(bad[_i].body, &scope, &problem));
    ck_assert_str_eq(problem.member, bad[_i].member);
    ck_assert_str_eq(problem.type, bad[_i].type);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("purge_request");
    TCase *cases = tcase_create("bodies");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, filters_combine, 0, (int)COUNT(good));
    tcase_add_loop_test(cases, the_first_thing_that_is_wrong_is_named, 0, (int)COUNT(bad));
    suite_add_tcase(suite, cases);
    return suite;
}
