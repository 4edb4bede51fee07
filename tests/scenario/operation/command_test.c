/* command_test.c - the commands: what they say, what they refuse, how they end. */
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

#define RUN(...)   command_run(&testbed, (const char *const[]){__VA_ARGS__, NULL})

START_TEST(help_and_version)
{
    static const char *const names[] = {"server",     "create-key",  "list-keys", "update-key",
                                        "delete-key", "clear-cache", "health",    "stats",
                                        "requests",   "check-config"};

    ck_assert_int_eq(RUN("--help"), 0);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        command_expect_text(command_output, names[i]);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        ck_assert_int_eq(RUN(names[i], "--help"), 0);
        command_expect_text(command_output, names[i]);
        command_expect_text(command_output, "Example");
        command_expect_text(command_output, "Exit status");
    }
    ck_assert_int_eq(RUN("--version"), 0);
    ck_assert_int_eq(strncmp(command_output, "rentcache ", 10), 0);
    ck_assert_int_eq(RUN("make-coffee"), 2);
    command_expect_text(command_errors, "make-coffee");
    ck_assert_int_eq(RUN("server", "--nonsense"), 2);
    ck_assert_int_eq(RUN("server", "--only", "kitchen"), 2);
    ck_assert_int_eq(RUN("server", "unexpected"), 2);
}
END_TEST

/* The key that a create-key --json printed. */
static void
take_key(char key[80])
{
    json_t *answer = json_loads(command_output, 0, NULL);

    ck_assert_msg(answer != NULL, "%s", command_output);
    snprintf(key, 80, "%s", json_string_value(json_object_get(answer, "api_key")));
    ck_assert_int_eq((int)strlen(key), 51);
    json_decref(answer);
}

START_TEST(a_key_made_beside_a_server_works_at_once)
{
    char key[80];

    ck_assert_int_eq(RUN("create-key", "my_app", "--json"), 0);
    take_key(key);
    ck_assert_int_eq(testbed_status(&testbed, key, PROPERTIES), 200);
    ck_assert_int_eq(RUN("create-key", "my_app"), 1);
    command_expect_text(command_errors, "already exists");
    ck_assert_int_eq(RUN("create-key", "plain"), 0);
    command_expect_text(command_output, "rc_");
    command_output[strcspn(command_output, "\n")] = '\0';
    ck_assert_int_eq(testbed_status(&testbed, command_output, PROPERTIES), 200);
    ck_assert_int_eq(RUN("create-key", "three", "--json", "--daily-limit", "3"), 0);
    take_key(key);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(testbed_status(&testbed, key, PROPERTIES), 200);
    ck_assert_int_eq(testbed_status(&testbed, key, PROPERTIES), 429);
}
END_TEST

START_TEST(a_key_made_without_a_server_works_later)
{
    char key[80], limited[80];

    testbed_stop_server(&testbed);
    ck_assert_int_eq(RUN("create-key", "offline", "--json", "--no-limits"), 0);
    take_key(key);
    ck_assert_int_eq(RUN("create-key", "offline"), 1);
    command_expect_text(command_errors, "already exists");
    ck_assert_int_eq(
        RUN("create-key", "limited", "--json", "--limits", "{\"properties\": \"2/hour\"}"), 0);
    take_key(limited);
    ck_assert_int_eq(RUN("create-key", "wrong", "--limits", "{\"nothing\": \"2/hour\"}"), 1);
    testbed_start_server(&testbed);
    for (int i = 0; i < 100; i++)
        ck_assert_int_eq(testbed_status(&testbed, key, PROPERTIES), 200);
    ck_assert_int_eq(testbed_status(&testbed, limited, PROPERTIES), 200);
    ck_assert_int_eq(testbed_status(&testbed, limited, PROPERTIES), 200);
    ck_assert_int_eq(testbed_status(&testbed, limited, PROPERTIES), 429);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM api_keys WHERE key_name = 'wrong'"),
                     0);
}
END_TEST

static void
expect_bad_keys_refused(void)
{
    ck_assert_int_eq(RUN("create-key"), 2);
    ck_assert_int_eq(RUN("create-key", "one", "two", "three"), 2);
    ck_assert_int_eq(RUN("create-key", "a b"), 2);
    ck_assert_int_eq(RUN("create-key", ""), 2);
    ck_assert_int_eq(RUN("create-key", "x", "--daily-limit", "many"), 2);
    ck_assert_int_eq(RUN("create-key", "x", "--daily-limit", "0"), 2);
    ck_assert_int_eq(RUN("create-key", "x", "--rights", "everything"), 2);
    ck_assert_int_eq(RUN("create-key", "x", "--limits", "nothing"), 2);
    ck_assert_int_eq(RUN("create-key", "x", "--expires", "tomorrow"), 2);
    ck_assert_int_eq(RUN("create-key", "x", "--unknown"), 2);
}

START_TEST(bad_requests_are_refused_with_and_without_a_server)
{
    int64_t keys = testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM api_keys");

    expect_bad_keys_refused();
    testbed_stop_server(&testbed);
    expect_bad_keys_refused();
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM api_keys"),
                     keys);
    testbed_start_server(&testbed);
}
END_TEST

static void
expect_stats(void)
{
    json_t *stats, *totals;

    ck_assert_int_eq(RUN("stats", "--json"), 0);
    stats = json_loads(command_output, 0, NULL);
    ck_assert_ptr_nonnull(stats);
    totals = json_object_get(stats, "totals");
    ck_assert_int_eq(json_integer_value(json_object_get(totals, "requests")), 4);
    ck_assert_int_eq(json_integer_value(json_object_get(totals, "hits")), 2);
    ck_assert_int_eq(json_integer_value(json_object_get(totals, "misses")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(totals, "refused")), 1);
    ck_assert_int_eq(json_integer_value(json_object_get(stats, "spent_micro_usd")), 1000000);
    ck_assert_int_eq(json_integer_value(json_object_get(stats, "saved_micro_usd")), 2000000);
    json_decref(stats);
    ck_assert_int_eq(RUN("stats"), 0);
    command_expect_text(command_output, "properties");
    command_expect_text(command_output, "spent $1.000000, saved $2.000000");
    ck_assert_int_eq(RUN("stats", "--by", "key"), 0);
    command_expect_text(command_output, "test_unlimited");
    command_expect_text(command_output, "1.000000       2.000000\n");
    ck_assert_int_eq(RUN("stats", "--by", "route", "--json"), 0);
    command_expect_text(command_output, "\"spent_usd\": 1.0");
    ck_assert_int_eq(RUN("stats", "--by", "day", "--month", "2020-01"), 0);
    command_expect_text(command_output, "2020-01, UTC");
    ck_assert_int_eq(RUN("list-keys"), 0);
    command_expect_text(command_output, "  1.00        2.00  never");
    ck_assert_int_eq(RUN("show-key", "test_unlimited"), 0);
    command_expect_text(command_output, "spent this month    $1.00\n");
    ck_assert_int_eq(RUN("show-key", "1"), 0);
    command_expect_text(command_output, "test_unlimited");
    ck_assert_int_eq(RUN("stats", "--endpoint", "value_estimate", "--days", "3"), 0);
    ck_assert_ptr_null(strstr(command_output, "properties"));
}

static void
expect_requests(void)
{
    json_t *answer, *requests;

    ck_assert_int_eq(RUN("requests", "--name", "test_unlimited", "--decision", "hit", "--json"), 0);
    answer = json_loads(command_output, 0, NULL);
    requests = json_object_get(answer, "requests");
    ck_assert_uint_eq(json_array_size(requests), 2);
    ck_assert_str_eq(json_string_value(json_object_get(json_array_get(requests, 0), "key_name")),
                     "test_unlimited");
    ck_assert(json_is_string(json_object_get(answer, "rows_since")));
    json_decref(answer);
    ck_assert_int_eq(RUN("requests", "--status", "422", "--from", "2020-01-01T00:00:00+00:00"), 0);
    command_expect_text(command_output, "422  refused");
    command_expect_text(command_output, "kept for 90 days; the oldest: 2");
    ck_assert_ptr_null(strstr(command_output, " hit "));
    ck_assert_int_eq(RUN("requests", "--limit", "3"), 0);
    command_expect_text(command_output, "more: the same with --before ");
    ck_assert_int_eq(RUN("requests", "--endpoint", "value_estimate"), 0);
    ck_assert_ptr_null(strstr(command_output, "properties"));
    ck_assert_int_eq(RUN("requests", "--endpoint", "nothing"), 1);
    command_expect_text(command_errors, "nothing");
    ck_assert_int_eq(RUN("requests", "--name", "nobody"), 1);
}

START_TEST(requests_are_the_same_with_and_without_a_server)
{
    row("R-087");
    testbed_expect(&testbed, PROPERTIES, 200);
    testbed_expect(&testbed, PROPERTIES, 200);
    testbed_expect(&testbed, PROPERTIES, 200);
    testbed_expect(&testbed, "/api/v1/properties?limit=0", 422);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 4, 10000);
    expect_requests();
    testbed_stop_server(&testbed);
    expect_requests();
    ck_assert_int_eq(RUN("requests", "--min-ms", "soon"), 2);
    command_expect_text(command_errors,
                        "--min-ms: expected a whole number of milliseconds from 1 to 86400000");
    ck_assert_int_eq(RUN("requests", "--from", "2026-02-01", "--to", "2026-01-01"), 2);
    ck_assert_int_eq(RUN("requests", "my_app"), 2);
    testbed_start_server(&testbed);
}
END_TEST

START_TEST(statistics_are_the_same_with_and_without_a_server)
{
    testbed_expect(&testbed, PROPERTIES, 200);
    testbed_expect(&testbed, PROPERTIES, 200);
    testbed_expect(&testbed, PROPERTIES, 200);
    testbed_expect(&testbed, "/api/v1/properties?limit=0", 422);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 4, 60000);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'billed'", 1, 60000);
    expect_stats();
    testbed_stop_server(&testbed);
    expect_stats();
    testbed_start_server(&testbed);
    ck_assert_int_eq(RUN("stats", "--by", "month"), 2);
    ck_assert_int_eq(RUN("stats", "--month", "2026-01"), 2);
    ck_assert_int_eq(RUN("stats", "--by", "key", "--month", "2026-13"), 2);
    ck_assert_int_eq(RUN("show-key", "nobody"), 1);
    ck_assert_int_eq(RUN("show-key", "4711"), 1);
    ck_assert_int_eq(RUN("stats", "--days", "0"), 2);
    ck_assert_int_eq(RUN("stats", "--days", "week"), 2);
    ck_assert_int_eq(RUN("stats", "--endpoint", "a&days=1"), 2);
}
END_TEST

static int
check_config(const char *yaml)
{
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "%s/config.yaml", testbed.folder);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fputs(yaml, file);
    fclose(file);
    return RUN("check-config", "--config", path);
}

START_TEST(a_good_configuration_is_shown_without_its_secrets)
{
    ck_assert_int_eq(
        check_config(
            "gateway:\n  port: 9000\n  admin_token: token_secret\nlimits:\n  global: 5/second\n"),
        0);
    command_expect_text(command_output, "port: 9000");
    command_expect_text(command_output, "config.yaml:2");
    command_expect_text(command_output, "global: 5/second");
    command_expect_text(command_output, "(set)");
    ck_assert_ptr_null(strstr(command_output, "token_secret"));
    ck_assert_ptr_null(strstr(command_output, "upstream_secret"));
    ck_assert_ptr_null(strstr(command_errors, "secret"));
    ck_assert_int_eq(RUN("check-config"), 0);
    command_expect_text(command_output, "properties");
    ck_assert_ptr_null(strstr(command_output, "upstream_secret"));
}
END_TEST

static const struct {
    const char *yaml;
    const char *complaint; /* file, line and what was expected */
} bad_configurations[] = {
    {"gateway:\n  prot: 1\n",
     "config.yaml:2: gateway.prot: unknown key, did you mean port? Expected one of host, port"},
    {"gatway:\n  port: 1\n", "config.yaml:1: gatway: unknown key, did you mean gateway?"},
    {"gateway:\n\tport: 1\n", "config.yaml:2: not YAML: the line is indented with a tab"},
    {"server:\n  database_url: postgresql://db/x\n",
     "DATABASE_URL: PostgreSQL is not supported yet; use sqlite:"},
    {"gateway:\n  admin_token: to ken\n", "gateway.admin_token: the secret contains a space"},
    {"gateway:\n  port: many\n", "config.yaml:2: gateway.port: many is not a whole number"},
    {"\n\ngateway:\n  port: 99999\n", "config.yaml:4: gateway.port: 99999 is not in 0..65535"},
    {"gateway:\n  port: -1\n", "config.yaml:2: gateway.port: -1 is not in 0..65535"},
    {"limits:\n  enabled: perhaps\n", "config.yaml:2: limits.enabled: perhaps"},
    {"limits:\n  global: 5/fortnight\n", "config.yaml:2: limits.global: 5/fortnight"},
    {"gateway: [1]\n", "config.yaml:1: gateway: is a sequence"},
    {"gateway:\n  port: 1\n  port: 2\n", "config.yaml:3: gateway.port"},
    {"gateway:\n  admin_token: [s3cret]\n", "config.yaml:2: gateway.admin_token"},
    {"routes:\n  - name: a\n    method: GET\n", "config.yaml:2"},
    {"gateway:\n  y: [\n", "config.yaml:"},
};

START_TEST(a_bad_configuration_is_refused_with_file_line_and_expectation)
{
    ck_assert_int_eq(check_config(bad_configurations[_i].yaml), 2);
    command_expect_text(command_errors, bad_configurations[_i].complaint);
    ck_assert_ptr_null(strstr(command_errors, "s3cret"));
    ck_assert_str_eq(command_output, "");
}
END_TEST

/* A server would start with it: what it does not do is said on the way. */
START_TEST(what_has_no_effect_is_warned_of)
{
    snprintf(testbed.settings[testbed.setting_count++], sizeof testbed.settings[0], "WORKERS=4");
    ck_assert_int_eq(check_config("gateway: {port: 1}\nroutes: []\n"), 0);
    testbed.setting_count--;
    command_expect_text(command_errors, "warning: environment: WORKERS: has no effect: use "
                                        "GATEWAY_THREADS");
    command_expect_text(command_errors, "config.yaml:2: routes: is empty, so every request");
    command_expect_text(command_output, "port: 1");
}
END_TEST

START_TEST(all_errors_of_a_configuration_are_told_at_once)
{
    ck_assert_int_eq(
        check_config("gateway:\n  port: 99999\n  prot: 1\ncache:\n  default_ttl_s: abc\n"), 2);
    command_expect_text(command_errors, "config.yaml:2: gateway.port");
    command_expect_text(command_errors, "config.yaml:3: gateway.prot");
    command_expect_text(command_errors, "config.yaml:5: cache.default_ttl_s");
    ck_assert_int_eq(RUN("check-config", "--config", "/nowhere/at/all.yaml"), 2);
    command_expect_text(command_errors, "/nowhere/at/all.yaml");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("command");
    TCase *cases = tcase_create("commands");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, help_and_version);
    tcase_add_test(cases, a_key_made_beside_a_server_works_at_once);
    tcase_add_test(cases, a_key_made_without_a_server_works_later);
    tcase_add_test(cases, bad_requests_are_refused_with_and_without_a_server);
    tcase_add_test(cases, statistics_are_the_same_with_and_without_a_server);
    tcase_add_test(cases, requests_are_the_same_with_and_without_a_server);
    tcase_add_test(cases, a_good_configuration_is_shown_without_its_secrets);
    tcase_add_loop_test(cases, a_bad_configuration_is_refused_with_file_line_and_expectation, 0,
                        (int)(sizeof bad_configurations / sizeof *bad_configurations));
    tcase_add_test(cases, what_has_no_effect_is_warned_of);
    tcase_add_test(cases, all_errors_of_a_configuration_are_told_at_once);
    suite_add_tcase(suite, cases);
    return suite;
}
