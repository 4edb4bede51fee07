/* verdict_test.c - what each end of a fetch means for those who wait. */
/* links: cache/flight/verdict.c cache/object/freshness.c core/domain/status.c */
#include "flight/verdict.h"

#include <check.h>

static const struct freshness_rules plain = {.ttl_ms = 60000};
static const struct freshness_rules negative = {.ttl_ms = 60000, .negative_ttl_ms = 5000};

static const struct {
    int64_t status, http_status;
    enum verdict_kind kind;
    enum status told;
    int64_t told_http_status;
} cases[] = {
    {STATUS_OK, 200, VERDICT_ANSWER, STATUS_OK, 200},
    {STATUS_OK, 204, VERDICT_ANSWER, STATUS_OK, 204},
    {STATUS_OK, 400, VERDICT_RELAY, STATUS_UPSTREAM_REFUSED, 400},
    {STATUS_OK, 404, VERDICT_RELAY, STATUS_UPSTREAM_REFUSED, 404},
    {STATUS_OK, 500, VERDICT_FAULT, STATUS_UPSTREAM_REFUSED, 500},
    {STATUS_OK, 503, VERDICT_FAULT, STATUS_UPSTREAM_REFUSED, 503},
    /* our own credential, and a 429 that is not a limit of ours: never relayed as they are */
    {STATUS_OK, 401, VERDICT_FAULT, STATUS_UPSTREAM_CREDENTIAL, 502},
    {STATUS_OK, 403, VERDICT_FAULT, STATUS_UPSTREAM_CREDENTIAL, 502},
    {STATUS_OK, 429, VERDICT_FAULT, STATUS_UPSTREAM_LIMITED, 503},
    {STATUS_UPSTREAM_CREDENTIAL, 403, VERDICT_FAULT, STATUS_UPSTREAM_CREDENTIAL, 502},
    {STATUS_UPSTREAM_LIMITED, 429, VERDICT_FAULT, STATUS_UPSTREAM_LIMITED, 503},
    {STATUS_OK, 302, VERDICT_FAULT, STATUS_UPSTREAM_FAILED, 502},
    {STATUS_OK, 0, VERDICT_FAULT, STATUS_UPSTREAM_FAILED, 502},
    {STATUS_UPSTREAM_TIMEOUT, 0, VERDICT_FAULT, STATUS_UPSTREAM_TIMEOUT, 504},
    {STATUS_UPSTREAM_FAILED, 0, VERDICT_FAULT, STATUS_UPSTREAM_FAILED, 502},
    {STATUS_UPSTREAM_TOO_LARGE, 200, VERDICT_FAULT, STATUS_UPSTREAM_TOO_LARGE, 502},
    {STATUS_LEDGER_UNAVAILABLE, 0, VERDICT_FAULT, STATUS_LEDGER_UNAVAILABLE, 503},
    {STATUS_QUOTA_EXCEEDED, 0, VERDICT_LEADERS_OWN, STATUS_QUOTA_EXCEEDED, 429},
    {STATUS_COUNT, 200, VERDICT_FAULT, STATUS_INTERNAL, 500},
    {-1, 200, VERDICT_FAULT, STATUS_INTERNAL, 500},
};

START_TEST(each_end_has_its_meaning)
{
    struct verdict verdict = verdict_of(cases[_i].status, cases[_i].http_status, &plain, false);

    ck_assert_int_eq(verdict.kind, cases[_i].kind);
    ck_assert_int_eq(verdict.status, cases[_i].told);
    ck_assert_int_eq(verdict.http_status, cases[_i].told_http_status);
}
END_TEST

START_TEST(a_404_that_may_be_kept_is_an_answer)
{
    struct verdict verdict = verdict_of(STATUS_OK, 404, &negative, false);

    ck_assert_int_eq(verdict.kind, VERDICT_ANSWER);
    ck_assert_int_eq(verdict.http_status, 404);
    ck_assert_int_eq(verdict_of(STATUS_OK, 400, &negative, false).kind, VERDICT_RELAY);
}
END_TEST

/* Of a call with the client's own key: what is said of the key is the client's alone, the rest everybody's. */
static const struct {
    int64_t status, http_status;
    enum verdict_kind kind;
    enum status told;
    int64_t told_http_status;
} own_cases[] = {
    {STATUS_OK, 401, VERDICT_LEADERS_OWN, STATUS_UPSTREAM_REFUSED, 401},
    {STATUS_OK, 403, VERDICT_LEADERS_OWN, STATUS_UPSTREAM_REFUSED, 403},
    {STATUS_UPSTREAM_LIMITED, 429, VERDICT_LEADERS_OWN, STATUS_UPSTREAM_LIMITED, 503},
    {STATUS_OK, 200, VERDICT_ANSWER, STATUS_OK, 200},
    {STATUS_OK, 404, VERDICT_RELAY, STATUS_UPSTREAM_REFUSED, 404},
    {STATUS_OK, 503, VERDICT_FAULT, STATUS_UPSTREAM_REFUSED, 503},
    {STATUS_UPSTREAM_TIMEOUT, 0, VERDICT_FAULT, STATUS_UPSTREAM_TIMEOUT, 504},
    {STATUS_FORBIDDEN, 0, VERDICT_LEADERS_OWN, STATUS_FORBIDDEN, 403},
};

START_TEST(what_is_said_of_a_clients_key_is_for_that_client)
{
    struct verdict verdict =
        verdict_of(own_cases[_i].status, own_cases[_i].http_status, &plain, true);

    ck_assert_int_eq(verdict.kind, own_cases[_i].kind);
    ck_assert_int_eq(verdict.status, own_cases[_i].told);
    ck_assert_int_eq(verdict.http_status, own_cases[_i].told_http_status);
}
END_TEST

/* The whole list, so that a new status is shared unless somebody decides otherwise. */
START_TEST(four_refusals_are_the_leaders_own)
{
    int count = 0;

    for (int status = 0; status < STATUS_COUNT; status++)
        count += verdict_is_leaders_own((enum status)status);
    ck_assert_int_eq(count, 4);
    ck_assert(verdict_is_leaders_own(STATUS_UNAUTHORIZED));
    ck_assert(verdict_is_leaders_own(STATUS_FORBIDDEN));
    ck_assert(verdict_is_leaders_own(STATUS_RATE_LIMITED));
    ck_assert(verdict_is_leaders_own(STATUS_QUOTA_EXCEEDED));
    ck_assert(!verdict_is_leaders_own(STATUS_LEDGER_UNAVAILABLE));
}
END_TEST

START_TEST(error_text_is_cut_between_characters)
{
    static uint8_t text[5000];

    memset(text, 'a', sizeof text);
    ck_assert_uint_eq(verdict_error_text(bytes_of(text, 4095)).size, 4095);
    ck_assert_uint_eq(verdict_error_text(bytes_of(text, 4096)).size, 4096);
    ck_assert_uint_eq(verdict_error_text(bytes_of(text, 5000)).size, 4096);
    /* a character of three bytes from 4094 on would be split */
    memcpy(text + 4094, "\xE2\x82\xAC", 3);
    ck_assert_uint_eq(verdict_error_text(bytes_of(text, 5000)).size, 4094);
    ck_assert_uint_eq(verdict_error_text(bytes_of(NULL, 0)).size, 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/verdict");
    TCase *meaning = tcase_create("meaning");

    tcase_add_loop_test(meaning, each_end_has_its_meaning, 0, (int)COUNT(cases));
    tcase_add_loop_test(meaning, what_is_said_of_a_clients_key_is_for_that_client, 0,
                        (int)COUNT(own_cases));
    tcase_add_test(meaning, a_404_that_may_be_kept_is_an_answer);
    tcase_add_test(meaning, four_refusals_are_the_leaders_own);
    tcase_add_test(meaning, error_text_is_cut_between_characters);
    suite_add_tcase(suite, meaning);
    return suite;
}
