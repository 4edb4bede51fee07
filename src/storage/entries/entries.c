/* entries.c - cache.db and the rows of L2: opened, or made anew when it is corrupt; stored unless a purge came between,
 * read, counted.
 *
 * States of a row: valid -> not valid (a purge; it stays readable for reports) -> valid again when stored anew;
 * deleted once it is past stale_until, or when the database is too large (entries_cleanup.c).
 *
 * What the file holds can be fetched again, so a corrupt one is no reason not to start: it becomes
 * cache.db.corrupt-1 to -9 (the ninth is replaced) for whoever wants to look at it.
 * Purge numbers only go up, also when the file that counted them is lost or was deleted: a new file starts counting at
 * the milliseconds since 1970, which no older file has reached unless it was purged a thousand times a second. */
#include "entries/entries.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/blob.h"
#include "base/clock.h"
#include "base/data_dir.h"
#include "base/hex.h"
#include "base/log.h"
#include "sql/migrations.h"

#define PATH_SIZE        1024
#define CORRUPT_FILES    9
#define CHECK_BUDGET_MS  500
#define PAGE_CACHE_KIB   16384
#define CHECKPOINT_PAGES 1000
#define US_PER_MS        1000
#define MICRO_USD_CENT   10000
#define KEY_TEXT_SIZE    (2 * sizeof((struct entry_hit *)0)->cache_key + 1)

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
    COLUMN_PURGE_NUMBER,
    COLUMN_IS_VALID
};

/* Columns of ENTRY_TOTALS. */
enum {
    TOTAL_ENDPOINT,
    TOTAL_ROWS,
    TOTAL_VALID,
    TOTAL_FRESH,
    TOTAL_BODY_BYTES,
    TOTAL_HITS,
    TOTAL_SAVED
};

/* The write-ahead log goes along: without its database it must not stay, or it would be played into the next. */
static void
move_beside(const char *path, const char *to, const char *suffix)
{
    char from_path[PATH_SIZE + 16];
    char to_path[PATH_SIZE + 48];

    snprintf(from_path, sizeof from_path, "%s%s", path, suffix);
    snprintf(to_path, sizeof to_path, "%s%s", to, suffix);
    if (rename(from_path, to_path) != 0)
        (void)unlink(from_path);
}

static bool
move_aside(const char *path)
{
    char to[PATH_SIZE + 32];
    int number = 0;

    do {
        number++;
        snprintf(to, sizeof to, "%s.corrupt-%d", path, number);
    } while (number < CORRUPT_FILES && access(to, F_OK) == 0);
    move_beside(path, to, "-wal");
    move_beside(path, to, "-shm");
    if (rename(path, to) != 0) {
        log_error("%s is damaged and cannot be moved to %s: %s", path, to, strerror(errno));
        return false;
    }
    log_warning("%s was damaged: moved to %s, the cache starts empty", path, to);
    return true;
}

static enum status
prepare_file(const char *path)
{
    if (access(path, F_OK) != 0)
        return STATUS_OK;
    switch (sql_check_file(path, CHECK_BUDGET_MS)) {
    case SQL_SOUND:
    case SQL_EMPTY:
        return STATUS_OK;
    case SQL_CORRUPT:
        return move_aside(path) ? STATUS_OK : STATUS_STORAGE;
    case SQL_UNREADABLE:
        break;
    }
    return STATUS_STORAGE;
}

/* Of a new file; one that counts already has passed this. */
static enum status
start_purge_numbers(struct sql *sql)
{
    return sql_run(sql, STATEMENT_META_START,
                   SQL_VALUES(sql_string("purge_number"), sql_int(clock_wall_ms())), NULL);
}

static enum status
entries_open_sql(const struct sql_options *options, struct sql **sql)
{
    enum status status = options->is_read_only ? STATUS_OK : prepare_file(options->path);

    if (status == STATUS_OK)
        status = migrations_open(options, &entries_schema, sql);
    if (status == STATUS_OK && !options->is_read_only)
        status = start_purge_numbers(*sql);
    return status;
}

bool
entries_path(const struct config *config, char *path, size_t path_size)
{
    return config_data_path(config, "cache.db", path, path_size);
}

int64_t
entries_file_bytes(const struct config *config)
{
    char path[PATH_SIZE];
    struct stat about;

    return entries_path(config, path, sizeof path) && stat(path, &about) == 0
               ? (int64_t)about.st_size
               : 0;
}

/* A full disk is no reason not to start: what is here can be fetched again. */
void
entries_yield_disk(const struct config *config)
{
    static const char *const endings[] = {"", "-wal", "-shm"};
    char path[PATH_SIZE], file[PATH_SIZE + 8];
    int64_t free_bytes = data_dir_free_bytes(config);

    if (free_bytes < 0 || free_bytes >= DATA_DIR_NO_ROOM_BYTES || entries_file_bytes(config) == 0 ||
        !entries_path(config, path, sizeof path))
        return;
    log_warning("%s is deleted: the disk is full, and what is in it can be fetched again", path);
    for (size_t i = 0; i < COUNT(endings); i++) {
        snprintf(file, sizeof file, "%s%s", path, endings[i]);
        (void)unlink(file);
    }
}

enum status
entries_open(const struct config *config, enum storage_mode mode, struct entries **result)
{
    char path[PATH_SIZE];
    const struct sql_options options = {
        .path = path,
        .is_read_only = mode == STORAGE_READ_ONLY,
        .is_durable = false,
        .echo = config->server.database_echo,
        .has_large_rows = true,
        .page_cache_kib = PAGE_CACHE_KIB,
        .checkpoint_pages = CHECKPOINT_PAGES,
        .query_times = HISTOGRAM_ENTRIES_QUERY,
        .commit_times = HISTOGRAM_ENTRIES_COMMIT,
    };
    struct entries *entries = calloc(1, sizeof *entries);
    enum status status = STATUS_STORAGE;

    *result = NULL;
    if (entries == NULL)
        log_fatal("no memory for the entries");
    (void)mkdir(config->server.data_dir, 0700);
    if (entries_path(config, path, sizeof path))
        status = entries_open_sql(&options, &entries->sql);
    if (status != STATUS_OK) {
        entries_close(&entries);
        return status;
    }
    *result = entries;
    return STATUS_OK;
}

void
entries_close(struct entries **entries)
{
    if (*entries == NULL)
        return;
    sql_close(&(*entries)->sql);
    free(*entries);
    *entries = NULL;
}

static void
read_numbers(const struct sql_rows *rows, struct entry_row *row)
{
    sql_row_text(rows, COLUMN_KEY, row->cache_key, sizeof row->cache_key);
    sql_row_text(rows, COLUMN_PARAMS_HASH, row->params_hash, sizeof row->params_hash);
    row->meta = (struct response_meta){
        .http_status = sql_row_int(rows, COLUMN_STATUS_CODE),
        .created_wall_ms = sql_row_time(rows, COLUMN_CREATED) / US_PER_MS,
        .expires_wall_ms = sql_row_time(rows, COLUMN_EXPIRES) / US_PER_MS,
        .stale_until_wall_ms = sql_row_time(rows, COLUMN_STALE_UNTIL) / US_PER_MS,
        .price_micro_usd = sql_row_int(rows, COLUMN_COST),
        .purge_number = sql_row_int(rows, COLUMN_PURGE_NUMBER),
        .fetched_by_key_id = sql_row_int(rows, COLUMN_FETCHED_BY),
    };
    if (row->meta.stale_until_wall_ms < row->meta.expires_wall_ms)
        row->meta.stale_until_wall_ms = row->meta.expires_wall_ms;
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
    for (size_t i = 0; i < COUNT(columns); i++)
        *members[i] = bytes_place(&to, sql_row_bytes(rows, columns[i]));
    return owner;
}

enum status
entry_get(struct entries *entries, const char *cache_key, struct entry_row *row,
          struct blob **owner)
{
    struct sql_rows *rows;
    enum status status =
        sql_query_row(entries->sql, STATEMENT_ENTRY_GET, SQL_VALUES(sql_string(cache_key)), &rows);

    *owner = NULL;
    if (status == STATUS_OK && sql_row_int(rows, COLUMN_IS_VALID) == 0)
        status = STATUS_PURGED;
    if (status == STATUS_OK) {
        read_numbers(rows, row);
        *owner = copy_bytes(rows, row);
        status = *owner != NULL ? STATUS_OK : STATUS_NO_MEMORY;
    }
    sql_done(&rows);
    return status;
}

/* OK: no purge after meta.purge_number matches. */
static enum status
check_purges(struct entries *entries, const struct entry_row *row)
{
    const struct sql_value values[] = {sql_int(row->meta.purge_number), sql_text(row->endpoint),
                                       sql_time(row->meta.created_wall_ms * US_PER_MS),
                                       sql_time(row->meta.expires_wall_ms * US_PER_MS)};
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
    const struct response_meta *meta = &row->meta;
    const struct sql_value values[] = {
        sql_string(row->cache_key),
        sql_text(row->endpoint),
        sql_text(row->method),
        sql_string(row->params_hash),
        sql_int(meta->http_status),
        sql_decimal((meta->price_micro_usd + MICRO_USD_CENT / 2) / MICRO_USD_CENT),
        sql_int(meta->price_micro_usd),
        sql_time(meta->created_wall_ms * US_PER_MS),
        sql_time(meta->expires_wall_ms * US_PER_MS),
        sql_time(meta->stale_until_wall_ms * US_PER_MS),
        sql_text(row->signature),
        sql_blob(row->headers),
        sql_int_or_null(meta->fetched_by_key_id),
        sql_int(meta->purge_number),
        sql_int((int64_t)row->body.size),
        sql_blob(row->body),
    };

    return sql_run(entries->sql, STATEMENT_ENTRY_PUT, values, COUNT(values), NULL);
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
    return sql_end(entries->sql, status);
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
        status = sql_run(
            entries->sql, STATEMENT_ENTRY_COUNT_HIT,
            SQL_VALUES(sql_string(key), sql_int(hits[i].count), sql_time(hits[i].last_wall_us)),
            NULL);
    }
    return sql_end(entries->sql, status);
}

enum status
entry_totals(struct entries *entries, int64_t *valid, int64_t *total)
{
    enum status status = sql_query_int(entries->sql, STATEMENT_ENTRY_COUNT_VALID, NULL, 0, valid);

    return status == STATUS_OK ? sql_query_int(entries->sql, STATEMENT_ENTRY_COUNT, NULL, 0, total)
                               : status;
}

static void
read_total(const struct sql_rows *rows, struct entry_total *total)
{
    sql_row_text(rows, TOTAL_ENDPOINT, total->endpoint, sizeof total->endpoint);
    total->rows = sql_row_int(rows, TOTAL_ROWS);
    total->valid = sql_row_int(rows, TOTAL_VALID);
    total->fresh = sql_row_int(rows, TOTAL_FRESH);
    total->body_bytes = sql_row_int(rows, TOTAL_BODY_BYTES);
    total->hits = sql_row_int(rows, TOTAL_HITS);
    total->saved_micro_usd = sql_row_int(rows, TOTAL_SAVED);
}

enum status
entry_totals_by_endpoint(struct entries *entries, const char *endpoint, int64_t now_wall_us,
                         entry_total_visit *visit, void *context)
{
    struct sql_rows *rows;
    enum status status = sql_query(entries->sql, STATEMENT_ENTRY_TOTALS,
                                   SQL_VALUES(sql_time(now_wall_us), sql_string(endpoint)), &rows);

    while (sql_each(rows, &status)) {
        struct entry_total total;

        read_total(rows, &total);
        visit(context, &total);
    }
    sql_done(&rows);
    return status;
}

enum status
entries_probe(struct entries *entries)
{
    return sql_run(entries->sql, STATEMENT_META_COUNT, SQL_VALUES(sql_string("tries")), NULL);
}
