/* purges.c - the purge log: every invalidation has the next number of one sequence.
 *
 * The number stands in meta and only goes up; rows of the log are forgotten after a week (entry_clean), so
 * a reader whose last number is not followed by the next one has missed some and starts empty. */
#include "entries/entries.h"

#define US_PER_MS 1000

/* Columns of PURGE_LIST. */
enum { COLUMN_NUMBER, COLUMN_SCOPE, COLUMN_ENDPOINT, COLUMN_FETCHED_BEFORE, COLUMN_EXPIRED_BEFORE };

static enum status
next_number(struct entries *entries, int64_t *number)
{
    return sql_query_int(entries->sql, STATEMENT_META_ADVANCE,
                         SQL_VALUES(sql_string("purge_number")), number);
}

static enum status
add_to_log(struct entries *entries, int64_t number, const struct purge_scope *scope,
           int64_t now_wall_us)
{
    bool is_all = scope->endpoint[0] == '\0';
    const struct sql_value values[] = {
        sql_int(number),
        sql_string(is_all ? "all" : "endpoint"),
        is_all ? sql_null() : sql_string(scope->endpoint),
        sql_time_or_null(scope->fetched_before_wall_ms * US_PER_MS),
        sql_time_or_null(scope->expired_before_wall_ms * US_PER_MS),
        sql_time(now_wall_us),
    };

    return sql_run(entries->sql, STATEMENT_PURGE_ADD, values, COUNT(values), NULL);
}

/* A bound that is not set lies behind every time that can be stored. */
static struct sql_value
purges_bound(int64_t before_wall_ms)
{
    return sql_time(before_wall_ms != 0 ? before_wall_ms * US_PER_MS : INT64_MAX);
}

/* Without times the rows that are valid are found by their index alone. */
static enum status
clear_rows(struct entries *entries, const struct purge_scope *scope, int64_t *cleared)
{
    bool is_timed = scope->fetched_before_wall_ms != 0 || scope->expired_before_wall_ms != 0;
    const struct sql_value values[] = {
        purges_bound(scope->fetched_before_wall_ms),
        purges_bound(scope->expired_before_wall_ms),
        sql_string(scope->endpoint),
    };

    if (is_timed)
        return sql_run(entries->sql, STATEMENT_ENTRY_CLEAR_OLD, values, COUNT(values), cleared);
    if (scope->endpoint[0] != '\0')
        return sql_run(entries->sql, STATEMENT_ENTRY_CLEAR_ENDPOINT, &values[2], 1, cleared);
    return sql_run(entries->sql, STATEMENT_ENTRY_CLEAR_ALL, NULL, 0, cleared);
}

enum status
entry_purge(struct entries *entries, const struct purge_scope *scope, int64_t now_wall_us,
            int64_t *number, int64_t *cleared)
{
    enum status status = sql_begin(entries->sql);

    if (status != STATUS_OK)
        return status;
    status = next_number(entries, number);
    if (status == STATUS_OK)
        status = add_to_log(entries, *number, scope, now_wall_us);
    if (status == STATUS_OK)
        status = clear_rows(entries, scope, cleared);
    return sql_end(entries->sql, status);
}

enum status
purge_last_number(struct entries *entries, int64_t *number)
{
    return sql_query_int(entries->sql, STATEMENT_META_GET, SQL_VALUES(sql_string("purge_number")),
                         number);
}

enum status
purge_list(struct entries *entries, int64_t after_number, int64_t limit, purge_visit *visit,
           void *context)
{
    struct sql_rows *rows;
    enum status status = sql_query(entries->sql, STATEMENT_PURGE_LIST,
                                   SQL_VALUES(sql_int(after_number), sql_int(limit)), &rows);

    while (sql_each(rows, &status)) {
        struct purge_scope scope = {
            .fetched_before_wall_ms = sql_row_time(rows, COLUMN_FETCHED_BEFORE) / US_PER_MS,
            .expired_before_wall_ms = sql_row_time(rows, COLUMN_EXPIRED_BEFORE) / US_PER_MS,
        };

        sql_row_text(rows, COLUMN_ENDPOINT, scope.endpoint, sizeof scope.endpoint);
        visit(context, sql_row_int(rows, COLUMN_NUMBER), &scope);
    }
    sql_done(&rows);
    return status;
}
