/* ledger.c - the account of paid calls: one row per call, and its sum per hour and route.
 *
 * States of a row: RESERVED (committed before the call is made) -> BILLED, FREE or UNKNOWN (ledger_settle), or abandoned:
 * UNKNOWN without a duration (ledger_abandon, for the calls of a dead process) -> what its settlement says, if that still
 * comes. Time alone never moves it. A settlement that finds no row writes the call as it ended, so that whatever order the
 * two come in, and however often, the row is the same. Every step moves ledger_hourly, in the hour of the reservation, in
 * the same transaction. */
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

/* From one charge to another: the row in question returned its route and the time of its reservation. */
static void
fill_step(struct step *step, const struct sql_rows *rows, enum charge from, enum charge to,
          int64_t cost_micro_usd)
{
    memset(step, 0, sizeof *step);
    sql_row_text(rows, 0, step->route, sizeof step->route);
    step->reserved_wall_us = sql_row_time(rows, 1);
    step->by_charge[from] -= 1;
    step->by_charge[to] += 1;
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

/* The first step of a row. */
static struct step
first_step(const struct ledger_row *row, enum charge charge, int64_t cost_micro_usd)
{
    struct step step = {
        .reserved_wall_us = row->reserved_wall_us, .calls = 1, .cost_micro_usd = cost_micro_usd};

    (void)bytes_copy_text(bytes_of_text(row->route), step.route, sizeof step.route);
    step.by_charge[charge] = 1;
    return step;
}

enum status
ledger_reserve(struct accounts *accounts, const struct ledger_row *row)
{
    struct step step = first_step(row, CHARGE_RESERVED, 0);
    enum status status = insert_call(accounts, row);

    return status == STATUS_OK ? add_to_hour(accounts, &step) : status;
}

/* What a row that a settlement finds lets it do. */
enum found { FOUND_NOTHING, FOUND_OPEN, FOUND_SETTLED };

/* step: from where the row stands to the charge, at that cost. */
static enum status
find_call(struct accounts *accounts, const char *call_id, enum charge charge, int64_t cost,
          struct step *step, enum found *found)
{
    struct sql_rows *rows;
    enum status status =
        sql_query_row(accounts->sql, STATEMENT_LEDGER_FIND, SQL_VALUES(sql_string(call_id)), &rows);

    *found = FOUND_NOTHING;
    if (status == STATUS_OK) {
        bool is_reserved = sql_row_int(rows, 3) != 0;
        bool is_abandoned = sql_row_int(rows, 4) != 0;

        *found = is_reserved || is_abandoned ? FOUND_OPEN : FOUND_SETTLED;
        fill_step(step, rows, is_reserved ? CHARGE_RESERVED : CHARGE_UNKNOWN, charge,
                  cost - sql_row_int(rows, 2));
    }
    sql_done(&rows);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status
ledger_settle(struct accounts *accounts, const struct ledger_row *row, const struct ledger_end *end)
{
    bool is_given_away = end->charge == CHARGE_UNKNOWN && !accounts->charges_unknown;
    int64_t cost = is_given_away ? 0 : end->cost_micro_usd;
    const struct sql_value values[] = {
        sql_string(row->call_id),          sql_string(charge_text(end->charge)),
        sql_int_or_null(end->http_status), sql_int(cost),
        sql_int(end->duration_us),         sql_time(end->settled_wall_us),
    };
    struct step step;
    enum found found;
    enum status status;

    assert(end->charge != CHARGE_RESERVED);
    status = find_call(accounts, row->call_id, end->charge, cost, &step, &found);
    if (status != STATUS_OK || found == FOUND_SETTLED)
        return status;
    if (found == FOUND_NOTHING) {
        step = first_step(row, end->charge, cost);
        status = insert_call(accounts, row);
    }
    if (status == STATUS_OK)
        status = sql_run(accounts->sql, STATEMENT_LEDGER_SETTLE, values, COUNT(values), NULL);
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

        fill_step(&step, rows, CHARGE_RESERVED, CHARGE_UNKNOWN, sql_row_int(rows, 2));
        status = add_to_hour(accounts, &step);
        (*count)++;
    }
    sql_done(&rows);
    return status;
}

enum status
ledger_forget(struct accounts *accounts, int64_t before_wall_us, int64_t limit, int64_t *deleted)
{
    return sql_run(accounts->sql, STATEMENT_LEDGER_FORGET,
                   SQL_VALUES(sql_time(before_wall_us), sql_int(limit)), deleted);
}
