/* mutations_test.c - good requests with a few bytes changed, and values of any bytes: nothing is executed or comes back raw. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "scenario/requests/malformed_checks.h"
#include "scenario/requests/mutations.h"

#define MUTATIONS 1200

/* H9: no status brings a body with HEAD. */
START_TEST(head_never_has_a_body)
{
    static const struct {
        const char *target;
        const char *key;
        int status;
    } rows[] = {
        {"/livez", NULL, 200},   {"/api/v1/properties", NULL, 401},
        {"/nothing", NULL, 404}, {"/api/v1/properties", "wrong", 401},
        {"/livez#x", NULL, 400},
    };
    struct http_response response;
    struct http http;
    char head[256];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        snprintf(head, sizeof head,
                 "HEAD %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\n%s%s%s\r\n", rows[i].target,
                 rows[i].key != NULL ? "Authorization: Bearer " : "",
                 rows[i].key != NULL ? rows[i].key : "", rows[i].key != NULL ? "\r\n" : "");
        http_open(&http, testbed.port);
        http_send(&http, head, strlen(head));
        ck_assert(http_receive(&http, &response, true, ANSWER_MS));
        ck_assert_int_eq(response.status, rows[i].status);
        ck_assert_msg(http_is_closed(&http, ANSWER_MS), "HEAD %s has a body", rows[i].target);
        http_response_fini(&response);
        http_close(&http);
    }
}
END_TEST

/* Statuses of framing: behind them nothing may follow. Without a key no other 400 is possible. */
static bool
is_framing_error(int status)
{
    return is_of_class("400 408 411 413 414 417 431 501 505", status);
}

static void
expect_sane_answers(const char *why, struct http *http, unsigned *refused)
{
    struct http_response response;
    bool is_over = false;

    while (http_receive(http, &response, false, ANSWER_MS)) {
        ck_assert_msg(!is_over, "%s: an answer behind a framing error: %s", why, response.head);
        ck_assert_msg(is_framing_error(response.status) ||
                          is_of_class("200 401 404 405", response.status),
                      "%s: %s", why, response.head);
        expect_problem(why, &response);
        is_over = is_framing_error(response.status);
        *refused += is_over;
        http_response_fini(&response);
    }
    ck_assert_msg(http->size == 0, "%s: half an answer: %s", why, http->data);
    http_response_fini(&response);
}

START_TEST(mutations_of_good_requests_never_execute_what_follows_an_error)
{
    static const char follower[] = "GET /livez HTTP/1.1\r\nHost: a\r\n\r\n";
    unsigned refused = 0;

    for (unsigned i = 0; i < MUTATIONS; i++) {
        char bytes[1024], why[32];
        unsigned seed = i + 1;
        size_t size = mutate(&seed, bytes, sizeof bytes);
        struct http http;

        snprintf(why, sizeof why, "mutation %u", i);
        http_open(&http, i % 8 == 7 ? testbed.admin_port : testbed.port);
        http_send(&http, bytes, size);
        http_send(&http, follower, sizeof follower - 1);
        shutdown(http.socket, SHUT_WR);
        expect_sane_answers(why, &http, &refused);
        http_close(&http);
    }
    ck_assert_uint_gt(refused, MUTATIONS / 4);
}
END_TEST

/* H10: what a client sends never comes back raw. */
START_TEST(no_field_comes_back_raw)
{
    unsigned seed = 4711;
    struct http http;

    http_open(&http, testbed.port);
    for (int i = 0; i < 2000; i++) {
        struct http_response response;
        char value[64], field[128];
        size_t size = 1 + (size_t)rand_r(&seed) % 40;

        for (size_t at = 0; at < size; at++)
            do
                value[at] = (char)(32 + rand_r(&seed) % 224);
            while (value[at] == 127);
        value[size] = '\0';
        snprintf(field, sizeof field, "X-Request-ID: %s\r\nUser-Agent: %s\r\n", value, value);
        ck_assert(http_call_on(&http, "GET", "/api/v1/none?limit=1%0d%0aX:y", NULL, NULL, field,
                               &response));
        ck_assert_int_eq(response.status, 404);
        expect_problem(field, &response);
        ck_assert_ptr_null(strstr(response.head, "\r\nX:"));
        http_response_fini(&response);
    }
    http_close(&http);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("mutations");
    TCase *cases = tcase_create("requests");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 200);
    tcase_add_test(cases, head_never_has_a_body);
    tcase_add_test(cases, mutations_of_good_requests_never_execute_what_follows_an_error);
    tcase_add_test(cases, no_field_comes_back_raw);
    suite_add_tcase(suite, cases);
    return suite;
}
