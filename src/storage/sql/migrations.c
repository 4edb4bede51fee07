/* migrations.c - brings a database to the schema this program knows, step by numbered step.
 *
 * A database knows its version as the greatest row of schema_migrations. Each step and its row are one
 * transaction: a database is never between two versions. */
#include "sql/migrations.h"

#include "base/log.h"
#include "sql/dialect.h"

#define SCRIPT_SIZE 4096

static const char bookkeeping[] = "CREATE TABLE IF NOT EXISTS schema_migrations ("
                                  "version INTEGER PRIMARY KEY, name VARCHAR(100) NOT NULL, "
                                  "applied_at {timestamp} DEFAULT {now})";

static enum status
run_text(struct sql *sql, const char *text)
{
    char script[SCRIPT_SIZE];

    dialect_expand(text, script, sizeof script);
    return sql_script(sql, script);
}

static enum status
apply_step(struct sql *sql, const struct migration *migration, int64_t version)
{
    const struct sql_value values[] = {sql_int(version), sql_string(migration->name)};
    enum status status = sql_begin(sql);

    for (const char *const *text = migration->texts; status == STATUS_OK && *text != NULL; text++)
        status = run_text(sql, *text);
    if (status == STATUS_OK)
        status = sql_run(sql, STATEMENT_SCHEMA_ADVANCE, values, COUNT(values), NULL);
    if (status == STATUS_OK)
        return sql_commit(sql);
    sql_rollback(sql);
    return status;
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

enum status
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

enum status
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
