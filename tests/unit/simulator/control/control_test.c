/* control_test.c - the control interface over real sockets. */
/* links: @simulator */
#include "unit/simulator/wire.h"

START_TEST(the_ledger_counts_what_would_be_billed)
{
    wire_get_status(wire_small, wire_key);
    wire_get_status("/v1/properties?city=Austin&offset=9999", wire_key);
    wire_get_status("/v1/properties?zipCode=99999", wire_key);
    wire_get_status("/v1/markets", wire_key);
    wire_get_status("/v1/nothing", "");
    json_t *ledger = wire_call_control("GET /_control/ledger", NULL);
    char hash[KEY_HASH_SIZE];
    keys_hash(&simulator->keys, "sim_key_unlimited", hash);
    json_t *expected = json_pack(
        "{s:i,s:i,s:{s:{s:i,s:i},s:{s:i,s:i},s:{s:i,s:i}},s:{s:{s:i,s:i},s:{s:i,s:i}}}", "total", 5,
        "billable", 2, "by_operation", "property-records", "total", 3, "billable", 2,
        "market-statistics", "total", 1, "billable", 0, "unrouted", "total", 1, "billable", 0,
        "by_key", hash, "total", 4, "billable", 2, "none", "total", 1, "billable", 0);
    ck_assert_ptr_nonnull(expected);
    ck_assert(json_equal(ledger, expected));
    json_decref(ledger);
    json_decref(expected);
    ledger = wire_call_control("DELETE /_control/ledger", NULL);
    ck_assert_int_eq(json_integer_value(json_object_get(ledger, "total")), 0);
    json_decref(ledger);
}
END_TEST

START_TEST(the_clock_is_set_and_moved)
{
    json_t *clock = wire_call_control("PUT /_control/clock", "{\"advance_s\":3600}");
    ck_assert_str_eq(json_string_value(json_object_get(clock, "now")), "2026-01-15T01:00:00.000Z");
    json_decref(clock);
    clock = wire_call_control("PUT /_control/clock", "{\"now\":\"2026-02-01T00:00:00.000Z\"}");
    ck_assert_str_eq(json_string_value(json_object_get(clock, "now")), "2026-02-01T00:00:00.000Z");
    json_decref(clock);
    clock = wire_call_control("GET /_control/clock", NULL);
    ck_assert_str_eq(json_string_value(json_object_get(clock, "now")), "2026-02-01T00:00:00.000Z");
    json_decref(clock);
}
END_TEST

static const struct {
    const char *line;
    const char *body;
    int status;
} wrong_calls[] = {
    {"PUT /_control/clock", "{\"now\":\"tomorrow\"}", 400},
    {"PUT /_control/clock", "{}", 400},
    {"PUT /_control/clock", "{\"now\":\"2026-02-01\",\"advance_s\":1}", 400},
    {"PUT /_control/faults", "{", 400},
    {"PUT /_control/faults", "{\"faults\":[{\"kind\":\"x\"}]}", 400},
    {"PUT /_control/faults", "[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]", 400},
    {"PUT /_control/keys", "{\"keys\":1}", 400},
    {"PUT /_control/settings", "{\"body_bytes\":5}", 400},
    {"PUT /_control/settings", "{\"other\":5}", 400},
    {"GET /_control/journal?wait=x", NULL, 400},
    {"GET /_control/journal?timeout_ms=60001", NULL, 400},
    {"POST /_control/journal", "", 405},
    {"DELETE /_control/faults", NULL, 405},
    {"GET /_control/nothing", NULL, 404},
    {"GET /v1/properties", NULL, 404},
};

START_TEST(wrong_control_calls_are_refused)
{
    struct text answer = wire_ask(control, wrong_calls[_i].line, "", wrong_calls[_i].body);
    ck_assert_msg(wire_status_of(answer) == wrong_calls[_i].status, "%s: %s", wrong_calls[_i].line,
                  answer.data);
    text_fini(&answer);
}
END_TEST

START_TEST(a_stop_ends_held_and_idle_connections)
{
    struct text answer = {0};
    wire_set_control("PUT /_control/faults", "{\"faults\":[{\"kind\":\"hold\"}]}");
    int idle = wire_open_connection(api);
    int held = wire_open_connection(api);
    wire_send_text(held, "GET /v1/properties HTTP/1.1\r\nHost: a\r\n\r\n");
    wire_set_control("GET /_control/held?wait=1&timeout_ms=20000", NULL);
    int64_t begin_ms = waiting_now_ms();
    simulator_stop(simulator);
    server_stop(&api);
    ck_assert_int_lt(waiting_now_ms() - begin_ms, 10000); /* the hold is a minute */
    ck_assert_int_eq(wire_read_all(held, &answer), 0);
    ck_assert_uint_eq(answer.size, 0);
    close(idle);
    close(held);
    text_fini(&answer);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("control");
    TCase *steering = tcase_create("control");
    tcase_set_timeout(steering, 30);
    tcase_add_checked_fixture(steering, wire_set_up, wire_tear_down);
    tcase_add_test(steering, the_ledger_counts_what_would_be_billed);
    tcase_add_test(steering, the_clock_is_set_and_moved);
    tcase_add_loop_test(steering, wrong_control_calls_are_refused, 0,
                        sizeof wrong_calls / sizeof wrong_calls[0]);
    tcase_add_test(steering, a_stop_ends_held_and_idle_connections);
    suite_add_tcase(suite, steering);
    return suite;
}
