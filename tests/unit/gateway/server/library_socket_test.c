/* library_socket_test.c - the descriptor is found behind anything, also of a client that is gone, and is no other one. */
/* links: gateway/server/library_socket.c */
#include <check.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/library_socket.h"

static int listener, client, served, client_port;

static int
port_of_socket(int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;

    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    return ntohs(address.sin_port);
}

static void
setup(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;

    listener = socket(AF_INET, SOCK_STREAM, 0);
    client = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listener, (struct sockaddr *)&address, size), 0);
    ck_assert_int_eq(listen(listener, 1), 0);
    ck_assert_int_eq(getsockname(listener, (struct sockaddr *)&address, &size), 0);
    ck_assert_int_eq(connect(client, (struct sockaddr *)&address, size), 0);
    served = accept(listener, NULL, NULL);
    ck_assert_int_ge(served, 0);
    client_port = port_of_socket(client);
}

static void
teardown(void)
{
    close(listener);
    close(client);
    close(served);
}

/* The library's own description of a connection, with the socket at this offset. */
static void
describe(uint8_t description[4096], size_t offset, int fd)
{
    struct sockaddr_in address;
    socklen_t size = sizeof address;

    memset(description, 0, 4096);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    memcpy(description + offset, &fd, sizeof fd);
    memcpy(description + offset + sizeof fd, &address, sizeof address);
}

START_TEST(it_is_found_and_found_again_when_the_client_is_gone)
{
    uint8_t description[4096];
    struct linger reset = {.l_onoff = 1};

    describe(description, 1088, listener);
    ck_assert_int_eq(library_socket_find(description, client_port), -1);
    describe(description, 1088, served);
    ck_assert_int_eq(library_socket_find(description, client_port + 1), -1);
    ck_assert_int_eq(library_socket_find(description, client_port), served);
    ck_assert_int_eq(setsockopt(client, SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
    close(client);
    client = -1;
    ck_assert_int_eq(library_socket_find(description, client_port), served);
    memset(description, 0, sizeof description);
    ck_assert_int_eq(library_socket_find(description, client_port), -1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("library_socket");
    TCase *tcase = tcase_create("library_socket");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, it_is_found_and_found_again_when_the_client_is_gone);
    suite_add_tcase(suite, tcase);
    return suite;
}
