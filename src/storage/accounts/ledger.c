/* ledger.c - the account of paid calls: one row per call, and its sum per hour and route.
 *
 * States of a row: RESERVED (committed before the call is made) -> BILLED or FREE (ledger_settle) or UNKNOWN
 * (ledger_settle, or ledger_abandon for the calls of a dead process). It moves forward once; time alone never moves
 * it. Every step moves ledger_hourly, in the hour of the reservation, in the same transaction. */
#include "accounts/accounts.h"

#include "base/dates.h"

#include <assert.h>
#include <string.h>

/* What one step adds to an hour's sum of a route. */
struct step {
    char route[sizeof((struct ledger_row *)0)->route];
    int64_t reserved_wall_us;
    int64_t calls;
    int64_t by_charge[CHARGE_COUNT];
    int64_t cost_micro_usd;
};

static enum status
add_to_hour(struct accounts *accounts, const struct step *step)
{
    const struct sql_value values[] = {
        sql_time(dates_hour_start_us(step->reserved_wall_us)),
        sql_string(step->route),
        sql_int(step->calls),
        sql_int(step->by_charge[CHARGE_RESERVED]),
        sql_int(step->by_charge[CHARGE_BILLED]),
        sql_int(step->by_charge[CHARGE_FREE]),
        sql_int(step->by_charge[CHARGE_UNKNOWN]),
        sql_int(step->cost_micro_usd),
    };

    return sql_run(accounts->sql, STATEMENT_LEDGER_HOUR_ADD, values, COUNT(values), NULL);
}

/* Out of RESERVED: the row in question returned its route and the time of its reservation. */
static void
fill_step(struct step *step, const struct sql_rows *rows, enum charge charge,
          int64_t cost_micro_usd)
{
    memset(step, 0, sizeof *step);
    sql_row_text(rows, 0, step->route, sizeof step->route);
    step->reserved_wall_us = sql_row_time(rows, 1);
    step->by_charge[CHARGE_RESERVED] = -1;
    step->by_charge[charge] += 1;
    step->cost_micro_usd = cost_micro_usd;
}

static enum status
insert_call(struct accounts *accounts, const struct ledger_row *row)
{
    const struct sql_value values[] = {
        sql_string(row->call_id),      sql_string(row->instance),
        sql_int(row->epoch),           sql_int_or_null(row->api_key_id),
        sql_string(row->route),        sql_string(fetch_reason_text(row->reason)),
        sql_int(row->price_micro_usd), sql_time(row->reserved_wall_us),
    };
    int64_t changes = 0;
    enum status status =
        sql_run(accounts->sql, STATEMENT_LEDGER_RESERVE, values, COUNT(values), &changes);

    return status == STATUS_OK && changes == 0 ? STATUS_CONFLICT : status;
}

enum status
ledger_reserve(struct accounts *accounts, const struct ledger_row *row)
{
    struct step step = {.reserved_wall_us = row->reserved_wall_us, .calls = 1};
    enum status status = insert_call(accounts, row);

    if (status != STATUS_OK)
        return status;
    (void)bytes_copy_text(bytes_of_text(row->route), step.route, sizeof step.route);
    step.by_charge[CHARGE_RESERVED] = 1;
    return add_to_hour(accounts, &step);
}

static enum status
find_call(struct accounts *accounts, const char *call_id)
{
    int64_t found;

    return sql_query_int(accounts->sql, STATEMENT_LEDGER_FIND, SQL_VALUES(sql_string(call_id)),
                         &found);
}

enum status
ledger_settle(struct accounts *accounts, const char *call_id, enum charge charge,
              int64_t http_status, int64_t cost_micro_usd, int64_t duration_us, int64_t now_wall_us)
{
    bool is_given_away = charge == CHARGE_UNKNOWN && !accounts->charges_unknown;
    int64_t cost = is_given_away ? 0 : cost_micro_usd;
    const struct sql_value values[] = {
        sql_string(call_id),          sql_string(charge_text(charge)),
        sql_int_or_null(http_status), sql_int(cost),
        sql_int(duration_us),         sql_time(now_wall_us),
    };
    struct step step;
    struct sql_rows *rows;
    enum status status;

    assert(charge != CHARGE_RESERVED);
    status = sql_query_row(accounts->sql, STATEMENT_LEDGER_SETTLE, values, COUNT(values), &rows);
    if (status == STATUS_OK)
        fill_step(&step, rows, charge, cost);
    sql_done(&rows);
    if (status == STATUS_NOT_FOUND)
        return find_call(accounts, call_id);
    return status == STATUS_OK ? add_to_hour(accounts, &step) : status;
}

enum status
ledger_abandon(struct accounts *accounts, const char *instance, int64_t epoch, int64_t now_wall_us,
               int64_t *count)
{
    struct sql_rows *rows;
    enum status status =
        sql_query(accounts->sql, STATEMENT_LEDGER_ABANDON,
                  SQL_VALUES(sql_string(instance), sql_int(epoch), sql_time(now_wall_us),
                             sql_int(accounts->charges_unknown)),
                  &rows);

    *count = 0;
    while (sql_each(rows, &status)) {
        struct step step;

        fill_step(&step, rows, CHARGE_UNKNOWN, sql_row_int(rows, 2));
        status = add_to_hour(accounts, &step);
        (*count)++;
    }
    sql_done(&rows);
    return status;
}
