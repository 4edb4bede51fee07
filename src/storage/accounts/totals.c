/* totals.c - totals for reports, read from the hourly roll-ups: a report never scans rows. */
#include "accounts/accounts.h"

#include "base/dates.h"

#include <string.h>

/* Columns of USAGE_TOTALS and of USAGE_HOURS, after the endpoint or the hour, and of LEDGER_TOTALS. */
enum { USAGE_HITS = 1, USAGE_STALE, USAGE_COLLAPSED, USAGE_MISSES, USAGE_REFUSED, USAGE_ERRORS };
enum { USAGE_RESPONSE_TIME = USAGE_ERRORS + 1, USAGE_SAVED, USAGE_COST };
enum { LEDGER_ROUTE, LEDGER_CALLS, LEDGER_BILLED, LEDGER_FREE, LEDGER_UNKNOWN };
enum { LEDGER_RESERVED = LEDGER_UNKNOWN + 1, LEDGER_COST };

static void
read_usage(const struct sql_rows *rows, struct usage_total *total)
{
    memset(total, 0, sizeof *total);
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

/* Every report asks for rows since an hour, of one endpoint or route, or of all. */
static enum status
totals_start(struct accounts *accounts, enum statement statement, const char *name,
             int64_t since_wall_us, struct sql_rows **rows)
{
    return sql_query(accounts->sql, statement,
                     SQL_VALUES(sql_time(dates_hour_start_us(since_wall_us)), sql_string(name)),
                     rows);
}

enum status
usage_totals(struct accounts *accounts, const char *endpoint, int64_t since_wall_us,
             usage_total_visit *visit, void *context)
{
    struct sql_rows *rows;
    enum status status =
        totals_start(accounts, STATEMENT_USAGE_TOTALS, endpoint, since_wall_us, &rows);

    while (sql_each(rows, &status)) {
        struct usage_total total;

        read_usage(rows, &total);
        sql_row_text(rows, 0, total.endpoint, sizeof total.endpoint);
        visit(context, &total);
    }
    sql_done(&rows);
    return status;
}

enum status
usage_hours(struct accounts *accounts, const char *endpoint, int64_t since_wall_us,
            usage_hour_visit *visit, void *context)
{
    struct sql_rows *rows;
    enum status status =
        totals_start(accounts, STATEMENT_USAGE_HOURS, endpoint, since_wall_us, &rows);

    while (sql_each(rows, &status)) {
        struct usage_total total;

        read_usage(rows, &total);
        total.cost_micro_usd = sql_row_int(rows, USAGE_COST);
        visit(context, sql_row_time(rows, 0), &total);
    }
    sql_done(&rows);
    return status;
}

static enum status
visit_counts(struct accounts *accounts, enum statement statement, const char *endpoint,
             int64_t since_wall_us, usage_count_visit *visit, void *context)
{
    struct sql_rows *rows;
    enum status status = totals_start(accounts, statement, endpoint, since_wall_us, &rows);

    while (sql_each(rows, &status)) {
        char name[sizeof((struct usage_total *)0)->endpoint];

        sql_row_text(rows, 0, name, sizeof name);
        visit(context, name, sql_row_int(rows, 1), sql_row_int(rows, 2));
    }
    sql_done(&rows);
    return status;
}

enum status
usage_statuses(struct accounts *accounts, const char *endpoint, int64_t since_wall_us,
               usage_count_visit *visit, void *context)
{
    return visit_counts(accounts, STATEMENT_USAGE_STATUSES, endpoint, since_wall_us, visit,
                        context);
}

enum status
usage_durations(struct accounts *accounts, const char *endpoint, int64_t since_wall_us,
                usage_count_visit *visit, void *context)
{
    return visit_counts(accounts, STATEMENT_USAGE_DURATIONS, endpoint, since_wall_us, visit,
                        context);
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
    struct sql_rows *rows;
    enum status status =
        totals_start(accounts, STATEMENT_LEDGER_TOTALS, route, since_wall_us, &rows);

    while (sql_each(rows, &status)) {
        struct ledger_total total;

        read_ledger(rows, &total);
        visit(context, &total);
    }
    sql_done(&rows);
    return status;
}
