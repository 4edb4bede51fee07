/* accounts_file.h - rentcache.db as a file: where it is, whether it may be opened, and that it is never begun anew by chance.
 *
 * A mark beside it (<path>.mark), written behind the first commit and removed by nobody, says that it existed. A file that
 * is missing or empty then is a loss, and refused; accounts_begin_anew (storage.h) alone makes another one. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ACCOUNTS_CHECK_MS 500 /* for a look at its rows at the start */

enum database_kind {
    DATABASE_IN_DATA_DIR, /* "sqlite:", "sqlite://" */
    DATABASE_FILE,       /* "sqlite:///relative", "sqlite:////absolute", also "sqlite+driver:..." */
    DATABASE_POSTGRESQL, /* "postgresql://...", "postgres://..." */
    DATABASE_MALFORMED
};

/* What DATABASE_URL asks for. file: with DATABASE_FILE, the path within url. */
enum database_kind database_url_parse(const char *url, const char **file);

/* Before this process opens it: SQLite's locks on the log's index would be lost with the look at it. budget_ms: how long its
 * rows may be looked through. False: it is lost or damaged (logged, with what to do), and left as it is. */
bool accounts_file_may_open(const char *path, int64_t budget_ms);
/* It has its schema: from now on it exists. Where the mark cannot be written, it is tried at the next start (logged). */
void accounts_file_mark(const char *path);
