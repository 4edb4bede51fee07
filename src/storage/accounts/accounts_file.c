/* accounts_file.c - where rentcache.db is, whether it is all there, its mark, and how it is begun anew. */
#include "accounts/accounts_file.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "sql/sql.h"
#include "sql/wal_check.h"
#include "storage.h"

#define PATH_SIZE       1024
#define SUFFIX_SIZE     32
#define LOST_FILES_MOST 999

static const char mark_text[] =
    "The database that this file stands beside existed. While this file is here, a database that "
    "is missing or empty is\n"
    "refused and never taken for a new installation: docs/operate.md, \"Backup and restore\".\n";

/* The form is that of the systems this program replaces: after three slashes comes a path relative to the
 * working directory, after four an absolute one; a driver may be named after a plus sign. */
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

bool
accounts_path(const struct config *config, char *path, size_t path_size)
{
    const char *url = config->server.database_url;
    const char *file = NULL;

    switch (database_url_parse(url, &file)) {
    case DATABASE_IN_DATA_DIR:
        return config_data_path(config, "rentcache.db", path, path_size);
    case DATABASE_FILE:
        return bytes_copy_text(bytes_of_text(file), path, path_size);
    case DATABASE_POSTGRESQL:
        log_error("DATABASE_URL: PostgreSQL is not supported yet; use sqlite: or sqlite:///path");
        return false;
    case DATABASE_MALFORMED:
        break;
    }
    log_error("DATABASE_URL: neither sqlite: nor sqlite:///path");
    return false;
}

static void
path_beside(const char *path, const char *suffix, char beside[PATH_SIZE + SUFFIX_SIZE])
{
    snprintf(beside, PATH_SIZE + SUFFIX_SIZE, "%s%s", path, suffix);
}

static bool
exists_beside(const char *path, const char *suffix)
{
    char beside[PATH_SIZE + SUFFIX_SIZE];

    path_beside(path, suffix, beside);
    return access(beside, F_OK) == 0;
}

/* The log first: SQLite would already cut it down to what is whole, and delete that of an empty file. */
static enum sql_soundness
look_at_file(const char *path, int64_t budget_ms)
{
    struct stat file;

    if (!wal_is_whole(path)) {
        log_error("%s-wal is damaged or missing: transactions that were committed are lost", path);
        return SQL_CORRUPT;
    }
    return stat(path, &file) == 0 && file.st_size > 0 ? sql_check_file(path, budget_ms) : SQL_EMPTY;
}

/* A broken account of money is for a person to look at. */
bool
accounts_file_may_open(const char *path, int64_t budget_ms)
{
    enum sql_soundness soundness = look_at_file(path, budget_ms);

    if (soundness == SQL_SOUND || (soundness == SQL_EMPTY && !exists_beside(path, ".mark")))
        return true;
    if (soundness == SQL_EMPTY)
        log_error("%s is %s, but %s.mark says that it existed: the keys, the usage and the ledger "
                  "are lost; restore a backup, or begin without them: rentcache new-database",
                  path, access(path, F_OK) == 0 ? "empty" : "missing", path);
    else if (soundness == SQL_UNREADABLE)
        log_error("%s cannot be read now, and may well be sound: free disk space, or look at the "
                  "disk and the permissions; it was not touched",
                  path);
    else
        log_error("%s is damaged and was not touched: restore a backup, or begin without the "
                  "keys, the usage and the ledger: rentcache new-database",
                  path);
    return false;
}

bool
accounts_may_open(const struct config *config)
{
    char path[PATH_SIZE];

    return accounts_path(config, path, sizeof path) && accounts_file_may_open(path, 0);
}

/* The name too is on the disk afterwards. */
static bool
sync_folder_of(const char *path)
{
    char copy[PATH_SIZE + SUFFIX_SIZE];
    int folder;
    bool is_synced;

    snprintf(copy, sizeof copy, "%s", path);
    folder = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    is_synced = folder >= 0 && fsync(folder) == 0;
    if (folder >= 0)
        close(folder);
    return is_synced;
}

/* An empty mark, on a full disk, says as much. */
void
accounts_file_mark(const char *path)
{
    char mark[PATH_SIZE + SUFFIX_SIZE];
    int file;

    if (exists_beside(path, ".mark"))
        return;
    path_beside(path, ".mark", mark);
    file = open(mark, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0 && write(file, mark_text, sizeof mark_text - 1) < 0)
        log_debug("%s stays empty: %s", mark, strerror(errno));
    if (file < 0 || fsync(file) != 0 || !sync_folder_of(mark))
        log_warning("%s cannot be written: %s", mark, strerror(errno));
    if (file >= 0)
        close(file);
}

static bool
move_to(const char *path, const char *to)
{
    static const char *const endings[] = {"-wal", "-shm", ""};
    char from_path[PATH_SIZE + SUFFIX_SIZE], to_path[PATH_SIZE + 2 * SUFFIX_SIZE];

    for (size_t i = 0; i < COUNT(endings); i++) {
        path_beside(path, endings[i], from_path);
        snprintf(to_path, sizeof to_path, "%s%s", to, endings[i]);
        if (rename(from_path, to_path) != 0 && errno != ENOENT) {
            log_error("%s cannot be moved to %s: %s", from_path, to_path, strerror(errno));
            return false;
        }
    }
    return true;
}

/* What is left of it is never deleted: people may still find something in it. */
static enum status
move_aside(const char *path)
{
    char to[PATH_SIZE + SUFFIX_SIZE], suffix[SUFFIX_SIZE];
    int number = 0;

    do
        snprintf(suffix, sizeof suffix, ".lost-%d", ++number);
    while (number <= LOST_FILES_MOST && exists_beside(path, suffix));
    path_beside(path, suffix, to);
    return number <= LOST_FILES_MOST && move_to(path, to) ? STATUS_OK : STATUS_STORAGE;
}

enum status
accounts_begin_anew(const struct config *config)
{
    char path[PATH_SIZE], mark[PATH_SIZE + SUFFIX_SIZE];
    struct accounts *accounts = NULL;
    enum status status = STATUS_STORAGE;
    enum sql_soundness soundness;

    if (!accounts_path(config, path, sizeof path))
        return STATUS_STORAGE;
    soundness = look_at_file(path, ACCOUNTS_CHECK_MS);
    if (soundness == SQL_SOUND)
        return STATUS_CONFLICT;
    if (soundness == SQL_UNREADABLE) { /* a full disk hides a sound one */
        log_error("%s cannot be read now, and may well be sound: it stays where it is", path);
        return STATUS_STORAGE;
    }
    path_beside(path, ".mark", mark);
    if (move_aside(path) == STATUS_OK && (unlink(mark) == 0 || errno == ENOENT))
        status = accounts_open(config, STORAGE_READ_WRITE, &accounts);
    accounts_close(&accounts);
    accounts_file_mark(path);
    return status;
}
