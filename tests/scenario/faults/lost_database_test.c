/* lost_database_test.c - a rentcache.db that existed and is lost: no program takes that for a new installation. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/process/commands.h"
#include "support/testbed_fixture.h"

#define PROPERTIES "/api/v1/properties?state=TX&limit=2"

#define RUN(...)   command_run(&testbed, (const char *const[]){__VA_ARGS__, NULL})

static void
setup(void)
{
    testbed_start(&testbed, NULL);
    testbed_expect(&testbed, PROPERTIES, 200);
    testbed_stop_server(&testbed);
}

static void
path_of(const char *name, char path[160])
{
    snprintf(path, 160, "%s/%s", testbed.data_dir, name);
}

/* The part that opens it ends by itself, and says why. */
static void
expect_start_refused(const char *text)
{
    static const char *const arguments[] = {"server", "--only", "analytics", NULL};
    char data_dir[128], output[512], log_path[128];
    const char *const environment[] = {data_dir, "ENVIRONMENT=test", NULL};
    FILE *log;

    snprintf(data_dir, sizeof data_dir, "DATA_DIR=%s", testbed.data_dir);
    snprintf(log_path, sizeof log_path, "%s/refused", testbed.folder);
    ck_assert_int_eq(
        process_run("rentcache", arguments, environment, output, sizeof output, log_path), 1);
    ck_assert_str_eq(output, "");
    log = fopen(log_path, "re");
    ck_assert_ptr_nonnull(log);
    command_errors[fread(command_errors, 1, COMMAND_TEXT_SIZE - 1, log)] = '\0';
    fclose(log);
    command_expect_text(command_errors, text);
    command_expect_text(command_errors, "restore a backup");
    command_expect_text(command_errors, "rentcache new-database");
}

static void
expect_all_refused(const char *text)
{
    expect_start_refused(text);
    ck_assert_int_eq(RUN("create-key", "other", "--offline"), 1);
    command_expect_text(command_errors, "rentcache new-database");
    ck_assert_int_eq(RUN("list-keys", "--offline"), 1);
    ck_assert_int_eq(RUN("stats", "--offline"), 1);
    expect_start_refused(text);
}

START_TEST(an_empty_one_is_refused_until_it_is_restored)
{
    char path[160], backup[160];

    path_of("rentcache.db", path);
    path_of("backup", backup);
    ck_assert_int_eq(rename(path, backup), 0);
    expect_all_refused("is missing");
    fclose(fopen(path, "we"));
    expect_all_refused("is empty");
    ck_assert_int_eq(rename(backup, path), 0);
    testbed_start_server(&testbed);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
}
END_TEST

START_TEST(one_is_begun_anew_on_purpose)
{
    char path[160];

    path_of("rentcache.db", path);
    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert_int_eq(RUN("new-database"), 1);
    expect_all_refused("is empty");
    ck_assert_int_eq(RUN("new-database", "--yes"), 0);
    command_expect_text(command_output, "is new");
    ck_assert_int_eq(RUN("new-database", "--yes"), 1);
    command_expect_text(command_errors, "is sound, and stays");
    testbed_start_server(&testbed);
    testbed_expect(&testbed, PROPERTIES, 401);
    ck_assert_int_eq(RUN("new-database", "--yes"), 1);
    command_expect_text(command_errors, "stop it first");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("lost_database");
    TCase *test = tcase_create("lost_database");

    tcase_set_timeout(test, 120);
    tcase_add_checked_fixture(test, setup, testbed_teardown);
    tcase_add_test(test, an_empty_one_is_refused_until_it_is_restored);
    tcase_add_test(test, one_is_begun_anew_on_purpose);
    suite_add_tcase(suite, test);
    return suite;
}
