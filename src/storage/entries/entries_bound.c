/* entries_bound.c - keeps cache.db below a size: rows go until the rest fits, and their pages are used again.
 *
 * Order: what a purge cleared, what has expired, what was read longest ago. A deleted row's pages stay in the file, where
 * the next rows are written; only a file that is larger than the bound gives pages back. */
#include "entries/entries.h"

#define RECLAIM_PAGES 256
/* At most this much goes with a row beside its body: guessed too high, one more step follows; too low, good rows go. */
#define ROW_BYTES 8192
/* Rows are deleted until this share of the bound is free, so that not every store meets it. */
#define FREE_SHARE 32

struct file_size {
    int64_t file_bytes;
    int64_t used_bytes; /* without free pages */
    int64_t page_bytes;
};

static enum status
entries_bound_measure(struct entries *entries, struct file_size *size)
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
    const struct sql_value values[] = {sql_int(limit)};

    return sql_run(entries->sql, STATEMENT_ENTRY_DROP_CLEARED, values, COUNT(values), deleted);
}

/* NOT_FOUND: there is no row any more. */
static enum status
drop_oldest_row(struct entries *entries, int64_t *freed_bytes)
{
    struct sql_rows *rows;
    enum status status = sql_query(entries->sql, STATEMENT_ENTRY_DROP_OLDEST, NULL, 0, &rows);

    if (status == STATUS_OK)
        status = sql_next(rows);
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
    if (status == STATUS_OK)
        return sql_commit(entries->sql);
    sql_rollback(entries->sql);
    return status;
}

static enum status
entries_bound_reclaim(struct entries *entries, const struct file_size *size, int64_t most_bytes)
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
    if (entries_bound_measure(entries, &size) != STATUS_OK)
        return STATUS_STORAGE;
    if (size.used_bytes > wanted_bytes && drop_rows(entries, size.used_bytes - wanted_bytes,
                                                    now_wall_us, limit, deleted) != STATUS_OK)
        return STATUS_STORAGE;
    if (entries_bound_reclaim(entries, &size, most_bytes) != STATUS_OK)
        return STATUS_STORAGE;
    if (entries_bound_measure(entries, &after) != STATUS_OK)
        return STATUS_STORAGE;
    /* Only as long as it helps: a bound below the empty tables is none that can be kept. */
    *is_more = (after.used_bytes > wanted_bytes || after.file_bytes > most_bytes) &&
               (*deleted > 0 || after.file_bytes < size.file_bytes);
    return STATUS_OK;
}
