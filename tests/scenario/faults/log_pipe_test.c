/* log_pipe_test.c - the log goes into a pipe that nobody reads: lines are lost and counted, and nothing else happens. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/now.h"
#include "support/process/shell.h"
#include "support/server/admin.h"
#include "support/testbed_fixture.h"

#define HIT     "/api/v1/properties?state=TX&limit=2"
#define HITS    1000
#define SOON_MS 30000 /* below what a request may take anyway */

static int pipe_end; /* keeps the pipe open; read only where a test wants it */

/* The servers start again with a pipe of one page as their log. */
static void
setup(void)
{
    testbed_setup();
    testbed_stop_server(&testbed);
    ck_assert_int_eq(unlink(testbed.log_path), 0);
    ck_assert_int_eq(mkfifo(testbed.log_path, 0600), 0);
    pipe_end = open(testbed.log_path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
    ck_assert_int_ge(pipe_end, 0);
    ck_assert_int_gt(fcntl(pipe_end, F_SETPIPE_SZ, 4096), 0);
    testbed_start_server(&testbed);
}

static void
teardown(void)
{
    FILE *log;

    close(pipe_end);
    unlink(testbed.log_path);
    log = fopen(testbed.log_path, "we"); /* the testbed reads it when it stops */
    ck_assert_ptr_nonnull(log);
    fclose(log);
    testbed_teardown();
}

static void
fill_the_pipe(void)
{
    static const char line[] = "x\n";

    while (write(pipe_end, line, 1) == 1)
        continue;
    ck_assert_int_eq(errno, EAGAIN);
}

static void
expect_soon(const char *target, int status, int is_hit)
{
    long started_ms = now_ms();

    ck_assert_int_eq(testbed_expect(&testbed, target, status), is_hit);
    ck_assert_msg(now_ms() - started_ms < SOON_MS, "%s took %ld ms", target, now_ms() - started_ms);
}

static void
end_all(void)
{
    for (int i = TESTBED_PROCESSES - 1; i >= 0; i--)
        if (testbed.processes[i].pid != 0) {
            process_signal(&testbed.processes[i], SIGTERM);
            ck_assert_int_eq(process_wait(&testbed.processes[i], SOON_MS), 0);
        }
}

START_TEST(hits_purges_misses_health_and_the_end_wait_for_no_reader)
{
    long started_ms = now_ms();

    expect_soon(HIT, 200, 0);
    fill_the_pipe();
    for (int i = 0; i < HITS; i++)
        ck_assert_int_eq(testbed_expect(&testbed, HIT, 200), 1);
    ck_assert_msg(now_ms() - started_ms < 2 * SOON_MS, "%ld ms", now_ms() - started_ms);
    json_decref(admin_call(&testbed, "POST", "/admin/cache/clear", "{}", 200));
    expect_soon(HIT, 200, 0);
    json_decref(admin_call(&testbed, "GET", "/health", NULL, 200));
    ck_assert_double_gt(
        testbed_metric(&testbed, "rentcache_log_lines_lost_total{actor=\"gateway\"}"), 0);
    testbed_await_metric(&testbed, "rentcache_log_lines_lost_total{actor=\"cache\"}", 1, SOON_MS);
    end_all();
}
END_TEST

START_TEST(a_pipe_that_is_read_again_says_how_many_lines_were_lost)
{
    static char text[65536];
    long deadline_ms = now_ms() + SOON_MS;

    expect_soon(HIT, 200, 0);
    fill_the_pipe();
    ck_assert_int_eq(testbed_expect(&testbed, HIT, 200), 1);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 2, SOON_MS);
    do {
        size_t size = strlen(text);
        ssize_t got = read(pipe_end, text + size, sizeof text - 1 - size);

        text[size + (got > 0 ? (size_t)got : 0)] = '\0';
        ck_assert_int_eq(testbed_expect(&testbed, HIT, 200), 1);
        ck_assert_msg(now_ms() < deadline_ms, "%s", text);
    } while (strstr(text, "lost: the log was not read in time") == NULL);
}
END_TEST

/* What is logged must be in no file of the data folder. */
START_TEST(descriptors_that_are_closed_at_the_start_are_no_files_of_ours)
{
    char command[1024], line[64], found[256];
    struct shell server;

    snprintf(command, sizeof command,
             "ENVIRONMENT=test DATA_DIR=%s/closed exec \"$RENTCACHE_BIN_DIR/rentcache\" server "
             "--only analytics <&- 2>&-",
             testbed.folder);
    shell_open(&server, command);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, server.output));
    ck_assert_str_eq(line, "ready: analytics\n");
    ck_assert_int_eq(kill(server.pid, SIGTERM), 0);
    ck_assert_int_eq(shell_close(&server), 0);
    snprintf(command, sizeof command, "grep -rl '\"message\":' %s/closed", testbed.folder);
    shell_run(command, found, sizeof found);
    ck_assert_str_eq(found, "");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("log_pipe");
    TCase *test = tcase_create("log_pipe");

    tcase_set_timeout(test, 120);
    tcase_add_checked_fixture(test, setup, teardown);
    tcase_add_test(test, hits_purges_misses_health_and_the_end_wait_for_no_reader);
    tcase_add_test(test, a_pipe_that_is_read_again_says_how_many_lines_were_lost);
    tcase_add_test(test, descriptors_that_are_closed_at_the_start_are_no_files_of_ours);
    suite_add_tcase(suite, test);
    return suite;
}
