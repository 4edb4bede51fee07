/* ledger_epochs_test.c - only the newest start of the upstream actor reserves, whatever an older one still sends. */
/* links: analytics/ledger/ledger_epochs.c */
#include <check.h>

#include "ledger/ledger_epochs.h"

START_TEST(everybody_may_reserve_until_somebody_opened)
{
    struct ledger_epochs epochs = {0};

    ck_assert(ledger_epochs_may_reserve(&epochs, 7));
    ck_assert(ledger_epochs_open(&epochs, 7));
    ck_assert(ledger_epochs_may_reserve(&epochs, 7));
    ck_assert(!ledger_epochs_may_reserve(&epochs, 8));
}
END_TEST

START_TEST(an_opening_may_be_asked_for_again)
{
    struct ledger_epochs epochs = {0};

    for (int i = 0; i < 3; i++)
        ck_assert(ledger_epochs_open(&epochs, 7));
    ck_assert(ledger_epochs_open(&epochs, 8));
    ck_assert(ledger_epochs_open(&epochs, 8));
}
END_TEST

START_TEST(an_epoch_that_has_ended_opens_nothing_and_reserves_nothing)
{
    struct ledger_epochs epochs = {0};

    for (int64_t epoch = 1; epoch <= LEDGER_EPOCHS_ENDED_MAX + 1; epoch++)
        ck_assert(ledger_epochs_open(&epochs, epoch));
    for (int64_t epoch = 1; epoch <= LEDGER_EPOCHS_ENDED_MAX; epoch++) {
        ck_assert(!ledger_epochs_open(&epochs, epoch));
        ck_assert(!ledger_epochs_may_reserve(&epochs, epoch));
    }
    ck_assert(ledger_epochs_may_reserve(&epochs, LEDGER_EPOCHS_ENDED_MAX + 1));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("ledger_epochs");
    TCase *tcase = tcase_create("epochs");

    tcase_add_test(tcase, everybody_may_reserve_until_somebody_opened);
    tcase_add_test(tcase, an_opening_may_be_asked_for_again);
    tcase_add_test(tcase, an_epoch_that_has_ended_opens_nothing_and_reserves_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
