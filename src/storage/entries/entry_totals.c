/* entry_totals.c - what L2 holds, by endpoint, for reports. */
#include "entries/entries.h"

/* Columns of ENTRY_TOTALS. */
enum {
    COLUMN_ENDPOINT,
    COLUMN_ROWS,
    COLUMN_VALID,
    COLUMN_FRESH,
    COLUMN_BODY_BYTES,
    COLUMN_HITS,
    COLUMN_SAVED
};

static void
read_total(const struct sql_rows *rows, struct entry_total *total)
{
    sql_row_text(rows, COLUMN_ENDPOINT, total->endpoint, sizeof total->endpoint);
    total->rows = sql_row_int(rows, COLUMN_ROWS);
    total->valid = sql_row_int(rows, COLUMN_VALID);
    total->fresh = sql_row_int(rows, COLUMN_FRESH);
    total->body_bytes = sql_row_int(rows, COLUMN_BODY_BYTES);
    total->hits = sql_row_int(rows, COLUMN_HITS);
    total->saved_micro_usd = sql_row_int(rows, COLUMN_SAVED);
}

enum status
entry_totals_by_endpoint(struct entries *entries, const char *endpoint, int64_t now_wall_us,
                         entry_total_visit *visit, void *context)
{
    const struct sql_value values[] = {sql_time(now_wall_us), sql_string(endpoint)};
    struct sql_rows *rows;
    enum status status =
        sql_query(entries->sql, STATEMENT_ENTRY_TOTALS, values, COUNT(values), &rows);

    while (status == STATUS_OK && (status = sql_next(rows)) == STATUS_OK) {
        struct entry_total total;

        read_total(rows, &total);
        visit(context, &total);
    }
    sql_done(&rows);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}
