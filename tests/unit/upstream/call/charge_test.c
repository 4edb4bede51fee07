/* charge_test.c - the paid API bills a 200 with a body; what nobody can know is unknown. */
/* links: upstream/call/charge.c */

#include "call/charge.h"

#include <check.h>

START_TEST(what_never_left_costs_nothing)
{
    static const struct transfer_result rows[] = {
        {.was_sent = false},
        {.was_sent = false, .http_status = 200, .body_bytes = 5, .expects_body = true},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_int_eq(charge_of(&rows[i]), CHARGE_FREE);
}
END_TEST

START_TEST(a_request_without_an_answer_is_unknown)
{
    struct transfer_result result = {.was_sent = true};

    ck_assert_int_eq(charge_of(&result), CHARGE_UNKNOWN);
}
END_TEST

START_TEST(a_200_with_a_body_is_billed)
{
    static const struct transfer_result rows[] = {
        {.was_sent = true, .http_status = 200, .body_bytes = 2},
        {.was_sent = true, .http_status = 200, .body_bytes = 2, .expects_body = true},
        /* cut before the first byte of a body that was announced: the provider counted it */
        {.was_sent = true, .http_status = 200, .expects_body = true},
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        ck_assert_int_eq(charge_of(&rows[i]), CHARGE_BILLED);
}
END_TEST

START_TEST(a_200_that_announced_no_body_is_free)
{
    struct transfer_result result = {.was_sent = true, .http_status = 200, .has_no_body = true};

    ck_assert_int_eq(charge_of(&result), CHARGE_FREE);
}
END_TEST

/* Cut or refused in its head, or before the first byte of a body without a length: the provider may have counted it. */
START_TEST(a_200_that_says_nothing_of_its_body_is_unknown)
{
    static const enum transfer_outcome outcomes[] = {TRANSFER_OK, TRANSFER_CUT, TRANSFER_TIMED_OUT,
                                                     TRANSFER_MALFORMED, TRANSFER_TOO_LARGE};

    for (size_t i = 0; i < COUNT(outcomes); i++) {
        struct transfer_result result = {
            .was_sent = true, .http_status = 200, .outcome = outcomes[i]};

        ck_assert_int_eq(charge_of(&result), CHARGE_UNKNOWN);
    }
}
END_TEST

START_TEST(every_other_status_is_free)
{
    static const int statuses[] = {201, 204, 301, 304, 400, 401, 403, 404, 405, 429, 500, 503, 504};

    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct transfer_result result = {
            .was_sent = true, .http_status = statuses[i], .body_bytes = 10, .expects_body = true};

        ck_assert_int_eq(charge_of(&result), CHARGE_FREE);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("charge");
    TCase *cases = tcase_create("rule");

    tcase_add_test(cases, what_never_left_costs_nothing);
    tcase_add_test(cases, a_request_without_an_answer_is_unknown);
    tcase_add_test(cases, a_200_with_a_body_is_billed);
    tcase_add_test(cases, a_200_that_announced_no_body_is_free);
    tcase_add_test(cases, a_200_that_says_nothing_of_its_body_is_unknown);
    tcase_add_test(cases, every_other_status_is_free);
    suite_add_tcase(suite, cases);
    return suite;
}
