/* limits.c - what is used of the rates of keys, so that it outlives the gateway that counts it.
 *
 * A row is one limit of one key, whichever gateways count it. Where two write it, what they have of it is not added up:
 * each admits by itself, and the row says what the one that has used more of it has used. In windows that is decided for
 * each part. A row is forgotten when nothing is used any more. */
#include "accounts/accounts.h"

#include "base/hex.h"
#include "base/text.h"

/* "PART_NS:NEWEST:USED,USED,...", the newest part first, without the zeros at the end. */
#define PARTS_SIZE (2 * 21 + (WINDOW_PARTS + 1) * 12)

static struct bytes
write_parts(const struct window_counts *window, char buffer[PARTS_SIZE])
{
    struct text text = text_of(buffer, PARTS_SIZE);
    size_t count = WINDOW_PARTS + 1;

    while (count > 0 && window->used[count - 1] == 0)
        count--;
    text_add_int(&text, window->part_ns);
    text_add(&text, ":");
    text_add_int(&text, window->newest);
    text_add(&text, ":");
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_add(&text, ",");
        text_add_int(&text, window->used[i]);
    }
    return text_bytes(&text);
}

/* False: text is none of that, and *window is not to be used. */
static bool
read_parts(struct bytes text, struct window_counts *window)
{
    int64_t used;

    *window = (struct window_counts){0};
    if (!bytes_read_number(bytes_take_until(&text, ':'), &window->part_ns) ||
        !bytes_read_number(bytes_take_until(&text, ':'), &window->newest) || window->part_ns == 0)
        return false;
    for (size_t i = 0; text.size > 0; i++) {
        if (i > WINDOW_PARTS || !bytes_read_number(bytes_take_until(&text, ','), &used) ||
            used > INT32_MAX)
            return false;
        window->used[i] = (int32_t)used;
    }
    return true;
}

static int32_t
used_in(const struct window_counts *window, int64_t part)
{
    int64_t age = window->newest - part;

    return age >= 0 && age <= WINDOW_PARTS ? window->used[age] : 0;
}

/* In each part what is more of both. What is of another period, or a whole period away, is another time's. Returns how many
 * tokens came in addition. */
static int64_t
merge_parts(struct window_counts *window, const struct window_counts *stored)
{
    struct window_counts merged = *window;
    int64_t added = 0;

    if (stored->part_ns != window->part_ns || stored->newest - window->newest > WINDOW_PARTS)
        return 0;
    if (stored->newest > merged.newest)
        merged.newest = stored->newest;
    for (int64_t i = 0; i <= WINDOW_PARTS; i++) {
        int32_t ours = used_in(window, merged.newest - i);
        int32_t theirs = used_in(stored, merged.newest - i);

        merged.used[i] = ours > theirs ? ours : theirs;
        added += merged.used[i] - ours;
    }
    *window = merged;
    return added;
}

/* Adds what the stored row of a window has beyond the record. */
static enum status
merge_stored(struct accounts *accounts, struct limit_record *record)
{
    struct window_counts stored;
    struct sql_rows *rows;
    enum status status =
        sql_query_row(accounts->sql, STATEMENT_LIMIT_GET,
                      SQL_VALUES(sql_int(record->api_key_id), sql_string(record->endpoint)), &rows);

    if (status == STATUS_OK && read_parts(sql_row_bytes(rows, 1), &stored)) {
        int64_t added = merge_parts(&record->window, &stored);
        int64_t full_at_wall_us = sql_row_time(rows, 0);

        record->tokens = record->tokens > added ? record->tokens - added : 0;
        if (added > 0 && full_at_wall_us > record->full_at_wall_us)
            record->full_at_wall_us = full_at_wall_us;
    }
    sql_done(&rows);
    return status == STATUS_NOT_FOUND ? STATUS_OK : status;
}

enum status
limit_put(struct accounts *accounts, const struct limit_record *record)
{
    struct limit_record merged = *record;
    bool is_window = record->window.part_ns != 0;
    char parts[PARTS_SIZE];
    enum status status = is_window ? merge_stored(accounts, &merged) : STATUS_OK;

    if (status != STATUS_OK)
        return status;
    return sql_run(
        accounts->sql, STATEMENT_LIMIT_PUT,
        SQL_VALUES(sql_int(merged.api_key_id), sql_string(merged.endpoint), sql_int(merged.tokens),
                   sql_time(merged.refilled_wall_us), sql_time(merged.full_at_wall_us),
                   is_window ? sql_text(write_parts(&merged.window, parts)) : sql_null()),
        NULL);
}

/* Columns of LIMIT_LIST. */
enum {
    LIMIT_ID,
    LIMIT_KEY,
    LIMIT_HASH,
    LIMIT_ENDPOINT,
    LIMIT_TOKENS,
    LIMIT_REFILL,
    LIMIT_FULL,
    LIMIT_PARTS
};

/* False: what stands there is no limit of a key. */
static bool
read_limit(const struct sql_rows *rows, struct limit_record *record)
{
    memset(record, 0, sizeof *record);
    record->api_key_id = sql_row_int(rows, LIMIT_KEY);
    sql_row_text(rows, LIMIT_ENDPOINT, record->endpoint, sizeof record->endpoint);
    record->tokens = sql_row_int(rows, LIMIT_TOKENS);
    record->refilled_wall_us = sql_row_time(rows, LIMIT_REFILL);
    record->full_at_wall_us = sql_row_time(rows, LIMIT_FULL);
    return hex_read(sql_row_bytes(rows, LIMIT_HASH), record->key_hash, sizeof record->key_hash) &&
           (sql_row_is_null(rows, LIMIT_PARTS) ||
            read_parts(sql_row_bytes(rows, LIMIT_PARTS), &record->window));
}

enum status
limit_list(struct accounts *accounts, int64_t after_id, int64_t limit, int64_t now_wall_us,
           limit_visit *visit, void *context)
{
    struct sql_rows *rows;
    struct limit_record record;
    enum status status =
        sql_query(accounts->sql, STATEMENT_LIMIT_LIST,
                  SQL_VALUES(sql_int(after_id), sql_time(now_wall_us), sql_int(limit)), &rows);

    while (sql_each(rows, &status))
        if (read_limit(rows, &record))
            visit(context, sql_row_int(rows, LIMIT_ID), &record);
    sql_done(&rows);
    return status;
}

enum status
limit_forget(struct accounts *accounts, int64_t before_wall_us, int64_t limit, int64_t *deleted)
{
    return sql_run(accounts->sql, STATEMENT_LIMIT_FORGET,
                   SQL_VALUES(sql_time(before_wall_us), sql_int(limit)), deleted);
}
