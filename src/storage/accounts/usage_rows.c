/* usage_rows.c - usage rows read back, newest first: of one key, one endpoint, one kind of decision, or all.
 *
 * A question goes along the index that fits it best; what the index does not know is looked at row by row, so many rows at
 * most. Rows of one instant are told apart by their id. */
#include "accounts/accounts.h"

#include <string.h>

#define USAGE_ROWS_END_US                                                                          \
    253402300799999999LL /* the last instant of the year 9999: later than every row */

/* Columns of USAGE_ROW_COLUMNS. */
enum {
    ROW_ID,
    ROW_CREATED,
    ROW_KEY,
    ROW_KEY_NAME,
    ROW_ENDPOINT,
    ROW_METHOD,
    ROW_STATUS,
    ROW_RESPONSE_TIME,
    ROW_DECISION,
    ROW_LEVEL,
    ROW_COST,
    ROW_SAVED,
    ROW_USER_AGENT,
    ROW_ADDRESS
};

static void
read_usage_row(const struct sql_rows *rows, struct usage_row *row)
{
    row->id = sql_row_int(rows, ROW_ID);
    row->created_wall_us = sql_row_time(rows, ROW_CREATED);
    row->api_key_id = sql_row_int(rows, ROW_KEY);
    sql_row_text(rows, ROW_KEY_NAME, row->key_name, sizeof row->key_name);
    sql_row_text(rows, ROW_ENDPOINT, row->endpoint, sizeof row->endpoint);
    sql_row_text(rows, ROW_METHOD, row->method, sizeof row->method);
    row->status_code = sql_row_int(rows, ROW_STATUS);
    row->response_time_us = sql_row_int(rows, ROW_RESPONSE_TIME);
    sql_row_text(rows, ROW_DECISION, row->decision, sizeof row->decision);
    sql_row_text(rows, ROW_LEVEL, row->level, sizeof row->level);
    row->cost_micro_usd = sql_row_int(rows, ROW_COST);
    row->saved_micro_usd = sql_row_int(rows, ROW_SAVED);
    sql_row_text(rows, ROW_USER_AGENT, row->user_agent, sizeof row->user_agent);
    sql_row_text(rows, ROW_ADDRESS, row->ip_address, sizeof row->ip_address);
}

static bool
fits(const struct usage_filter *filter, const struct usage_row *row)
{
    return (filter->api_key_id == 0 || filter->api_key_id == row->api_key_id) &&
           (filter->endpoint[0] == '\0' || strcmp(filter->endpoint, row->endpoint) == 0) &&
           (filter->decision < 0 ||
            strcmp(decision_text((enum decision)filter->decision), row->decision) == 0) &&
           (filter->status_code == 0 || filter->status_code == row->status_code) &&
           row->response_time_us >= filter->least_response_time_us;
}

/* What has fewest rows comes first. *value: what is asked of the index; SQL_NULL: nothing. */
static enum statement
statement_for(const struct usage_filter *filter, struct sql_value *value)
{
    bool is_hit = filter->decision == DECISION_HIT || filter->decision == DECISION_STALE;

    *value = sql_null();
    if (filter->api_key_id != 0) {
        *value = sql_int(filter->api_key_id);
        return STATEMENT_USAGE_ROWS_OF_KEY;
    }
    if (filter->endpoint[0] != '\0') {
        *value = sql_string(filter->endpoint);
        return STATEMENT_USAGE_ROWS_OF_ENDPOINT;
    }
    if (filter->decision >= 0) {
        *value = sql_int(is_hit);
        return STATEMENT_USAGE_ROWS_OF_HITS;
    }
    return STATEMENT_USAGE_ROWS;
}

static enum status
usage_rows_start(struct accounts *accounts, const struct usage_filter *filter,
                 struct sql_rows **rows)
{
    struct usage_place before = filter->before;
    struct sql_value value;
    enum statement statement = statement_for(filter, &value);

    if (before.wall_us == 0)
        before.wall_us = USAGE_ROWS_END_US;
    const struct sql_value values[] = {sql_time(filter->from_wall_us), sql_time(before.wall_us),
                                       sql_int(before.id), sql_int((int64_t)filter->looked_at_most),
                                       value};

    return sql_query(accounts->sql, statement, values, value.type == SQL_NULL ? 4 : 5, rows);
}

enum status
usage_rows(struct accounts *accounts, const struct usage_filter *filter, usage_row_visit *visit,
           void *context, struct usage_place *next)
{
    struct sql_rows *rows;
    struct usage_row row;
    size_t visited = 0, looked_at = 0;
    enum status status = usage_rows_start(accounts, filter, &rows);

    *next = (struct usage_place){0};
    while (visited < filter->rows_most && sql_each(rows, &status)) {
        read_usage_row(rows, &row);
        looked_at++;
        if (!fits(filter, &row))
            continue;
        visit(context, &row);
        visited++;
    }
    sql_done(&rows);
    if (status == STATUS_OK && looked_at > 0 &&
        (visited == filter->rows_most || looked_at == filter->looked_at_most))
        *next = (struct usage_place){row.created_wall_us, row.id};
    return status;
}

enum status
usage_rows_since(struct accounts *accounts, int64_t *wall_us)
{
    enum status status = STATUS_OK;

    *wall_us = 0;
    for (int is_hit = 0; status == STATUS_OK && is_hit <= 1; is_hit++) {
        struct sql_rows *rows;
        int64_t oldest = 0;

        status = sql_query_row(accounts->sql, STATEMENT_USAGE_OLDEST, SQL_VALUES(sql_int(is_hit)),
                               &rows);
        if (status == STATUS_OK && !sql_row_is_null(rows, 0))
            oldest = sql_row_time(rows, 0);
        sql_done(&rows);
        if (oldest != 0 && (*wall_us == 0 || oldest < *wall_us))
            *wall_us = oldest;
    }
    return status;
}
