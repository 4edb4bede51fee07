/* data_dir_test.c - the data folder is private, and a part of it belongs to one process. */
/* links: @core */
#include "base/data_dir.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char base[64];
static struct config config;

static void
setup(void)
{
    memset(&config, 0, sizeof config);
    snprintf(base, sizeof base, "/tmp/data-dir-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(base));
    snprintf(config.server.data_dir, sizeof config.server.data_dir, "%s/data", base);
}

static void
teardown(void)
{
    static const char *const files[] = {"gateway.lock", "cache.lock"};
    char path[CONFIG_TEXT_SIZE + 64];

    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        snprintf(path, sizeof path, "%s/data/%s", base, files[i]);
        (void)unlink(path);
    }
    snprintf(path, sizeof path, "%s/data", base);
    (void)remove(path);
    ck_assert_int_eq(rmdir(base), 0);
}

static mode_t
mode_of(const char *path)
{
    struct stat about;

    ck_assert_int_eq(stat(path, &about), 0);
    return about.st_mode & 07777;
}

START_TEST(the_folder_is_made_for_its_owner_alone)
{
    mode_t mask = umask(0);

    ck_assert_int_eq(data_dir_prepare(&config), STATUS_OK);
    (void)umask(mask);
    ck_assert_int_eq(mode_of(config.server.data_dir), 0700);
    ck_assert_int_eq(data_dir_prepare(&config), STATUS_OK); /* it is there */
}
END_TEST

START_TEST(a_folder_that_is_there_is_left_as_it_is)
{
    ck_assert_int_eq(mkdir(config.server.data_dir, 0700), 0);
    ck_assert_int_eq(chmod(config.server.data_dir, 0750), 0);
    ck_assert_int_eq(data_dir_prepare(&config), STATUS_OK);
    ck_assert_int_eq(mode_of(config.server.data_dir), 0750);
}
END_TEST

START_TEST(what_cannot_be_a_folder_is_refused)
{
    int file = open(config.server.data_dir, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

    ck_assert_int_ge(file, 0);
    close(file);
    ck_assert_int_eq(data_dir_prepare(&config), STATUS_STORAGE);
    snprintf(config.server.data_dir, sizeof config.server.data_dir, "%s/missing/data", base);
    ck_assert_int_eq(data_dir_prepare(&config), STATUS_STORAGE);
}
END_TEST

START_TEST(a_part_is_locked_until_its_lock_is_closed)
{
    char path[CONFIG_TEXT_SIZE + 64];
    int gateway, cache;

    ck_assert_int_eq(data_dir_prepare(&config), STATUS_OK);
    gateway = data_dir_lock(&config, "gateway", false);
    ck_assert_int_ge(gateway, 0);
    snprintf(path, sizeof path, "%s/gateway.lock", config.server.data_dir);
    ck_assert_int_eq(mode_of(path) & 077, 0);
    ck_assert_int_eq(data_dir_lock(&config, "gateway", true), -1);
    ck_assert_int_eq(data_dir_lock(&config, "gateway", false), -1);
    cache = data_dir_lock(&config, "cache", false);
    ck_assert_int_ge(cache, 0);
    close(gateway);
    gateway = data_dir_lock(&config, "gateway", true);
    ck_assert_int_ge(gateway, 0);
    close(gateway);
    close(cache);
}
END_TEST

/* Closed at the end of the process, also of one that is killed; a program that is started does not inherit it. */
START_TEST(a_lock_ends_with_its_process)
{
    int ends[2];
    char byte;
    pid_t child;
    int lock;

    ck_assert_int_eq(data_dir_prepare(&config), STATUS_OK);
    ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        byte = data_dir_lock(&config, "gateway", true) >= 0 ? 'y' : 'n';
        (void)!write(ends[1], &byte, 1);
        for (;;)
            pause();
    }
    ck_assert_int_eq(read(ends[0], &byte, 1), 1);
    ck_assert_int_eq(byte, 'y');
    ck_assert_int_eq(data_dir_lock(&config, "gateway", true), -1);
    kill(child, SIGKILL);
    ck_assert_int_eq(waitpid(child, NULL, 0), child);
    lock = data_dir_lock(&config, "gateway", true);
    ck_assert_int_ge(lock, 0);
    ck_assert_int_eq(fcntl(lock, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
    close(lock);
    close(ends[0]);
    close(ends[1]);
}
END_TEST

START_TEST(without_a_folder_there_is_no_lock)
{
    ck_assert_int_eq(data_dir_lock(&config, "gateway", true), -1);
    memset(config.server.data_dir, 'x', sizeof config.server.data_dir - 1);
    ck_assert_int_eq(data_dir_lock(&config, "gateway", true), -1);
    snprintf(config.server.data_dir, sizeof config.server.data_dir, "%s/data", base);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("data_dir");
    TCase *tcase = tcase_create("data_dir");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, the_folder_is_made_for_its_owner_alone);
    tcase_add_test(tcase, a_folder_that_is_there_is_left_as_it_is);
    tcase_add_test(tcase, what_cannot_be_a_folder_is_refused);
    tcase_add_test(tcase, a_part_is_locked_until_its_lock_is_closed);
    tcase_add_test(tcase, a_lock_ends_with_its_process);
    tcase_add_test(tcase, without_a_folder_there_is_no_lock);
    suite_add_tcase(suite, tcase);
    return suite;
}
