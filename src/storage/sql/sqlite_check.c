/* sqlite_check.c - looks at a database file before anything opens it for writing. */
#include "sql/sql.h"

#include <sqlite3.h>

#include "base/clock.h"
#include "base/log.h"

#define BUSY_TIMEOUT_MS    2000
#define CHECK_STEP_OPCODES 20000 /* between looks at the clock: well under a millisecond */

static int
is_late(void *deadline_mono_ms)
{
    return clock_mono_ms() >= *(int64_t *)deadline_mono_ms;
}

static enum sql_soundness
soundness_of(int code)
{
    switch (code & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
    case SQLITE_INTERRUPT: /* the time was up, and nothing was found until then */
        return SQL_SOUND;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return SQL_CORRUPT;
    default:
        return SQL_UNREADABLE;
    }
}

/* One step of a query whose first column says "ok" where all is well. */
static enum sql_soundness
check_by(sqlite3 *handle, const char *query, bool expects_ok)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(handle, query, -1, &statement, NULL);
    enum sql_soundness soundness;

    if (code == SQLITE_OK)
        code = sqlite3_step(statement);
    soundness = soundness_of(code);
    if (code == SQLITE_ROW && expects_ok) {
        struct bytes said = bytes_of_text((const char *)sqlite3_column_text(statement, 0));

        soundness = bytes_equal_text(said, "ok") ? SQL_SOUND : SQL_CORRUPT;
    }
    sqlite3_finalize(statement);
    return soundness;
}

/* A connection that only reads never moves the write-ahead log into the file, so a broken file
 * stays as it is. */
enum sql_soundness
sql_check_file(const char *path, int64_t budget_ms)
{
    sqlite3 *handle = NULL;
    int64_t deadline_mono_ms = clock_mono_ms() + budget_ms;
    int code = sqlite3_open_v2(path, &handle, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL);
    enum sql_soundness soundness = soundness_of(code);

    if (soundness == SQL_SOUND) {
        sqlite3_busy_timeout(handle, BUSY_TIMEOUT_MS);
        soundness = check_by(handle, "SELECT count(*) FROM sqlite_master", false);
    }
    if (soundness == SQL_SOUND) {
        sqlite3_progress_handler(handle, CHECK_STEP_OPCODES, is_late, &deadline_mono_ms);
        soundness = check_by(handle, "PRAGMA quick_check(1)", true);
    }
    if (soundness != SQL_SOUND)
        log_error("database: %s is not sound: %s", path, sqlite3_errmsg(handle));
    sqlite3_close(handle);
    return soundness;
}
