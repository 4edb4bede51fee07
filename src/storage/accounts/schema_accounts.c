/* schema_accounts.c - the tables of rentcache.db, step by step.
 *
 * Version 1 is the schema of the RentCache document, names and columns as given there; what is ours comes
 * on top. References are declared, not enforced at every row: a usage row outlives its key. */
#include "sql/migrations.h"

#include "base/bytes.h"

/* The UNIQUE that the document asks of key_hash is the index that it names as well. */
static const char *const document[] = {
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
static const char *const accounts[] = {
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
static const char *const answers[] = {
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
static const char *const creations[] = {
    "CREATE TABLE key_creations ("
    "idempotency_hash VARCHAR(64) PRIMARY KEY,"
    "body_hash VARCHAR(64) NOT NULL,"
    "api_key_id BIGINT NOT NULL,"
    "created_at {timestamp} NOT NULL){clustered};"
    "CREATE INDEX idx_key_creations_created_at ON key_creations(created_at);",
    NULL,
};

static const struct migration migrations[] = {
    {"tables of the document", document},
    {"accounts", accounts},
    {"answers by status and duration", answers},
    {"idempotent creations", creations},
};

const struct schema accounts_schema = {
    .name = "accounts",
    .migrations = migrations,
    .count = COUNT(migrations),
};
