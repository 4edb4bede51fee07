/* storage_support.h - what the contract tests of storage share: a folder, a configuration per backend, and a look
 * at the stored data past the contract. */
#pragma once

#include <check.h>
#include <dirent.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "storage.h"
#include "support/scope.h"

/* 2026-01-15T12:00:00Z, a Thursday in the middle of a month. */
#define NOON_US   1768478400000000LL
#define SECOND_US 1000000LL
#define HOUR_US   (3600 * SECOND_US)
#define DAY_US    (24 * HOUR_US)
#define NOON_DAY  20468 /* days since 1970 */

struct place {
    char folder[64];
    struct config config;
};

/* Every case runs once per backend: tcase_add_loop_test(..., 0, BACKENDS), _i picks. */
struct backend {
    const char *name;
    const char *database_url;
};

static const struct backend backends[] = {{"sqlite", "sqlite:"}};

#define BACKENDS ((int)(sizeof backends / sizeof backends[0]))

static inline void
place_init(struct place *place, int backend)
{
    memset(place, 0, sizeof *place);
    snprintf(place->folder, sizeof place->folder, "/tmp/storage-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(place->folder));
    snprintf(place->config.server.data_dir, CONFIG_TEXT_SIZE, "%s", place->folder);
    snprintf(place->config.server.database_url, CONFIG_TEXT_SIZE, "%s",
             backends[backend].database_url);
    place->config.gateway.enable_analytics = true;
    snprintf(place->config.analytics.unknown_charge, CONFIG_TEXT_SIZE, "charge");
}

static inline void
place_path(const struct place *place, const char *name, char path[400])
{
    snprintf(path, 400, "%s/%s", place->folder, name);
}

static inline void
place_fini(struct place *place)
{
    DIR *folder = opendir(place->folder);
    char path[400];

    for (struct dirent *file = readdir(folder); file != NULL; file = readdir(folder)) {
        place_path(place, file->d_name, path);
        (void)remove(path);
    }
    closedir(folder);
    ck_assert_int_eq(rmdir(place->folder), 0);
}

static inline struct accounts *
place_accounts(const struct place *place)
{
    struct accounts *accounts = NULL;

    ck_assert_int_eq(accounts_open(&place->config, STORAGE_READ_WRITE, &accounts), STATUS_OK);
    ck_assert_ptr_nonnull(accounts);
    return accounts;
}

static inline struct entries *
place_entries(const struct place *place)
{
    struct entries *entries = NULL;

    ck_assert_int_eq(entries_open(&place->config, STORAGE_READ_WRITE, &entries), STATUS_OK);
    ck_assert_ptr_nonnull(entries);
    return entries;
}

/* The file itself, opened by the engine's own interface. */
static inline sqlite3 *
raw_open(const struct place *place, const char *name)
{
    sqlite3 *raw = NULL;
    char path[400];

    place_path(place, name, path);
    ck_assert_int_eq(sqlite3_open(path, &raw), SQLITE_OK);
    sqlite3_busy_timeout(raw, 5000);
    return raw;
}

/* Runs statements; what SQLite answered. */
static inline int
raw_run(const struct place *place, const char *name, const char *text)
{
    sqlite3 *raw = raw_open(place, name);
    int code = sqlite3_exec(raw, text, NULL, NULL, NULL);

    sqlite3_close(raw);
    return code;
}

/* The rows of a query as text: columns joined by "|", rows by "\n". */
static inline const char *
raw_rows(const struct place *place, const char *name, const char *query)
{
    static char text[16384];
    sqlite3 *raw = raw_open(place, name);
    sqlite3_stmt *statement = NULL;
    size_t used = 0;

    text[0] = '\0';
    ck_assert_msg(sqlite3_prepare_v2(raw, query, -1, &statement, NULL) == SQLITE_OK, "%s: %s",
                  query, sqlite3_errmsg(raw));
    while (sqlite3_step(statement) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(statement); i++) {
            const char *value = (const char *)sqlite3_column_text(statement, i);
            const char *mark = i > 0 ? "|" : used > 0 ? "\n" : "";

            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", mark,
                                     value != NULL ? value : "NULL");
            ck_assert_uint_lt(used, sizeof text);
        }
    }
    sqlite3_finalize(statement);
    sqlite3_close(raw);
    return text;
}

/* A key whose hash is made of its name. */
static inline struct key_row
make_key(struct accounts *accounts, const char *name, int64_t daily_limit, int64_t monthly_limit,
         int64_t now_wall_us)
{
    struct key_row row = {
        .is_active = true, .daily_limit = daily_limit, .monthly_limit = monthly_limit};

    snprintf(row.key_name, sizeof row.key_name, "%s", name);
    snprintf(row.key_hash, sizeof row.key_hash, "hash-of-%s", name);
    ck_assert_int_eq(key_create(accounts, &row, now_wall_us), STATUS_OK);
    return row;
}

/* A hit of route "properties" with a sequence, an instant and a key. */
static inline struct usage_record
make_record(int64_t sequence, int64_t created_wall_us, int64_t api_key_id, enum decision decision)
{
    struct usage_record record = {
        .sequence = sequence,
        .created_wall_us = created_wall_us,
        .api_key_id = api_key_id,
        .response_time_us = 1500,
        .status_code = 200,
        .decision = (uint8_t)decision,
        .ip_family = 4,
        .ip = {192, 0, 2, 17},
        .endpoint = "properties",
        .method = "GET",
        .user_agent_size = 8,
        .level = LEVEL_NEAR,
        .user_agent = "curl/7.8",
    };

    record.saved_micro_usd = decision == DECISION_HIT ? 1000000 : 0;
    record.cost_micro_usd = decision == DECISION_MISS ? 1000000 : 0;
    record.checksum = usage_record_checksum(&record);
    return record;
}

#define SPOOL "0123456789abcdef0123456789abcdef"

static inline void
store_records(struct accounts *accounts, int64_t ring, const struct usage_record *records,
              size_t count)
{
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(usage_append(accounts, SPOOL, ring, records, count), STATUS_OK);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
}
