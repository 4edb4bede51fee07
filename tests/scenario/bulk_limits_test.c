/* bulk_limits_test.c - items count as single requests do, in rates and quotas: all or nothing. */
/* links: @support */
/* topologies: one four */
#include "scenario/bulk_common.h"

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

    world_make_key(&world, "hourly", "\"limits\": {\"value_estimate\": \"12/hour\"}", key);
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

    world_make_key(&world, "few", "\"limits\": {\"global\": \"4/hour\"}", key);
    json_decref(ask_with(key, VALUE_BULK, larger, 200));
    expect_policy(key, larger, "global", "4/hour");

    world_make_key(&world, "one", "\"limits\": {\"value_estimate_bulk\": \"1/hour\"}", key);
    json_decref(ask_with(key, VALUE_BULK, larger, 200));
    expect_policy(key, larger, "endpoint", "1/hour");
}
END_TEST

START_TEST(items_count_in_the_quota)
{
    static char body[BODY_SIZE];
    char key[80];

    world_make_key(&world, "daily", "\"daily_limit\": 7", key);
    body[0] = '\0';
    add_estimates(body, 5, 5);
    close_body(body);
    json_decref(ask_with(key, VALUE_BULK, body, 200));
    expect_policy(key, body, "quota", NULL);
    /* all or nothing */
    json_decref(ask_with(key, VALUE_BULK, "[{" HERE "}, {" HERE "}]", 200));
    expect_policy(key, "[{" HERE "}]", "quota", NULL);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("bulk_limits");
    TCase *cases = tcase_create("limits");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, items_count_in_the_limits_of_the_single_route);
    tcase_add_test(cases, items_count_in_the_quota);
    suite_add_tcase(suite, cases);
    return suite;
}
