/* report_money_test.c - what a month cost and saved, by key, route and day. */
/* links: analytics/report/report.c analytics/report/report_money.c analytics/report/report_requests.c */
/* links: @storage @core */
#include "contract/storage_support.h"
#include "report/report.h"

#include <jansson.h>

static struct place place;
static struct accounts *accounts;
static int64_t first_key, second_key;

static void
store(int64_t sequence, int64_t wall_us, int64_t api_key_id, enum decision decision, int64_t cost,
      int64_t saved)
{
    struct usage_record record = make_record(sequence, wall_us, api_key_id, decision);

    record.cost_micro_usd = cost;
    record.saved_micro_usd = saved;
    store_records(accounts, 1, &record, 1);
}

/* Two keys in January, one of them also on the last day of December. */
static void
setup(void)
{
    place_init(&place, 0);
    accounts = place_accounts(&place);
    first_key = make_key(accounts, "first", 0, 0, NOON_US).id;
    second_key = make_key(accounts, "second", 0, 0, NOON_US).id;
    store(1, NOON_US - 15 * DAY_US, first_key, DECISION_MISS, 7000000, 0);
    store(2, NOON_US, first_key, DECISION_MISS, 1000000, 0);
    store(3, NOON_US, first_key, DECISION_HIT, 0, 1000000);
    store(4, NOON_US + DAY_US, second_key, DECISION_MISS, 2500000, 0);
}

static void
teardown(void)
{
    accounts_close(&accounts);
    place_fini(&place);
}

static json_t *
report(const char *name, const char *by, int64_t month_day)
{
    struct report_request request = {.month_day = month_day};
    char *text = NULL;
    json_t *object;

    snprintf(request.report, sizeof request.report, "%s", name);
    snprintf(request.by, sizeof request.by, "%s", by);
    ck_assert_int_eq(report_make(accounts, &place.config, &request, NOON_US, &text), STATUS_OK);
    object = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(object);
    free(text);
    return object;
}

static void
expect_row(const json_t *row, const char *label, const char *name, int64_t requests, int64_t calls,
           double spent, double saved)
{
    ck_assert_str_eq(json_string_value(json_object_get(row, label)), name);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "requests")), requests);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "calls")), calls);
    ck_assert_double_eq(json_real_value(json_object_get(row, "spent_usd")), spent);
    ck_assert_double_eq(json_real_value(json_object_get(row, "saved_usd")), saved);
}

START_TEST(the_dearest_key_comes_first)
{
    json_t *money = report("money", "key", 0);
    const json_t *rows = json_object_get(money, "rows");

    ck_assert_str_eq(json_string_value(json_object_get(money, "month")), "2026-01");
    ck_assert_uint_eq(json_array_size(rows), 2);
    expect_row(json_array_get(rows, 0), "key_name", "second", 1, 1, 2.5, 0.0);
    expect_row(json_array_get(rows, 1), "key_name", "first", 2, 1, 1.0, 1.0);
    ck_assert_int_eq(json_integer_value(json_object_get(json_object_get(money, "total"), "calls")),
                     2);
    json_decref(money);
}
END_TEST

START_TEST(another_month_is_told_by_one_of_its_days)
{
    json_t *money = report("money", "key", NOON_US / DAY_US - 15);
    const json_t *rows = json_object_get(money, "rows");

    ck_assert_str_eq(json_string_value(json_object_get(money, "month")), "2025-12");
    ck_assert_uint_eq(json_array_size(rows), 1);
    expect_row(json_array_get(rows, 0), "key_name", "first", 1, 1, 7.0, 0.0);
    json_decref(money);
}
END_TEST

/* Calls and their cost are the ledger's: it has those that no request caused, too. */
START_TEST(routes_and_days_are_counted_by_the_ledger)
{
    struct ledger_row row = {.call_id = "c1",
                             .instance = "i",
                             .route = "properties",
                             .price_micro_usd = 1500000,
                             .reserved_wall_us = NOON_US + 2 * DAY_US};
    struct ledger_end end = {.charge = CHARGE_BILLED, .cost_micro_usd = 1500000};
    json_t *money;
    const json_t *rows;

    end.settled_wall_us = NOON_US + 2 * DAY_US;
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(ledger_reserve(accounts, &row), STATUS_OK);
    ck_assert_int_eq(ledger_settle(accounts, &row, &end), STATUS_OK);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    money = report("money", "day", 0);
    rows = json_object_get(money, "rows");
    ck_assert_uint_eq(json_array_size(rows), 3);
    expect_row(json_array_get(rows, 0), "day", "2026-01-15", 2, 0, 0.0, 1.0);
    expect_row(json_array_get(rows, 2), "day", "2026-01-17", 0, 1, 1.5, 0.0);
    json_decref(money);
    money = report("money", "route", 0);
    rows = json_object_get(money, "rows");
    ck_assert_uint_eq(json_array_size(rows), 1);
    expect_row(json_array_get(rows, 0), "endpoint", "properties", 3, 1, 1.5, 1.0);
    json_decref(money);
}
END_TEST

START_TEST(keys_are_listed_with_their_month)
{
    json_t *keys = report("keys", "", 0);
    const json_t *row = json_array_get(json_object_get(keys, "keys"), 1);

    ck_assert_double_eq(json_real_value(json_object_get(row, "monthly_spent_usd")), 2.5);
    ck_assert_double_eq(json_real_value(json_object_get(row, "monthly_saved_usd")), 0.0);
    ck_assert_int_eq(json_integer_value(json_object_get(row, "monthly_calls")), 1);
    json_decref(keys);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("report_money");
    TCase *cases = tcase_create("money");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, the_dearest_key_comes_first);
    tcase_add_test(cases, another_month_is_told_by_one_of_its_days);
    tcase_add_test(cases, routes_and_days_are_counted_by_the_ledger);
    tcase_add_test(cases, keys_are_listed_with_their_month);
    suite_add_tcase(suite, cases);
    return suite;
}
