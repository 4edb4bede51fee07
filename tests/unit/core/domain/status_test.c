/* status_test.c - the list of outcomes. */
/* links: core/domain/status.c core/domain/decision.c */
#include <check.h>
#include <string.h>

#include "decision.h"
#include "status.h"

START_TEST(a_status_has_its_row)
{
    ck_assert_int_eq(status_http(STATUS_OK), 200);
    ck_assert_int_eq(status_http(STATUS_INVALID_PARAMETER), 422);
    ck_assert_int_eq(status_http(STATUS_UPSTREAM_TIMEOUT), 504);
    ck_assert_str_eq(status_slug(STATUS_SPOOL_FULL), "spool-full");
    ck_assert_str_eq(status_slug(STATUS_LEDGER_UNAVAILABLE), "ledger-unavailable");
    ck_assert_str_eq(status_name(STATUS_RATE_LIMITED), "RATE_LIMITED");
    ck_assert_str_eq(status_title(STATUS_UNAUTHORIZED), "Valid API key required");
}
END_TEST

/* Numbers are on the wire: rows may only be appended. */
START_TEST(the_numbers_of_the_wire_stay)
{
    ck_assert_int_eq(STATUS_OK, 0);
    ck_assert_int_eq(STATUS_INVALID_PARAMETER, 13);
    ck_assert_int_eq(STATUS_GAP, 39);
}
END_TEST

START_TEST(an_unknown_status_reads_as_internal)
{
    int unknown = STATUS_COUNT + 5;

    ck_assert_int_eq(status_http((enum status)unknown), 500);
    ck_assert_str_eq(status_slug((enum status)unknown), "internal");
    ck_assert(!status_is_known(STATUS_COUNT));
    ck_assert(!status_is_known(-1));
    ck_assert(!status_is_known(1LL << 32));
    ck_assert(status_is_known(STATUS_COUNT - 1));
}
END_TEST

START_TEST(every_row_is_whole)
{
    for (int i = 0; i < STATUS_COUNT; i++) {
        ck_assert_int_ge(status_http((enum status)i), 200);
        ck_assert_int_gt((int)strlen(status_slug((enum status)i)), 0);
        ck_assert_int_gt((int)strlen(status_title((enum status)i)), 0);
        for (int j = 0; j < i; j++)
            ck_assert_str_ne(status_slug((enum status)i), status_slug((enum status)j));
    }
}
END_TEST

START_TEST(stored_texts)
{
    ck_assert_str_eq(decision_text(DECISION_HIT), "hit");
    ck_assert_str_eq(decision_text(DECISION_COLLAPSED), "collapsed");
    ck_assert_str_eq(decision_text(DECISION_ERROR), "error");
    ck_assert_str_eq(fetch_reason_text(FETCH_REASON_WARM), "warm");
    ck_assert_str_eq(charge_text(CHARGE_UNKNOWN), "unknown");
    ck_assert_str_eq(level_text(LEVEL_NONE), "");
    ck_assert_str_eq(level_text(LEVEL_L2), "L2");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/status");
    TCase *tcase = tcase_create("status");

    tcase_add_test(tcase, a_status_has_its_row);
    tcase_add_test(tcase, the_numbers_of_the_wire_stay);
    tcase_add_test(tcase, an_unknown_status_reads_as_internal);
    tcase_add_test(tcase, every_row_is_whole);
    tcase_add_test(tcase, stored_texts);
    suite_add_tcase(suite, tcase);
    return suite;
}
