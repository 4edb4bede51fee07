/* savings_script_test.c - make demo-savings: a short day ends with its account, and what the ledger has is what the API bills. */
/* links: @support */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/process/shell.h"

static char output[16384];

/* The first number behind a text of the output. */
static double
number_after(const char *text)
{
    const char *found = strstr(output, text);

    ck_assert_msg(found != NULL, "\"%s\" is not in: %s", text, output);
    return strtod(found + strlen(text), NULL);
}

static int
replay(const char *settings)
{
    char command[512];

    snprintf(command, sizeof command, "cd '%s' && %s scripts/demo-savings.sh 2>&1",
             getenv("RENTCACHE_SOURCE_DIR"), settings);
    return shell_run(command, output, sizeof output);
}

START_TEST(a_short_day_has_its_account)
{
    double without, spent, avoided;

    ck_assert_msg(replay("REQUESTS=60 SEED=7") == 0, "%s", output);
    ck_assert_ptr_nonnull(strstr(output, "One day, 60 requests"));
    without = number_after("without RentCache");
    spent = number_after("  spent");
    avoided = number_after("  avoided");
    ck_assert(number_after("paid calls") > 0 && number_after("paid calls") < 60);
    ck_assert(spent > 0 && avoided > 0);
    ck_assert_double_eq_tol(without, spent + avoided, 0.005);
}
END_TEST

START_TEST(what_is_no_number_is_refused)
{
    ck_assert_int_eq(replay("REQUESTS=many"), 1);
    ck_assert_ptr_nonnull(strstr(output, "REQUESTS is a whole number"));
    ck_assert_int_eq(replay("SEED=-1"), 1);
    ck_assert_ptr_nonnull(strstr(output, "SEED is a whole number"));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("savings_script");
    TCase *tcase = tcase_create("savings_script");

    tcase_set_timeout(tcase, 240);
    tcase_add_test(tcase, a_short_day_has_its_account);
    tcase_add_test(tcase, what_is_no_number_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
