/* malformed_test.c - what no parser may misread: the right refusal, a closed connection, and nothing executed behind it. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenario/requests/malformed_checks.h"
#include "scenario/requests/malformed_rows.h"

#define ROWS (sizeof malformed_rows / sizeof malformed_rows[0])

/* One answer of the class. */
static void
expect_answer(int port, const struct malformed_row *row, struct http *http)
{
    bool is_head = row->size > 4 && memcmp(row->bytes, "HEAD", 4) == 0;
    struct http_response response;

    http_open(http, port);
    http_send(http, row->bytes, row->size);
    http_send(http, smuggled, strlen(smuggled));
    if (!http_receive(http, &response, is_head, ANSWER_MS))
        ck_assert_msg(response.status == 0, "%s: half an answer", row->why);
    ck_assert_msg(is_of_class(row->statuses, response.status), "%s: %d, not %s: %.200s", row->why,
                  response.status, row->statuses, response.body != NULL ? response.body : "");
    if (response.status != 0)
        expect_problem(row->why, &response);
    http_response_fini(&response);
}

/* Nothing more, then the end of the connection. */
static void
expect_end(const struct malformed_row *row, struct http *http)
{
    ck_assert_msg(http_is_closed(http, ANSWER_MS), "%s: the connection goes on (%s)", row->why,
                  http->data != NULL ? http->data : "");
    http_close(http);
}

static void
expect_refusal(int port, const struct malformed_row *row)
{
    struct http http;

    expect_answer(port, row, &http);
    expect_end(row, &http);
}

/* What a row announces and does not send is waited for; for all of them at the same time. */
static void
expect_rows_refused(int port)
{
    struct http connections[ROWS];

    for (size_t i = 0; i < ROWS; i++)
        expect_answer(port, &malformed_rows[i], &connections[i]);
    for (size_t i = 0; i < ROWS; i++)
        expect_end(&malformed_rows[i], &connections[i]);
}

START_TEST(every_row_is_refused_and_its_connection_closed)
{
    ck_assert_uint_ge(ROWS, 120);
    expect_rows_refused(testbed.port);
}
END_TEST

START_TEST(the_admin_listener_refuses_the_same)
{
    expect_rows_refused(testbed.admin_port);
}
END_TEST

/* A head of so many fields, the last one as given. */
static void
expect_fields_refused(int count, const char *last, const char *statuses)
{
    char head[4096];
    struct malformed_row row = {"many fields", head, 0, statuses};
    size_t size = (size_t)snprintf(head, sizeof head, "POST /livez HTTP/1.1\r\nHost: a\r\n");

    for (int i = 0; i < count - 2; i++)
        size += (size_t)snprintf(head + size, sizeof head - size, "X-%d: y\r\n", i);
    row.size = size + (size_t)snprintf(head + size, sizeof head - size, "%s\r\n\r\n", last);
    expect_refusal(testbed.port, &row);
}

START_TEST(fields_are_counted)
{
    expect_fields_refused(64, "X: y", "431");
    expect_fields_refused(65, "X: y", "431");
    expect_fields_refused(100, "X: y", "431");
    expect_fields_refused(64, "Content-Length: 5", "431");
    expect_fields_refused(65, "Content-Length: 5", "431");
    expect_fields_refused(66, "Transfer-Encoding: chunked", "431");
    expect_fields_refused(65, "Authorization: Bearer x", "431");
}
END_TEST

/* A target of target_bytes and a field of field_bytes. */
static void
expect_size_refused(int target_bytes, int field_bytes, const char *statuses)
{
    char *head = NULL;
    int size = asprintf(&head, "GET /%0*d HTTP/1.1\r\nHost: a\r\nX: %0*d\r\n\r\n", target_bytes - 1,
                        0, field_bytes, 0);
    struct malformed_row row = {"too large", head, (size_t)size, statuses};

    expect_refusal(testbed.port, &row);
    free(head);
}

START_TEST(sizes_are_bounded)
{
    expect_size_refused(8193, 1, "414");
    expect_size_refused(12000, 1, "414");
    expect_size_refused(16300, 1, "414 431");
    expect_size_refused(10, 16384, "431");
    expect_size_refused(10, 20000, "431");
    /* beyond the library's buffer */
    expect_size_refused(100000, 1, "414 431");
    expect_size_refused(10, 1000000, "431");
}
END_TEST

START_TEST(half_a_request_ends_in_time)
{
    static const char *const halves[] = {
        "G",
        "GET /livez HTTP/1.1",
        "GET /livez HTTP/1.1\r\nHost: a\r\n",
        "GET /livez HTTP/1.1\r\nHost: a\r\nX: y\r\n\r",
    };
    struct http connections[sizeof halves / sizeof *halves];
    struct http_response response;

    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        http_open(&connections[i], testbed.port);
        http_send(&connections[i], halves[i], strlen(halves[i]));
    }
    for (size_t i = 0; i < sizeof halves / sizeof *halves; i++) {
        http_receive(&connections[i], &response, false, ANSWER_MS);
        ck_assert_msg(is_of_class("400 408 close", response.status), "%s: %d", halves[i],
                      response.status);
        ck_assert(http_is_closed(&connections[i], ANSWER_MS));
        http_response_fini(&response);
        http_close(&connections[i]);
    }
}
END_TEST

static const char *const admin_bodies[] = {
    "Content-Length: 10\r\n\r\n{}",
    "Transfer-Encoding: chunked\r\n\r\n5\r\n{}",
    "Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "Transfer-Encoding: chunked\r\n\r\n2\r\n{}xx0\r\n\r\n",
};

START_TEST(half_a_body_ends_in_time_and_is_never_used)
{
    struct http connections[sizeof admin_bodies / sizeof *admin_bodies];
    struct http_response response;
    char head[512];

    for (size_t i = 0; i < sizeof admin_bodies / sizeof *admin_bodies; i++) {
        http_open(&connections[i], testbed.admin_port);
        snprintf(head, sizeof head,
                 "POST /admin/cache/clear HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n%s",
                 testbed.admin_token, admin_bodies[i]);
        http_send(&connections[i], head, strlen(head));
    }
    for (size_t i = 0; i < sizeof admin_bodies / sizeof *admin_bodies; i++) {
        http_receive(&connections[i], &response, false, ANSWER_MS);
        ck_assert_msg(is_of_class("400 408", response.status), "%s: %d", admin_bodies[i],
                      response.status);
        expect_problem(admin_bodies[i], &response);
        ck_assert(http_is_closed(&connections[i], ANSWER_MS));
        http_response_fini(&response);
        http_close(&connections[i]);
    }
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM purge_log"), 0);
}
END_TEST

START_TEST(an_expectation_is_met_before_the_body_is_read)
{
    struct http_response response;
    struct http http;
    char head[512];

    http_open(&http, testbed.admin_port);
    snprintf(head, sizeof head,
             "POST /admin/cache/clear HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
             "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n",
             testbed.admin_token);
    http_send(&http, head, strlen(head));
    ck_assert(http_receive(&http, &response, false, ANSWER_MS));
    ck_assert_int_eq(response.status, 100);
    http_response_fini(&response);
    http_send(&http, "{}", 2);
    ck_assert(http_receive(&http, &response, false, 60000));
    ck_assert_int_eq(response.status, 200);
    http_response_fini(&response);
    http_close(&http);
}
END_TEST

/* These have a key, and rows; a busy machine may stand still while it sends. */
static void
start_patient(void)
{
    static const char *const settings[] = {"HEAD_TIMEOUT_MS=20000", "BODY_TIMEOUT_MS=20000",
                                           "DRAIN_MS=20000", NULL};

    testbed_start(&testbed, settings);
}

static void
stop(void)
{
    testbed_stop(&testbed);
}

/* All of it is sent before the answer is looked at. */
static void
send_large(const char *framing, const char *before, size_t size, const char *behind)
{
    char *body = malloc(size);
    char head[256];
    struct http_response response;
    struct http http;

    ck_assert_ptr_nonnull(body);
    memset(body, ' ', size);
    snprintf(head, sizeof head,
             "POST /api/v1/estimates/value/bulk HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n"
             "Content-Type: application/json\r\n%s\r\n\r\n%s",
             testbed.key, framing, before);
    http_open(&http, testbed.port);
    ck_assert(http_send(&http, head, strlen(head)));
    ck_assert(http_send(&http, body, size));
    ck_assert(http_send(&http, behind, strlen(behind)));
    ck_assert(http_receive(&http, &response, false, 4 * ANSWER_MS));
    ck_assert_int_eq(response.status, 413);
    ck_assert(http_is_closed(&http, 4 * ANSWER_MS));
    http_response_fini(&response);
    http_close(&http);
    free(body);
}

START_TEST(a_client_that_sends_too_much_sees_why_it_is_refused)
{
    send_large("Content-Length: 4000000", "", 4000000, "");
    send_large("Transfer-Encoding: chunked", "3D0900\r\n", 4000000, "\r\n0\r\n\r\n");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("malformed");
    TCase *cases = tcase_create("requests");
    TCase *large = tcase_create("large bodies");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 200);
    tcase_add_test(cases, every_row_is_refused_and_its_connection_closed);
    tcase_add_test(cases, the_admin_listener_refuses_the_same);
    tcase_add_test(cases, fields_are_counted);
    tcase_add_test(cases, sizes_are_bounded);
    tcase_add_test(cases, half_a_request_ends_in_time);
    tcase_add_test(cases, half_a_body_ends_in_time_and_is_never_used);
    tcase_add_test(cases, an_expectation_is_met_before_the_body_is_read);
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(large, start_patient, stop);
    tcase_set_timeout(large, 200);
    tcase_add_test(large, a_client_that_sends_too_much_sees_why_it_is_refused);
    suite_add_tcase(suite, large);
    return suite;
}
