/* fetch_outcome_test.c - what each end of a fetch means for those who wait. */
/* links: cache/flight/fetch_outcome.c cache/object/freshness.c core/domain/status.c */
#include "flight/fetch_outcome.h"

#include <check.h>

static const struct freshness_rules plain = {.ttl_ms = 60000};
static const struct freshness_rules negative = {.ttl_ms = 60000, .negative_ttl_ms = 5000};

static const struct {
    enum status status;
    int64_t http_status;
    enum fetch_outcome_kind kind;
    enum status told;
    int64_t told_http_status;
} cases[] = {
    {STATUS_OK, 200, FETCH_RESPONSE, STATUS_OK, 200},
    {STATUS_OK, 204, FETCH_RESPONSE, STATUS_OK, 204},
    {STATUS_OK, 400, FETCH_RELAY, STATUS_UPSTREAM_REFUSED, 400},
    {STATUS_OK, 404, FETCH_RELAY, STATUS_UPSTREAM_REFUSED, 404},
    {STATUS_OK, 500, FETCH_FAULT, STATUS_UPSTREAM_REFUSED, 500},
    {STATUS_OK, 503, FETCH_FAULT, STATUS_UPSTREAM_REFUSED, 503},
    /* our own credential, and a 429 that is not a limit of ours: never relayed as they are */
    {STATUS_OK, 401, FETCH_FAULT, STATUS_UPSTREAM_CREDENTIAL, 502},
    {STATUS_OK, 402, FETCH_FAULT, STATUS_UPSTREAM_CREDENTIAL, 502},
    {STATUS_OK, 403, FETCH_FAULT, STATUS_UPSTREAM_CREDENTIAL, 502},
    {STATUS_OK, 429, FETCH_FAULT, STATUS_UPSTREAM_LIMITED, 503},
    {STATUS_UPSTREAM_CREDENTIAL, 403, FETCH_FAULT, STATUS_UPSTREAM_CREDENTIAL, 502},
    {STATUS_UPSTREAM_LIMITED, 429, FETCH_FAULT, STATUS_UPSTREAM_LIMITED, 503},
    {STATUS_OK, 302, FETCH_FAULT, STATUS_UPSTREAM_FAILED, 502},
    {STATUS_OK, 0, FETCH_FAULT, STATUS_UPSTREAM_FAILED, 502},
    {STATUS_UPSTREAM_TIMEOUT, 0, FETCH_FAULT, STATUS_UPSTREAM_TIMEOUT, 504},
    {STATUS_UPSTREAM_FAILED, 0, FETCH_FAULT, STATUS_UPSTREAM_FAILED, 502},
    {STATUS_UPSTREAM_TOO_LARGE, 200, FETCH_FAULT, STATUS_UPSTREAM_TOO_LARGE, 502},
    {STATUS_LEDGER_UNAVAILABLE, 0, FETCH_FAULT, STATUS_LEDGER_UNAVAILABLE, 503},
    {STATUS_QUOTA_EXCEEDED, 0, FETCH_PAYER_REFUSED, STATUS_QUOTA_EXCEEDED, 429},
};

START_TEST(each_end_has_its_meaning)
{
    struct fetch_outcome outcome =
        fetch_outcome_of(cases[_i].status, cases[_i].http_status, &plain, false);

    ck_assert_int_eq(outcome.kind, cases[_i].kind);
    ck_assert_int_eq(outcome.status, cases[_i].told);
    ck_assert_int_eq(outcome.http_status, cases[_i].told_http_status);
}
END_TEST

START_TEST(a_404_that_may_be_kept_is_an_answer)
{
    struct fetch_outcome outcome = fetch_outcome_of(STATUS_OK, 404, &negative, false);

    ck_assert_int_eq(outcome.kind, FETCH_RESPONSE);
    ck_assert_int_eq(outcome.http_status, 404);
    ck_assert_int_eq(fetch_outcome_of(STATUS_OK, 400, &negative, false).kind, FETCH_RELAY);
}
END_TEST

/* Of a call with the client's own key: what is said of the key is the client's alone, the rest everybody's. */
static const struct {
    enum status status;
    int64_t http_status;
    enum fetch_outcome_kind kind;
    enum status told;
    int64_t told_http_status;
} own_cases[] = {
    {STATUS_OK, 401, FETCH_PAYER_REFUSED, STATUS_UPSTREAM_REFUSED, 401},
    {STATUS_OK, 402, FETCH_PAYER_REFUSED, STATUS_UPSTREAM_REFUSED, 402},
    {STATUS_OK, 403, FETCH_PAYER_REFUSED, STATUS_UPSTREAM_REFUSED, 403},
    {STATUS_UPSTREAM_LIMITED, 429, FETCH_PAYER_REFUSED, STATUS_UPSTREAM_LIMITED, 503},
    {STATUS_OK, 200, FETCH_RESPONSE, STATUS_OK, 200},
    {STATUS_OK, 404, FETCH_RELAY, STATUS_UPSTREAM_REFUSED, 404},
    {STATUS_OK, 503, FETCH_FAULT, STATUS_UPSTREAM_REFUSED, 503},
    {STATUS_UPSTREAM_TIMEOUT, 0, FETCH_FAULT, STATUS_UPSTREAM_TIMEOUT, 504},
    {STATUS_FORBIDDEN, 0, FETCH_PAYER_REFUSED, STATUS_FORBIDDEN, 403},
};

START_TEST(what_is_said_of_a_clients_key_is_for_that_client)
{
    struct fetch_outcome outcome =
        fetch_outcome_of(own_cases[_i].status, own_cases[_i].http_status, &plain, true);

    ck_assert_int_eq(outcome.kind, own_cases[_i].kind);
    ck_assert_int_eq(outcome.status, own_cases[_i].told);
    ck_assert_int_eq(outcome.http_status, own_cases[_i].told_http_status);
}
END_TEST

/* The whole list, so that a new status is shared unless somebody decides otherwise. */
START_TEST(four_refusals_concern_the_payer_alone)
{
    int count = 0;

    for (int status = 0; status < STATUS_COUNT; status++)
        count += fetch_outcome_refuses_payer((enum status)status);
    ck_assert_int_eq(count, 4);
    ck_assert(fetch_outcome_refuses_payer(STATUS_UNAUTHORIZED));
    ck_assert(fetch_outcome_refuses_payer(STATUS_FORBIDDEN));
    ck_assert(fetch_outcome_refuses_payer(STATUS_RATE_LIMITED));
    ck_assert(fetch_outcome_refuses_payer(STATUS_QUOTA_EXCEEDED));
    ck_assert(!fetch_outcome_refuses_payer(STATUS_LEDGER_UNAVAILABLE));
}
END_TEST

START_TEST(error_text_is_cut_between_characters)
{
    static uint8_t text[5000];

    memset(text, 'a', sizeof text);
    ck_assert_uint_eq(fetch_outcome_error_text(bytes_of(text, 4095)).size, 4095);
    ck_assert_uint_eq(fetch_outcome_error_text(bytes_of(text, 4096)).size, 4096);
    ck_assert_uint_eq(fetch_outcome_error_text(bytes_of(text, 5000)).size, 4096);
    /* a character of three bytes from 4094 on would be split */
    memcpy(text + 4094, "\xE2\x82\xAC", 3);
    ck_assert_uint_eq(fetch_outcome_error_text(bytes_of(text, 5000)).size, 4094);
    ck_assert_uint_eq(fetch_outcome_error_text(bytes_of(NULL, 0)).size, 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/fetch_outcome");
    TCase *meaning = tcase_create("meaning");

    tcase_add_loop_test(meaning, each_end_has_its_meaning, 0, (int)COUNT(cases));
    tcase_add_loop_test(meaning, what_is_said_of_a_clients_key_is_for_that_client, 0,
                        (int)COUNT(own_cases));
    tcase_add_test(meaning, a_404_that_may_be_kept_is_an_answer);
    tcase_add_test(meaning, four_refusals_concern_the_payer_alone);
    tcase_add_test(meaning, error_text_is_cut_between_characters);
    suite_add_tcase(suite, meaning);
    return suite;
}
