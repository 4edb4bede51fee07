/* l1_generation.c - which of the entries that L1 holds are of this database, and miss nothing.
 *
 * Two rows of meta: the number, and whether the last user ended in order. A user that is killed, or that lost sight of L1,
 * may have stored an entry here of which L1 has an older one: then the number is a new one, and nobody sees what had the
 * old one. */
#include "entries/entries.h"

#include <sys/random.h>

static const char name_of_number[] = "l1_generation";
static const char name_of_whole[] = "l1_is_whole";

static enum status
read_meta(struct entries *entries, const char *name, int64_t *value)
{
    return sql_query_int(entries->sql, STATEMENT_META_GET, SQL_VALUES(sql_string(name)), value);
}

static enum status
write_meta(struct entries *entries, const char *name, int64_t value)
{
    return sql_run(entries->sql, STATEMENT_META_SET, SQL_VALUES(sql_string(name), sql_int(value)),
                   NULL);
}

enum status
l1_generation_renew(struct entries *entries, int64_t *generation)
{
    uint64_t random;

    if (getrandom(&random, sizeof random, 0) != (ssize_t)sizeof random)
        return STATUS_STORAGE;
    *generation = (int64_t)(random >> 1) | 1;
    return write_meta(entries, name_of_number, *generation);
}

enum status
l1_generation_begin(struct entries *entries, int64_t *generation)
{
    int64_t is_whole = 0;
    enum status status = read_meta(entries, name_of_whole, &is_whole);

    if (status == STATUS_OK)
        status = read_meta(entries, name_of_number, generation);
    if (status == STATUS_OK && is_whole != 0)
        return write_meta(entries, name_of_whole, 0);
    return status == STATUS_OK ? l1_generation_renew(entries, generation) : status;
}

enum status
l1_generation_end(struct entries *entries)
{
    return write_meta(entries, name_of_whole, 1);
}
