/* books.c - the ledger's rows first, in order of their ids; then the journal is laid over them. */
#include "support/books.h"

#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROWTH 1024

static const char ledger_sql[] =
    "SELECT call_id, route, status, price_micro_usd, cost_micro_usd, ifnull(http_status, 0),"
    " ifnull(duration_us, -1), cast(round((julianday(reserved_at) - 2440587.5) * 86400000) AS "
    "INTEGER),"
    " cast(round((julianday(ifnull(settled_at, reserved_at)) - 2440587.5) * 86400000) AS INTEGER)"
    " FROM ledger ORDER BY call_id";

static void
copy_column(sqlite3_stmt *row, int column, char *text, size_t size)
{
    snprintf(text, size, "%s", (const char *)sqlite3_column_text(row, column));
}

static void
add_row(struct books *books, sqlite3_stmt *row)
{
    struct books_call *call;

    if (books->count % GROWTH == 0) {
        books->calls = reallocarray(books->calls, books->count + GROWTH, sizeof *books->calls);
        ck_assert_ptr_nonnull(books->calls);
    }
    call = &books->calls[books->count++];
    memset(call, 0, sizeof *call);
    copy_column(row, 0, call->call_id, sizeof call->call_id);
    copy_column(row, 1, call->route, sizeof call->route);
    copy_column(row, 2, call->status, sizeof call->status);
    call->price_micro_usd = sqlite3_column_int64(row, 3);
    call->cost_micro_usd = sqlite3_column_int64(row, 4);
    call->http_status = sqlite3_column_int(row, 5);
    call->duration_us = sqlite3_column_int64(row, 6);
    call->reserved_ms = sqlite3_column_int64(row, 7);
    call->settled_ms = sqlite3_column_int64(row, 8);
}

static void
read_ledger(struct testbed *testbed, struct books *books)
{
    char path[200];
    sqlite3 *handle = NULL;
    sqlite3_stmt *row = NULL;

    snprintf(path, sizeof path, "%s/rentcache.db", testbed->data_dir);
    ck_assert_int_eq(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(handle, 10000);
    ck_assert_msg(sqlite3_prepare_v2(handle, ledger_sql, -1, &row, NULL) == SQLITE_OK, "%s",
                  sqlite3_errmsg(handle));
    while (sqlite3_step(row) == SQLITE_ROW)
        add_row(books, row);
    ck_assert_int_eq(sqlite3_finalize(row), SQLITE_OK);
    sqlite3_close(handle);
}

static const char *
text_of(const json_t *seen, const char *name)
{
    const char *text = json_string_value(json_object_get(seen, name));

    return text != NULL ? text : "";
}

static void
add_seen(struct books *books, const json_t *seen)
{
    struct books_call *call = books_find(books, text_of(seen, "call_id"));

    ck_assert_msg(call != NULL, "%s %s left without a row in the ledger (call id \"%s\")",
                  text_of(seen, "method"), text_of(seen, "path"), text_of(seen, "call_id"));
    ck_assert_msg(!call->was_seen, "call %s arrived twice", call->call_id);
    call->was_seen = true;
    snprintf(call->path, sizeof call->path, "%s", text_of(seen, "path"));
    call->query = json_dumps(json_object_get(seen, "query"), JSON_SORT_KEYS | JSON_COMPACT);
    ck_assert_ptr_nonnull(call->query);
    snprintf(call->request_id, sizeof call->request_id, "%s", text_of(seen, "request_id"));
    call->arrived_ms = json_integer_value(json_object_get(seen, "time_ms"));
    call->seen_status = (int)json_integer_value(json_object_get(seen, "status"));
    call->is_billable = json_is_true(json_object_get(seen, "billable"));
}

void
books_read(struct testbed *testbed, struct books *books)
{
    json_t *journal = testbed_control(testbed, "GET", "/_control/journal", NULL);
    const json_t *requests = json_object_get(journal, "requests");

    memset(books, 0, sizeof *books);
    ck_assert_int_eq(json_integer_value(json_object_get(journal, "dropped")), 0);
    read_ledger(testbed, books);
    for (size_t i = 0; i < json_array_size(requests); i++)
        add_seen(books, json_array_get(requests, i));
    json_decref(journal);
}

void
books_fini(struct books *books)
{
    for (size_t i = 0; i < books->count; i++)
        free(books->calls[i].query);
    free(books->calls);
    memset(books, 0, sizeof *books);
}

static int
compare_id(const void *id, const void *call)
{
    return strcmp(id, ((const struct books_call *)call)->call_id);
}

struct books_call *
books_find(const struct books *books, const char *call_id)
{
    if (books->count == 0)
        return NULL;
    return bsearch(call_id, books->calls, books->count, sizeof *books->calls, compare_id);
}

void
books_print(const struct books_call *call, char *text, size_t size)
{
    snprintf(text, size,
             "call %s of %s: ledger %s, HTTP %d, %lld of %lld micro-dollars, %lld us, reserved at "
             "%lld, settled at %lld; journal %s, HTTP %d%s, at %lld, request %s",
             call->call_id, call->route, call->status, call->http_status,
             (long long)call->cost_micro_usd, (long long)call->price_micro_usd,
             (long long)call->duration_us, (long long)call->reserved_ms,
             (long long)call->settled_ms, call->was_seen ? "has it" : "has nothing",
             call->seen_status, call->is_billable ? ", billable" : "", (long long)call->arrived_ms,
             call->request_id);
}
