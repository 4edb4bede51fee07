/* database_url.c - what DATABASE_URL asks for. Pure.
 *
 * The form is that of the systems this program replaces: after three slashes comes a path relative to the
 * working directory, after four an absolute one; a driver may be named after a plus sign. */
#include "sql/database_url.h"

#include <string.h>

#include "base/bytes.h"

enum database_kind
database_url_parse(const char *url, const char **file)
{
    size_t scheme_size = strcspn(url, ":");
    struct bytes engine = bytes_of(url, strcspn(url, "+:"));
    const char *rest = url + scheme_size;

    if (*rest != ':')
        return DATABASE_MALFORMED;
    rest++;
    if (bytes_equal_text(engine, "postgresql") || bytes_equal_text(engine, "postgres"))
        return DATABASE_POSTGRESQL;
    if (!bytes_equal_text(engine, "sqlite"))
        return DATABASE_MALFORMED;
    if (*rest == '\0' || strcmp(rest, "//") == 0 || strcmp(rest, "///") == 0)
        return DATABASE_IN_DATA_DIR;
    if (strncmp(rest, "///", 3) != 0)
        return DATABASE_MALFORMED;
    *file = rest + 3;
    return DATABASE_FILE;
}
