/* command_server_test.c - which server or database a command speaks to: said, chosen, never made by the way. */
/* links: @support */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/process/commands.h"
#include "support/row.h"
#include "support/testbed_fixture.h"

#define RUN(...) command_run(&testbed, (const char *const[]){__VA_ARGS__, NULL})

/* From now on the commands have it in their environment. */
__attribute__((format(printf, 1, 2))) static void
set(const char *format, ...)
{
    va_list arguments;

    ck_assert_uint_lt(testbed.setting_count, TESTBED_SETTINGS_MAX);
    va_start(arguments, format);
    vsnprintf(testbed.settings[testbed.setting_count++], sizeof *testbed.settings, format,
              arguments);
    va_end(arguments);
}

static void expect_said(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
expect_said(const char *format, ...)
{
    char text[512];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    command_expect_text(command_errors, text);
}

START_TEST(the_server_or_the_database_is_named)
{
    ck_assert_int_eq(RUN("list-keys"), 0);
    expect_said("rentcache list-keys: server http://127.0.0.1:%d\n", testbed.admin_port);
    ck_assert_int_eq(RUN("update-key", "test_unlimited", "--daily-limit", "none"), 0);
    expect_said("rentcache update-key: server http://127.0.0.1:%d\n", testbed.admin_port);
    ck_assert_ptr_null(strstr(strstr(command_errors, "server") + 1, "server"));
    ck_assert_int_eq(RUN("health"), 0);
    expect_said("server http://127.0.0.1:%d\n", testbed.admin_port);
    testbed_stop_server(&testbed);
    ck_assert_int_eq(RUN("create-key", "late"), 0);
    expect_said("no server answers at http://127.0.0.1:%d: working on %s/rentcache.db\n",
                testbed.admin_port, testbed.data_dir);
    ck_assert_ptr_null(strstr(command_errors, "INFO"));
    ck_assert_int_eq(RUN("clear-cache", "--yes"), 0);
    expect_said("working on %s/cache.db\n", testbed.data_dir);
    ck_assert_int_eq(RUN("stats", "--offline"), 0);
    expect_said("rentcache stats: working on %s/rentcache.db\n", testbed.data_dir);
    testbed_start_server(&testbed);
}
END_TEST

START_TEST(no_database_is_made_by_the_way)
{
    static const char *const commands[] = {"list-keys", "stats"};
    char folder[160], path[192];

    testbed_stop_server(&testbed);
    snprintf(folder, sizeof folder, "%s/nowhere", testbed.folder);
    snprintf(path, sizeof path, "%s/rentcache.db", folder);
    snprintf(testbed.data_dir, sizeof testbed.data_dir, "%s", folder);
    ck_assert_int_eq(RUN("create-key", "lost"), 1);
    expect_said("no server answers at http://127.0.0.1:%d, and there is no database %s\n",
                testbed.admin_port, path);
    expect_said("--offline");
    ck_assert_str_eq(command_output, "");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        ck_assert_int_eq(RUN(commands[i]), 1);
        ck_assert_int_eq(RUN(commands[i], "--offline"), 1);
        expect_said("there is no database %s\n", path);
    }
    ck_assert_int_eq(RUN("clear-cache", "--yes"), 1);
    ck_assert_int_ne(access(folder, F_OK), 0);
    ck_assert_int_eq(RUN("create-key", "meant", "--offline"), 0);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(RUN("create-key", "more"), 0); /* there is one now */
}
END_TEST

START_TEST(a_running_server_keeps_its_database_from_offline_work)
{
    ck_assert_int_eq(RUN("create-key", "behind", "--offline"), 1);
    expect_said("a server has the data folder: ask it, without --offline");
}
END_TEST

START_TEST(a_named_server_is_asked_and_nothing_else)
{
    char url[64];

    snprintf(url, sizeof url, "http://localhost:%d/", testbed.admin_port);
    set("RENTCACHE_ADMIN_URL=http://127.0.0.1:1");
    ck_assert_int_eq(RUN("list-keys", "--url", url), 0);
    expect_said("server http://localhost:%d\n", testbed.admin_port);
    ck_assert_int_eq(RUN("list-keys"), 1);
    expect_said("no server answers at http://127.0.0.1:1 (from RENTCACHE_ADMIN_URL)");
    ck_assert_int_eq(RUN("health"), 1);
    expect_said("no server answers at http://127.0.0.1:1 (from RENTCACHE_ADMIN_URL)");
    testbed_stop_server(&testbed);
    ck_assert_int_eq(RUN("create-key", "elsewhere", "--url", url), 1);
    expect_said("(from --url)");
    ck_assert_int_eq(RUN("create-key", "here", "--offline"), 0);
    testbed_start_server(&testbed);
}
END_TEST

START_TEST(a_token_that_is_refused_is_told_with_its_source)
{
    char path[192], good[192];
    FILE *file;

    snprintf(path, sizeof path, "%s/token", testbed.folder);
    snprintf(good, sizeof good, "%s/admin-token", testbed.data_dir);
    file = fopen(path, "we");
    ck_assert_ptr_nonnull(file);
    fputs("not_the_token\n", file);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(RUN("list-keys", "--token-file", path), 1);
    expect_said("refused the admin token that was sent (from %s)", path);
    ck_assert_ptr_null(strstr(command_errors, "not_the_token"));
    ck_assert_int_eq(RUN("list-keys", "--token-file", "/nowhere/token"), 1);
    expect_said("no token can be read from \"/nowhere/token\"");
    set("RENTCACHE_ADMIN_TOKEN=wrong_in_the_environment");
    ck_assert_int_eq(RUN("list-keys"), 1);
    expect_said("refused the admin token that was sent (from RENTCACHE_ADMIN_TOKEN)");
    ck_assert_int_eq(RUN("list-keys", "--token-file", good), 0);
}
END_TEST

START_TEST(a_missing_token_is_told_with_where_it_was_looked_for)
{
    char url[64], folder[160];

    snprintf(url, sizeof url, "http://127.0.0.1:%d", testbed.admin_port);
    snprintf(folder, sizeof folder, "%s/nowhere", testbed.folder);
    snprintf(testbed.data_dir, sizeof testbed.data_dir, "%s", folder);
    ck_assert_int_eq(RUN("list-keys", "--url", url), 1);
    expect_said("wants the admin token");
    expect_said("%s/admin-token", folder);
    set("RENTCACHE_ADMIN_TOKEN=%s", testbed.admin_token);
    ck_assert_int_eq(RUN("list-keys", "--url", url), 0);
}
END_TEST

START_TEST(an_endpoint_that_is_not_there_is_named)
{
    ck_assert_int_eq(RUN("stats", "--endpoint", "propperties"), 1);
    command_expect_text(command_errors,
                        "unknown endpoint \"propperties\": expected one of properties, ");
    testbed_stop_server(&testbed);
    ck_assert_int_eq(RUN("stats", "--endpoint", "propperties"), 1);
    command_expect_text(command_errors,
                        "unknown endpoint \"propperties\": expected one of properties, ");
    testbed_start_server(&testbed);
}
END_TEST

START_TEST(help_and_version_have_words)
{
    ck_assert_int_eq(RUN("help"), 0);
    command_expect_text(command_output, "create-key");
    ck_assert_int_eq(RUN("help", "stats"), 0);
    command_expect_text(command_output, "--days N");
    command_expect_text(command_output, "(1 to 3660)");
    ck_assert_int_eq(RUN("help", "make-coffee"), 2);
    ck_assert_int_eq(RUN("version"), 0);
    ck_assert_int_eq(strncmp(command_output, "rentcache ", 10), 0);
    ck_assert_int_eq(RUN("-V"), 0);
    ck_assert_int_eq(strncmp(command_output, "rentcache ", 10), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("command_server");
    TCase *cases = tcase_create("commands");

    tcase_add_checked_fixture(cases, testbed_setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, the_server_or_the_database_is_named);
    tcase_add_test(cases, no_database_is_made_by_the_way);
    tcase_add_test(cases, a_running_server_keeps_its_database_from_offline_work);
    tcase_add_test(cases, a_named_server_is_asked_and_nothing_else);
    tcase_add_test(cases, a_token_that_is_refused_is_told_with_its_source);
    tcase_add_test(cases, a_missing_token_is_told_with_where_it_was_looked_for);
    tcase_add_test(cases, an_endpoint_that_is_not_there_is_named);
    tcase_add_test(cases, help_and_version_have_words);
    suite_add_tcase(suite, cases);
    return suite;
}
