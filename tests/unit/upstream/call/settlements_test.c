/* settlements_test.c - ledger rows that wait for confirmation: bounded, found by call, none lost by a removal. */
/* links: upstream/call/settlements.c */

#include "call/settlements.h"

#include <check.h>
#include <stdio.h>

static struct settlements settlements;

static void
setup(void)
{
    ck_assert(settlements_init(&settlements));
}

static void
teardown(void)
{
    settlements_fini(&settlements);
}

static void
add(int number)
{
    struct settlement row = {.charge = CHARGE_BILLED, .http_status = 200, .cost_micro_usd = number};

    snprintf(row.call_id, sizeof row.call_id, "%032d", number);
    ck_assert_int_eq(settlements_add(&settlements, &row)->cost_micro_usd, number);
}

static void
take_off(int number)
{
    struct settlement removed;
    char id[CALL_ID_SIZE];

    snprintf(id, sizeof id, "%032d", number);
    if (settlements_remove(&settlements, bytes_of_text(id), &removed))
        ck_assert_str_eq(removed.call_id, id);
}

static bool
holds(int number)
{
    for (size_t i = 0; i < settlements.count; i++)
        if (settlements.rows[i].cost_micro_usd == number)
            return true;
    return false;
}

START_TEST(a_confirmed_row_goes_and_the_others_stay)
{
    for (int i = 0; i < 5; i++)
        add(i);
    take_off(2);
    take_off(0);
    take_off(4);
    ck_assert_uint_eq(settlements.count, 2);
    ck_assert(holds(1) && holds(3));
    take_off(1);
    take_off(3);
    ck_assert_uint_eq(settlements.count, 0);
}
END_TEST

START_TEST(a_row_confirmed_twice_or_never_added_changes_nothing)
{
    add(1);
    add(2);
    take_off(7);
    ck_assert_uint_eq(settlements.count, 2);
    take_off(1);
    take_off(1);
    ck_assert_uint_eq(settlements.count, 1);
    ck_assert(holds(2));
}
END_TEST

START_TEST(the_table_is_bounded_and_says_when_it_is_full)
{
    for (int i = 0; i < SETTLEMENTS_MAX; i++) {
        ck_assert(!settlements_are_full(&settlements));
        add(i);
    }
    ck_assert(settlements_are_full(&settlements));
    take_off(SETTLEMENTS_MAX / 2);
    ck_assert(!settlements_are_full(&settlements));
    ck_assert(holds(0) && holds(SETTLEMENTS_MAX - 1) && !holds(SETTLEMENTS_MAX / 2));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("settlements");
    TCase *cases = tcase_create("table");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_confirmed_row_goes_and_the_others_stay);
    tcase_add_test(cases, a_row_confirmed_twice_or_never_added_changes_nothing);
    tcase_add_test(cases, the_table_is_bounded_and_says_when_it_is_full);
    suite_add_tcase(suite, cases);
    return suite;
}
