/* keys.c - API keys: made, found, listed; every change moves the key version. And which creation was asked for under which
 * Idempotency-Key, and what came of it.
 *
 * States: active -> revoked (is_active) and back; -> expired by time; -> deleted (deleted_at), which hides it from
 * everything here; its name and hash are altered then, so that both may be used again. Only the hash of a secret
 * is stored. */
#include "accounts/accounts.h"

#include "base/clock.h"
#include "base/dates.h"

#define CREATION_LIFE_US DATES_US_OF_DAY

/* Columns of KEY_COLUMNS. */
enum {
    COLUMN_ID,
    COLUMN_NAME,
    COLUMN_HASH,
    COLUMN_ACTIVE,
    COLUMN_DAILY_LIMIT,
    COLUMN_MONTHLY_LIMIT,
    COLUMN_DAILY_USAGE,
    COLUMN_MONTHLY_USAGE,
    COLUMN_CREATED,
    COLUMN_EXPIRES,
    COLUMN_LAST_USED,
    COLUMN_LIMITS,
    COLUMN_RIGHTS,
    COLUMN_PREVIOUS_HASH,
    COLUMN_PREVIOUS_UNTIL
};

/* The day and the month of now: the parameters $1 to $3 of KEY_COLUMNS. */
#define TODAY(day)                                                                                 \
    sql_date(day), sql_date(dates_month_start(day)), sql_date(dates_next_month_start(day))

static void
read_row(const struct sql_rows *rows, struct key_row *row)
{
    row->id = sql_row_int(rows, COLUMN_ID);
    sql_row_text(rows, COLUMN_NAME, row->key_name, sizeof row->key_name);
    sql_row_text(rows, COLUMN_HASH, row->key_hash, sizeof row->key_hash);
    row->is_active = sql_row_int(rows, COLUMN_ACTIVE) != 0;
    row->daily_limit = sql_row_int(rows, COLUMN_DAILY_LIMIT);
    row->monthly_limit = sql_row_int(rows, COLUMN_MONTHLY_LIMIT);
    row->daily_usage = sql_row_int(rows, COLUMN_DAILY_USAGE);
    row->monthly_usage = sql_row_int(rows, COLUMN_MONTHLY_USAGE);
    row->created_wall_us = sql_row_time(rows, COLUMN_CREATED);
    row->expires_wall_us = sql_row_time(rows, COLUMN_EXPIRES);
    row->last_used_wall_us = sql_row_time(rows, COLUMN_LAST_USED);
    sql_row_text(rows, COLUMN_LIMITS, row->limits, sizeof row->limits);
    sql_row_text(rows, COLUMN_RIGHTS, row->rights, sizeof row->rights);
    sql_row_text(rows, COLUMN_PREVIOUS_HASH, row->previous_hash, sizeof row->previous_hash);
    row->previous_until_wall_us = sql_row_time(rows, COLUMN_PREVIOUS_UNTIL);
}

static enum status
insert_key(struct accounts *accounts, struct key_row *row)
{
    const struct sql_value values[] = {
        sql_string(row->key_name),
        sql_string(row->key_hash),
        sql_int(row->is_active),
        sql_int_or_null(row->daily_limit),
        sql_int_or_null(row->monthly_limit),
        sql_time(row->created_wall_us),
        sql_time_or_null(row->expires_wall_us),
        sql_string(row->limits),
        sql_string(row->rights),
    };
    enum status status = sql_query_int(
        accounts->sql, STATEMENT_KEY_FIND_PREVIOUS,
        SQL_VALUES(sql_string(row->key_hash), sql_time(row->created_wall_us)), &row->id);

    if (status != STATUS_NOT_FOUND) /* a rotated key's secret, which still works */
        return status == STATUS_OK ? STATUS_CONFLICT : status;
    status = sql_query_int(accounts->sql, STATEMENT_KEY_CREATE, values, COUNT(values), &row->id);
    return status == STATUS_NOT_FOUND ? STATUS_CONFLICT : status;
}

enum status
key_create(struct accounts *accounts, struct key_row *row, int64_t now_wall_us)
{
    bool is_own;
    enum status status = accounts_enter(accounts, &is_own);

    if (status != STATUS_OK)
        return status;
    row->created_wall_us = now_wall_us;
    row->daily_usage = row->monthly_usage = row->last_used_wall_us = 0;
    status = insert_key(accounts, row);
    if (status == STATUS_OK)
        status = accounts_meta_advance(accounts, "key_version");
    return accounts_leave(accounts, is_own, status);
}

static enum status
keys_find(struct accounts *accounts, enum statement statement, struct sql_value wanted,
          struct key_row *row)
{
    int64_t day = dates_day_of(clock_wall_us());
    struct sql_rows *rows;
    enum status status =
        sql_query_row(accounts->sql, statement, SQL_VALUES(TODAY(day), wanted), &rows);

    if (status == STATUS_OK)
        read_row(rows, row);
    sql_done(&rows);
    return status;
}

enum status
key_find(struct accounts *accounts, const char *key_name, struct key_row *row)
{
    return keys_find(accounts, STATEMENT_KEY_FIND, sql_string(key_name), row);
}

enum status
key_find_id(struct accounts *accounts, int64_t id, struct key_row *row)
{
    return keys_find(accounts, STATEMENT_KEY_FIND_ID, sql_int(id), row);
}

/* Writes one key, which must be there, and moves the version, in one transaction. */
static enum status
keys_change(struct accounts *accounts, enum statement statement, const struct sql_value *values,
            size_t count)
{
    bool is_own;
    int64_t changes = 0;
    enum status status = accounts_enter(accounts, &is_own);

    if (status != STATUS_OK)
        return status;
    status = sql_run(accounts->sql, statement, values, count, &changes);
    if (status == STATUS_OK && changes == 0)
        status = STATUS_NOT_FOUND;
    if (status == STATUS_OK)
        status = accounts_meta_advance(accounts, "key_version");
    return accounts_leave(accounts, is_own, status);
}

enum status
key_update(struct accounts *accounts, const struct key_row *row)
{
    const struct sql_value values[] = {
        sql_int(row->id),
        sql_int(row->is_active),
        sql_int_or_null(row->daily_limit),
        sql_int_or_null(row->monthly_limit),
        sql_time_or_null(row->expires_wall_us),
        sql_string(row->limits),
        sql_string(row->rights),
    };

    return keys_change(accounts, STATEMENT_KEY_UPDATE, values, COUNT(values));
}

enum status
key_rotate(struct accounts *accounts, int64_t id, const char *key_hash, int64_t until_wall_us)
{
    return keys_change(accounts, STATEMENT_KEY_ROTATE,
                       SQL_VALUES(sql_int(id), sql_string(key_hash), sql_time(until_wall_us)));
}

enum status
key_delete(struct accounts *accounts, int64_t id, int64_t now_wall_us)
{
    return keys_change(accounts, STATEMENT_KEY_DELETE,
                       SQL_VALUES(sql_int(id), sql_time(now_wall_us)));
}

enum status
key_list(struct accounts *accounts, int64_t after_id, int64_t limit, int64_t now_wall_us,
         key_visit *visit, void *context)
{
    int64_t day = dates_day_of(now_wall_us);
    struct sql_rows *rows;
    enum status status =
        sql_query(accounts->sql, STATEMENT_KEY_LIST,
                  SQL_VALUES(TODAY(day), sql_int(after_id), sql_int(limit)), &rows);

    while (sql_each(rows, &status)) {
        struct key_row row;

        read_row(rows, &row);
        visit(context, &row);
    }
    sql_done(&rows);
    return status;
}

enum status
key_count_active(struct accounts *accounts, int64_t now_wall_us, int64_t *count)
{
    return sql_query_int(accounts->sql, STATEMENT_KEY_COUNT_ACTIVE,
                         SQL_VALUES(sql_time(now_wall_us)), count);
}

enum status
key_version(struct accounts *accounts, int64_t *version)
{
    return accounts_meta(accounts, "key_version", version);
}

enum status
key_creation_add(struct accounts *accounts, const struct key_creation *creation,
                 int64_t now_wall_us)
{
    return sql_run(accounts->sql, STATEMENT_CREATION_ADD,
                   SQL_VALUES(sql_string(creation->idempotency_hash),
                              sql_string(creation->body_hash), sql_int(creation->api_key_id),
                              sql_time(now_wall_us)),
                   NULL);
}

enum status
key_creation_find(struct accounts *accounts, struct key_creation *creation, int64_t now_wall_us)
{
    struct sql_rows *row;
    enum status status = sql_run(accounts->sql, STATEMENT_CREATION_FORGET,
                                 SQL_VALUES(sql_time(now_wall_us - CREATION_LIFE_US)), NULL);

    if (status != STATUS_OK)
        return status;
    status = sql_query_row(accounts->sql, STATEMENT_CREATION_FIND,
                           SQL_VALUES(sql_string(creation->idempotency_hash)), &row);
    if (status == STATUS_OK) {
        creation->api_key_id = sql_row_int(row, 0);
        sql_row_text(row, 1, creation->body_hash, sizeof creation->body_hash);
    }
    sql_done(&row);
    return status;
}
