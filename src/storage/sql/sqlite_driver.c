/* sqlite_driver.c - the contract of sql.h over SQLite, and the only file that knows sqlite3.h.
 *
 * Life of a statement: not prepared -> idle -> running (bound, stepped) -> idle; finalised with its
 * connection. Life of a transaction: none -> open -> committed, or spoiled by the first failure ->
 * rolled back. */
#include "sql/sql.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/dates.h"
#include "base/log.h"

#define BUSY_TIMEOUT_MS     2000
#define JOURNAL_LIMIT_BYTES 67108864
#define LOG_PAUSE_MS        1000
#define PRAGMA_TEXT_SIZE    1024
#define SHORT_TEXT_SIZE     64
#define CHECK_STEP_OPCODES  20000 /* between looks at the clock: well under a millisecond */

struct dialect_word {
    const char *word;
    const char *sqlite;
};

/* Instants are text that a person can read and that sorts as time does. A default has milliseconds:
 * SQLite's own clock gives no more; its form is the same. A body is bytes, since nothing says that
 * it is JSON. */
static const struct dialect_word dialect[] = {
    {"serial_key", "INTEGER PRIMARY KEY"},
    {"timestamp", "TEXT"},
    {"now", "(strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))"},
    {"date", "TEXT"},
    {"address", "TEXT"},
    {"bytes", "BLOB"},
    {"clustered", " WITHOUT ROWID"}, /* after a table: kept in the order of its primary key */
};

static const struct statement_row {
    const char *name;
    const char *text;
} statements[] = {
#define STATEMENT_ROW(name, text) {#name, text},
    STATEMENTS(STATEMENT_ROW)
#undef STATEMENT_ROW
};

struct sql_rows {
    struct sql *sql; /* NULL: idle */
    enum statement statement;
    int64_t started_ns;
    sqlite3_stmt *handle;                      /* NULL: not prepared */
    unsigned char indexes[SQL_PARAMETERS_MAX]; /* of $1, $2, ... in SQLite's own count */
    char times[SQL_PARAMETERS_MAX][CLOCK_TEXT_SIZE];
};

struct sql {
    sqlite3 *handle;
    bool echo;
    bool is_open;    /* a transaction, from sql_begin to its commit or rollback */
    bool is_spoiled; /* something failed in it */
    int logged_code; /* the fault that was logged last, and when */
    int64_t logged_mono_ms;
    enum metric_histogram query_times;
    enum metric_histogram commit_times;
    struct sql_rows prepared[STATEMENT_COUNT];
};

static enum status
sqlite_driver_fail(struct sql *sql, const char *what)
{
    int code = sqlite3_extended_errcode(sql->handle);
    int64_t now = clock_mono_ms();

    sql->is_spoiled = true;
    if (code != sql->logged_code || now - sql->logged_mono_ms >= LOG_PAUSE_MS) {
        log_error("database: %s: %s (%d)", what, sqlite3_errmsg(sql->handle), code);
        sql->logged_code = code;
        sql->logged_mono_ms = now;
    }
    return STATUS_STORAGE;
}

static const struct dialect_word *
find_dialect_word(const char *name, size_t size)
{
    for (size_t i = 0; i < COUNT(dialect); i++)
        if (bytes_equal_text(bytes_of(name, size), dialect[i].word))
            return &dialect[i];
    return NULL;
}

void
sql_expand(const char *text, char *buffer, size_t buffer_size)
{
    size_t used = 0;

    while (*text != '\0') {
        const char *piece = text;
        size_t size = strcspn(text, "{");

        if (size == 0) {
            size_t word_size = strcspn(text + 1, "}");
            const struct dialect_word *word = find_dialect_word(text + 1, word_size);

            assert(word != NULL);
            piece = word->sqlite;
            size = strlen(piece);
            text += word_size + 2;
        } else {
            text += size;
        }
        assert(used + size < buffer_size);
        memcpy(buffer + used, piece, size);
        used += size;
    }
    buffer[used] = '\0';
}

enum status
sql_script(struct sql *sql, const char *text)
{
    if (sql->echo)
        log_info("sql: %s", text);
    return sqlite3_exec(sql->handle, text, NULL, NULL, NULL) == SQLITE_OK
               ? STATUS_OK
               : sqlite_driver_fail(sql, "script");
}

/* SQLite ends a transaction by itself when a disk is full. Ours stays open and spoiled until the caller ends it,
 * or what follows would be committed statement by statement. */
enum status
sql_begin(struct sql *sql)
{
    assert(!sql->is_open);
    sql->is_spoiled = false;
    if (sql_script(sql, "BEGIN IMMEDIATE") != STATUS_OK)
        return STATUS_STORAGE;
    sql->is_open = true;
    return STATUS_OK;
}

bool
sql_is_in_transaction(const struct sql *sql)
{
    return sql->is_open;
}

void
sql_rollback(struct sql *sql)
{
    if (sqlite3_get_autocommit(sql->handle) == 0)
        (void)sql_script(sql, "ROLLBACK");
    sql->is_open = false;
    sql->is_spoiled = false;
}

enum status
sql_commit(struct sql *sql)
{
    enum status status = STATUS_STORAGE;
    int64_t started_ns = clock_mono_ns();

    assert(sql->is_open);
    if (!sql->is_spoiled)
        status = sql_script(sql, "COMMIT");
    metric_observe(sql->commit_times, (clock_mono_ns() - started_ns) / 1000);
    if (status != STATUS_OK)
        sql_rollback(sql);
    sql->is_open = false;
    return status;
}

enum status
sql_end(struct sql *sql, enum status status)
{
    if (status == STATUS_OK)
        return sql_commit(sql);
    sql_rollback(sql);
    return status;
}

static enum status
sqlite_driver_prepare(struct sql *sql, enum statement statement)
{
    struct sql_rows *rows = &sql->prepared[statement];
    const char *text = statements[statement].text;

    if (sqlite3_prepare_v3(sql->handle, text, -1, SQLITE_PREPARE_PERSISTENT, &rows->handle, NULL) !=
        SQLITE_OK)
        return sqlite_driver_fail(sql, statements[statement].name);
    for (int number = 1; number <= SQL_PARAMETERS_MAX; number++) {
        char name[16];

        snprintf(name, sizeof name, "$%d", number);
        rows->indexes[number - 1] = (unsigned char)sqlite3_bind_parameter_index(rows->handle, name);
    }
    return STATUS_OK;
}

static int
bind_decimal(sqlite3_stmt *handle, int index, int64_t hundredths)
{
    return hundredths % 100 == 0 ? sqlite3_bind_int64(handle, index, hundredths / 100)
                                 : sqlite3_bind_double(handle, index, (double)hundredths / 100.0);
}

/* Nothing is copied: the caller keeps its bytes until the statement is done. */
static int
bind_value(struct sql_rows *rows, size_t position, const struct sql_value *value)
{
    int index = rows->indexes[position];
    const char *bytes = (const char *)value->bytes.data;

    switch (value->type) {
    case SQL_NULL:
        return sqlite3_bind_null(rows->handle, index);
    case SQL_INT:
        return sqlite3_bind_int64(rows->handle, index, value->number);
    case SQL_DECIMAL:
        return bind_decimal(rows->handle, index, value->number);
    case SQL_TIME:
        clock_format_wall_us(value->number, rows->times[position]);
        return sqlite3_bind_text(rows->handle, index, rows->times[position], CLOCK_TEXT_SIZE - 1,
                                 SQLITE_STATIC);
    case SQL_DATE:
        dates_format(value->number, rows->times[position]);
        return sqlite3_bind_text(rows->handle, index, rows->times[position], DATE_TEXT_SIZE - 1,
                                 SQLITE_STATIC);
    case SQL_TEXT:
        return sqlite3_bind_text64(rows->handle, index, bytes != NULL ? bytes : "",
                                   value->bytes.size, SQLITE_STATIC, SQLITE_UTF8);
    case SQL_BLOB:
        return sqlite3_bind_blob64(rows->handle, index, bytes != NULL ? bytes : "",
                                   value->bytes.size, SQLITE_STATIC);
    }
    return SQLITE_MISUSE;
}

enum status
sql_query(struct sql *sql, enum statement statement, const struct sql_value *values, size_t count,
          struct sql_rows **result)
{
    struct sql_rows *rows = &sql->prepared[statement];

    assert(rows->sql == NULL && count <= SQL_PARAMETERS_MAX);
    *result = NULL;
    if (sql->is_spoiled && sql->is_open)
        return STATUS_STORAGE;
    if (sql->echo)
        log_info("sql: %s", statements[statement].text);
    if (rows->handle == NULL && sqlite_driver_prepare(sql, statement) != STATUS_OK)
        return STATUS_STORAGE;
    for (size_t i = 0; i < count; i++) {
        if (bind_value(rows, i, &values[i]) != SQLITE_OK)
            return sqlite_driver_fail(sql, statements[statement].name);
    }
    rows->sql = sql;
    rows->statement = statement;
    rows->started_ns = clock_mono_ns();
    *result = rows;
    return STATUS_OK;
}

enum status
sql_next(struct sql_rows *rows)
{
    int code = sqlite3_step(rows->handle);

    if (code == SQLITE_ROW)
        return STATUS_OK;
    return code == SQLITE_DONE ? STATUS_NOT_FOUND
                               : sqlite_driver_fail(rows->sql, statements[rows->statement].name);
}

bool
sql_each(struct sql_rows *rows, enum status *status)
{
    if (*status == STATUS_OK)
        *status = sql_next(rows);
    if (*status == STATUS_OK)
        return true;
    if (*status == STATUS_NOT_FOUND)
        *status = STATUS_OK;
    return false;
}

void
sql_done(struct sql_rows **rows)
{
    if (*rows == NULL)
        return;
    sqlite3_reset((*rows)->handle);
    metric_observe((*rows)->sql->query_times, (clock_mono_ns() - (*rows)->started_ns) / 1000);
    (*rows)->sql = NULL;
    *rows = NULL;
}

enum status
sql_run(struct sql *sql, enum statement statement, const struct sql_value *values, size_t count,
        int64_t *changes)
{
    struct sql_rows *rows;
    enum status status = sql_query(sql, statement, values, count, &rows);

    while (status == STATUS_OK)
        status = sql_next(rows);
    sql_done(&rows);
    if (status != STATUS_NOT_FOUND)
        return STATUS_STORAGE;
    if (changes != NULL)
        *changes = sqlite3_changes64(sql->handle);
    return STATUS_OK;
}

enum status
sql_query_row(struct sql *sql, enum statement statement, const struct sql_value *values,
              size_t count, struct sql_rows **row)
{
    enum status status = sql_query(sql, statement, values, count, row);

    return status == STATUS_OK ? sql_next(*row) : status;
}

enum status
sql_query_int(struct sql *sql, enum statement statement, const struct sql_value *values,
              size_t count, int64_t *value)
{
    struct sql_rows *rows;
    enum status status = sql_query_row(sql, statement, values, count, &rows);

    if (status == STATUS_OK)
        *value = sql_row_int(rows, 0);
    sql_done(&rows);
    return status;
}

bool
sql_row_is_null(const struct sql_rows *rows, int column)
{
    return sqlite3_column_type(rows->handle, column) == SQLITE_NULL;
}

int64_t
sql_row_int(const struct sql_rows *rows, int column)
{
    return sqlite3_column_int64(rows->handle, column);
}

struct bytes
sql_row_bytes(const struct sql_rows *rows, int column)
{
    const void *data = sqlite3_column_blob(rows->handle, column);

    return bytes_of(data, data != NULL ? (size_t)sqlite3_column_bytes(rows->handle, column) : 0);
}

void
sql_row_text(const struct sql_rows *rows, int column, char *to, size_t capacity)
{
    (void)bytes_copy_text(sql_row_bytes(rows, column), to, capacity);
}

int64_t
sql_row_time(const struct sql_rows *rows, int column)
{
    char text[SHORT_TEXT_SIZE];
    int64_t wall_us = 0;

    sql_row_text(rows, column, text, sizeof text);
    return clock_parse_wall_us(text, &wall_us) ? wall_us : 0;
}

static enum status
read_pragma(struct sql *sql, const char *text, int64_t *value)
{
    sqlite3_stmt *handle = NULL;
    bool is_read = sqlite3_prepare_v2(sql->handle, text, -1, &handle, NULL) == SQLITE_OK &&
                   sqlite3_step(handle) == SQLITE_ROW;

    if (is_read)
        *value = sqlite3_column_int64(handle, 0);
    sqlite3_finalize(handle);
    return is_read ? STATUS_OK : sqlite_driver_fail(sql, text);
}

enum status
sql_page_counts(struct sql *sql, int64_t *page_bytes, int64_t *pages, int64_t *free_pages)
{
    enum status status = read_pragma(sql, "PRAGMA page_size", page_bytes);

    if (status == STATUS_OK)
        status = read_pragma(sql, "PRAGMA page_count", pages);
    return status == STATUS_OK ? read_pragma(sql, "PRAGMA freelist_count", free_pages) : status;
}

enum status
sql_reclaim(struct sql *sql, int64_t page_limit)
{
    char text[SHORT_TEXT_SIZE];

    snprintf(text, sizeof text, "PRAGMA incremental_vacuum(%lld)", (long long)page_limit);
    return sql_script(sql, text);
}

/* Space for freed pages must be arranged before the first table, the journal's mode before the
 * first write. */
static enum status
sqlite_driver_configure(struct sql *sql, const struct sql_options *options)
{
    char text[PRAGMA_TEXT_SIZE];

    sqlite3_busy_timeout(sql->handle, BUSY_TIMEOUT_MS);
    snprintf(text, sizeof text, "PRAGMA cache_size = -%lld; PRAGMA temp_store = MEMORY;",
             (long long)options->page_cache_kib);
    if (sql_script(sql, text) != STATUS_OK)
        return STATUS_STORAGE;
    if (options->is_read_only)
        return sql_script(sql, "PRAGMA query_only = 1");
    snprintf(text, sizeof text,
             "PRAGMA auto_vacuum = %s; PRAGMA journal_mode = WAL; PRAGMA synchronous = %s;"
             "PRAGMA wal_autocheckpoint = %lld; PRAGMA journal_size_limit = %d;",
             options->has_large_rows ? "INCREMENTAL" : "NONE",
             options->is_durable ? "FULL" : "NORMAL", (long long)options->checkpoint_pages,
             JOURNAL_LIMIT_BYTES);
    return sql_script(sql, text);
}

enum status
sql_open(const struct sql_options *options, struct sql **result)
{
    int flags =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE |
        (options->is_read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    struct sql *sql = calloc(1, sizeof *sql);

    *result = NULL;
    if (sql == NULL)
        log_fatal("no memory for a database connection");
    sql->echo = options->echo;
    sql->query_times = options->query_times;
    sql->commit_times = options->commit_times;
    if (sqlite3_open_v2(options->path, &sql->handle, flags, NULL) != SQLITE_OK ||
        sqlite_driver_configure(sql, options) != STATUS_OK) {
        log_error("database: %s cannot be opened: %s", options->path, sqlite3_errmsg(sql->handle));
        sql_close(&sql);
        return STATUS_STORAGE;
    }
    *result = sql;
    return STATUS_OK;
}

void
sql_close(struct sql **sql)
{
    if (*sql == NULL)
        return;
    sql_rollback(*sql);
    for (size_t i = 0; i < STATEMENT_COUNT; i++)
        sqlite3_finalize((*sql)->prepared[i].handle);
    sqlite3_close((*sql)->handle);
    free(*sql);
    *sql = NULL;
}

static int
is_late(void *deadline_mono_ms)
{
    return clock_mono_ms() >= *(int64_t *)deadline_mono_ms;
}

static enum sql_soundness
soundness_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
    case SQLITE_INTERRUPT: /* the time was up, and nothing was found until then */
        return SQL_SOUND;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return SQL_CORRUPT;
    default:
        return SQL_UNREADABLE;
    }
}

/* One step of a query whose first column says what is expected where all is well, and else means `otherwise`. */
static enum sql_soundness
check_by(sqlite3 *handle, const char *query, const char *expected, enum sql_soundness otherwise)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle, query, -1, &statement, NULL);
    enum sql_soundness soundness;

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    soundness = soundness_of(code);
    if (code == SQLITE_ROW) {
        struct bytes said = bytes_of_text((const char *)sqlite3_column_text(statement, 0));

        soundness = bytes_equal_text(said, expected) ? SQL_SOUND : otherwise;
    }
    sqlite3_finalize(statement);
    return soundness;
}

/* A connection that only reads never moves the write-ahead log into the file, so a broken file
 * stays as it is. */
enum sql_soundness
sql_check_file(const char *path, int64_t budget_ms)
{
    sqlite3 *handle = NULL;
    int64_t deadline_mono_ms = clock_mono_ms() + budget_ms;
    int code = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    enum sql_soundness soundness = soundness_of(code);

    if (soundness == SQL_SOUND) {
        sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
        soundness = check_by(handle, "SELECT count(*) > 0 FROM sqlite_master", "1", SQL_EMPTY);
    }
    if (soundness == SQL_SOUND) {
        sqlite3_progress_handler(handle, CHECK_STEP_OPCODES, is_late, &deadline_mono_ms);
        soundness = check_by(handle, "PRAGMA quick_check(1)", "ok", SQL_CORRUPT);
    }
    if (soundness != SQL_SOUND && soundness != SQL_EMPTY)
        log_error("database: %s is not sound: %s", path, sqlite3_errmsg(handle));
    sqlite3_close(handle);
    return soundness;
}
