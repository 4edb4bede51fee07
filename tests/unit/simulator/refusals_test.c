/* refusals_test.c - the table of errors, word for word, and which of two errors is told. */
/* links: @simulator */
#include "wire.h"

#define COUNT(rows) (sizeof(rows) / sizeof(rows)[0])
#define KEY(name)   "X-Api-Key: sim_key_" name "\r\n"

static const char inactive_message[] =
    "The provided API key is not associated with an active API subscription. View subscription "
    "status on your API dashboard: https://example.com/dashboard";

static const struct refusal {
    const char *line;
    const char *fields;
    int status;
    const char *error;
    const char *message;
} refusals[] = {
    {"GET /v1/properties?address=1234%20Main%20St.", KEY("unlimited"), 400, "resource/bad-request",
     "The provided address '1234 Main St.' could not be parsed or geolocated"},
    {"GET /v1/avm/value?address=1234%20Main%20St.", KEY("unlimited"), 400, "resource/bad-request",
     "The provided address '1234 Main St.' could not be parsed or geolocated"},
    {"GET /v1/properties", "", 401, "auth/api-key-invalid",
     "No API key provided in request. An API key must be provided in the 'X-Api-Key' header"},
    {"GET /v1/properties", "X-Api-Key: \r\n", 401, "auth/api-key-invalid",
     "No API key provided in request. An API key must be provided in the 'X-Api-Key' header"},
    {"GET /v1/properties", "X-Api-Key: unknown\r\n", 401, "auth/api-key-invalid",
     "The provided API key is invalid"},
    {"GET /v1/properties", KEY("disabled"), 401, "auth/api-key-invalid",
     "The provided API key is invalid"},
    {"GET /v1/properties", KEY("inactive"), 403, "billing/subscription-inactive", inactive_message},
    {"GET /v1/properties", KEY("inactive_401"), 401, "billing/subscription-inactive",
     inactive_message},
    {"GET /v1/markets?zipCode=78701", KEY("restricted"), 403, "auth/api-key-restricted",
     "The provided API key is not allowed to use this endpoint"},
    {"GET /v1/properties?zipCode=99999", KEY("unlimited"), 404, "resource/not-found",
     "No data found for the provided parameters"},
    {"GET /v1/markets?zipCode=99999", KEY("unlimited"), 404, "resource/not-found",
     "No data found for the provided parameters"},
    {"GET /v1/listings/sale/nowhere", KEY("unlimited"), 404, "resource/not-found",
     "No data found for the provided parameters"},
    {"POST /v1/properties", KEY("unlimited"), 405, "resource/method-not-allowed",
     "Only GET requests are supported"},
    {"PUT /v1/properties", KEY("unlimited"), 405, "resource/method-not-allowed",
     "Only GET requests are supported"},
};

static void
assert_problem(struct text answer, int status, const char *error, const char *message)
{
    json_t *expected =
        json_pack("{s:i,s:s,s:s}", "status", status, "error", error, "message", message);
    json_t *body = json_loads(wire_body_of(answer), 0, NULL);
    ck_assert_int_eq(wire_status_of(answer), status);
    ck_assert_msg(json_equal(body, expected), "%s", answer.data);
    ck_assert_ptr_nonnull(strstr(answer.data, "\r\nContent-Type: application/json"));
    ck_assert_ptr_null(strstr(answer.data, "\r\nX-Limit"));
    json_decref(expected);
    json_decref(body);
}

START_TEST(every_error_is_told_in_its_words)
{
    const struct refusal *row = &refusals[_i];
    struct text answer = wire_ask(api, row->line, row->fields, NULL);
    assert_problem(answer, row->status, row->error, row->message);
    text_fini(&answer);
    wire_assert_last_row(row->status, false);
}
END_TEST

START_TEST(faults_speak_the_same_language)
{
    static const struct {
        int status;
        const char *error;
        const char *message;
    } rows[] = {
        {500, "server/internal-error", "An internal error occurred"},
        {504, "server/timeout", "The request took too long"},
        {429, "auth/rate-limit-exceeded",
         "The rate limit of 20 requests per second has been exceeded"},
        {503, "fault/injected", "Injected by the simulator"},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        char faults[96];
        snprintf(faults, sizeof faults, "{\"faults\":[{\"kind\":\"status\",\"status\":%d}]}",
                 rows[i].status);
        wire_set_control("PUT /_control/faults", faults);
        struct text answer = wire_ask(api, "GET /v1/properties", wire_key, NULL);
        assert_problem(answer, rows[i].status, rows[i].error, rows[i].message);
        text_fini(&answer);
    }
}
END_TEST

/* Each row breaks two rules: the first of 405, 401, 403, 429, 400, 404 is told. */
START_TEST(of_two_errors_the_first_is_told)
{
    static const struct {
        const char *line;
        const char *fields;
        int status;
    } rows[] = {
        {"POST /v1/properties", "", 405},
        {"POST /v1/properties?limit=0", KEY("inactive"), 405},
        {"GET /v1/avm/value?bedrooms=x", KEY("disabled"), 401},
        {"GET /v1/avm/value?bedrooms=x", KEY("restricted"), 403},
        {"GET /v1/markets?zipCode=99999", KEY("inactive"), 403},
        {"GET /v1/properties?zipCode=99999&limit=0", KEY("unlimited"), 400},
        {"GET /v1/avm/value?address=1+No+Such+St,+Austin,+TX+78701&compCount=4", KEY("unlimited"),
         400},
        {"GET /v1/markets?zipCode=99999&dataType=x", KEY("unlimited"), 400},
        {"GET /v1/properties/%zz", KEY("unlimited"), 400},
        {"GET /v1/properties/%zz", "", 401},
    };
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text answer = wire_ask(api, rows[i].line, rows[i].fields, NULL);
        ck_assert_msg(wire_status_of(answer) == rows[i].status, "%s: %s", rows[i].line,
                      answer.data);
        text_fini(&answer);
    }
}
END_TEST

/* Twelve requests at once, three in a second: what is limited is 429 whatever else is wrong. On a
 * slow machine more than three may pass, hence no exact count. */
START_TEST(too_many_requests_are_told_before_what_is_wrong_with_them)
{
    wire_set_control("PUT /_control/keys",
                     "{\"keys\":[{\"name\":\"a\",\"key\":\"k\",\"kind\":\"limited\","
                     "\"requests_per_second\":3}]}");
    const char *key = "X-Api-Key: k\r\n";
    int limited = 0;
    int others = 0;
    for (int i = 0; i < 12; i++) {
        int status = wire_get_status(
            i % 2 == 0 ? "/v1/properties?limit=0" : "/v1/properties?zipCode=99999", key);
        limited += status == 429;
        others += status == (i % 2 == 0 ? 400 : 404);
    }
    ck_assert_int_eq(limited + others, 12);
    ck_assert_int_ge(others, 3);
    ck_assert_int_ge(limited, 1);
}
END_TEST

START_TEST(an_inactive_key_is_switched_from_403_to_401)
{
    static const char *const kinds[] = {"inactive", "inactive_401"};
    for (int i = 0; i < 2; i++) {
        char keys[128];
        snprintf(keys, sizeof keys,
                 "{\"keys\":[{\"name\":\"main\",\"key\":\"k\",\"kind\":\"%s\"}]}", kinds[i]);
        wire_set_control("PUT /_control/keys", keys);
        struct text answer = wire_ask(api, "GET /v1/properties", "X-Api-Key: k\r\n", NULL);
        assert_problem(answer, i == 0 ? 403 : 401, "billing/subscription-inactive",
                       inactive_message);
        text_fini(&answer);
    }
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("refusals");
    TCase *wire = tcase_create("wire");
    tcase_set_timeout(wire, 30);
    tcase_add_checked_fixture(wire, wire_set_up, wire_tear_down);
    tcase_add_loop_test(wire, every_error_is_told_in_its_words, 0, (int)COUNT(refusals));
    tcase_add_test(wire, faults_speak_the_same_language);
    tcase_add_test(wire, of_two_errors_the_first_is_told);
    tcase_add_test(wire, too_many_requests_are_told_before_what_is_wrong_with_them);
    tcase_add_test(wire, an_inactive_key_is_switched_from_403_to_401);
    suite_add_tcase(suite, wire);
    return suite;
}
