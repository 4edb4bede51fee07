/* service_notify_test.c - what the service manager's socket receives, by path and by abstract name. */
/* links: cli/service_notify.c @core */
#include "service_notify.h"

#include <check.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static char name[64];
static int manager = -1;

/* Listens at the stem and the process id; a first '@' stands for the abstract name space. */
static void
listen_at(const char *stem)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t size;

    snprintf(name, sizeof name, "%s-%d", stem, (int)getpid());
    size = strlen(name);
    memcpy(address.sun_path, name, size);
    if (name[0] == '@')
        address.sun_path[0] = '\0';
    manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ck_assert_int_ge(manager, 0);
    ck_assert_int_eq(bind(manager, (const struct sockaddr *)&address,
                          (socklen_t)(offsetof(struct sockaddr_un, sun_path) + size)),
                     0);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void
teardown(void)
{
    unsetenv("NOTIFY_SOCKET");
    if (manager >= 0)
        close(manager);
    manager = -1;
    if (name[0] == '/')
        unlink(name);
    name[0] = '\0';
}

static void
expect_datagram(const char *expected)
{
    char text[64] = "";
    ssize_t size = recv(manager, text, sizeof text - 1, 0);

    ck_assert_int_eq(size, (ssize_t)strlen(expected));
    ck_assert_str_eq(text, expected);
}

START_TEST(the_manager_is_told_one_datagram_per_state)
{
    static const char *const stems[] = {"/tmp/service-notify", "@service-notify"};

    listen_at(stems[_i]);
    ck_assert(service_notify("READY=1"));
    ck_assert(service_notify("STOPPING=1"));
    expect_datagram("READY=1");
    expect_datagram("STOPPING=1");
}
END_TEST

START_TEST(without_a_manager_nothing_is_sent)
{
    ck_assert(!service_notify("READY=1"));
}
END_TEST

START_TEST(a_name_that_leads_nowhere_is_no_fault)
{
    char long_name[256] = "/";

    memset(long_name + 1, 'a', sizeof long_name - 2);
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", long_name, 1), 0);
    ck_assert(!service_notify("READY=1"));
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", "relative", 1), 0);
    ck_assert(!service_notify("READY=1"));
    ck_assert_int_eq(setenv("NOTIFY_SOCKET", "/tmp/no-such-folder/notify", 1), 0);
    ck_assert(!service_notify("READY=1"));
}
END_TEST

/* One that does not read makes nobody wait. */
START_TEST(a_full_socket_does_not_wait)
{
    listen_at("@service-notify");
    while (service_notify("READY=1")) {
    }
    expect_datagram("READY=1");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("service_notify");
    TCase *cases = tcase_create("states");

    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_add_loop_test(cases, the_manager_is_told_one_datagram_per_state, 0, 2);
    tcase_add_test(cases, without_a_manager_nothing_is_sent);
    tcase_add_test(cases, a_name_that_leads_nowhere_is_no_fault);
    tcase_add_test(cases, a_full_socket_does_not_wait);
    suite_add_tcase(suite, cases);
    return suite;
}
