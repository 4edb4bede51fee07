/* migrations.c - the tables of both databases, and how a database is brought to them, step by numbered step.
 *
 * A database knows its version as the greatest row of schema_migrations. Each step and its row are one
 * transaction: a database is never between two versions. A step that was released is never changed.
 * Tables that the RentCache document gives have its names and columns; what is ours comes on top. */
#include "sql/migrations.h"

#include "base/log.h"

#define SCRIPT_SIZE 4096

/* A step: its number is its place in the list, from 1. */
struct migration {
    const char *name;
    const char *const *texts; /* run in order, in the words of sql_expand; ends with NULL */
};

struct schema {
    const char *name; /* for messages */
    const struct migration *migrations;
    int64_t count;
};

/* rentcache.db. The UNIQUE that the document asks of key_hash is the index that it names as well. References are
 * declared, not enforced at every row: a usage row outlives its key. */
static const char *const accounts_document[] = {
    "CREATE TABLE api_keys ("
    "id {serial_key},"
    "key_name VARCHAR(100) UNIQUE NOT NULL,"
    "key_hash VARCHAR(64) NOT NULL,"
    "is_active BOOLEAN DEFAULT TRUE,"
    "daily_limit INTEGER DEFAULT 1000,"
    "monthly_limit INTEGER DEFAULT 30000,"
    "daily_usage INTEGER DEFAULT 0,"
    "monthly_usage INTEGER DEFAULT 0,"
    "last_daily_reset {timestamp} DEFAULT {now},"
    "last_monthly_reset {timestamp} DEFAULT {now},"
    "created_at {timestamp} DEFAULT {now},"
    "expires_at {timestamp},"
    "last_used {timestamp});"
    "CREATE UNIQUE INDEX idx_api_keys_hash ON api_keys(key_hash);"
    "CREATE INDEX idx_api_keys_active ON api_keys(is_active);",

    "CREATE TABLE usage_stats ("
    "id {serial_key},"
    "api_key_id INTEGER REFERENCES api_keys(id),"
    "endpoint VARCHAR(50) NOT NULL,"
    "method VARCHAR(10) NOT NULL,"
    "status_code INTEGER NOT NULL,"
    "response_time_ms DECIMAL(10,2) NOT NULL,"
    "cache_hit BOOLEAN NOT NULL,"
    "estimated_cost DECIMAL(10,2) DEFAULT 0.0,"
    "user_agent TEXT,"
    "ip_address {address},"
    "created_at {timestamp} DEFAULT {now});"
    "CREATE INDEX idx_usage_stats_api_key_created ON usage_stats(api_key_id, created_at);"
    "CREATE INDEX idx_usage_stats_endpoint_created ON usage_stats(endpoint, created_at);"
    "CREATE INDEX idx_usage_stats_cache_hit ON usage_stats(cache_hit, created_at);",

    "CREATE TABLE rate_limits ("
    "id {serial_key},"
    "api_key_id INTEGER REFERENCES api_keys(id),"
    "endpoint VARCHAR(50) NOT NULL,"
    "current_tokens INTEGER DEFAULT 0,"
    "last_refill {timestamp} DEFAULT {now},"
    "created_at {timestamp} DEFAULT {now},"
    "UNIQUE(api_key_id, endpoint));",
    NULL,
};

/* Money is micro-dollars; estimated_cost above is what a person reads. A mark is the last sequence of a ring that is
 * stored; it moves in the transaction of its rows. */
static const char *const accounts_first[] = {
    "CREATE TABLE meta (name VARCHAR(50) PRIMARY KEY, value BIGINT NOT NULL);"
    "INSERT INTO meta (name, value) VALUES ('key_version', 0);"
    "ALTER TABLE api_keys ADD COLUMN limits TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE api_keys ADD COLUMN rights TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE api_keys ADD COLUMN deleted_at {timestamp};",

    "ALTER TABLE usage_stats ADD COLUMN decision VARCHAR(10) NOT NULL DEFAULT '';"
    "ALTER TABLE usage_stats ADD COLUMN level VARCHAR(4) NOT NULL DEFAULT '';"
    "ALTER TABLE usage_stats ADD COLUMN cost_micro_usd BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE usage_stats ADD COLUMN saved_micro_usd BIGINT NOT NULL DEFAULT 0;"
    "ALTER TABLE usage_stats ADD COLUMN spool_id VARCHAR(32);"
    "ALTER TABLE usage_stats ADD COLUMN ring BIGINT;"
    "ALTER TABLE usage_stats ADD COLUMN sequence BIGINT;"
    "CREATE TABLE usage_marks ("
    "spool_id VARCHAR(32) NOT NULL, ring BIGINT NOT NULL, sequence BIGINT NOT NULL,"
    "PRIMARY KEY (spool_id, ring)){clustered};",

    "CREATE TABLE usage_hourly ("
    "hour {timestamp} NOT NULL,"
    "endpoint VARCHAR(50) NOT NULL,"
    "hits BIGINT NOT NULL, stale BIGINT NOT NULL, collapsed BIGINT NOT NULL,"
    "misses BIGINT NOT NULL, refused BIGINT NOT NULL, errors BIGINT NOT NULL,"
    "response_time_us BIGINT NOT NULL,"
    "cost_micro_usd BIGINT NOT NULL, saved_micro_usd BIGINT NOT NULL,"
    "PRIMARY KEY (hour, endpoint)){clustered};"
    "CREATE TABLE usage_daily ("
    "api_key_id BIGINT NOT NULL,"
    "day {date} NOT NULL,"
    "requests BIGINT NOT NULL,"
    "cost_micro_usd BIGINT NOT NULL, saved_micro_usd BIGINT NOT NULL,"
    "PRIMARY KEY (api_key_id, day)){clustered};",

    "CREATE TABLE ledger ("
    "call_id VARCHAR(32) PRIMARY KEY,"
    "instance VARCHAR(63) NOT NULL,"
    "epoch BIGINT NOT NULL,"
    "api_key_id BIGINT,"
    "route VARCHAR(50) NOT NULL,"
    "reason VARCHAR(10) NOT NULL,"
    "status VARCHAR(10) NOT NULL,"
    "price_micro_usd BIGINT NOT NULL,"
    "cost_micro_usd BIGINT NOT NULL DEFAULT 0,"
    "http_status INTEGER,"
    "duration_us BIGINT,"
    "reserved_at {timestamp} NOT NULL,"
    "settled_at {timestamp});"
    "CREATE INDEX idx_ledger_reserved ON ledger(instance) WHERE status = 'reserved';"
    "CREATE INDEX idx_ledger_reserved_at ON ledger(reserved_at);"
    "CREATE TABLE ledger_hourly ("
    "hour {timestamp} NOT NULL,"
    "route VARCHAR(50) NOT NULL,"
    "calls BIGINT NOT NULL, reserved BIGINT NOT NULL, billed BIGINT NOT NULL,"
    "free BIGINT NOT NULL, unknown BIGINT NOT NULL, cost_micro_usd BIGINT NOT NULL,"
    "PRIMARY KEY (hour, route)){clustered};",

    "CREATE TABLE quota_grants ("
    "api_key_id BIGINT NOT NULL,"
    "period VARCHAR(5) NOT NULL," /* day or month */
    "starts {date} NOT NULL,"
    "granted BIGINT NOT NULL,"
    "PRIMARY KEY (api_key_id, period, starts)){clustered};",
    NULL,
};

/* Roll-ups of what a request was answered with and how long it took; up_to_us is the bound of a bucket of duration.h. */
static const char *const accounts_answers[] = {
    "CREATE TABLE usage_statuses ("
    "hour {timestamp} NOT NULL,"
    "endpoint VARCHAR(50) NOT NULL,"
    "status_code INTEGER NOT NULL,"
    "requests BIGINT NOT NULL,"
    "PRIMARY KEY (hour, endpoint, status_code)){clustered};"
    "CREATE TABLE usage_durations ("
    "hour {timestamp} NOT NULL,"
    "endpoint VARCHAR(50) NOT NULL,"
    "up_to_us BIGINT NOT NULL,"
    "requests BIGINT NOT NULL,"
    "PRIMARY KEY (hour, endpoint, up_to_us)){clustered};",
    NULL,
};

/* What was asked under an Idempotency-Key, and the key that came of it. */
static const char *const accounts_creations[] = {
    "CREATE TABLE key_creations ("
    "idempotency_hash VARCHAR(64) PRIMARY KEY,"
    "body_hash VARCHAR(64) NOT NULL,"
    "api_key_id BIGINT NOT NULL,"
    "created_at {timestamp} NOT NULL){clustered};"
    "CREATE INDEX idx_key_creations_created_at ON key_creations(created_at);",
    NULL,
};

/* Of a rotated key: the secret that was before, which works until then. */
static const char *const accounts_rotations[] = {
    "ALTER TABLE api_keys ADD COLUMN previous_hash VARCHAR(64) NOT NULL DEFAULT '';"
    "ALTER TABLE api_keys ADD COLUMN previous_until {timestamp};"
    "CREATE INDEX idx_api_keys_previous_hash ON api_keys(previous_hash);",
    NULL,
};

/* Requests that caused a paid call; days that were stored before count none. */
static const char *const accounts_calls[] = {
    "ALTER TABLE usage_daily ADD COLUMN calls BIGINT NOT NULL DEFAULT 0;",
    NULL,
};

/* When nothing of a limit is used any more, and what each part of a sliding window holds. */
static const char *const accounts_limits[] = {
    "ALTER TABLE rate_limits ADD COLUMN full_at {timestamp};"
    "ALTER TABLE rate_limits ADD COLUMN parts TEXT;"
    "CREATE INDEX idx_rate_limits_full_at ON rate_limits(full_at);",
    NULL,
};

static const struct migration accounts_migrations[] = {
    {"tables of the document", accounts_document},
    {"accounts", accounts_first},
    {"answers by status and duration", accounts_answers},
    {"idempotent creations", accounts_creations},
    {"rotated secrets", accounts_rotations},
    {"paid calls by key and day", accounts_calls},
    {"limits over a restart", accounts_limits},
};

const struct schema accounts_schema = {
    .name = "accounts",
    .migrations = accounts_migrations,
    .count = COUNT(accounts_migrations),
};

/* cache.db. The body stands last, so that counting, marking and cleaning read past none. The UNIQUE that the document asks
 * of cache_key is the index that it names as well. */
static const char *const entries_first[] = {
    "CREATE TABLE cache_entries ("
    "id {serial_key},"
    "cache_key VARCHAR(64) NOT NULL,"
    "endpoint VARCHAR(50) NOT NULL,"
    "method VARCHAR(10) NOT NULL,"
    "params_hash VARCHAR(64) NOT NULL,"
    "status_code INTEGER NOT NULL,"
    "estimated_cost DECIMAL(10,2) DEFAULT 0.0,"
    "cost_micro_usd BIGINT NOT NULL DEFAULT 0,"
    "created_at {timestamp} DEFAULT {now},"
    "expires_at {timestamp} NOT NULL,"
    "stale_until {timestamp},"
    "is_valid BOOLEAN DEFAULT TRUE,"
    "hit_count INTEGER DEFAULT 0,"
    "last_accessed {timestamp} DEFAULT {now},"
    "fetched_by_key_id BIGINT,"
    "purge_number BIGINT NOT NULL DEFAULT 0,"
    "body_size BIGINT NOT NULL DEFAULT 0,"
    "signature TEXT,"
    "headers {bytes},"
    "response_data {bytes} NOT NULL);"
    "CREATE UNIQUE INDEX idx_cache_entries_key ON cache_entries(cache_key);"
    "CREATE INDEX idx_cache_entries_endpoint_expires ON cache_entries(endpoint, expires_at);"
    "CREATE INDEX idx_cache_entries_created_at ON cache_entries(created_at);"
    "CREATE INDEX idx_cache_entries_valid ON cache_entries(endpoint) WHERE is_valid = TRUE;",

    "CREATE TABLE purge_log ("
    "number BIGINT PRIMARY KEY,"
    "scope VARCHAR(10) NOT NULL,"
    "endpoint VARCHAR(50),"
    "created_at {timestamp} NOT NULL DEFAULT {now}){clustered};"
    "CREATE TABLE meta (name VARCHAR(50) PRIMARY KEY, value BIGINT NOT NULL);"
    "INSERT INTO meta (name, value) VALUES ('purge_number', 0);",
    NULL,
};

static const char *const entries_purge_times[] = {
    "ALTER TABLE purge_log ADD COLUMN fetched_before {timestamp};"
    "ALTER TABLE purge_log ADD COLUMN expired_before {timestamp};",
    NULL,
};

/* For what is deleted when the database is too large: first what nobody is served any more, then what was read longest ago. */
static const char *const entries_bound[] = {
    "CREATE INDEX idx_cache_entries_cleared ON cache_entries(id) WHERE is_valid = FALSE;"
    "CREATE INDEX idx_cache_entries_accessed ON cache_entries(last_accessed);",
    NULL,
};

static const char *const entries_l1_generation[] = {
    "INSERT INTO meta (name, value) VALUES ('l1_generation', 0), ('l1_is_whole', 0);",
    NULL,
};

static const struct migration entries_migrations[] = {
    {"entries and purge log", entries_first},
    {"purges by time", entries_purge_times},
    {"a bound of size", entries_bound},
    {"the generation of L1", entries_l1_generation},
};

const struct schema entries_schema = {
    .name = "entries",
    .migrations = entries_migrations,
    .count = COUNT(entries_migrations),
};
static const char bookkeeping[] = "CREATE TABLE IF NOT EXISTS schema_migrations ("
                                  "version INTEGER PRIMARY KEY, name VARCHAR(100) NOT NULL, "
                                  "applied_at {timestamp} DEFAULT {now})";

static enum status
run_text(struct sql *sql, const char *text)
{
    char script[SCRIPT_SIZE];

    sql_expand(text, script, sizeof script);
    return sql_script(sql, script);
}

static enum status
apply_step(struct sql *sql, const struct migration *migration, int64_t version)
{
    enum status status = sql_begin(sql);

    for (const char *const *text = migration->texts; status == STATUS_OK && *text != NULL; text++)
        status = run_text(sql, *text);
    if (status == STATUS_OK)
        status = sql_run(sql, STATEMENT_SCHEMA_ADVANCE,
                         SQL_VALUES(sql_int(version), sql_string(migration->name)), NULL);
    return sql_end(sql, status);
}

static enum status
read_version(struct sql *sql, const struct schema *schema, int64_t *version)
{
    enum status status = sql_query_int(sql, STATEMENT_SCHEMA_VERSION, NULL, 0, version);

    if (status == STATUS_OK && *version > schema->count) {
        log_error("database: %s has version %lld, this program knows up to %lld", schema->name,
                  (long long)*version, (long long)schema->count);
        return STATUS_STORAGE;
    }
    return status == STATUS_OK ? STATUS_OK : STATUS_STORAGE;
}

static enum status
migrations_apply(struct sql *sql, const struct schema *schema)
{
    int64_t version = 0;
    enum status status = run_text(sql, bookkeeping);

    if (status == STATUS_OK)
        status = read_version(sql, schema, &version);
    for (; status == STATUS_OK && version < schema->count; version++) {
        const struct migration *migration = &schema->migrations[version];

        status = apply_step(sql, migration, version + 1);
        if (status == STATUS_OK)
            log_info("database: %s is at version %lld (%s)", schema->name, (long long)version + 1,
                     migration->name);
    }
    return status;
}

/* For a connection that only reads: OK when the database is exactly of the schema's version. */
static enum status
migrations_expect(struct sql *sql, const struct schema *schema)
{
    int64_t version = 0;
    enum status status = read_version(sql, schema, &version);

    if (status == STATUS_OK && version < schema->count) {
        log_error("database: %s has version %lld, this program needs %lld: start the server first",
                  schema->name, (long long)version, (long long)schema->count);
        return STATUS_STORAGE;
    }
    return status;
}

enum status
migrations_open(const struct sql_options *options, const struct schema *schema, struct sql **sql)
{
    enum status status = sql_open(options, sql);

    if (status == STATUS_OK)
        status = options->is_read_only ? migrations_expect(*sql, schema)
                                       : migrations_apply(*sql, schema);
    if (status != STATUS_OK)
        sql_close(sql);
    return status;
}
