/* migrations.h - a database with the tables that this program knows. */
#pragma once

#include "sql/sql.h"

struct schema;
extern const struct schema accounts_schema;
extern const struct schema entries_schema;

/* Opens the database and applies the steps that it misses, each in one transaction; a connection that only reads wants
 * exactly the version of the schema. STORAGE: it cannot be opened, a step failed (nothing of that remains), or the
 * database is newer than this program. */
enum status migrations_open(const struct sql_options *options, const struct schema *schema,
                            struct sql **sql);
