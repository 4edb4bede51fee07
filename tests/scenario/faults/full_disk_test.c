/* full_disk_test.c - a start on a disk without a free byte, and without a cache to give up: it starts, says so, and mends itself
 * when there is room. The data folder is a small file system of the test's own. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "support/now.h"
#include "support/testbed_fixture.h"

#define FIRST   "/api/v1/properties?state=TX&limit=2"
#define SECOND  "/api/v1/properties?state=TX&limit=3"
#define BALLAST "ballast"

static void
write_text(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);

    ck_assert_int_ge(file, 0);
    ck_assert_int_eq(write(file, text, strlen(text)), (ssize_t)strlen(text));
    close(file);
}

/* Mounts are seen by this test and its programs alone; who is not root gets a name space in which he is. */
static void
unshare_mounts(void)
{
    char text[64];
    unsigned user = getuid(), group = getgid();

    if (unshare(CLONE_NEWNS) != 0) {
        ck_assert_int_eq(unshare(CLONE_NEWUSER | CLONE_NEWNS), 0);
        write_text("/proc/self/setgroups", "deny");
        snprintf(text, sizeof text, "0 %u 1", user);
        write_text("/proc/self/uid_map", text);
        snprintf(text, sizeof text, "0 %u 1", group);
        write_text("/proc/self/gid_map", text);
    }
    ck_assert_int_eq(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
}

static void
setup(void)
{
    unshare_mounts();
    testbed_start(&testbed, NULL);
    testbed_stop_server(&testbed);
    ck_assert_int_eq(mount("data", testbed.data_dir, "tmpfs", 0, "size=24m,mode=0700"), 0);
    testbed_start_server(&testbed);
    testbed_make_key(&testbed, "full_disk", "", testbed.key);
}

static void
teardown(void)
{
    testbed_stop_server(&testbed);
    ck_assert_int_eq(umount(testbed.data_dir), 0);
    testbed_start_server(&testbed); /* what the fixture stops */
    testbed_stop(&testbed);
}

static void
data_path(char path[160], const char *name)
{
    snprintf(path, 160, "%s/%s", testbed.data_dir, name);
}

/* Takes every byte that is free. */
static void
fill_disk(void)
{
    static const char zeros[4096];
    char path[160];
    int file;

    data_path(path, BALLAST);
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ck_assert_int_ge(file, 0);
    while (write(file, zeros, sizeof zeros) > 0)
        ;
    ck_assert_int_eq(errno, ENOSPC);
    close(file);
}

static void
remove_file(const char *name)
{
    char path[160];

    data_path(path, name);
    (void)unlink(path);
}

static bool
is_there(const char *name)
{
    char path[160];

    data_path(path, name);
    return access(path, F_OK) == 0;
}

/* Nothing that could be given up is there. */
static void
start_on_a_full_disk(void)
{
    testbed_stop_server(&testbed);
    remove_file("cache.db");
    ck_assert(is_there("disk.reserve"));
    fill_disk();
    testbed_start_server(&testbed);
}

static int
status_of(const char *target)
{
    return testbed_status(&testbed, testbed.key, target);
}

START_TEST(it_starts_and_is_whole_once_there_is_room)
{
    struct http_response response;

    start_on_a_full_disk();
    ck_assert(!is_there("disk.reserve"));
    fill_disk(); /* what the reserve has given */
    http_call(testbed.admin_port, "GET", "/health", NULL, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 503);
    ck_assert_ptr_nonnull(strstr(response.body, "\"disk_space\""));
    http_response_fini(&response);
    ck_assert_int_ne(status_of(FIRST), 401); /* keys are known */

    remove_file(BALLAST);
    testbed_await_success(&testbed, SECOND);
    testbed_await_success(&testbed, FIRST);
    ck_assert_int_eq(testbed_expect(&testbed, FIRST, 200), 1);
}
END_TEST

START_TEST(it_starts_again_and_again)
{
    for (int i = 0; i < 3; i++) {
        start_on_a_full_disk();
        ck_assert_int_ne(status_of(FIRST), 401);
    }
    remove_file(BALLAST);
    testbed_await_success(&testbed, FIRST);
}
END_TEST

/* A purge that cannot be written is refused, and nothing of it is done; afterwards it works. */
static int
purge_all(struct http_response *response)
{
    http_call(testbed.admin_port, "POST", "/admin/cache/clear", testbed.admin_token, "{}", NULL,
              response);
    return response->status;
}

START_TEST(a_purge_is_done_or_refused)
{
    struct http_response response;
    long deadline_ms = now_ms() + 60000;
    bool is_done = false;

    testbed_expect(&testbed, FIRST, 200);
    fill_disk();
    if (purge_all(&response) != 200)
        ck_assert_msg(response.status == 503 && strstr(response.body, "storage") != NULL, "%d %s",
                      response.status, response.body);
    else
        ck_assert_int_eq(status_of(FIRST), 503); /* it is gone, and cannot be bought */
    http_response_fini(&response);
    remove_file(BALLAST);
    while (!is_done) {
        ck_assert_int_lt(now_ms(), deadline_ms);
        is_done = purge_all(&response) == 200;
        http_response_fini(&response);
    }
    testbed_await_success(&testbed, FIRST);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("full_disk");
    TCase *cases = tcase_create("full_disk");

    tcase_set_timeout(cases, 240);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, it_starts_and_is_whole_once_there_is_room);
    tcase_add_test(cases, it_starts_again_and_again);
    tcase_add_test(cases, a_purge_is_done_or_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
