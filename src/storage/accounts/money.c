/* money.c - what was spent and saved in a period, by key, by route and by hour: read from the roll-ups, never from rows.
 *
 * Of routes and hours the calls and their cost are the ledger's, which is the bill; of keys they are those of the requests
 * that caused them: calls that no key caused (warming, refreshing) are in no key's sum. */
#include "accounts/accounts.h"

#include "base/dates.h"

#include <string.h>

/* Columns of all: a name, an id or a time, then these. */
enum { MONEY_REQUESTS = 1, MONEY_CALLS, MONEY_COST, MONEY_SAVED, MONEY_KEY_NAME };

static void
read_sums(const struct sql_rows *rows, struct money_sum *sum)
{
    memset(sum, 0, sizeof *sum);
    sum->requests = sql_row_int(rows, MONEY_REQUESTS);
    sum->calls = sql_row_int(rows, MONEY_CALLS);
    sum->cost_micro_usd = sql_row_int(rows, MONEY_COST);
    sum->saved_micro_usd = sql_row_int(rows, MONEY_SAVED);
}

enum status
money_of_keys(struct accounts *accounts, const struct money_period *period, int64_t first_id,
              int64_t last_id, money_visit *visit, void *context)
{
    struct sql_rows *rows;
    enum status status =
        sql_query(accounts->sql, STATEMENT_MONEY_OF_KEYS,
                  SQL_VALUES(sql_int(first_id), sql_int(last_id), sql_date(period->first_day),
                             sql_date(period->end_day)),
                  &rows);

    while (sql_each(rows, &status)) {
        struct money_sum sum;

        read_sums(rows, &sum);
        sum.api_key_id = sql_row_int(rows, 0);
        sql_row_text(rows, MONEY_KEY_NAME, sum.name, sizeof sum.name);
        visit(context, &sum);
    }
    sql_done(&rows);
    return status;
}

static enum status
visit_sums(struct accounts *accounts, enum statement statement, bool is_by_hour,
           const struct money_period *period, money_visit *visit, void *context)
{
    struct sql_rows *rows;
    enum status status = sql_query(accounts->sql, statement,
                                   SQL_VALUES(sql_time(period->first_day * DATES_US_OF_DAY),
                                              sql_time(period->end_day * DATES_US_OF_DAY)),
                                   &rows);

    while (sql_each(rows, &status)) {
        struct money_sum sum;

        read_sums(rows, &sum);
        if (is_by_hour)
            sum.hour_wall_us = sql_row_time(rows, 0);
        else
            sql_row_text(rows, 0, sum.name, sizeof sum.name);
        visit(context, &sum);
    }
    sql_done(&rows);
    return status;
}

enum status
money_of_endpoints(struct accounts *accounts, const struct money_period *period, money_visit *visit,
                   void *context)
{
    return visit_sums(accounts, STATEMENT_MONEY_OF_ENDPOINTS, false, period, visit, context);
}

enum status
money_of_routes(struct accounts *accounts, const struct money_period *period, money_visit *visit,
                void *context)
{
    return visit_sums(accounts, STATEMENT_MONEY_OF_ROUTES, false, period, visit, context);
}

enum status
money_of_hours(struct accounts *accounts, const struct money_period *period, money_visit *visit,
               void *context)
{
    enum status status =
        visit_sums(accounts, STATEMENT_MONEY_OF_HOURS, true, period, visit, context);

    if (status != STATUS_OK)
        return status;
    return visit_sums(accounts, STATEMENT_MONEY_OF_CALL_HOURS, true, period, visit, context);
}
