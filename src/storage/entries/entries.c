/* entries.c - the rows of L2: stored unless a purge came between, read, counted, cleaned.
 *
 * States of a row: valid -> not valid (a purge; it stays readable for reports) -> valid again when stored anew;
 * deleted once it is past stale_until. */
#include "entries/entries.h"

#include <assert.h>

#include "base/blob.h"
#include "base/hex.h"

#define RECLAIM_PAGES  256
#define MICRO_USD_CENT 10000
#define PURGE_LIFE_US  (7 * 86400000000LL)
#define KEY_TEXT_SIZE  (2 * sizeof((struct entry_hit *)0)->cache_key + 1)

/* Columns of ENTRY_GET. */
enum {
    COLUMN_KEY,
    COLUMN_SIGNATURE,
    COLUMN_ENDPOINT,
    COLUMN_METHOD,
    COLUMN_PARAMS_HASH,
    COLUMN_HEADERS,
    COLUMN_BODY,
    COLUMN_STATUS_CODE,
    COLUMN_COST,
    COLUMN_CREATED,
    COLUMN_EXPIRES,
    COLUMN_STALE_UNTIL,
    COLUMN_FETCHED_BY,
    COLUMN_PURGE_NUMBER
};

static void
read_numbers(const struct sql_rows *rows, struct entry_row *row)
{
    sql_row_text(rows, COLUMN_KEY, row->cache_key, sizeof row->cache_key);
    sql_row_text(rows, COLUMN_PARAMS_HASH, row->params_hash, sizeof row->params_hash);
    row->status_code = sql_row_int(rows, COLUMN_STATUS_CODE);
    row->estimated_cost_micro_usd = sql_row_int(rows, COLUMN_COST);
    row->created_wall_us = sql_row_time(rows, COLUMN_CREATED);
    row->expires_wall_us = sql_row_time(rows, COLUMN_EXPIRES);
    row->stale_until_wall_us = sql_row_time(rows, COLUMN_STALE_UNTIL);
    if (row->stale_until_wall_us < row->expires_wall_us)
        row->stale_until_wall_us = row->expires_wall_us;
    row->fetched_by_key_id = sql_row_int(rows, COLUMN_FETCHED_BY);
    row->purge_number = sql_row_int(rows, COLUMN_PURGE_NUMBER);
}

/* The texts of a row and its body, one after the other in one blob. */
static struct blob *
copy_bytes(const struct sql_rows *rows, struct entry_row *row)
{
    static const int columns[] = {COLUMN_SIGNATURE, COLUMN_ENDPOINT, COLUMN_METHOD, COLUMN_HEADERS,
                                  COLUMN_BODY};
    struct bytes *const members[] = {&row->signature, &row->endpoint, &row->method, &row->headers,
                                     &row->body};
    size_t size = 0;
    struct blob *owner;
    uint8_t *to;

    for (size_t i = 0; i < COUNT(columns); i++)
        size += sql_row_bytes(rows, columns[i]).size;
    owner = blob_create(size);
    if (owner == NULL)
        return NULL;
    to = blob_writable(owner);
    for (size_t i = 0; i < COUNT(columns); i++) {
        struct bytes from = sql_row_bytes(rows, columns[i]);

        if (from.size > 0)
            memcpy(to, from.data, from.size);
        *members[i] = bytes_of(to, from.size);
        to += from.size;
    }
    return owner;
}

enum status
entry_get(struct entries *entries, const char *cache_key, struct entry_row *row,
          struct blob **owner)
{
    const struct sql_value values[] = {sql_string(cache_key)};
    struct sql_rows *rows;
    enum status status = sql_query(entries->sql, STATEMENT_ENTRY_GET, values, COUNT(values), &rows);

    *owner = NULL;
    if (status == STATUS_OK)
        status = sql_next(rows);
    if (status == STATUS_OK) {
        read_numbers(rows, row);
        *owner = copy_bytes(rows, row);
        status = *owner != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    }
    sql_done(&rows);
    return status;
}

/* OK: no purge after row->purge_number matches. */
static enum status
check_purges(struct entries *entries, const struct entry_row *row)
{
    const struct sql_value values[] = {sql_int(row->purge_number), sql_text(row->endpoint),
                                       sql_time(row->created_wall_us),
                                       sql_time(row->expires_wall_us)};
    int64_t number;
    enum status status =
        sql_query_int(entries->sql, STATEMENT_PURGE_MATCH, values, COUNT(values), &number);

    if (status == STATUS_NOT_FOUND)
        return STATUS_OK;
    return status == STATUS_OK ? STATUS_PURGED : status;
}

static enum status
write_row(struct entries *entries, const struct entry_row *row)
{
    const struct sql_value values[] = {
        sql_string(row->cache_key),
        sql_text(row->endpoint),
        sql_text(row->method),
        sql_string(row->params_hash),
        sql_int(row->status_code),
        sql_decimal((row->estimated_cost_micro_usd + MICRO_USD_CENT / 2) / MICRO_USD_CENT),
        sql_int(row->estimated_cost_micro_usd),
        sql_time(row->created_wall_us),
        sql_time(row->expires_wall_us),
        sql_time(row->stale_until_wall_us),
        sql_text(row->signature),
        sql_blob(row->headers),
        sql_int_or_null(row->fetched_by_key_id),
        sql_int(row->purge_number),
        sql_int((int64_t)row->body.size),
        sql_blob(row->body),
    };

    return sql_run(entries->sql, STATEMENT_ENTRY_PUT, values, COUNT(values), NULL);
}

static enum status
entries_end(struct entries *entries, enum status status)
{
    if (status == STATUS_OK)
        return sql_commit(entries->sql);
    sql_rollback(entries->sql);
    return status;
}

enum status
entry_put(struct entries *entries, const struct entry_row *row)
{
    enum status status = sql_begin(entries->sql);

    if (status != STATUS_OK)
        return status;
    status = check_purges(entries, row);
    if (status == STATUS_OK)
        status = write_row(entries, row);
    return entries_end(entries, status);
}

enum status
entry_count_hits(struct entries *entries, const struct entry_hit *hits, size_t count)
{
    enum status status = sql_begin(entries->sql);

    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        char key[KEY_TEXT_SIZE];

        hex_write(hits[i].cache_key, sizeof hits[i].cache_key, key);
        const struct sql_value values[] = {sql_string(key), sql_int(hits[i].count),
                                           sql_time(hits[i].last_wall_us)};

        status = sql_run(entries->sql, STATEMENT_ENTRY_COUNT_HIT, values, COUNT(values), NULL);
    }
    return entries_end(entries, status);
}

enum status
entry_clean(struct entries *entries, int64_t now_wall_us, int64_t limit, int64_t *deleted)
{
    const struct sql_value old[] = {sql_time(now_wall_us - PURGE_LIFE_US)};
    enum status status = sql_begin(entries->sql);

    *deleted = 0;
    if (status != STATUS_OK)
        return status;
    /* An endpoint's stale windows are alike, so the rows that expired first are the first to end. Where they are not, a row
     * waits for the longer window before it. */
    status = entries_delete_expired(entries, STATEMENT_ENTRY_CLEAN, now_wall_us, limit, deleted);
    if (status == STATUS_OK)
        status = sql_run(entries->sql, STATEMENT_PURGE_FORGET, old, COUNT(old), NULL);
    status = entries_end(entries, status);
    if (status == STATUS_OK && *deleted > 0)
        status = sql_reclaim(entries->sql, RECLAIM_PAGES);
    return status;
}

enum status
entry_totals(struct entries *entries, int64_t *valid, int64_t *total)
{
    enum status status = sql_query_int(entries->sql, STATEMENT_ENTRY_COUNT_VALID, NULL, 0, valid);

    return status == STATUS_OK ? sql_query_int(entries->sql, STATEMENT_ENTRY_COUNT, NULL, 0, total)
                               : status;
}

enum status
entries_try(struct entries *entries)
{
    const struct sql_value values[] = {sql_string("tries")};

    return sql_run(entries->sql, STATEMENT_META_COUNT, values, COUNT(values), NULL);
}
