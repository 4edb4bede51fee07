/* migrations.h - brings a database to the schema this program knows, step by numbered step. */
#pragma once

#include "sql/sql.h"

/* A step: its number is its place in the list, from 1. A step that was released is never changed. */
struct migration {
    const char *name;
    const char *const *texts; /* run in order, in the words of dialect.h; ends with NULL */
};

struct schema {
    const char *name; /* for messages: "accounts" */
    const struct migration *migrations;
    int64_t count;
};

extern const struct schema accounts_schema;
extern const struct schema entries_schema;

/* Applies what is missing, each step in one transaction. STORAGE: a step failed (nothing of it remains), or the
 * database is newer than this program. */
enum status migrations_apply(struct sql *sql, const struct schema *schema);
/* For a connection that only reads: OK when the database is exactly of the schema's version. */
enum status migrations_expect(struct sql *sql, const struct schema *schema);
