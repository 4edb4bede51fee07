/* entries_expired.c - deleting rows in the order in which they expired, endpoint by endpoint, as their index has them. */
#include "entries/entries.h"

#define ENDPOINT_SIZE 64

/* Moves name to the next endpoint that has rows; NOT_FOUND: there is none. */
static enum status
find_next_endpoint(struct entries *entries, char name[ENDPOINT_SIZE])
{
    const struct sql_value values[] = {sql_string(name)};
    struct sql_rows *rows;
    enum status status =
        sql_query(entries->sql, STATEMENT_ENTRY_FIRST_ENDPOINT, values, COUNT(values), &rows);

    if (status == STATUS_OK)
        status = sql_next(rows);
    if (status == STATUS_OK && sql_row_is_null(rows, 0))
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        sql_row_text(rows, 0, name, ENDPOINT_SIZE);
    sql_done(&rows);
    return status;
}

enum status
entries_delete_expired(struct entries *entries, enum statement statement, int64_t now_wall_us,
                       int64_t limit, int64_t *deleted)
{
    char endpoint[ENDPOINT_SIZE] = "";
    enum status status = find_next_endpoint(entries, endpoint);

    while (status == STATUS_OK && *deleted < limit) {
        const struct sql_value values[] = {sql_string(endpoint), sql_time(now_wall_us),
                                           sql_int(limit - *deleted)};
        int64_t changes = 0;

        status = sql_run(entries->sql, statement, values, COUNT(values), &changes);
        *deleted += changes;
        if (status == STATUS_OK)
            status = find_next_endpoint(entries, endpoint);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
