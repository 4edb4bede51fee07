/* key_creations.c - creations that may be asked for again: Idempotency-Key, and what came of it. */
#include "accounts/accounts.h"

#define LIFE_US 86400000000LL

/* Columns of CREATION_FIND. */
enum { COLUMN_ID, COLUMN_BODY_HASH };

enum status
key_creation_add(struct accounts *accounts, const struct key_creation *creation,
                 int64_t now_wall_us)
{
    const struct sql_value values[] = {
        sql_string(creation->idempotency_hash),
        sql_string(creation->body_hash),
        sql_int(creation->api_key_id),
        sql_time(now_wall_us),
    };

    return sql_run(accounts->sql, STATEMENT_CREATION_ADD, values, COUNT(values), NULL);
}

enum status
key_creation_find(struct accounts *accounts, struct key_creation *creation, int64_t now_wall_us)
{
    const struct sql_value old[] = {sql_time(now_wall_us - LIFE_US)};
    const struct sql_value values[] = {sql_string(creation->idempotency_hash)};
    struct sql_rows *rows;
    enum status status = sql_run(accounts->sql, STATEMENT_CREATION_FORGET, old, COUNT(old), NULL);

    if (status != STATUS_OK)
        return status;
    status = sql_query(accounts->sql, STATEMENT_CREATION_FIND, values, COUNT(values), &rows);
    if (status == STATUS_OK)
        status = sql_next(rows);
    if (status == STATUS_OK) {
        creation->api_key_id = sql_row_int(rows, COLUMN_ID);
        sql_row_text(rows, COLUMN_BODY_HASH, creation->body_hash, sizeof creation->body_hash);
    }
    sql_done(&rows);
    return status;
}
