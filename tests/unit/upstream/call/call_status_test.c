/* call_status_test.c - what a transfer's end means: a status by cause, and a charge. */
/* links: upstream/call/call.c upstream/call/charge.c */

#include "call/call.h"

#include <check.h>

#include "call/charge.h"

static struct transfer_result
answered(int http_status)
{
    return (struct transfer_result){.outcome = TRANSFER_OK,
                                    .was_sent = true,
                                    .http_status = http_status,
                                    .body_bytes = 10,
                                    .expects_body = true};
}

START_TEST(a_whole_answer_is_ok_whatever_its_status)
{
    static const int statuses[] = {200, 204, 301, 400, 404, 405, 500, 503, 504};

    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct transfer_result result = answered(statuses[i]);

        ck_assert_int_eq(call_status_of(&result, true), STATUS_OK);
    }
}
END_TEST

START_TEST(our_own_credential_refused_is_our_trouble)
{
    struct transfer_result unauthorized = answered(401), forbidden = answered(403);
    struct transfer_result unpaid = answered(402);

    ck_assert_int_eq(call_status_of(&unauthorized, true), STATUS_UPSTREAM_CREDENTIAL);
    ck_assert_int_eq(call_status_of(&forbidden, true), STATUS_UPSTREAM_CREDENTIAL);
    ck_assert_int_eq(call_status_of(&unpaid, true), STATUS_UPSTREAM_CREDENTIAL);
    ck_assert_int_eq(call_status_of(&unpaid, false), STATUS_OK);
    ck_assert_int_eq(charge_of(&unauthorized), CHARGE_FREE);
    /* the client's own token: its answer goes to the client */
    ck_assert_int_eq(call_status_of(&unauthorized, false), STATUS_OK);
    ck_assert_int_eq(call_status_of(&forbidden, false), STATUS_OK);
}
END_TEST

START_TEST(a_429_is_the_plans_limit)
{
    struct transfer_result result = answered(429);

    ck_assert_int_eq(call_status_of(&result, true), STATUS_UPSTREAM_LIMITED);
    ck_assert_int_eq(call_status_of(&result, false), STATUS_UPSTREAM_LIMITED);
    ck_assert_int_eq(charge_of(&result), CHARGE_FREE);
}
END_TEST

struct cause {
    enum transfer_outcome outcome;
    bool was_sent;
    int http_status; /* of a head that came before the end */
    enum status status;
    int http;
    enum charge charge;
};

static const struct cause causes[] = {
    {TRANSFER_NOT_CONNECTED, false, 0, STATUS_UPSTREAM_FAILED, 502, CHARGE_FREE},
    {TRANSFER_NOT_TRUSTED, false, 0, STATUS_UPSTREAM_FAILED, 502, CHARGE_FREE},
    {TRANSFER_TIMED_OUT, true, 0, STATUS_UPSTREAM_TIMEOUT, 504, CHARGE_UNKNOWN},
    {TRANSFER_TIMED_OUT, true, 200, STATUS_UPSTREAM_TIMEOUT, 504, CHARGE_BILLED},
    {TRANSFER_TIMED_OUT, false, 0, STATUS_UPSTREAM_TIMEOUT, 504, CHARGE_FREE},
    {TRANSFER_CUT, true, 0, STATUS_UPSTREAM_FAILED, 502, CHARGE_UNKNOWN},
    {TRANSFER_CUT, true, 200, STATUS_UPSTREAM_FAILED, 502, CHARGE_BILLED},
    {TRANSFER_CUT, true, 500, STATUS_UPSTREAM_FAILED, 502, CHARGE_FREE},
    {TRANSFER_MALFORMED, true, 0, STATUS_UPSTREAM_MALFORMED, 502, CHARGE_UNKNOWN},
    {TRANSFER_TOO_LARGE, true, 200, STATUS_UPSTREAM_TOO_LARGE, 502, CHARGE_BILLED},
    {TRANSFER_RESEND_REFUSED, true, 0, STATUS_UPSTREAM_FAILED, 502, CHARGE_UNKNOWN},
};

START_TEST(failures_have_a_status_by_cause)
{
    for (size_t i = 0; i < COUNT(causes); i++) {
        struct transfer_result result = {.outcome = causes[i].outcome,
                                         .was_sent = causes[i].was_sent,
                                         .http_status = causes[i].http_status,
                                         .expects_body = causes[i].http_status != 0};

        ck_assert_int_eq(call_status_of(&result, true), causes[i].status);
        ck_assert_int_eq(charge_of(&result), causes[i].charge);
    }
}
END_TEST

/* A 401 that broke off is no verdict on the credential. */
START_TEST(a_broken_answer_is_judged_by_its_end)
{
    struct transfer_result result = answered(401);

    result.outcome = TRANSFER_CUT;
    ck_assert_int_eq(call_status_of(&result, true), STATUS_UPSTREAM_FAILED);
}
END_TEST

START_TEST(a_whole_200_is_billed_when_it_has_a_body)
{
    struct transfer_result result = answered(200);

    ck_assert_int_eq(charge_of(&result), CHARGE_BILLED);
    result.body_bytes = 0;
    result.expects_body = false;
    result.has_no_body = true;
    ck_assert_int_eq(charge_of(&result), CHARGE_FREE);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("call status");
    TCase *cases = tcase_create("translation");

    tcase_add_test(cases, a_whole_answer_is_ok_whatever_its_status);
    tcase_add_test(cases, our_own_credential_refused_is_our_trouble);
    tcase_add_test(cases, a_429_is_the_plans_limit);
    tcase_add_test(cases, failures_have_a_status_by_cause);
    tcase_add_test(cases, a_broken_answer_is_judged_by_its_end);
    tcase_add_test(cases, a_whole_200_is_billed_when_it_has_a_body);
    suite_add_tcase(suite, cases);
    return suite;
}
