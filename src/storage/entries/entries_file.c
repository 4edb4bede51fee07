/* entries_file.c - cache.db: opening, moving it aside when it is corrupt, making it anew.
 *
 * What it holds can be fetched again, so a corrupt file is no reason not to start: it becomes
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

#include "base/clock.h"
#include "base/log.h"
#include "sql/migrations.h"

#define PATH_SIZE        1024
#define CORRUPT_FILES    9
#define CHECK_BUDGET_MS  500
#define PAGE_CACHE_KIB   16384
#define CHECKPOINT_PAGES 1000

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
start_numbers(struct sql *sql)
{
    const struct sql_value values[] = {sql_string("purge_number"), sql_int(clock_wall_us() / 1000)};

    return sql_run(sql, STATEMENT_META_START, values, COUNT(values), NULL);
}

static enum status
open_for_writing(struct sql_options *options, struct sql **sql)
{
    enum status status = prepare_file(options->path);

    if (status == STATUS_OK)
        status = sql_open(options, sql);
    if (status == STATUS_OK)
        status = migrations_apply(*sql, &entries_schema);
    return status == STATUS_OK ? start_numbers(*sql) : status;
}

static enum status
open_for_reading(struct sql_options *options, struct sql **sql)
{
    enum status status;

    options->is_read_only = true;
    status = sql_open(options, sql);
    return status == STATUS_OK ? migrations_expect(*sql, &entries_schema) : status;
}

enum status
entries_open(const struct config *config, enum storage_mode mode, struct entries **result)
{
    char path[PATH_SIZE];
    struct sql_options options = {
        .path = path,
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
    if (config_data_path(config, "cache.db", path, sizeof path))
        status = mode == STORAGE_READ_ONLY ? open_for_reading(&options, &entries->sql)
                                           : open_for_writing(&options, &entries->sql);
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
