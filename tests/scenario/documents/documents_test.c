/* documents_test.c - every command that the pages for users and operators show does what the page says (support/documents/examples.h
 * says how a page says it). */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/documents/examples.h"
#include "support/process/shell.h"
#include "support/row.h"
#include "support/testbed_fixture.h"

#define PAGE_MOST   (256 << 10)
#define OUTPUT_MOST (256 << 10)

static char page[PAGE_MOST], output[OUTPUT_MOST], heads[OUTPUT_MOST];

/* A file in the testbed's folder. */
__attribute__((format(printf, 2, 3))) static void
write_file(const char *name, const char *format, ...)
{
    char path[256];
    va_list arguments;
    FILE *file;

    snprintf(path, sizeof path, "%s/%s", testbed.folder, name);
    file = fopen(path, "we");
    ck_assert_msg(file != NULL, "%s cannot be written", path);
    va_start(arguments, format);
    vfprintf(file, format, arguments);
    va_end(arguments);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, 0700), 0);
}

/* "" when there is no such file. */
static void
read_file(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");

    text[file != NULL ? fread(text, 1, size - 1, file) : 0] = '\0';
    if (file != NULL)
        fclose(file);
}

static void
make_folder(const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s/%s", testbed.folder, name);
    ck_assert_int_eq(mkdir(path, 0700), 0);
}

/* What `make run` leaves for a shell, and what its PATH finds: the programs, a curl that notes the heads it gets, a make that
 * works from here. */
static void
furnish(void)
{
    make_folder("build");
    make_folder("build/run");
    make_folder("tools");
    write_file("build/run/env",
               "export PATH='%s/tools:%s':\"$PATH\"\n"
               "export DATA_DIR='%s' ADMIN_PORT='%d' ENVIRONMENT=test\n"
               "export RENTCACHE_URL='http://127.0.0.1:%d'\n"
               "export RENTCACHE_ADMIN_URL='http://127.0.0.1:%d'\n"
               "export RENTCACHE_ADMIN_TOKEN='%s' RENTCACHE_KEY='%s'\n"
               "export SIMULATOR_URL='http://127.0.0.1:%d'\n"
               "export SIMULATOR_CONTROL_URL='http://127.0.0.1:%d'\n",
               testbed.folder, getenv("RENTCACHE_BIN_DIR"), testbed.data_dir, testbed.admin_port,
               testbed.port, testbed.admin_port, testbed.admin_token, testbed.key,
               testbed.simulator_port, testbed.control_port);
    write_file("tools/curl", "#!/bin/sh\nPATH='%s' exec curl -D '%s/heads' --max-time 60 \"$@\"\n",
               getenv("PATH"), testbed.folder);
    write_file("tools/make",
               "#!/bin/sh\nexport WHERE=here\nPATH='%s' exec make -s -C '%s' \"$@\"\n",
               getenv("PATH"), getenv("RENTCACHE_SOURCE_DIR"));
    write_file("state", ". ./build/run/env\n");
}

static void
setup(void)
{
    static const char *const settings[] = {"GLOBAL_RATE_LIMIT=1000/second", NULL};

    testbed_start(&testbed, settings);
    furnish();
}

/* A block in a shell of its own that knows the variables of the blocks before it. */
static void
run_block(const struct example *example, struct example_outcome *outcome)
{
    char path[256], command[512];

    write_file("block",
               "cd '%s'\n. ./state\nset -ae\n%s"
               "set +e\nexport -p | grep -vE '^export (PWD|OLDPWD)' > ./state\n",
               testbed.folder, example->commands);
    snprintf(path, sizeof path, "%s/heads", testbed.folder);
    remove(path);
    snprintf(command, sizeof command, "exec timeout 120 sh '%s/block' 2>&1 < /dev/null",
             testbed.folder);
    outcome->exit_status = shell_run(command, output, sizeof output);
    read_file(path, heads, sizeof heads);
    outcome->output = output;
    outcome->heads = heads;
}

/* The accounts are a moment behind the responses, for a person as well; a page is read more slowly than it is run. */
static void
await_accounts(void)
{
    double appended = testbed_metric(&testbed, "rentcache_spool_appended_total");

    testbed_await_metric(&testbed, "rentcache_spool_stored_total", appended, 60000);
}

/* Returns how many blocks were run. */
static int
run_page(const char *name)
{
    struct examples examples;
    struct example_outcome outcome;
    char path[512], error[256];
    int run = 0;

    snprintf(path, sizeof path, "%s/docs/%s", getenv("RENTCACHE_SOURCE_DIR"), name);
    read_file(path, page, sizeof page);
    ck_assert_msg(examples_read(&examples, page, error), "docs/%s: %s", name, error);
    for (size_t i = 0; i < examples.count; i++) {
        const struct example *example = &examples.entries[i];

        if (!example->is_run)
            continue;
        await_accounts();
        run_block(example, &outcome);
        ck_assert_msg(examples_check(example->expectation, &outcome, error),
                      "docs/%s:%d: %s\n%s%s%.2000s", name, example->line, error, example->commands,
                      heads, output);
        run++;
    }
    examples_fini(&examples);
    return run;
}

START_TEST(the_quickstart_does_what_it_says)
{
    ck_assert_int_ge(run_page("quickstart.md"), 6);
}
END_TEST

START_TEST(the_usage_page_does_what_it_says)
{
    row("RB-004");
    ck_assert_int_ge(run_page("usage.md"), 3);
}
END_TEST

/* As somebody reads them, one after the other, with one server. */
START_TEST(the_usage_page_can_be_followed_after_the_quickstart)
{
    ck_assert_int_ge(run_page("quickstart.md"), 6);
    ck_assert_int_ge(run_page("usage.md"), 3);
}
END_TEST

/* What quickstart.md made is there to be backed up, and to be rotated. */
START_TEST(the_page_for_operators_does_what_it_says)
{
    ck_assert_int_ge(run_page("quickstart.md"), 6);
    ck_assert_int_ge(run_page("operate.md"), 3);
}
END_TEST

START_TEST(troubleshooting_begins_as_it_says)
{
    ck_assert_int_ge(run_page("troubleshoot.md"), 1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("documents");
    TCase *cases = tcase_create("pages");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 240);
    tcase_add_test(cases, the_quickstart_does_what_it_says);
    tcase_add_test(cases, the_usage_page_does_what_it_says);
    tcase_add_test(cases, the_usage_page_can_be_followed_after_the_quickstart);
    tcase_add_test(cases, the_page_for_operators_does_what_it_says);
    tcase_add_test(cases, troubleshooting_begins_as_it_says);
    suite_add_tcase(suite, cases);
    return suite;
}
