/* listen_failure_test.c - a text for each cause. */
/* links: gateway/server/listen_failure.c */
#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/listen_failure.h"

static const struct {
    const char *host, *text;
} rows[] = {
    {"::", "IPv4 only"},
    {"[::]", "IPv4 only"},
    {"::1", "IPv4 only"},
    {"[::1]", "IPv4 only"},
    {"192.0.2.1", "no interface of this machine has this address"}, /* for documents (RFC 5737) */
    {"no such name", "does not resolve"},
    {"name.invalid", "does not resolve"},
};

START_TEST(each_cause_has_its_text)
{
    char text[LISTEN_FAILURE_SIZE];

    listen_failure_explain(rows[_i].host, 0, text);
    ck_assert_msg(strstr(text, rows[_i].text) != NULL, "%s: %s", rows[_i].host, text);
}
END_TEST

START_TEST(a_taken_port_is_said_so)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int file = socket(AF_INET, SOCK_STREAM, 0);
    char text[LISTEN_FAILURE_SIZE];

    ck_assert_int_eq(bind(file, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(file, 1), 0);
    ck_assert_int_eq(getsockname(file, (struct sockaddr *)&address, &size), 0);
    listen_failure_explain("127.0.0.1", ntohs(address.sin_port), text);
    ck_assert_str_eq(text, "another process listens on this port");
    close(file);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("gateway/listen_failure");
    TCase *tcase = tcase_create("listen_failure");

    tcase_add_loop_test(tcase, each_cause_has_its_text, 0, sizeof rows / sizeof *rows);
    tcase_add_test(tcase, a_taken_port_is_said_so);
    suite_add_tcase(suite, tcase);
    return suite;
}
