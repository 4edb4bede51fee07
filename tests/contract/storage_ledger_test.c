/* storage_ledger_test.c - the account of paid calls: every transition of a row, and the totals that follow them. */
/* links: @storage @core */
#include "contract/storage_support.h"

static struct place place;
static struct accounts *accounts;

static void
open_backend(int backend)
{
    place_init(&place, backend);
    accounts = place_accounts(&place);
}

static void
teardown(void)
{
    accounts_close(&accounts);
    place_fini(&place);
}

static struct ledger_row
call_of(const char *call_id, int64_t epoch, int64_t reserved_wall_us)
{
    struct ledger_row ledger_row = {
        .instance = "local",
        .epoch = epoch,
        .api_key_id = 3,
        .route = "properties",
        .reason = FETCH_REASON_MISS,
        .price_micro_usd = 1000000,
        .reserved_wall_us = reserved_wall_us,
    };

    snprintf(ledger_row.call_id, sizeof ledger_row.call_id, "%s", call_id);
    return ledger_row;
}

static enum status
reserve(const char *call_id, int64_t epoch, int64_t reserved_wall_us)
{
    struct ledger_row ledger_row = call_of(call_id, epoch, reserved_wall_us);
    enum status status;

    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    status = ledger_reserve(accounts, &ledger_row);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    return status;
}

static enum status
settle(const char *call_id, enum charge charge, int64_t cost_micro_usd)
{
    struct ledger_row ledger_row = call_of(call_id, 5, NOON_US + SECOND_US);
    const struct ledger_end end = {
        .charge = charge,
        .http_status = charge == CHARGE_UNKNOWN ? 0 : 200,
        .cost_micro_usd = cost_micro_usd,
        .duration_us = 4500,
        .settled_wall_us = NOON_US + SECOND_US,
    };
    enum status status;

    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    status = ledger_settle(accounts, &ledger_row, &end);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    return status;
}

static int64_t
abandon(const char *instance, int64_t epoch)
{
    int64_t count = -1;

    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(ledger_abandon(accounts, instance, epoch, NOON_US + HOUR_US, &count),
                     STATUS_OK);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    return count;
}

static void
note(void *context, const struct ledger_total *total)
{
    char *text = context;
    size_t used = strlen(text);

    snprintf(text + used, 500 - used, "%s: %lld = b%lld f%lld u%lld r%lld cost %lld\n",
             total->route, (long long)total->calls, (long long)total->billed,
             (long long)total->free, (long long)total->unknown, (long long)total->reserved,
             (long long)total->cost_micro_usd);
}

static const char *
totals_of(const char *route, int64_t since_wall_us)
{
    static char text[500];

    text[0] = '\0';
    ck_assert_int_eq(ledger_totals(accounts, route, since_wall_us, note, text), STATUS_OK);
    return text;
}

START_TEST(a_call_is_reserved_then_settled)
{
    open_backend(_i);
    ck_assert_int_eq(reserve("call-1", 5, NOON_US), STATUS_OK);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT call_id, instance, epoch, api_key_id, route, reason, status,"
                              " price_micro_usd, cost_micro_usd, http_status, duration_us,"
                              " reserved_at, settled_at FROM ledger"),
                     "call-1|local|5|3|properties|miss|reserved|1000000|0|NULL|NULL"
                     "|2026-01-15T12:00:00.000000Z|NULL");
    ck_assert_str_eq(totals_of("", 0), "properties: 1 = b0 f0 u0 r1 cost 0\n");
    ck_assert_int_eq(settle("call-1", CHARGE_BILLED, 1000000), STATUS_OK);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT status, cost_micro_usd, http_status, duration_us, settled_at"
                              " FROM ledger"),
                     "billed|1000000|200|4500|2026-01-15T12:00:01.000000Z");
    ck_assert_str_eq(totals_of("", 0), "properties: 1 = b1 f0 u0 r0 cost 1000000\n");
}
END_TEST

struct settlement {
    enum charge charge;
    int64_t cost;
    const char *status, *totals;
};

static const struct settlement settlements[] = {
    {CHARGE_BILLED, 1000000, "billed|1000000", "properties: 1 = b1 f0 u0 r0 cost 1000000\n"},
    {CHARGE_FREE, 0, "free|0", "properties: 1 = b0 f1 u0 r0 cost 0\n"},
    {CHARGE_UNKNOWN, 1000000, "unknown|1000000", "properties: 1 = b0 f0 u1 r0 cost 1000000\n"},
};

START_TEST(a_settled_call_stays_as_it_is)
{
    const struct settlement *first = &settlements[_i];

    open_backend(0);
    ck_assert_int_eq(reserve("call-1", 5, NOON_US), STATUS_OK);
    ck_assert_int_eq(settle("call-1", first->charge, first->cost), STATUS_OK);
    for (size_t i = 0; i < COUNT(settlements); i++)
        ck_assert_int_eq(settle("call-1", settlements[i].charge, 77), STATUS_OK);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT status, cost_micro_usd FROM ledger"),
                     first->status);
    ck_assert_str_eq(totals_of("", 0), first->totals);
}
END_TEST

START_TEST(a_resent_reservation_counts_once)
{
    open_backend(_i);
    ck_assert_int_eq(reserve("call-1", 5, NOON_US), STATUS_OK);
    ck_assert_int_eq(reserve("call-1", 5, NOON_US + HOUR_US), STATUS_CONFLICT);
    ck_assert_str_eq(totals_of("", 0), "properties: 1 = b0 f0 u0 r1 cost 0\n");
}
END_TEST

/* Frozen and gone on, connected anew: what was sent later may be read first. */
START_TEST(a_settlement_that_overtakes_its_reservation_keeps_it_out)
{
    const struct settlement *end = &settlements[_i];

    open_backend(0);
    ck_assert_int_eq(settle("call-1", end->charge, end->cost), STATUS_OK);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT instance, epoch, api_key_id, route, reason, price_micro_usd,"
                              " duration_us FROM ledger"),
                     "local|5|3|properties|miss|1000000|4500");
    ck_assert_int_eq(reserve("call-1", 5, NOON_US), STATUS_CONFLICT);
    ck_assert_int_eq(abandon("local", 6), 0);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT status, cost_micro_usd FROM ledger"),
                     end->status);
    ck_assert_str_eq(totals_of("", 0), end->totals);
}
END_TEST

enum step { STEP_NONE, STEP_RESERVE, STEP_SETTLE };

/* Everything that two messages, each lost or doubled, can become; the last case is the settlement that never comes. */
static const enum step orders[][4] = {
    {STEP_RESERVE, STEP_SETTLE},
    {STEP_SETTLE, STEP_RESERVE},
    {STEP_SETTLE},
    {STEP_RESERVE, STEP_RESERVE, STEP_SETTLE},
    {STEP_RESERVE, STEP_SETTLE, STEP_RESERVE},
    {STEP_RESERVE, STEP_SETTLE, STEP_SETTLE},
    {STEP_SETTLE, STEP_RESERVE, STEP_RESERVE},
    {STEP_SETTLE, STEP_RESERVE, STEP_SETTLE},
    {STEP_SETTLE, STEP_SETTLE, STEP_RESERVE},
    {STEP_RESERVE, STEP_RESERVE, STEP_SETTLE, STEP_SETTLE},
    {STEP_RESERVE, STEP_SETTLE, STEP_RESERVE, STEP_SETTLE},
    {STEP_RESERVE, STEP_SETTLE, STEP_SETTLE, STEP_RESERVE},
    {STEP_SETTLE, STEP_RESERVE, STEP_RESERVE, STEP_SETTLE},
    {STEP_SETTLE, STEP_RESERVE, STEP_SETTLE, STEP_RESERVE},
    {STEP_SETTLE, STEP_SETTLE, STEP_RESERVE, STEP_RESERVE},
};

static void
take_order(const enum step *order, const struct settlement *end)
{
    for (int i = 0; i < 4; i++) {
        if (order[i] == STEP_RESERVE)
            (void)reserve("call-1", 5, NOON_US);
        else if (order[i] == STEP_SETTLE)
            ck_assert_int_eq(settle("call-1", end->charge, end->cost), STATUS_OK);
    }
}

START_TEST(whatever_order_the_row_is_the_same)
{
    const struct settlement *end = &settlements[_i % (int)COUNT(settlements)];

    open_backend(0);
    take_order(orders[_i / (int)COUNT(settlements)], end);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT status, cost_micro_usd FROM ledger"),
                     end->status);
    ck_assert_int_eq(abandon("local", 6), 0);
    ck_assert_str_eq(totals_of("", 0), end->totals);
}
END_TEST

/* Its process was thought dead, and what it had sent is read only now. */
START_TEST(a_settlement_decides_an_abandoned_call)
{
    const struct settlement *end = &settlements[_i];

    open_backend(0);
    ck_assert_int_eq(reserve("call-1", 5, NOON_US), STATUS_OK);
    ck_assert_int_eq(abandon("local", 6), 1);
    for (int i = 0; i < 2; i++)
        ck_assert_int_eq(settle("call-1", end->charge, end->cost), STATUS_OK);
    ck_assert_int_eq(settle("call-1", CHARGE_BILLED, 77), STATUS_OK);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT status, cost_micro_usd FROM ledger"),
                     end->status);
    ck_assert_str_eq(totals_of("", 0), end->totals);
}
END_TEST

START_TEST(calls_of_a_dead_process_become_unknown_at_their_price)
{
    open_backend(_i);
    ck_assert_int_eq(reserve("call-1", 5, NOON_US), STATUS_OK);
    ck_assert_int_eq(reserve("call-2", 5, NOON_US), STATUS_OK);
    ck_assert_int_eq(settle("call-2", CHARGE_FREE, 0), STATUS_OK);
    ck_assert_int_eq(reserve("call-3", 6, NOON_US), STATUS_OK);
    ck_assert_int_eq(abandon("another", 6), 0);
    ck_assert_int_eq(abandon("local", 6), 1);
    ck_assert_int_eq(abandon("local", 6), 0);
    ck_assert_str_eq(
        raw_rows(&place, "rentcache.db",
                 "SELECT call_id, status, cost_micro_usd FROM ledger ORDER BY call_id"),
        "call-1|unknown|1000000\ncall-2|free|0\ncall-3|reserved|0");
    ck_assert_str_eq(totals_of("", 0), "properties: 3 = b0 f1 u1 r1 cost 1000000\n");
}
END_TEST

START_TEST(unknown_calls_cost_nothing_where_that_is_set)
{
    place_init(&place, _i);
    snprintf(place.config.analytics.unknown_charge, CONFIG_TEXT_SIZE, "free");
    accounts = place_accounts(&place);
    ck_assert_int_eq(reserve("call-1", 5, NOON_US), STATUS_OK);
    ck_assert_int_eq(reserve("call-2", 5, NOON_US), STATUS_OK);
    ck_assert_int_eq(settle("call-1", CHARGE_UNKNOWN, 1000000), STATUS_OK);
    ck_assert_int_eq(abandon("local", 6), 1);
    ck_assert_str_eq(totals_of("", 0), "properties: 2 = b0 f0 u2 r0 cost 0\n");
}
END_TEST

START_TEST(totals_count_a_call_in_the_hour_of_its_reservation)
{
    open_backend(_i);
    ck_assert_int_eq(reserve("call-1", 5, NOON_US - HOUR_US), STATUS_OK);
    ck_assert_int_eq(reserve("call-2", 5, NOON_US + HOUR_US), STATUS_OK);
    ck_assert_int_eq(settle("call-1", CHARGE_BILLED, 1000000), STATUS_OK);
    ck_assert_str_eq(totals_of("", NOON_US), "properties: 1 = b0 f0 u0 r1 cost 0\n");
    ck_assert_str_eq(totals_of("properties", 0), "properties: 2 = b1 f0 u0 r1 cost 1000000\n");
    ck_assert_str_eq(totals_of("other", 0), "");
}
END_TEST

START_TEST(old_calls_are_deleted_once_they_are_settled)
{
    int64_t deleted = -1;

    open_backend(_i);
    ck_assert_int_eq(reserve("call-1", 5, NOON_US), STATUS_OK);
    ck_assert_int_eq(reserve("call-2", 5, NOON_US + 1), STATUS_OK);
    ck_assert_int_eq(reserve("call-3", 5, NOON_US + 2), STATUS_OK);
    ck_assert_int_eq(reserve("call-4", 5, NOON_US + HOUR_US), STATUS_OK);
    ck_assert_int_eq(settle("call-2", CHARGE_BILLED, 1000000), STATUS_OK);
    ck_assert_int_eq(settle("call-3", CHARGE_FREE, 0), STATUS_OK);
    ck_assert_int_eq(settle("call-4", CHARGE_FREE, 0), STATUS_OK);
    for (int64_t left = 2; left > 0; left--) {
        ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
        ck_assert_int_eq(ledger_forget(accounts, NOON_US + HOUR_US, 1, &deleted), STATUS_OK);
        ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
        ck_assert_int_eq(deleted, 1);
    }
    ck_assert_str_eq(
        raw_rows(&place, "rentcache.db", "SELECT call_id FROM ledger ORDER BY call_id"),
        "call-1\ncall-4");
    ck_assert_str_eq(totals_of("", 0), "properties: 4 = b1 f2 u0 r1 cost 1000000\n");
}
END_TEST

START_TEST(totals_agree_with_the_rows)
{
    static const enum charge charges[] = {CHARGE_BILLED, CHARGE_FREE, CHARGE_UNKNOWN};
    char call_id[24];

    open_backend(_i);
    for (int i = 0; i < 60; i++) {
        snprintf(call_id, sizeof call_id, "call-%d", i);
        ck_assert_int_eq(reserve(call_id, 1 + i % 2, NOON_US + i * 600 * SECOND_US), STATUS_OK);
        if (i % 4 > 0)
            ck_assert_int_eq(settle(call_id, charges[i % 3], i % 3 == 1 ? 0 : 1000 + i), STATUS_OK);
    }
    (void)abandon("local", 2);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT sum(status = 'billed'), sum(status = 'free'),"
                              " sum(status = 'unknown'), sum(status = 'reserved'),"
                              " sum(cost_micro_usd) FROM ledger EXCEPT SELECT sum(billed),"
                              " sum(free), sum(unknown), sum(reserved), sum(cost_micro_usd)"
                              " FROM ledger_hourly"),
                     "");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_ledger");
    TCase *tcase = tcase_create("ledger");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, a_call_is_reserved_then_settled, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_settled_call_stays_as_it_is, 0, COUNT(settlements));
    tcase_add_loop_test(tcase, a_resent_reservation_counts_once, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_settlement_that_overtakes_its_reservation_keeps_it_out, 0,
                        COUNT(settlements));
    tcase_add_loop_test(tcase, whatever_order_the_row_is_the_same, 0,
                        COUNT(orders) * COUNT(settlements));
    tcase_add_loop_test(tcase, a_settlement_decides_an_abandoned_call, 0, COUNT(settlements));
    tcase_add_loop_test(tcase, calls_of_a_dead_process_become_unknown_at_their_price, 0, BACKENDS);
    tcase_add_loop_test(tcase, unknown_calls_cost_nothing_where_that_is_set, 0, BACKENDS);
    tcase_add_loop_test(tcase, totals_count_a_call_in_the_hour_of_its_reservation, 0, BACKENDS);
    tcase_add_loop_test(tcase, old_calls_are_deleted_once_they_are_settled, 0, BACKENDS);
    tcase_add_loop_test(tcase, totals_agree_with_the_rows, 0, BACKENDS);
    suite_add_tcase(suite, tcase);
    return suite;
}
