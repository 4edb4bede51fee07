/* accounts.h - what the files behind accounts of storage.h share. */
#pragma once

#include "accounts/usage_sums.h"
#include "sql/sql.h"
#include "storage.h"

struct accounts {
    struct sql *sql;
    bool
        stores_rows; /* each request has a row and counts in totals by hour; false: in its key's days alone */
    bool charges_unknown;   /* a call whose fate is unknown costs its price; false: nothing */
    struct usage_sums sums; /* of the rows of the open transaction */
};

/* Where work must be one transaction whether or not the caller has opened one: begins it if there is none. */
enum status accounts_enter(struct accounts *accounts, bool *is_own);
/* Ends what accounts_enter began: commits when status is OK, else undoes. Returns the outcome. */
enum status accounts_leave(struct accounts *accounts, bool is_own, enum status status);

/* Moves counters and roll-ups by the sums, and clears them. */
enum status accounts_store_sums(struct accounts *accounts);

enum status accounts_meta(struct accounts *accounts, const char *name, int64_t *value);
enum status accounts_meta_advance(struct accounts *accounts, const char *name);
