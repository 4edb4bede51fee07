/* log_test.c - which lines are written, and by whom. */
/* links: core/base/log.c core/base/log_line.c core/base/clock.c core/base/clock_text.c core/base/dates.c */
/* links: core/base/text.c */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"

static int pipe_out;
static int saved_stderr;

static void
capture(void)
{
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_NONBLOCK | O_CLOEXEC), 0);
    saved_stderr = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    pipe_out = ends[0];
}

static void
release(void)
{
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    close(pipe_out);
    log_configure("INFO", "json");
    log_set_actor(NULL);
    log_set_request(NULL);
}

/* One read returns what one write wrote, as long as the pipe was empty; 0: nothing was written. */
static size_t
read_line(char *line, size_t size)
{
    ssize_t got = read(pipe_out, line, size - 1);

    line[got > 0 ? got : 0] = '\0';
    return got > 0 ? (size_t)got : 0;
}

static json_t *
read_json(void)
{
    char line[8192];
    json_t *json;

    ck_assert_int_gt((int)read_line(line, sizeof line), 0);
    json = json_loads(line, 0, NULL);
    ck_assert_msg(json != NULL, "no JSON: %s", line);
    return json;
}

static void
expect_field(const json_t *json, const char *name, const char *expected)
{
    const char *value = json_string_value(json_object_get(json, name));

    if (expected == NULL)
        ck_assert_ptr_null(value);
    else
        ck_assert_pstr_eq(value, expected);
}

START_TEST(a_line_tells_who_and_what)
{
    json_t *json;

    log_set_actor("upstream");
    log_set_request("req-7");
    log_warning("call %d failed: %s", 3, "reset\n");
    json = read_json();
    expect_field(json, "level", "WARNING");
    expect_field(json, "service", "upstream");
    expect_field(json, "request_id", "req-7");
    expect_field(json, "message", "call 3 failed: reset\n");
    ck_assert_int_eq((int)strlen(json_string_value(json_object_get(json, "timestamp"))), 27);
    json_decref(json);
}
END_TEST

START_TEST(lines_below_the_level_are_not_written)
{
    char line[8192];

    ck_assert(log_configure("warning", "JSON"));
    log_info("quiet");
    ck_assert(!log_is_enabled(LOG_INFO));
    ck_assert_int_eq((int)read_line(line, sizeof line), 0);
    log_error("loud");
    ck_assert_int_gt((int)read_line(line, sizeof line), 0);
}
END_TEST

START_TEST(unknown_settings_change_nothing)
{
    ck_assert(log_configure("ERROR", "json"));
    ck_assert(!log_configure("LOUD", "json"));
    ck_assert(!log_configure("DEBUG", "xml"));
    ck_assert(!log_is_enabled(LOG_WARNING));
}
END_TEST

START_TEST(text_is_the_other_form)
{
    char line[8192];

    ck_assert(log_configure("DEBUG", "text"));
    log_debug("x=%d", 1);
    read_line(line, sizeof line);
    ck_assert_pstr_eq(strstr(line, "Z "), "Z DEBUG x=1\n");
}
END_TEST

START_TEST(errno_survives)
{
    errno = ENOSPC;
    log_info("something");
    ck_assert_int_eq(errno, ENOSPC);
}
END_TEST

static void *
log_from_thread(void *unused)
{
    log_info("from elsewhere");
    return unused;
}

START_TEST(actor_and_request_belong_to_the_thread)
{
    pthread_t thread;
    json_t *json;

    log_set_actor("gateway");
    log_set_request("req-1");
    ck_assert_int_eq(pthread_create(&thread, NULL, log_from_thread, NULL), 0);
    pthread_join(thread, NULL);
    json = read_json();
    expect_field(json, "service", NULL);
    expect_field(json, "request_id", NULL);
    json_decref(json);
}
END_TEST

START_TEST(a_huge_message_is_one_write)
{
    char message[6000];
    char line[8192];

    memset(message, 'x', sizeof message - 1);
    message[sizeof message - 1] = '\0';
    log_info("%s", message);
    ck_assert_int_le((int)read_line(line, sizeof line), 4096);
    ck_assert_int_eq((int)read_line(line, sizeof line), 0);
}
END_TEST

static int lost_lines;

static void
count_lost(const char *actor, int64_t lines)
{
    ck_assert_pstr_eq(actor, "cache");
    lost_lines += (int)lines;
}

/* stderr becomes a pipe that is full and would let its writer wait. */
static void
fill_the_pipe(void)
{
    char page[8192] = {0};
    int ends[2];

    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    ck_assert_int_eq(fcntl(ends[1], F_SETPIPE_SZ, (int)sizeof page), (int)sizeof page);
    ck_assert_int_eq(write(ends[1], page, sizeof page), (int)sizeof page);
    dup2(ends[1], STDERR_FILENO);
    close(ends[1]);
    close(pipe_out);
    pipe_out = ends[0];
}

/* _i: whether stderr is opened again, or asked before each write. */
START_TEST(a_full_pipe_loses_lines_and_later_says_how_many)
{
    char line[8192];

    lost_lines = 0;
    fill_the_pipe();
    if (_i == 1)
        log_never_wait();
    log_on_lost(count_lost);
    log_set_actor("cache");
    log_info("one");
    log_info("two");
    ck_assert_int_eq(lost_lines, 2);
    ck_assert_int_eq((int)read(pipe_out, line, 8192), 8192);
    log_info("three");
    ck_assert_int_gt((int)read_line(line, sizeof line), 0);
    ck_assert_ptr_nonnull(strstr(line, "\"level\":\"WARNING\""));
    ck_assert_ptr_nonnull(strstr(line, "2 lines were lost"));
    ck_assert_ptr_nonnull(strstr(line, "\"message\":\"three\""));
    ck_assert_int_eq(lost_lines, 2);
}
END_TEST

START_TEST(fatal_ends_the_process)
{
    char line[8192];
    int status = 0;
    pid_t child = fork();

    ck_assert_int_ge(child, 0);
    if (child == 0)
        log_fatal("no %s", "way");
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), 70);
    read_line(line, sizeof line);
    ck_assert_ptr_nonnull(strstr(line, "\"level\":\"ERROR\",\"message\":\"no way\""));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/log");
    TCase *tcase = tcase_create("log");

    tcase_add_checked_fixture(tcase, capture, release);
    tcase_add_test(tcase, a_line_tells_who_and_what);
    tcase_add_test(tcase, lines_below_the_level_are_not_written);
    tcase_add_test(tcase, unknown_settings_change_nothing);
    tcase_add_test(tcase, text_is_the_other_form);
    tcase_add_test(tcase, errno_survives);
    tcase_add_test(tcase, actor_and_request_belong_to_the_thread);
    tcase_add_test(tcase, a_huge_message_is_one_write);
    tcase_add_test(tcase, fatal_ends_the_process);
    /* last: what it opens again stays so for the process */
    tcase_add_loop_test(tcase, a_full_pipe_loses_lines_and_later_says_how_many, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
