/* schema_entries.c - the tables of cache.db, step by step.
 *
 * cache_entries has the names and columns of the RentCache document. The body stands last, so that counting,
 * marking and cleaning read past none. The UNIQUE that the document asks of cache_key is the index that it
 * names as well. */
#include "sql/migrations.h"

#include "base/bytes.h"

static const char *const first[] = {
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

static const char *const purge_times[] = {
    "ALTER TABLE purge_log ADD COLUMN fetched_before {timestamp};"
    "ALTER TABLE purge_log ADD COLUMN expired_before {timestamp};",
    NULL,
};

/* For what is deleted when the database is too large: first what nobody is served any more, then what was read longest ago. */
static const char *const bound[] = {
    "CREATE INDEX idx_cache_entries_cleared ON cache_entries(id) WHERE is_valid = FALSE;"
    "CREATE INDEX idx_cache_entries_accessed ON cache_entries(last_accessed);",
    NULL,
};

static const char *const l1_generation[] = {
    "INSERT INTO meta (name, value) VALUES ('l1_generation', 0), ('l1_is_whole', 0);",
    NULL,
};

static const struct migration migrations[] = {
    {"entries and purge log", first},
    {"purges by time", purge_times},
    {"a bound of size", bound},
    {"the generation of L1", l1_generation},
};

const struct schema entries_schema = {
    .name = "entries",
    .migrations = migrations,
    .count = COUNT(migrations),
};
