/* library_socket_test.c - descriptors that are found among what the server library keeps to itself, and who waits on them. */
/* links: gateway/server/library_socket.c core/base/network.c */

#include "server/library_socket.h"

#include <arpa/inet.h>
#include <check.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* As the library lays it out. */
struct description {
    int types[3];
    char requests_and_responses[2300];
    int file;
    struct sockaddr_in local, peer;
    char rest[1024];
};

static struct sockaddr_in address;
static int listening, port;

static void
start(void)
{
    socklen_t size = sizeof address;

    address = (struct sockaddr_in){.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_eq(bind(listening, (const struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listening, 10), 0);
    ck_assert_int_eq(getsockname(listening, (struct sockaddr *)&address, &size), 0);
    port = ntohs(address.sin_port);
}

static void
stop(void)
{
    close(listening);
}

static int
connect_one(void)
{
    int file = socket(AF_INET, SOCK_STREAM, 0);

    ck_assert_int_eq(connect(file, (const struct sockaddr *)&address, sizeof address), 0);
    return file;
}

START_TEST(a_connection_s_descriptor_stands_before_its_address)
{
    struct description *description = calloc(1, sizeof *description);
    int client = connect_one(), accepted = accept(listening, NULL, NULL);

    ck_assert_int_ge(accepted, 0);
    ck_assert_int_eq(library_socket_find(description), -1);
    description->file = accepted;
    description->local = address;
    description->local.sin_port = 0;
    ck_assert_int_eq(library_socket_find(description), -1); /* of another socket */
    description->local = address;
    ck_assert_int_eq(library_socket_find(description), accepted);
    close(client);
    ck_assert_int_eq(library_socket_find(description),
                     accepted); /* of a client that is gone, too */
    description->file = -1;
    ck_assert_int_eq(library_socket_find(description), -1); /* at the place that is known now */
    close(accepted);
    free(description);
}
END_TEST

START_TEST(who_waits_to_be_accepted_is_counted)
{
    int clients[3];

    ck_assert_int_eq(library_socket_listening(port), listening);
    ck_assert_int_eq(library_socket_waiting(listening), 0);
    for (int i = 0; i < 3; i++)
        clients[i] = connect_one();
    ck_assert_int_eq(library_socket_waiting(listening), 3);
    ck_assert_int_eq(library_socket_waiting(clients[0]), -1);
    ck_assert_int_eq(library_socket_waiting(-1), -1);
    for (int i = 0; i < 3; i++) {
        close(accept(listening, NULL, NULL));
        close(clients[i]);
    }
    ck_assert_int_eq(library_socket_waiting(listening), 0);
    close(listening);
    ck_assert_int_eq(library_socket_listening(port), -1);
}
END_TEST

/* PORT in authority stands for the listener's. */
static bool
is_named(const char *authority)
{
    int client = connect_one(), accepted = accept(listening, NULL, NULL);
    const char *place = strstr(authority, "PORT");
    size_t before = place != NULL ? (size_t)(place - authority) : strlen(authority);
    char text[64];
    bool result;

    snprintf(text, sizeof text, "%.*s%.0d%s", (int)before, authority, place != NULL ? port : 0,
             place != NULL ? place + strlen("PORT") : "");
    result = library_socket_is_named(accepted, bytes_of_text(text));
    close(client);
    close(accepted);
    return result;
}

START_TEST(an_authority_names_the_address_of_a_connection)
{
    ck_assert(is_named("127.0.0.1:PORT"));
    ck_assert(is_named("localhost:PORT"));
    ck_assert(is_named("LOCALHOST:PORT"));
    ck_assert(!is_named("127.0.0.1"));
    ck_assert(!is_named("127.0.0.1:"));
    ck_assert(!is_named("127.0.0.1:1PORT"));
    ck_assert(!is_named("127.0.0.1:PORT4294967296"));
    ck_assert(!is_named("127.0.0.1:xPORT"));
    ck_assert(!is_named("127.0.0.2:PORT"));
    ck_assert(!is_named("127.0.0.1.example:PORT"));
    ck_assert(!is_named("[::1]:PORT"));
    ck_assert(!is_named("api.example.com:PORT"));
    ck_assert(!library_socket_is_named(-1, bytes_of_text("127.0.0.1:80")));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("gateway/library_socket");
    TCase *cases = tcase_create("sockets");

    tcase_add_checked_fixture(cases, start, stop);
    tcase_add_test(cases, a_connection_s_descriptor_stands_before_its_address);
    tcase_add_test(cases, who_waits_to_be_accepted_is_counted);
    tcase_add_test(cases, an_authority_names_the_address_of_a_connection);
    suite_add_tcase(suite, cases);
    return suite;
}
