/* purges.c - the purge log: every invalidation has the next number of one sequence.
 *
 * The number stands in meta and only goes up; rows of the log are forgotten after a week (entry_clean), so
 * a reader whose last number is not followed by the next one has missed some and starts empty. */
#include "entries.h"

#include <assert.h>

#define SCOPE_SIZE    16
#define ENDPOINT_SIZE 64

static enum status
next_number(struct entries *entries, int64_t *number)
{
    const struct sql_value values[] = {sql_string("purge_number")};

    return sql_query_int(entries->sql, STATEMENT_META_ADVANCE, values, COUNT(values), number);
}

static enum status
add_to_log(struct entries *entries, int64_t number, const char *endpoint, int64_t now_wall_us)
{
    const struct sql_value values[] = {
        sql_int(number),
        sql_string(endpoint != NULL ? "endpoint" : "all"),
        endpoint != NULL ? sql_string(endpoint) : sql_null(),
        sql_time(now_wall_us),
    };

    return sql_run(entries->sql, STATEMENT_PURGE_ADD, values, COUNT(values), NULL);
}

static enum status
clear_rows(struct entries *entries, const char *endpoint, int64_t *cleared)
{
    const struct sql_value values[] = {sql_string(endpoint)};

    return endpoint != NULL ? sql_run(entries->sql, STATEMENT_ENTRY_CLEAR_ENDPOINT, values,
                                      COUNT(values), cleared)
                            : sql_run(entries->sql, STATEMENT_ENTRY_CLEAR_ALL, NULL, 0, cleared);
}

enum status
entry_purge(struct entries *entries, const char *scope, const char *endpoint, int64_t now_wall_us,
            int64_t *number, int64_t *cleared)
{
    bool is_all = strcmp(scope, "all") == 0;
    const char *only = is_all ? NULL : endpoint;
    enum status status;

    assert(is_all || (strcmp(scope, "endpoint") == 0 && endpoint != NULL));
    status = sql_begin(entries->sql);
    if (status != STATUS_OK)
        return status;
    status = next_number(entries, number);
    if (status == STATUS_OK)
        status = add_to_log(entries, *number, only, now_wall_us);
    if (status == STATUS_OK)
        status = clear_rows(entries, only, cleared);
    if (status == STATUS_OK)
        return sql_commit(entries->sql);
    sql_rollback(entries->sql);
    return status;
}

enum status
purge_last_number(struct entries *entries, int64_t *number)
{
    const struct sql_value values[] = {sql_string("purge_number")};

    return sql_query_int(entries->sql, STATEMENT_META_GET, values, COUNT(values), number);
}

enum status
purge_list(struct entries *entries, int64_t after_number, int64_t limit, purge_visit *visit,
           void *context)
{
    const struct sql_value values[] = {sql_int(after_number), sql_int(limit)};
    struct sql_rows *rows;
    enum status status =
        sql_query(entries->sql, STATEMENT_PURGE_LIST, values, COUNT(values), &rows);

    while (status == STATUS_OK && (status = sql_next(rows)) == STATUS_OK) {
        char scope[SCOPE_SIZE];
        char endpoint[ENDPOINT_SIZE];

        sql_row_text(rows, 1, scope, sizeof scope);
        sql_row_text(rows, 2, endpoint, sizeof endpoint);
        visit(context, sql_row_int(rows, 0), scope, endpoint);
    }
    sql_done(&rows);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
