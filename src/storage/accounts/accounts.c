/* accounts.c - rentcache.db: opening, transactions, the numbers in its table meta.
 *
 * Life: looked at (accounts_file.h) -> opened -> migrated -> in use -> closed. */
#include "accounts/accounts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "accounts/accounts_file.h"
#include "base/log.h"
#include "sql/migrations.h"

#define PATH_SIZE 1024

/* Measured: rows of usage are appended to three indexes, whose pages should stay in memory, and moved from the log to
 * the file seldom. */
#define PAGE_CACHE_KIB   16384
#define CHECKPOINT_PAGES 4096

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
    enum status status;

    if (!accounts_path(config, path, sizeof path))
        return STATUS_STORAGE;
    if (mode == STORAGE_READ_WRITE) {
        (void)mkdir(config->server.data_dir, 0700);
        if (!accounts_file_may_open(path, ACCOUNTS_CHECK_MS))
            return STATUS_STORAGE;
    }
    status = migrations_open(&options, &accounts_schema, sql);
    if (status == STATUS_OK && mode == STORAGE_READ_WRITE)
        accounts_file_mark(path);
    return status;
}

enum status
accounts_open(const struct config *config, enum storage_mode mode, struct accounts **result)
{
    struct accounts *accounts = calloc(1, sizeof *accounts);
    enum status status;

    *result = NULL;
    if (accounts == NULL)
        log_fatal("no memory for the accounts");
    accounts->stores_rows = config->gateway.enable_analytics;
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
