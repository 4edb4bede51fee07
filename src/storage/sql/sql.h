/* sql.h - what storage needs of an SQL engine: the private contract between the domain files and a
 * driver.
 *
 * A connection belongs to one thread and prepares each statement of statements.h once, at its first
 * use. A failure inside a transaction spoils it: what follows is refused and sql_commit rolls
 * everything back, so that a caller that overlooks a status cannot commit half of something. The
 * driver logs what the engine said; the same fault at most once a second. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "metrics.h"
#include "sql/statements.h"
#include "status.h"

#define SQL_PARAMETERS_MAX 24

enum sql_type {
    SQL_NULL,
    SQL_INT,
    SQL_DECIMAL, /* number: hundredths; stored with two decimals */
    SQL_TIME,    /* number: microseconds since 1970, stored as 2026-01-15T12:00:00.123456Z */
    SQL_DATE,    /* number: days since 1970, stored as 2026-01-15 */
    SQL_TEXT,
    SQL_BLOB
};

struct sql_value {
    enum sql_type type;
    int64_t number;
    struct bytes bytes; /* SQL_TEXT, SQL_BLOB: borrowed until the statement is done */
};

/* A few values where they are needed: two arguments, the values and how many. */
#define SQL_VALUES(...)                                                                            \
    (const struct sql_value[]){__VA_ARGS__},                                                       \
        sizeof((const struct sql_value[]){__VA_ARGS__}) / sizeof(struct sql_value)

struct sql_options {
    const char *path;
    bool is_read_only;
    bool is_durable;     /* true: a commit survives a power cut; false: it may be undone by one */
    bool echo;           /* log the text of every statement, never a value */
    bool has_large_rows; /* freed space goes back to the file system (sql_reclaim) */
    int64_t page_cache_kib;
    int64_t checkpoint_pages;
    enum metric_histogram query_times;  /* where the time of statements is counted */
    enum metric_histogram commit_times; /* and of commits */
};

/* What a look at a file says, before anything opens it for writing. */
enum sql_soundness {
    SQL_SOUND,
    SQL_EMPTY, /* sound, and without a table */
    SQL_CORRUPT,
    SQL_UNREADABLE
};

struct sql;
struct sql_rows; /* a running query of a connection */

/* Reads the file (which exists) without changing it, for at most budget_ms: its head and schema
 * always, the rest as far as the time goes. */
enum sql_soundness sql_check_file(const char *path, int64_t budget_ms);

enum status sql_open(const struct sql_options *options, struct sql **sql);
void sql_close(struct sql **sql);

enum status sql_begin(struct sql *sql);
/* On failure everything since sql_begin is undone. */
enum status sql_commit(struct sql *sql);
void sql_rollback(struct sql *sql);
/* Commits when status is OK, else undoes. Returns the outcome. */
enum status sql_end(struct sql *sql, enum status status);
bool sql_is_in_transaction(const struct sql *sql);

/* The schema is written once, with words in braces ({timestamp}, {now}) for what each engine names in its own way.
 * Copies text to buffer with every {word} replaced. An unknown word, or a buffer that is too small, is a bug. */
void sql_expand(const char *text, char *buffer, size_t buffer_size);
/* Several statements without parameters, in the engine's own words: schema changes. */
enum status sql_script(struct sql *sql, const char *text);

/* Runs to the end. changes may be NULL: how many rows were written. */
enum status sql_run(struct sql *sql, enum statement statement, const struct sql_value *values,
                    size_t count, int64_t *changes);

/* Starts a query; sql_next moves to its next row (OK, NOT_FOUND at the end, STORAGE). sql_done
 * always ends it. A statement runs once at a time. */
enum status sql_query(struct sql *sql, enum statement statement, const struct sql_value *values,
                      size_t count, struct sql_rows **rows);
enum status sql_next(struct sql_rows *rows);
/* The same for a loop over all rows: while *status is OK, moves to the next one. False: there is none (*status stays OK),
 * or something failed. */
bool sql_each(struct sql_rows *rows, enum status *status);
void sql_done(struct sql_rows **rows);
bool sql_row_is_null(const struct sql_rows *rows, int column);
int64_t sql_row_int(const struct sql_rows *rows, int column); /* NULL reads as 0 */
int64_t sql_row_time(const struct sql_rows *rows, int column);
/* Valid until the next sql_next or sql_done. */
struct bytes sql_row_bytes(const struct sql_rows *rows, int column);
void sql_row_text(const struct sql_rows *rows, int column, char *to, size_t capacity);

/* A query at its first row; NOT_FOUND: no row. sql_done ends it in any case. */
enum status sql_query_row(struct sql *sql, enum statement statement, const struct sql_value *values,
                          size_t count, struct sql_rows **row);
/* The first column of the first row; NOT_FOUND: no row. */
enum status sql_query_int(struct sql *sql, enum statement statement, const struct sql_value *values,
                          size_t count, int64_t *value);

/* The size of the database as the last commit left it. */
enum status sql_page_counts(struct sql *sql, int64_t *page_bytes, int64_t *pages,
                            int64_t *free_pages);
/* Gives at most page_limit free pages back to the file system. */
enum status sql_reclaim(struct sql *sql, int64_t page_limit);

static inline struct sql_value
sql_null(void)
{
    return (struct sql_value){.type = SQL_NULL};
}

static inline struct sql_value
sql_int(int64_t number)
{
    return (struct sql_value){.type = SQL_INT, .number = number};
}

static inline struct sql_value
sql_decimal(int64_t hundredths)
{
    return (struct sql_value){.type = SQL_DECIMAL, .number = hundredths};
}

static inline struct sql_value
sql_time(int64_t wall_us)
{
    return (struct sql_value){.type = SQL_TIME, .number = wall_us};
}

static inline struct sql_value
sql_date(int64_t day)
{
    return (struct sql_value){.type = SQL_DATE, .number = day};
}

static inline struct sql_value
sql_text(struct bytes text)
{
    return (struct sql_value){.type = SQL_TEXT, .bytes = text};
}

static inline struct sql_value
sql_string(const char *text)
{
    return sql_text(bytes_of_text(text));
}

static inline struct sql_value
sql_blob(struct bytes blob)
{
    return (struct sql_value){.type = SQL_BLOB, .bytes = blob};
}

/* Where 0 stands for "none". */
static inline struct sql_value
sql_int_or_null(int64_t number)
{
    return number != 0 ? sql_int(number) : sql_null();
}

static inline struct sql_value
sql_time_or_null(int64_t wall_us)
{
    return wall_us != 0 ? sql_time(wall_us) : sql_null();
}
