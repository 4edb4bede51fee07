/* entries_cleanup.c - what leaves cache.db: rows past stale_until, and rows that make it larger than its bound.
 *
 * Order of the second: what a purge cleared, what has expired, what was read longest ago, until the rest fits. A deleted
 * row's pages stay in the file, where the next rows are written; only a file that is larger than the bound gives pages
 * back. */
#include "entries/entries.h"

#include "base/dates.h"

#define RECLAIM_PAGES 256
#define PURGE_LIFE_US (7 * DATES_US_OF_DAY)
/* At most this much goes with a row beside its body: guessed too high, one more step follows; too low, good rows go. */
#define ROW_BYTES 8192
/* Rows are deleted until this share of the bound is free, so that not every store meets it. */
#define FREE_SHARE    32

#define ENDPOINT_SIZE 64

struct file_size {
    int64_t file_bytes;
    int64_t used_bytes; /* without free pages */
    int64_t page_bytes;
};

/* Moves name to the next endpoint that has rows; NOT_FOUND: there is none. */
static enum status
find_next_endpoint(struct entries *entries, char name[ENDPOINT_SIZE])
{
    struct sql_rows *rows;
    enum status status = sql_query_row(entries->sql, STATEMENT_ENTRY_FIRST_ENDPOINT,
                                       SQL_VALUES(sql_string(name)), &rows);

    if (status == STATUS_OK && sql_row_is_null(rows, 0))
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        sql_row_text(rows, 0, name, ENDPOINT_SIZE);
    sql_done(&rows);
    return status;
}

/* Deletes rows in the order in which they expired, endpoint by endpoint, as their index has them: at most limit of all.
 * ENTRY_CLEAN or ENTRY_DROP_EXPIRED says which of them go. Adds to *deleted. */
static enum status
entries_delete_expired(struct entries *entries, enum statement statement, int64_t now_wall_us,
                       int64_t limit, int64_t *deleted)
{
    char endpoint[ENDPOINT_SIZE] = "";
    enum status status = find_next_endpoint(entries, endpoint);

    while (status == STATUS_OK && *deleted < limit) {
        int64_t changes = 0;

        status = sql_run(
            entries->sql, statement,
            SQL_VALUES(sql_string(endpoint), sql_time(now_wall_us), sql_int(limit - *deleted)),
            &changes);
        *deleted += changes;
        if (status == STATUS_OK)
            status = find_next_endpoint(entries, endpoint);
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status
entry_clean(struct entries *entries, int64_t now_wall_us, int64_t limit, int64_t *deleted)
{
    enum status status = sql_begin(entries->sql);

    *deleted = 0;
    if (status != STATUS_OK)
        return status;
    /* An endpoint's stale windows are alike, so the rows that expired first are the first to end. Where they are not, a row
     * waits for the longer window before it. */
    status = entries_delete_expired(entries, STATEMENT_ENTRY_CLEAN, now_wall_us, limit, deleted);
    if (status == STATUS_OK)
        status = sql_run(entries->sql, STATEMENT_PURGE_FORGET,
                         SQL_VALUES(sql_time(now_wall_us - PURGE_LIFE_US)), NULL);
    status = sql_end(entries->sql, status);
    if (status == STATUS_OK && *deleted > 0)
        status = sql_reclaim(entries->sql, RECLAIM_PAGES);
    return status;
}

static enum status
measure_file(struct entries *entries, struct file_size *size)
{
    int64_t pages, free_pages;

    if (sql_page_counts(entries->sql, &size->page_bytes, &pages, &free_pages) != STATUS_OK)
        return STATUS_STORAGE;
    size->file_bytes = pages * size->page_bytes;
    size->used_bytes = (pages - free_pages) * size->page_bytes;
    return STATUS_OK;
}

static enum status
drop_cleared(struct entries *entries, int64_t limit, int64_t *deleted)
{
    return sql_run(entries->sql, STATEMENT_ENTRY_DROP_CLEARED, SQL_VALUES(sql_int(limit)), deleted);
}

/* NOT_FOUND: there is no row any more. */
static enum status
drop_oldest_row(struct entries *entries, int64_t *freed_bytes)
{
    struct sql_rows *rows;
    enum status status = sql_query_row(entries->sql, STATEMENT_ENTRY_DROP_OLDEST, NULL, 0, &rows);

    if (status == STATUS_OK) {
        *freed_bytes += sql_row_int(rows, 0) + ROW_BYTES;
        if (sql_next(rows) != STATUS_NOT_FOUND)
            status = STATUS_STORAGE;
    }
    sql_done(&rows);
    return status;
}

/* One by one, as one may be as large as all others: these are still good. */
static enum status
drop_oldest(struct entries *entries, int64_t excess_bytes, int64_t limit, int64_t *deleted)
{
    enum status status = STATUS_OK;
    int64_t freed_bytes = 0;

    while (status == STATUS_OK && *deleted < limit && freed_bytes < excess_bytes) {
        status = drop_oldest_row(entries, &freed_bytes);
        if (status == STATUS_OK)
            ++*deleted;
    }
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

static enum status
drop_rows(struct entries *entries, int64_t excess_bytes, int64_t now_wall_us, int64_t limit,
          int64_t *deleted)
{
    enum status status = sql_begin(entries->sql);

    if (status != STATUS_OK)
        return status;
    status = drop_cleared(entries, limit, deleted);
    if (status == STATUS_OK && *deleted < limit)
        status = entries_delete_expired(entries, STATEMENT_ENTRY_DROP_EXPIRED, now_wall_us, limit,
                                        deleted);
    if (status == STATUS_OK && *deleted == 0)
        status = drop_oldest(entries, excess_bytes, limit, deleted);
    return sql_end(entries->sql, status);
}

static enum status
reclaim_excess(struct entries *entries, const struct file_size *size, int64_t most_bytes)
{
    int64_t pages = (size->file_bytes - most_bytes + size->page_bytes - 1) / size->page_bytes;

    if (pages <= 0)
        return STATUS_OK;
    return sql_reclaim(entries->sql, pages < RECLAIM_PAGES ? pages : RECLAIM_PAGES);
}

enum status
entry_trim(struct entries *entries, int64_t most_bytes, int64_t now_wall_us, int64_t limit,
           int64_t *deleted, bool *is_more)
{
    struct file_size size, after;
    int64_t wanted_bytes = most_bytes - most_bytes / FREE_SHARE;

    *deleted = 0;
    *is_more = false;
    if (measure_file(entries, &size) != STATUS_OK)
        return STATUS_STORAGE;
    if (size.used_bytes > wanted_bytes && drop_rows(entries, size.used_bytes - wanted_bytes,
                                                    now_wall_us, limit, deleted) != STATUS_OK)
        return STATUS_STORAGE;
    if (reclaim_excess(entries, &size, most_bytes) != STATUS_OK)
        return STATUS_STORAGE;
    if (measure_file(entries, &after) != STATUS_OK)
        return STATUS_STORAGE;
    /* Only as long as it helps: a bound below the empty tables is none that can be kept. */
    *is_more = (after.used_bytes > wanted_bytes || after.file_bytes > most_bytes) &&
               (*deleted > 0 || after.file_bytes < size.file_bytes);
    return STATUS_OK;
}
