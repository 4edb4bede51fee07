/* limit_records.h - what is used of the limits of keys, taken out of the key table and put back into it. The listener's. */
#pragma once

#include <stddef.h>

#include "access/key_table.h"
#include "limit_record.h"

/* Names by limit index (route_table.h). */
struct limit_names {
    const char *const *names;
    size_t count;
};

/* At most so many records stand for one key. */
#define LIMIT_RECORDS_OF_KEY(names) ((names)->count + 1)

struct limit_collection {
    const struct limit_names *names;
    struct limit_record *records; /* `most` of them: LIMIT_RECORDS_OF_KEY at least */
    size_t most, count;
    int64_t now_ns; /* clock_steady_ns */
    bool takes_all; /* also of keys that nothing was taken of since the last look */
};

/* Fills the records with limits of which something is used, from *cursor (0 at first) on. False: they are full, and there is
 * more. */
bool limit_records_collect(const struct key_table *table, size_t *cursor,
                           struct limit_collection *collection);
/* Where less of it is used than the record says. What names no key or limit that there is, is passed over. */
void limit_records_restore(const struct key_table *table, const struct limit_names *names,
                           const struct limit_record *record, int64_t now_ns);
