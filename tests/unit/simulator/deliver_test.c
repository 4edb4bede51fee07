/* deliver_test.c - faults as a client sees them, and what they leave in the journal. */
/* links: @simulator */
#include "unit/simulator/wire.h"

/* Sends one request under a fault; what ended the connection, and what had come. */
static int
suffer(const char *kind, struct text *answer)
{
    char fault[96];
    char request[160];
    snprintf(fault, sizeof fault, "{\"faults\":[{\"kind\":\"%s\"}]}", kind);
    wire_set_control("PUT /_control/faults", fault);
    int descriptor = wire_open_connection(api);
    snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: a\r\n%s\r\n", wire_small, wire_key);
    wire_send_text(descriptor, request);
    int ended = wire_read_all(descriptor, answer);
    close(descriptor);
    return ended;
}

START_TEST(a_reset_is_a_reset)
{
    struct text answer = {0};
    ck_assert_int_eq(suffer("reset", &answer), ECONNRESET);
    ck_assert_uint_eq(answer.size, 0);
    wire_assert_last_row(0, false);
    text_fini(&answer);
}
END_TEST

START_TEST(a_close_ends_without_a_byte)
{
    struct text answer = {0};
    ck_assert_int_eq(suffer("close", &answer), 0);
    ck_assert_uint_eq(answer.size, 0);
    wire_assert_last_row(0, false);
    text_fini(&answer);
}
END_TEST

START_TEST(a_truncated_body_is_half_and_billed)
{
    struct text answer = {0};
    ck_assert_int_eq(suffer("truncate", &answer), 0);
    const char *length = strstr(answer.data, "Content-Length: ");
    ck_assert_ptr_nonnull(length);
    ck_assert_uint_eq(strlen(wire_body_of(answer)), strtoul(length + 16, NULL, 10) / 2);
    wire_assert_last_row(200, true);
    text_fini(&answer);
}
END_TEST

static struct text
ask_under(const char *faults)
{
    wire_set_control("PUT /_control/faults", faults);
    char line[64];
    snprintf(line, sizeof line, "GET %s", wire_small);
    return wire_ask(api, line, wire_key, NULL);
}

START_TEST(answers_can_be_wrong_in_other_ways)
{
    struct text answer = ask_under("{\"faults\":[{\"kind\":\"garbage\"}]}");
    ck_assert_int_eq(wire_status_of(answer), 200);
    ck_assert_ptr_null(json_loads(wire_body_of(answer), 0, NULL));
    wire_assert_last_row(200, true);
    text_fini(&answer);
    answer = ask_under("{\"faults\":[{\"kind\":\"content_type\"}]}");
    ck_assert_ptr_nonnull(strstr(answer.data, "Content-Type: text/html"));
    text_fini(&answer);
    answer = ask_under("{\"faults\":[{\"kind\":\"status\",\"status\":429,"
                       "\"headers\":{\"Retry-After\":\"2\"}}]}");
    ck_assert_int_eq(wire_status_of(answer), 429);
    ck_assert_ptr_nonnull(strstr(answer.data, "Retry-After: 2\r\n"));
    wire_assert_last_row(429, false);
    text_fini(&answer);
    answer = ask_under("{\"faults\":[{\"kind\":\"status\",\"status\":204}]}");
    ck_assert_int_eq(wire_status_of(answer), 204);
    ck_assert_str_eq(wire_body_of(answer), "");
    wire_assert_last_row(204, false);
    text_fini(&answer);
}
END_TEST

START_TEST(latency_and_trickle_take_their_time)
{
    int64_t begin_ms = waiting_now_ms();
    struct text answer = ask_under("{\"faults\":[{\"kind\":\"latency\",\"latency_ms\":60}]}");
    ck_assert_int_ge(waiting_now_ms() - begin_ms, 60);
    text_fini(&answer);
    begin_ms = waiting_now_ms();
    answer =
        ask_under("{\"faults\":[{\"kind\":\"trickle\",\"latency_ms\":20,\"piece_bytes\":500}]}");
    json_t *records = json_loads(wire_body_of(answer), 0, NULL);
    ck_assert_ptr_nonnull(records);
    ck_assert_int_ge(waiting_now_ms() - begin_ms,
                     20 * (int64_t)(strlen(wire_body_of(answer)) / 500));
    json_decref(records);
    text_fini(&answer);
}
END_TEST

static void *
get_small(void *status)
{
    *(int *)status = wire_get_status(wire_small, wire_key);
    return NULL;
}

START_TEST(a_held_request_is_in_the_journal_and_answered_when_cleared)
{
    pthread_t thread;
    int status = 0;
    wire_set_control("PUT /_control/faults", "{\"faults\":[{\"kind\":\"hold\"}]}");
    ck_assert_int_eq(pthread_create(&thread, NULL, get_small, &status), 0);
    json_t *held = wire_call_control("GET /_control/held?wait=1&timeout_ms=20000", NULL);
    ck_assert_int_eq(json_integer_value(json_object_get(held, "held")), 1);
    json_decref(held);
    json_t *journal = wire_call_control("GET /_control/journal?wait=1&timeout_ms=20000", NULL);
    ck_assert_uint_eq(json_array_size(json_object_get(journal, "requests")), 1);
    json_decref(journal);
    wire_assert_last_row(0, false);
    wire_set_control("PUT /_control/faults", "{\"faults\":[]}");
    pthread_join(thread, NULL);
    ck_assert_int_eq(status, 200);
    wire_assert_last_row(200, true);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("deliver");
    TCase *faults = tcase_create("faults");
    tcase_set_timeout(faults, 30);
    tcase_add_checked_fixture(faults, wire_set_up, wire_tear_down);
    tcase_add_test(faults, a_reset_is_a_reset);
    tcase_add_test(faults, a_close_ends_without_a_byte);
    tcase_add_test(faults, a_truncated_body_is_half_and_billed);
    tcase_add_test(faults, answers_can_be_wrong_in_other_ways);
    tcase_add_test(faults, latency_and_trickle_take_their_time);
    tcase_add_test(faults, a_held_request_is_in_the_journal_and_answered_when_cleared);
    suite_add_tcase(suite, faults);
    return suite;
}
