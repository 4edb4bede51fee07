/* storage_schema_test.c - tables, columns, constraints, defaults and indexes as the RentCache document names them. */
/* links: @storage @core */
#include "contract/storage_support.h"
#include "sql/statements.h"
#include "support/row.h"

static struct place place;

static void
setup(void)
{
    struct accounts *accounts;
    struct entries *entries;

    place_init(&place, 0);
    accounts = place_accounts(&place);
    accounts_close(&accounts);
    entries = place_entries(&place);
    entries_close(&entries);
}

static void
teardown(void)
{
    place_fini(&place);
}

struct column {
    const char *file, *table, *name, *type;
    int is_required; /* NOT NULL, or the primary key */
};

/* Timestamps are text, an address is text, a body is bytes: SQLite has nothing nearer. */
static const struct column columns[] = {
    {"rentcache.db", "api_keys", "id", "INTEGER", 1},
    {"rentcache.db", "api_keys", "key_name", "VARCHAR(100)", 1},
    {"rentcache.db", "api_keys", "key_hash", "VARCHAR(64)", 1},
    {"rentcache.db", "api_keys", "is_active", "BOOLEAN", 0},
    {"rentcache.db", "api_keys", "daily_limit", "INTEGER", 0},
    {"rentcache.db", "api_keys", "monthly_limit", "INTEGER", 0},
    {"rentcache.db", "api_keys", "daily_usage", "INTEGER", 0},
    {"rentcache.db", "api_keys", "monthly_usage", "INTEGER", 0},
    {"rentcache.db", "api_keys", "last_daily_reset", "TEXT", 0},
    {"rentcache.db", "api_keys", "last_monthly_reset", "TEXT", 0},
    {"rentcache.db", "api_keys", "created_at", "TEXT", 0},
    {"rentcache.db", "api_keys", "expires_at", "TEXT", 0},
    {"rentcache.db", "api_keys", "last_used", "TEXT", 0},
    {"rentcache.db", "usage_stats", "id", "INTEGER", 1},
    {"rentcache.db", "usage_stats", "api_key_id", "INTEGER", 0},
    {"rentcache.db", "usage_stats", "endpoint", "VARCHAR(50)", 1},
    {"rentcache.db", "usage_stats", "method", "VARCHAR(10)", 1},
    {"rentcache.db", "usage_stats", "status_code", "INTEGER", 1},
    {"rentcache.db", "usage_stats", "response_time_ms", "DECIMAL(10,2)", 1},
    {"rentcache.db", "usage_stats", "cache_hit", "BOOLEAN", 1},
    {"rentcache.db", "usage_stats", "estimated_cost", "DECIMAL(10,2)", 0},
    {"rentcache.db", "usage_stats", "user_agent", "TEXT", 0},
    {"rentcache.db", "usage_stats", "ip_address", "TEXT", 0},
    {"rentcache.db", "usage_stats", "created_at", "TEXT", 0},
    {"rentcache.db", "rate_limits", "id", "INTEGER", 1},
    {"rentcache.db", "rate_limits", "api_key_id", "INTEGER", 0},
    {"rentcache.db", "rate_limits", "endpoint", "VARCHAR(50)", 1},
    {"rentcache.db", "rate_limits", "current_tokens", "INTEGER", 0},
    {"rentcache.db", "rate_limits", "last_refill", "TEXT", 0},
    {"rentcache.db", "rate_limits", "created_at", "TEXT", 0},
    {"cache.db", "cache_entries", "id", "INTEGER", 1},
    {"cache.db", "cache_entries", "cache_key", "VARCHAR(64)", 1},
    {"cache.db", "cache_entries", "endpoint", "VARCHAR(50)", 1},
    {"cache.db", "cache_entries", "method", "VARCHAR(10)", 1},
    {"cache.db", "cache_entries", "params_hash", "VARCHAR(64)", 1},
    {"cache.db", "cache_entries", "response_data", "BLOB", 1},
    {"cache.db", "cache_entries", "status_code", "INTEGER", 1},
    {"cache.db", "cache_entries", "estimated_cost", "DECIMAL(10,2)", 0},
    {"cache.db", "cache_entries", "created_at", "TEXT", 0},
    {"cache.db", "cache_entries", "expires_at", "TEXT", 1},
    {"cache.db", "cache_entries", "is_valid", "BOOLEAN", 0},
    {"cache.db", "cache_entries", "hit_count", "INTEGER", 0},
    {"cache.db", "cache_entries", "last_accessed", "TEXT", 0},
};

START_TEST(every_column_of_the_document_is_there)
{
    const struct column *column = &columns[_i];
    char query[200];
    char expected[64];

    row("R-076");
    row("R-081");
    row("R-082");
    snprintf(query, sizeof query,
             "SELECT type, max(\"notnull\", pk > 0) FROM pragma_table_info('%s')"
             " WHERE name = '%s'",
             column->table, column->name);
    snprintf(expected, sizeof expected, "%s|%d", column->type, column->is_required);
    ck_assert_str_eq(raw_rows(&place, column->file, query), expected);
}
END_TEST

struct index_case {
    const char *file, *table, *name, *columns;
};

static const struct index_case indexes[] = {
    {"cache.db", "cache_entries", "idx_cache_entries_key", "cache_key"},
    {"cache.db", "cache_entries", "idx_cache_entries_endpoint_expires", "endpoint,expires_at"},
    {"cache.db", "cache_entries", "idx_cache_entries_created_at", "created_at"},
    {"rentcache.db", "usage_stats", "idx_usage_stats_api_key_created", "api_key_id,created_at"},
    {"rentcache.db", "usage_stats", "idx_usage_stats_endpoint_created", "endpoint,created_at"},
    {"rentcache.db", "usage_stats", "idx_usage_stats_cache_hit", "cache_hit,created_at"},
    {"rentcache.db", "api_keys", "idx_api_keys_hash", "key_hash"},
    {"rentcache.db", "api_keys", "idx_api_keys_active", "is_active"},
};

START_TEST(every_index_of_the_document_is_there)
{
    const struct index_case *index = &indexes[_i];
    char query[300];

    row("R-084");
    row("R-085");
    row("R-086");
    row("R-087");
    row("R-088");
    row("R-089");
    row("R-091");
    snprintf(query, sizeof query,
             "SELECT m.tbl_name, (SELECT group_concat(name) FROM pragma_index_info('%s'))"
             " FROM sqlite_master m WHERE m.type = 'index' AND m.name = '%s'",
             index->name, index->name);
    char expected[100];

    snprintf(expected, sizeof expected, "%s|%s", index->table, index->columns);
    ck_assert_str_eq(raw_rows(&place, index->file, query), expected);
}
END_TEST

#define STATEMENT_TEXT(name, text) {#name, text},

static const struct {
    const char *name, *text;
} statement_texts[] = {STATEMENTS(STATEMENT_TEXT)};

struct plan_case {
    const char *file, *statement, *index;
};

/* Those of usage rows: storage_usage_rows_test.c. */
static const struct plan_case plans[] = {
    {"cache.db", "ENTRY_GET", "idx_cache_entries_key"},
    {"cache.db", "ENTRY_CLEAN", "idx_cache_entries_endpoint_expires"},
    {"cache.db", "ENTRY_DROP_EXPIRED", "idx_cache_entries_endpoint_expires"},
    {"rentcache.db", "USAGE_HOURS", "USING PRIMARY KEY (hour>?)"},
    {"rentcache.db", "LIMIT_LIST", "SEARCH r USING INTEGER PRIMARY KEY (rowid>?)"},
    {"rentcache.db", "LIMIT_FORGET", "idx_rate_limits_full_at"},
    {"rentcache.db", "USAGE_STATUSES", "USING PRIMARY KEY (hour>?)"},
};

START_TEST(questions_are_answered_by_their_index)
{
    const struct plan_case *plan = &plans[_i];
    char query[2048] = "";

    row("R-021");
    row("R-085");
    for (size_t i = 0; i < COUNT(statement_texts); i++)
        if (strcmp(statement_texts[i].name, plan->statement) == 0)
            snprintf(query, sizeof query, "EXPLAIN QUERY PLAN %s", statement_texts[i].text);

    const char *rows = raw_rows(&place, plan->file, query);

    ck_assert_msg(strstr(rows, plan->index) != NULL, "%s", rows);
}
END_TEST

/* Who a secret belongs to is asked of the table in memory, which is made of these rows: what the index decides is that it
 * belongs to one key. */
START_TEST(a_secret_belongs_to_one_key_because_of_its_index)
{
    struct accounts *accounts = place_accounts(&place);
    struct key_row first = make_key(accounts, "first", 0, 0, NOON_US);
    struct key_row second = {.is_active = true, .key_name = "second"};

    row("R-090");
    memcpy(second.key_hash, first.key_hash, sizeof second.key_hash);
    ck_assert_int_eq(key_create(accounts, &second, NOON_US), STATUS_CONFLICT);
    ck_assert_int_eq(raw_run(&place, "rentcache.db", "DROP INDEX idx_api_keys_hash"), SQLITE_OK);
    ck_assert_int_eq(key_create(accounts, &second, NOON_US), STATUS_OK);
    accounts_close(&accounts);
}
END_TEST

struct refusal {
    const char *file, *first, *second;
};

static const struct refusal refusals[] = {
    {"rentcache.db", "INSERT INTO api_keys (key_name, key_hash) VALUES ('a', 'x')",
     "INSERT INTO api_keys (key_name, key_hash) VALUES ('a', 'y')"},
    {"rentcache.db", "INSERT INTO api_keys (key_name, key_hash) VALUES ('a', 'x')",
     "INSERT INTO api_keys (key_name, key_hash) VALUES ('b', 'x')"},
    {"rentcache.db", "", "INSERT INTO api_keys (key_hash) VALUES ('x')"},
    {"rentcache.db", "", "INSERT INTO api_keys (key_name) VALUES ('a')"},
    {"rentcache.db", "INSERT INTO rate_limits (api_key_id, endpoint) VALUES (1, 'properties')",
     "INSERT INTO rate_limits (api_key_id, endpoint) VALUES (1, 'properties')"},
    {"rentcache.db", "", "INSERT INTO usage_stats (endpoint) VALUES ('properties')"},
    {"cache.db",
     "INSERT INTO cache_entries (cache_key, endpoint, method, params_hash, response_data,"
     " status_code, expires_at) VALUES ('k', 'e', 'GET', 'p', '{}', 200, '2026')",
     "INSERT INTO cache_entries (cache_key, endpoint, method, params_hash, response_data,"
     " status_code, expires_at) VALUES ('k', 'e', 'GET', 'p', '{}', 200, '2026')"},
};

START_TEST(the_database_refuses_what_must_not_be)
{
    const struct refusal *refusal = &refusals[_i];

    row("R-048");
    row("R-077");
    row("R-083");
    ck_assert_int_eq(raw_run(&place, refusal->file, refusal->first), SQLITE_OK);
    ck_assert_int_eq(raw_run(&place, refusal->file, refusal->second), SQLITE_CONSTRAINT);
}
END_TEST

static const char *const entry_columns[] = {
    "cache_key", "endpoint", "method", "params_hash", "response_data", "status_code", "expires_at"};

START_TEST(an_entry_without_a_required_column_is_refused)
{
    char query[400];
    size_t used;

    row("R-048");
    used = (size_t)snprintf(query, sizeof query, "INSERT INTO cache_entries (method");
    for (size_t i = 0; i < COUNT(entry_columns); i++)
        if (i != (size_t)_i && strcmp(entry_columns[i], "method") != 0)
            used += (size_t)snprintf(query + used, sizeof query - used, ", %s", entry_columns[i]);
    used += (size_t)snprintf(query + used, sizeof query - used, ") VALUES (%s",
                             strcmp(entry_columns[_i], "method") == 0 ? "NULL" : "'GET'");
    for (size_t i = 0; i < COUNT(entry_columns); i++)
        if (i != (size_t)_i && strcmp(entry_columns[i], "method") != 0)
            used += (size_t)snprintf(query + used, sizeof query - used, ", 'x%zu'", i);
    snprintf(query + used, sizeof query - used, ")");
    ck_assert_int_eq(raw_run(&place, "cache.db", query), SQLITE_CONSTRAINT);
}
END_TEST

/* "2026-01-15T12:00:00.123456Z", within a minute of now. */
static void
expect_instant_of_now(const char *text)
{
    int64_t wall_us = 0;

    ck_assert_uint_eq(strlen(text), 27);
    ck_assert_int_eq(text[26], 'Z');
    ck_assert_int_eq(text[19], '.');
    ck_assert(clock_parse_wall_us(text, &wall_us));
    ck_assert_int_lt(llabs(clock_wall_us() - wall_us), 60 * SECOND_US);
}

START_TEST(a_key_has_the_defaults_of_the_document)
{
    row("R-078");
    ck_assert_int_eq(raw_run(&place, "rentcache.db",
                             "INSERT INTO api_keys (key_name, key_hash) VALUES ('a', 'x')"),
                     SQLITE_OK);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT is_active, daily_limit, monthly_limit, daily_usage,"
                              " monthly_usage, expires_at, last_used FROM api_keys"),
                     "1|1000|30000|0|0|NULL|NULL");
    expect_instant_of_now(
        raw_rows(&place, "rentcache.db", "SELECT last_daily_reset FROM api_keys"));
    expect_instant_of_now(
        raw_rows(&place, "rentcache.db", "SELECT last_monthly_reset FROM api_keys"));
    expect_instant_of_now(raw_rows(&place, "rentcache.db", "SELECT created_at FROM api_keys"));
}
END_TEST

START_TEST(an_entry_has_the_defaults_of_the_document)
{
    row("R-049");
    ck_assert_int_eq(
        raw_run(&place, "cache.db",
                "INSERT INTO cache_entries (cache_key, endpoint, method, params_hash,"
                " response_data, status_code, expires_at)"
                " VALUES ('k', 'e', 'GET', 'p', '{}', 200, '2026-01-15T12:00:00.000000Z')"),
        SQLITE_OK);
    ck_assert_str_eq(raw_rows(&place, "cache.db",
                              "SELECT estimated_cost = 0.0, is_valid, hit_count"
                              " FROM cache_entries"),
                     "1|1|0");
    expect_instant_of_now(raw_rows(&place, "cache.db", "SELECT created_at FROM cache_entries"));
    expect_instant_of_now(raw_rows(&place, "cache.db", "SELECT last_accessed FROM cache_entries"));
}
END_TEST

START_TEST(usage_and_limits_have_the_defaults_of_the_document)
{
    row("R-081");
    row("R-082");
    ck_assert_int_eq(raw_run(&place, "rentcache.db",
                             "INSERT INTO usage_stats (endpoint, method, status_code,"
                             " response_time_ms, cache_hit) VALUES ('e', 'GET', 200, 1.5, TRUE);"
                             "INSERT INTO rate_limits (endpoint) VALUES ('e')"),
                     SQLITE_OK);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT estimated_cost = 0.0, user_agent FROM usage_stats"),
                     "1|NULL");
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT current_tokens FROM rate_limits"),
                     "0");
    expect_instant_of_now(raw_rows(&place, "rentcache.db", "SELECT created_at FROM usage_stats"));
    expect_instant_of_now(raw_rows(&place, "rentcache.db", "SELECT last_refill FROM rate_limits"));
}
END_TEST

START_TEST(usage_and_limits_refer_to_keys)
{
    static const char *const tables[] = {"usage_stats", "rate_limits"};
    char query[200];

    row("R-081");
    row("R-082");
    snprintf(query, sizeof query,
             "SELECT \"from\", \"table\", \"to\" FROM pragma_foreign_key_list('%s')", tables[_i]);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", query), "api_key_id|api_keys|id");
}
END_TEST

START_TEST(journals_and_durability_are_as_designed)
{
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "PRAGMA journal_mode"), "wal");
    ck_assert_str_eq(raw_rows(&place, "cache.db", "PRAGMA journal_mode"), "wal");
    ck_assert_str_eq(raw_rows(&place, "cache.db", "PRAGMA auto_vacuum"), "2"); /* incremental */
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_schema");
    TCase *tcase = tcase_create("schema");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_loop_test(tcase, every_column_of_the_document_is_there, 0, COUNT(columns));
    tcase_add_loop_test(tcase, every_index_of_the_document_is_there, 0, COUNT(indexes));
    tcase_add_loop_test(tcase, questions_are_answered_by_their_index, 0, COUNT(plans));
    tcase_add_test(tcase, a_secret_belongs_to_one_key_because_of_its_index);
    tcase_add_loop_test(tcase, the_database_refuses_what_must_not_be, 0, COUNT(refusals));
    tcase_add_loop_test(tcase, an_entry_without_a_required_column_is_refused, 0,
                        COUNT(entry_columns));
    tcase_add_test(tcase, a_key_has_the_defaults_of_the_document);
    tcase_add_test(tcase, an_entry_has_the_defaults_of_the_document);
    tcase_add_test(tcase, usage_and_limits_have_the_defaults_of_the_document);
    tcase_add_loop_test(tcase, usage_and_limits_refer_to_keys, 0, 2);
    tcase_add_test(tcase, journals_and_durability_are_as_designed);
    suite_add_tcase(suite, tcase);
    return suite;
}
