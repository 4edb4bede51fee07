/* api_test.c - the API over real sockets: what only shows on the wire. */
/* links: @simulator */
#include "unit/simulator/wire.h"

START_TEST(refusals_have_their_order)
{
    static const struct {
        const char *line;
        const char *fields;
        int status;
    } rows[] = {
        {"POST /v1/properties", "", 405},
        {"DELETE /v1/nothing", "", 405},
        {"GET /v1/_control", "", 404},
        {"GET /v1/_control/journal", "X-Api-Key: sim_key_unlimited\r\n", 404},
        {"GET /_control/journal", "", 404},
        {"GET /v1/properties?limit=0", "", 401},
        {"GET /v1/properties?limit=0", "X-Api-Key: sim_key_inactive\r\n", 403},
        {"GET /v1/properties?limit=0", "x-api-key: sim_key_unlimited\r\n", 400},
        {"GET /v1/properties?city=%zz", "X-Api-Key: sim_key_unlimited\r\n", 400},
        {"GET /v1/properties?apiKey=sim_key_unlimited", "", 401},
        {"GET /v1/properties", "Authorization: Bearer sim_key_unlimited\r\n", 401},
        {"GET /v1/avm/value", "X-Api-Key: sim_key_restricted\r\n", 403},
        {"GET /v1/properties?zipCode=99999", "X-Api-Key: sim_key_unlimited\r\n", 404},
        {"GET /v1/properties?limit=1", "X-Api-Key: sim_key_unlimited\r\n", 200},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text answer = wire_ask(api, rows[i].line, rows[i].fields, NULL);
        ck_assert_msg(wire_status_of(answer) == rows[i].status, "%s: %s", rows[i].line,
                      answer.data);
        text_fini(&answer);
    }
}
END_TEST

START_TEST(ids_with_encoded_commas_are_found)
{
    ck_assert_int_eq(
        wire_get_status("/v1/properties/5500-Grand-Lake-Dr%2C-San-Antonio%2C-TX-78244", wire_key),
        200);
    ck_assert_int_eq(
        wire_get_status("/v1/properties/5500-Grand-Lake-Dr,-San-Antonio,-TX-78244", wire_key), 200);
}
END_TEST

START_TEST(connections_stay_open_and_requests_may_be_pipelined)
{
    struct text answers = {0};
    int descriptor = wire_open_connection(api);
    /* The first is a 401: it must not end the connection either. */
    wire_send_text(descriptor, "GET /v1/properties HTTP/1.1\r\nHost: a\r\n\r\n"
                               "GET /v1/markets HTTP/1.1\r\nHost: a\r\n"
                               "X-Api-Key: sim_key_unlimited\r\n\r\n"
                               "GET /v1/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    ck_assert_int_eq(wire_read_all(descriptor, &answers), 0);
    close(descriptor);
    const char *second = strstr(answers.data, "HTTP/1.1 400");
    ck_assert_int_eq(strncmp(answers.data, "HTTP/1.1 401", 12), 0);
    ck_assert_ptr_nonnull(second);
    const char *third = strstr(second, "HTTP/1.1 404");
    ck_assert_ptr_nonnull(third);
    ck_assert_ptr_nonnull(strstr(third, "Connection: close\r\n"));
    text_fini(&answers);
}
END_TEST

/* Each answer tells the limit it was asked with, so that they cannot be mixed up. */
START_TEST(twenty_pipelined_requests_are_answered_in_order)
{
    struct text requests = {0};
    struct text answers = {0};
    int descriptor = wire_open_connection(api);
    for (int i = 1; i <= 20; i++)
        text_print(&requests, "GET /v1/properties?limit=%d HTTP/1.1\r\nHost: a\r\n%s%s\r\n", i,
                   wire_key, i == 20 ? "Connection: close\r\n" : "");
    wire_send_text(descriptor, requests.data);
    ck_assert_int_eq(wire_read_all(descriptor, &answers), 0);
    close(descriptor);
    const char *at = answers.data;
    for (int i = 1; i <= 20; i++) {
        char limit[32];
        snprintf(limit, sizeof limit, "\r\nX-Limit: %d\r\n", i);
        at = strstr(at, "HTTP/1.1 200 OK\r\n");
        ck_assert_ptr_nonnull(at);
        const char *found = strstr(at, "\r\nX-Limit: ");
        ck_assert_ptr_nonnull(found);
        ck_assert_int_eq(strncmp(found, limit, strlen(limit)), 0);
        at = found;
    }
    ck_assert_ptr_null(strstr(at, "HTTP/1.1 200 OK\r\n"));
    text_fini(&requests);
    text_fini(&answers);
}
END_TEST

/* What ends a connection, and what the answer says about it. */
START_TEST(connections_end_as_the_client_wants)
{
    static const struct {
        const char *version;
        const char *fields;
        const char *told; /* NULL: nothing, the connection stays */
        bool ends;
    } rows[] = {
        {"1.1", "", NULL, false},
        {"1.1", "Connection: keep-alive\r\n", NULL, false},
        {"1.1", "Connection: close\r\n", "\r\nConnection: close\r\n", true},
        {"1.1", "connection: Close\r\n", "\r\nConnection: close\r\n", true},
        {"1.0", "", "\r\nConnection: close\r\n", true},
        {"1.0", "Connection: keep-alive\r\n", "\r\nConnection: keep-alive\r\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text request = {0};
        struct text answers = {0};
        int descriptor = wire_open_connection(api);
        /* The second request ends the connection in any case, if it is still read at all. */
        text_print(&request, "GET /v1/properties?limit=1 HTTP/%s\r\nHost: a\r\n%s%s\r\n",
                   rows[i].version, wire_key, rows[i].fields);
        text_print(&request, "GET /v1/nothing HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        wire_send_text(descriptor, request.data);
        (void)wire_read_all(descriptor, &answers);
        close(descriptor);
        char *second = strstr(answers.data, "HTTP/1.1 404");
        ck_assert_msg((second == NULL) == rows[i].ends, "%s %s", rows[i].version, rows[i].fields);
        if (second != NULL)
            *second = '\0';
        const char *told =
            strstr(answers.data, rows[i].told == NULL ? "\r\nConnection:" : rows[i].told);
        ck_assert_msg((told == NULL) == (rows[i].told == NULL), "%s %s: %s", rows[i].version,
                      rows[i].fields, answers.data);
        text_fini(&request);
        text_fini(&answers);
    }
}
END_TEST

START_TEST(a_request_with_a_body_is_the_last_of_its_connection)
{
    struct text answers = {0};
    int descriptor = wire_open_connection(api);
    wire_send_text(descriptor, "POST /v1/properties HTTP/1.1\r\nHost: a\r\n"
                               "Content-Length: 5\r\n\r\nhello");
    ck_assert_int_eq(wire_read_all(descriptor, &answers), 0);
    close(descriptor);
    ck_assert_int_eq(wire_status_of(answers), 405);
    ck_assert_ptr_nonnull(strstr(answers.data, "Connection: close\r\n"));
    text_fini(&answers);
}
END_TEST

START_TEST(bodies_are_chunked_or_zipped_when_asked)
{
    struct text answer =
        wire_ask(api, "GET /v1/properties?limit=2",
                 "X-Api-Key: sim_key_unlimited\r\nAccept-Encoding: gzip\r\n", NULL);
    ck_assert_ptr_nonnull(strstr(answer.data, "Content-Encoding: gzip\r\n"));
    ck_assert_mem_eq(wire_body_of(answer), "\x1f\x8b", 2);
    text_fini(&answer);
    answer = wire_ask(api, "GET /v1/properties?zipCode=99999",
                      "X-Api-Key: sim_key_unlimited\r\nAccept-Encoding: gzip\r\n", NULL);
    ck_assert_ptr_null(strstr(answer.data, "Content-Encoding"));
    text_fini(&answer);
    wire_set_control("PUT /_control/settings", "{\"transfer\":\"chunked\"}");
    answer = wire_ask(api, "GET /v1/properties?limit=2", wire_key, NULL);
    ck_assert_ptr_nonnull(strstr(answer.data, "Transfer-Encoding: chunked\r\n"));
    ck_assert_ptr_null(strstr(answer.data, "Content-Length"));
    ck_assert_str_eq(answer.data + answer.size - 7, "\r\n0\r\n\r\n");
    text_fini(&answer);
}
END_TEST

START_TEST(bench_bodies_have_the_size_that_is_set)
{
    wire_set_control("PUT /_control/settings", "{\"body_bytes\":51200}");
    struct text answer = wire_ask(api, "GET /v1/properties/bench-7", wire_key, NULL);
    ck_assert_uint_eq(strlen(wire_body_of(answer)), 51200);
    text_fini(&answer);
    wire_set_control("PUT /_control/settings", "{\"body_bytes\":0}");
    ck_assert_int_eq(wire_get_status("/v1/properties/bench-7", wire_key), 404);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("api");
    TCase *wire = tcase_create("wire");
    tcase_set_timeout(wire, 30);
    tcase_add_checked_fixture(wire, wire_set_up, wire_tear_down);
    tcase_add_test(wire, refusals_have_their_order);
    tcase_add_test(wire, ids_with_encoded_commas_are_found);
    tcase_add_test(wire, connections_stay_open_and_requests_may_be_pipelined);
    tcase_add_test(wire, twenty_pipelined_requests_are_answered_in_order);
    tcase_add_test(wire, connections_end_as_the_client_wants);
    tcase_add_test(wire, a_request_with_a_body_is_the_last_of_its_connection);
    tcase_add_test(wire, bodies_are_chunked_or_zipped_when_asked);
    tcase_add_test(wire, bench_bodies_have_the_size_that_is_set);
    suite_add_tcase(suite, wire);
    return suite;
}
