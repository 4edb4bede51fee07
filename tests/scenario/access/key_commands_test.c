/* key_commands_test.c - the operator's commands: the same beside a running server and without one. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/process/commands.h"
#include "support/row.h"
#include "support/testbed_fixture.h"

#define PROPERTIES "/api/v1/properties?state=TX&limit=2"
#define ESTIMATE   "/api/v1/estimates/value?latitude=30.27&longitude=-97.74"
#define SUPPLIED   "customer_key_4711"

#define RUN(...)   command_run(&testbed, (const char *const[]){__VA_ARGS__, NULL})

static json_t *
printed(void)
{
    json_t *answer = json_loads(command_output, 0, NULL);

    ck_assert_msg(answer != NULL, "%s%s", command_output, command_errors);
    return answer;
}

static void
create(const char *name, char key[80])
{
    json_t *answer;

    ck_assert_int_eq(RUN("create-key", name, "--json"), 0);
    answer = printed();
    snprintf(key, 80, "%s", json_string_value(json_object_get(answer, "api_key")));
    json_decref(answer);
}

/* The keys that list-keys --json prints. */
static size_t
count_keys(void)
{
    json_t *answer;
    size_t count;

    ck_assert_int_eq(RUN("list-keys", "--json"), 0);
    answer = printed();
    count = json_array_size(json_object_get(answer, "keys"));
    json_decref(answer);
    return count;
}

static void
expect_changes(void)
{
    json_t *answer;

    ck_assert_int_eq(
        RUN("update-key", "shop", "--daily-limit", "77", "--expires", "2099-01-01", "--json"), 0);
    answer = printed();
    ck_assert_int_eq(json_integer_value(json_object_get(answer, "daily_limit")), 77);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "expires_at")),
                     "2099-01-01T00:00:00.000000Z");
    json_decref(answer);
    ck_assert_int_eq(RUN("update-key", "shop", "--expires", "never", "--daily-limit", "none"), 0);
    command_expect_text(command_output, "never");
    command_expect_text(command_output, "/none");
    ck_assert_int_eq(RUN("update-key", "shop", "--inactive"), 0);
    command_expect_text(command_output, "inactive");
    ck_assert_int_eq(RUN("list-keys"), 0);
    command_expect_text(command_output, "shop");
    command_expect_text(command_output, "inactive");
}

static void
expect_refusals(void)
{
    ck_assert_int_eq(RUN("update-key", "nobody", "--active"), 1);
    command_expect_text(command_errors, "there is no key \"nobody\"");
    ck_assert_int_eq(RUN("update-key", "shop"), 2);
    ck_assert_int_eq(RUN("update-key", "shop", "--daily-limit", "0"), 2);
    ck_assert_int_eq(RUN("update-key", "shop", "--expires", "tomorrow"), 2);
    command_expect_text(command_errors, "--expires: \"tomorrow\" is not YYYY-MM-DD");
    ck_assert_int_eq(RUN("update-key", "shop", "--limits", "{\"nothing\": \"1/hour\"}"), 1);
    ck_assert_int_eq(RUN("update-key", "--active"), 2);
    ck_assert_int_eq(RUN("delete-key", "nobody", "--yes"), 1);
    ck_assert_int_eq(RUN("delete-key"), 2);
    ck_assert_int_eq(RUN("list-keys", "surplus"), 2);
    ck_assert_int_eq(RUN("delete-key", "shop"), 1); /* there is nobody to ask */
    command_expect_text(command_errors, "--yes");
    ck_assert_uint_eq(count_keys(), 2);
}

START_TEST(a_key_is_changed_and_deleted_beside_a_server)
{
    char key[80];

    row("R-095");
    row("R-096");
    create("shop", key);
    ck_assert_int_eq(testbed_status(&testbed, key, PROPERTIES), 200);
    expect_changes();
    ck_assert_int_eq(testbed_status(&testbed, key, PROPERTIES), 401);
    ck_assert_int_eq(RUN("update-key", "shop", "--active"), 0);
    ck_assert_int_eq(testbed_status(&testbed, key, PROPERTIES), 200);
    expect_refusals();
    ck_assert_int_eq(RUN("delete-key", "shop", "--yes"), 0);
    command_expect_text(command_output, "\"shop\" is deleted");
    ck_assert_int_eq(testbed_status(&testbed, key, PROPERTIES), 401);
    ck_assert_uint_eq(count_keys(), 1);
}
END_TEST

START_TEST(a_key_is_changed_and_deleted_without_a_server)
{
    char key[80], doomed[80];

    row("R-095");
    testbed_stop_server(&testbed);
    create("shop", key);
    expect_changes();
    expect_refusals();
    create("doomed", doomed);
    ck_assert_int_eq(RUN("delete-key", "doomed", "--yes", "--json"), 0);
    ck_assert_uint_eq(count_keys(), 2);
    testbed_start_server(&testbed);
    ck_assert_int_eq(testbed_status(&testbed, key, PROPERTIES), 401);
    ck_assert_int_eq(testbed_status(&testbed, doomed, PROPERTIES), 401);
    ck_assert_int_eq(RUN("update-key", "shop", "--active"), 0);
    ck_assert_int_eq(testbed_status(&testbed, key, PROPERTIES), 200);
}
END_TEST

START_TEST(a_customers_own_key_is_taken_and_never_shown)
{
    ck_assert_int_eq(RUN("create-key", "own", SUPPLIED, "--json"), 0);
    ck_assert_ptr_null(strstr(command_output, SUPPLIED));
    ck_assert_int_eq(testbed_status(&testbed, SUPPLIED, PROPERTIES), 200);
    ck_assert_int_eq(RUN("create-key", "twin", SUPPLIED), 1);
    ck_assert_int_eq(RUN("create-key", "odd", "not a token"), 1);
    command_expect_text(command_errors, "rentcast_api_key");
    ck_assert_int_eq(RUN("create-key", "ours", testbed.key), 1);
    testbed_stop_server(&testbed);
    ck_assert_int_eq(RUN("create-key", "twin", SUPPLIED), 1);
    ck_assert_int_eq(RUN("create-key", "other", "customer_key_0815"), 0);
    ck_assert_ptr_null(strstr(command_output, "customer_key_0815"));
    testbed_start_server(&testbed);
    ck_assert_int_eq(testbed_status(&testbed, "customer_key_0815", PROPERTIES), 200);
}
END_TEST

static void
clear(const char *endpoint, const char *message)
{
    ck_assert_int_eq(RUN("clear-cache", "--endpoint", endpoint, "--yes"), 0);
    command_expect_text(command_output, message);
}

START_TEST(the_cache_is_cleared_beside_a_server_and_without_one)
{
    testbed_expect(&testbed, PROPERTIES, 200);
    testbed_expect(&testbed, ESTIMATE, 200);
    ck_assert_int_eq(RUN("clear-cache"), 1);
    command_expect_text(command_errors, "--yes");
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    clear("properties", "Cleared 1 cache entries (properties)");
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
    ck_assert_int_eq(RUN("clear-cache", "--older-than", "1", "--invalid-only", "--yes", "--json"),
                     0);
    ck_assert_int_eq(RUN("clear-cache", "--endpoint", "nothing", "--yes"), 1);
    command_expect_text(command_errors, "endpoint");
    ck_assert_int_eq(RUN("clear-cache", "--older-than", "0", "--yes"), 2);
    testbed_stop_server(&testbed);
    clear("value_estimate", "Cleared 1 cache entries (value_estimate)");
    ck_assert_int_eq(RUN("clear-cache", "--endpoint", "nothing", "--yes"), 1);
    testbed_start_server(&testbed);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, ESTIMATE, 200), 0);
}
END_TEST

START_TEST(health_is_told_by_the_exit_status)
{
    json_t *answer;

    ck_assert_int_eq(RUN("health"), 0);
    command_expect_text(command_output, "database");
    ck_assert_int_eq(RUN("health", "--json"), 0);
    answer = printed();
    ck_assert_ptr_nonnull(json_object_get(answer, "checks"));
    json_decref(answer);
    ck_assert_int_eq(RUN("health", "surplus"), 2);
    testbed_stop_server(&testbed);
    ck_assert_int_eq(RUN("health"), 1);
    command_expect_text(command_errors, "no server answers");
    testbed_start_server(&testbed);
}
END_TEST

/* Somebody else's server with our data folder: nothing is written behind its back. */
START_TEST(a_server_that_is_not_reached_keeps_its_database)
{
    char port[32];

    snprintf(port, sizeof port, "ADMIN_PORT=%d", 1);
    ck_assert_uint_lt(testbed.setting_count, TESTBED_SETTINGS_MAX);
    snprintf(testbed.settings[testbed.setting_count++], sizeof *testbed.settings, "%s", port);
    ck_assert_int_eq(RUN("create-key", "behind"), 1);
    command_expect_text(command_errors, "a server has the data folder");
    ck_assert_int_eq(RUN("clear-cache", "--yes"), 1);
    command_expect_text(command_errors, "a server has the data folder");
    ck_assert_int_eq(RUN("list-keys"), 0); /* reading harms nobody */
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("key_commands");
    TCase *cases = tcase_create("commands");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 180);
    tcase_add_test(cases, a_key_is_changed_and_deleted_beside_a_server);
    tcase_add_test(cases, a_key_is_changed_and_deleted_without_a_server);
    tcase_add_test(cases, a_customers_own_key_is_taken_and_never_shown);
    tcase_add_test(cases, the_cache_is_cleared_beside_a_server_and_without_one);
    tcase_add_test(cases, health_is_told_by_the_exit_status);
    tcase_add_test(cases, a_server_that_is_not_reached_keeps_its_database);
    suite_add_tcase(suite, cases);
    return suite;
}
