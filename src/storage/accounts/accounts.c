/* accounts.c - rentcache.db: where DATABASE_URL has it, opening, transactions, the numbers in its table meta.
 *
 * Life: looked at (a corrupt file is refused and left as it is) -> opened -> migrated -> in use -> closed. */
#include "accounts/accounts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "sql/migrations.h"

#define PATH_SIZE       1024
#define CHECK_BUDGET_MS 500

/* Measured: rows of usage are appended to three indexes, whose pages should stay in memory, and moved from the log to
 * the file seldom. */
#define PAGE_CACHE_KIB   16384
#define CHECKPOINT_PAGES 4096

/* The form is that of the systems this program replaces: after three slashes comes a path relative to the
 * working directory, after four an absolute one; a driver may be named after a plus sign. */
enum database_kind
database_url_parse(const char *url, const char **file)
{
    size_t scheme_size = strcspn(url, ":");
    struct bytes engine = bytes_of(url, strcspn(url, "+:"));
    const char *rest = url + scheme_size;

    if (*rest != ':')
        return DATABASE_MALFORMED;
    rest++;
    if (bytes_equal_text(engine, "postgresql") || bytes_equal_text(engine, "postgres"))
        return DATABASE_POSTGRESQL;
    if (!bytes_equal_text(engine, "sqlite"))
        return DATABASE_MALFORMED;
    if (*rest == '\0' || strcmp(rest, "//") == 0 || strcmp(rest, "///") == 0)
        return DATABASE_IN_DATA_DIR;
    if (strncmp(rest, "///", 3) != 0)
        return DATABASE_MALFORMED;
    *file = rest + 3;
    return DATABASE_FILE;
}

bool
accounts_path(const struct config *config, char *path, size_t path_size)
{
    const char *url = config->server.database_url;
    const char *file = NULL;

    switch (database_url_parse(url, &file)) {
    case DATABASE_IN_DATA_DIR:
        return config_data_path(config, "rentcache.db", path, path_size);
    case DATABASE_FILE:
        return bytes_copy_text(bytes_of_text(file), path, path_size);
    case DATABASE_POSTGRESQL:
        log_error("DATABASE_URL: PostgreSQL is not supported yet; use sqlite: or sqlite:///path");
        return false;
    case DATABASE_MALFORMED:
        break;
    }
    log_error("DATABASE_URL: neither sqlite: nor sqlite:///path");
    return false;
}

/* Nothing may be written before this: a broken account of money is for a person to look at. */
static bool
is_sound(const char *path)
{
    if (access(path, F_OK) != 0 || sql_check_file(path, CHECK_BUDGET_MS) == SQL_SOUND)
        return true;
    log_error("%s is damaged and was not touched: restore a backup or move it away", path);
    return false;
}

static enum status
accounts_open_sql(const struct config *config, enum storage_mode mode, struct sql **sql)
{
    char path[PATH_SIZE];
    const struct sql_options options = {
        .path = path,
        .is_read_only = mode == STORAGE_READ_ONLY,
        .is_durable = true,
        .echo = config->server.database_echo,
        .page_cache_kib = PAGE_CACHE_KIB,
        .checkpoint_pages = CHECKPOINT_PAGES,
        .query_times = HISTOGRAM_ACCOUNTS_QUERY,
        .commit_times = HISTOGRAM_ACCOUNTS_COMMIT,
    };

    if (!accounts_path(config, path, sizeof path))
        return STATUS_STORAGE;
    if (mode == STORAGE_READ_WRITE) {
        (void)mkdir(config->server.data_dir, 0700);
        if (!is_sound(path))
            return STATUS_STORAGE;
    }
    return migrations_open(&options, &accounts_schema, sql);
}

enum status
accounts_open(const struct config *config, enum storage_mode mode, struct accounts **result)
{
    struct accounts *accounts = calloc(1, sizeof *accounts);
    enum status status;

    *result = NULL;
    if (accounts == NULL)
        log_fatal("no memory for the accounts");
    accounts->charges_unknown = strcmp(config->analytics.unknown_charge, "free") != 0;
    status = accounts_open_sql(config, mode, &accounts->sql);
    if (status != STATUS_OK) {
        accounts_close(&accounts);
        return status;
    }
    *result = accounts;
    return STATUS_OK;
}

void
accounts_close(struct accounts **accounts)
{
    if (*accounts == NULL)
        return;
    sql_close(&(*accounts)->sql);
    free(*accounts);
    *accounts = NULL;
}

enum status
accounts_begin(struct accounts *accounts)
{
    return sql_begin(accounts->sql);
}

enum status
accounts_commit(struct accounts *accounts)
{
    if (accounts_store_sums(accounts) == STATUS_OK)
        return sql_commit(accounts->sql);
    sql_rollback(accounts->sql);
    return STATUS_STORAGE;
}

void
accounts_rollback(struct accounts *accounts)
{
    usage_sums_clear(&accounts->sums);
    sql_rollback(accounts->sql);
}

enum status
accounts_enter(struct accounts *accounts, bool *is_own)
{
    *is_own = !sql_is_in_transaction(accounts->sql);
    return *is_own ? sql_begin(accounts->sql) : STATUS_OK;
}

enum status
accounts_leave(struct accounts *accounts, bool is_own, enum status status)
{
    if (!is_own)
        return status;
    if (status == STATUS_OK)
        return accounts_commit(accounts);
    accounts_rollback(accounts);
    return status;
}

enum status
accounts_meta(struct accounts *accounts, const char *name, int64_t *value)
{
    return sql_query_int(accounts->sql, STATEMENT_META_GET, SQL_VALUES(sql_string(name)), value);
}

enum status
accounts_meta_advance(struct accounts *accounts, const char *name)
{
    return sql_run(accounts->sql, STATEMENT_META_ADVANCE, SQL_VALUES(sql_string(name)), NULL);
}

enum status
accounts_probe(struct accounts *accounts)
{
    return sql_run(accounts->sql, STATEMENT_META_COUNT, SQL_VALUES(sql_string("tries")), NULL);
}
