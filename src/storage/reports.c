/* reports.c - totals, read from the hourly roll-ups: a report never scans rows. */
#include "accounts.h"

#include "dates.h"

/* Columns of USAGE_TOTALS and of LEDGER_TOTALS. */
enum { USAGE_ENDPOINT, USAGE_HITS, USAGE_STALE, USAGE_COLLAPSED, USAGE_MISSES };
enum { USAGE_REFUSED = USAGE_MISSES + 1, USAGE_ERRORS, USAGE_RESPONSE_TIME, USAGE_SAVED };
enum { LEDGER_ROUTE, LEDGER_CALLS, LEDGER_BILLED, LEDGER_FREE, LEDGER_UNKNOWN };
enum { LEDGER_RESERVED = LEDGER_UNKNOWN + 1, LEDGER_COST };

static void
read_usage(const struct sql_rows *rows, struct usage_total *total)
{
    sql_row_text(rows, USAGE_ENDPOINT, total->endpoint, sizeof total->endpoint);
    total->hits = sql_row_int(rows, USAGE_HITS);
    total->stale = sql_row_int(rows, USAGE_STALE);
    total->collapsed = sql_row_int(rows, USAGE_COLLAPSED);
    total->misses = sql_row_int(rows, USAGE_MISSES);
    total->refused = sql_row_int(rows, USAGE_REFUSED);
    total->errors = sql_row_int(rows, USAGE_ERRORS);
    total->requests = total->hits + total->stale + total->collapsed + total->misses +
                      total->refused + total->errors;
    total->response_time_us_sum = sql_row_int(rows, USAGE_RESPONSE_TIME);
    total->saved_micro_usd = sql_row_int(rows, USAGE_SAVED);
}

enum status
usage_totals(struct accounts *accounts, const char *endpoint, int64_t since_wall_us,
             usage_total_visit *visit, void *context)
{
    const struct sql_value values[] = {sql_time(dates_hour_start_us(since_wall_us)),
                                       sql_string(endpoint)};
    struct sql_rows *rows;
    enum status status =
        sql_query(accounts->sql, STATEMENT_USAGE_TOTALS, values, COUNT(values), &rows);

    while (status == STATUS_OK && (status = sql_next(rows)) == STATUS_OK) {
        struct usage_total total;

        read_usage(rows, &total);
        visit(context, &total);
    }
    sql_done(&rows);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static void
read_ledger(const struct sql_rows *rows, struct ledger_total *total)
{
    sql_row_text(rows, LEDGER_ROUTE, total->route, sizeof total->route);
    total->calls = sql_row_int(rows, LEDGER_CALLS);
    total->billed = sql_row_int(rows, LEDGER_BILLED);
    total->free = sql_row_int(rows, LEDGER_FREE);
    total->unknown = sql_row_int(rows, LEDGER_UNKNOWN);
    total->reserved = sql_row_int(rows, LEDGER_RESERVED);
    total->cost_micro_usd = sql_row_int(rows, LEDGER_COST);
}

enum status
ledger_totals(struct accounts *accounts, const char *route, int64_t since_wall_us,
              ledger_total_visit *visit, void *context)
{
    const struct sql_value values[] = {sql_time(dates_hour_start_us(since_wall_us)),
                                       sql_string(route)};
    struct sql_rows *rows;
    enum status status =
        sql_query(accounts->sql, STATEMENT_LEDGER_TOTALS, values, COUNT(values), &rows);

    while (status == STATUS_OK && (status = sql_next(rows)) == STATUS_OK) {
        struct ledger_total total;

        read_ledger(rows, &total);
        visit(context, &total);
    }
    sql_done(&rows);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
