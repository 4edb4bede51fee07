/* entries.h - what the files behind entries of storage.h share. */
#pragma once

#include "sql/sql.h"
#include "storage.h"

struct entries {
    struct sql *sql;
};

/* Of each endpoint the rows that expired first are looked at, at most limit of all: ENTRY_CLEAN or ENTRY_DROP_EXPIRED says
 * which of them go. Adds to *deleted. */
enum status entries_delete_expired(struct entries *entries, enum statement statement,
                                   int64_t now_wall_us, int64_t limit, int64_t *deleted);
