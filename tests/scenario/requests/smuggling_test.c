/* smuggling_test.c - what stands before a request line never moves the end of a head: no byte of one request is taken for
 * another, with a body, with chunks, pipelined, on both listeners. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "scenario/requests/malformed_checks.h"

#define REQUEST_BYTES 1024

/* An empty line, or what a loose reader takes for one, in every mixture with blanks. */
static const char *const prefixes[] = {
    "\r\n",
    "\n",
    "\r",
    " ",
    "  ",
    "\r\r",
    "\r\n\r\n",
    "\n\n",
    "\r\n\n",
    "\n\r\n",
    "\r\r\n",
    " \r\n",
    "\r\n ",
    "\n ",
    " \r\n\r\n",
    "\r\n\r\n ",
    " \n\n ",
    "\n\n\n",
    "\r\n\r\n\r\n",
    "\r\n\r\n\r\n\r\n",
    "\t\r\n\r\n",
    "            \r\n\r\n",
    "                            \r\n\r\n",
};

/* Where a reader that looks for the first empty line ends the head; 0: not in the prefix. */
static size_t
loose_end(const char *prefix)
{
    for (size_t i = 0; prefix[i] != '\0'; i++) {
        if (strncmp(prefix + i, "\n\n", 2) == 0)
            return i + 2;
        if (strncmp(prefix + i, "\r\n\r\n", 4) == 0)
            return i + 4;
    }
    return 0;
}

/* One request whose body is a request of the same size as what a reader with a wrong end of the head takes for the body. */
static size_t
write_nested(const char *prefix, const char *target, const char *framing, const char *key, char *to)
{
    size_t end = loose_end(prefix), before = end > 0 ? strlen(prefix) - end : 0;
    int head = snprintf(NULL, 0,
                        "POST %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: "
                        "application/json\r\nX-P: %0*d\r\n%s0000\r\n\r\n",
                        target, key, 200, 0, framing);
    int body = (int)before + head;
    char inner[REQUEST_BYTES];
    int size = snprintf(inner, sizeof inner,
                        "GET /api/v1/properties?state=TX&limit=77 HTTP/1.1\r\nHost: a\r\n"
                        "Authorization: Bearer %s\r\nX-P: ",
                        key);

    snprintf(inner + size, sizeof inner - (size_t)size, "%0*d\r\n\r\n", body - size - 4, 0);
    return (size_t)snprintf(to, 4 * REQUEST_BYTES,
                            "%sPOST %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
                            "Content-Type: application/json\r\nX-P: %0*d\r\n%s%04d\r\n\r\n%s",
                            prefix, target, key, 200, 0, framing, body, inner);
}

/* One answer that is no success, and nothing behind it. */
static void
expect_one_answer(int port, const char *prefix, const char *bytes, size_t size)
{
    struct http_response response;
    struct http http;

    http_open(&http, port);
    ck_assert(http_send(&http, bytes, size));
    shutdown(http.socket, SHUT_WR);
    http_receive(&http, &response, false, ANSWER_MS);
    ck_assert_msg(is_of_class("400 422 close", response.status), "a prefix of %zu: %d %.200s",
                  strlen(prefix), response.status, response.body);
    http_response_fini(&response);
    ck_assert_msg(http_is_closed(&http, ANSWER_MS), "a prefix of %zu: a second answer: %.200s",
                  strlen(prefix), http.data != NULL ? http.data : "");
    http_close(&http);
}

static void
expect_nothing_spent(void)
{
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM ledger"), 0);
    testbed_stop(&testbed);
}

START_TEST(a_body_that_is_a_request_is_never_executed)
{
    char bytes[4 * REQUEST_BYTES];

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t size = write_nested(prefixes[i], "/api/v1/estimates/value/bulk",
                                   "Content-Length: ", testbed.key, bytes);

        expect_one_answer(testbed.port, prefixes[i], bytes, size);
    }
}
END_TEST

START_TEST(the_admin_listener_executes_none_either)
{
    char bytes[4 * REQUEST_BYTES];

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t size = write_nested(prefixes[i], "/admin/cache/clear",
                                   "Content-Length: ", testbed.admin_token, bytes);

        expect_one_answer(testbed.admin_port, prefixes[i], bytes, size);
    }
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM purge_log"), 0);
}
END_TEST

START_TEST(a_chunk_that_is_a_request_is_never_executed)
{
    char bytes[4 * REQUEST_BYTES];

    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        int size = snprintf(bytes, sizeof bytes,
                            "%sPOST /api/v1/estimates/value/bulk HTTP/1.1\r\nHost: a\r\n"
                            "Authorization: Bearer %s\r\nContent-Type: application/json\r\n"
                            "Transfer-Encoding: chunked\r\n\r\n%zx\r\n%s\r\n0\r\n\r\n",
                            prefixes[i], testbed.key, strlen(smuggled), smuggled);

        expect_one_answer(testbed.port, prefixes[i], bytes, (size_t)size);
    }
}
END_TEST

/* Only the empty line is overlooked, and only once; whatever else stands between two requests ends the connection. */
START_TEST(what_stands_between_pipelined_requests_ends_the_connection)
{
    static const char first[] = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    struct http_response response;
    struct http http;

    for (size_t i = 1; i < sizeof prefixes / sizeof *prefixes; i++) {
        http_open(&http, testbed.port);
        ck_assert(http_send(&http, first, sizeof first - 1));
        ck_assert(http_send(&http, prefixes[i], strlen(prefixes[i])));
        ck_assert(http_send(&http, smuggled, strlen(smuggled)));
        shutdown(http.socket, SHUT_WR);
        ck_assert(http_receive(&http, &response, false, ANSWER_MS));
        ck_assert_int_eq(response.status, 200);
        http_response_fini(&response);
        http_receive(&http, &response, false, ANSWER_MS);
        ck_assert_msg(is_of_class("400 close", response.status), "a prefix of %zu: %d",
                      strlen(prefixes[i]), response.status);
        http_response_fini(&response);
        ck_assert(http_is_closed(&http, ANSWER_MS));
        http_close(&http);
    }
}
END_TEST

/* The library's buffer holds what came before: a bare end of a head must not make it read on there. */
START_TEST(nothing_of_an_earlier_connection_is_read_again)
{
    static const char broken[] = "POXT /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    char bytes[2 * REQUEST_BYTES];
    struct http_response response;
    struct http http;

    for (int i = 0; i < 40; i++) {
        int size = snprintf(bytes, sizeof bytes, "%s%s", broken, smuggled);
        size_t blanks = sizeof broken - 1;

        /* the second request is never looked at: the first one ends the connection */
        http_open(&http, testbed.port);
        http_send(&http, bytes, (size_t)size);
        shutdown(http.socket, SHUT_WR);
        http_receive(&http, &response, false, ANSWER_MS);
        http_response_fini(&response);
        http_close(&http);
        memset(bytes, ' ', blanks);
        memcpy(bytes + blanks - 4, "\r\n\r\n", 4);
        http_open(&http, testbed.port);
        http_send(&http, bytes, blanks);
        shutdown(http.socket, SHUT_WR);
        http_receive(&http, &response, false, ANSWER_MS);
        ck_assert_msg(is_of_class("400 close", response.status), "%d", response.status);
        http_response_fini(&response);
        http_close(&http);
    }
}
END_TEST

START_TEST(one_empty_line_is_overlooked)
{
    struct http_response response;
    struct http http;

    http_open(&http, testbed.port);
    for (int i = 0; i < 2; i++) {
        static const char request[] = "\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n";

        ck_assert(http_send(&http, request, sizeof request - 1));
        ck_assert(http_receive(&http, &response, false, ANSWER_MS));
        ck_assert_int_eq(response.status, 200);
        http_response_fini(&response);
    }
    http_close(&http);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("smuggling");
    TCase *cases = tcase_create("prefixes");

    tcase_add_checked_fixture(cases, setup, expect_nothing_spent);
    tcase_set_timeout(cases, 200);
    tcase_add_test(cases, a_body_that_is_a_request_is_never_executed);
    tcase_add_test(cases, the_admin_listener_executes_none_either);
    tcase_add_test(cases, a_chunk_that_is_a_request_is_never_executed);
    tcase_add_test(cases, what_stands_between_pipelined_requests_ends_the_connection);
    tcase_add_test(cases, nothing_of_an_earlier_connection_is_read_again);
    tcase_add_test(cases, one_empty_line_is_overlooked);
    suite_add_tcase(suite, cases);
    return suite;
}
