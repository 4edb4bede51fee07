/* storage_statements_test.c - the look-up of an entry as the RentCache document has it, and statements that are prepared once. */
/* links: @storage @core */
#include <dlfcn.h>

#include "contract/storage_support.h"
#include "sql/statements.h"
#include "support/row.h"

#define ENTRY_TEXT(name, text) {#name, text},

static const struct {
    const char *name, *text;
} entry_statements[] = {ENTRY_STATEMENTS(ENTRY_TEXT)};

#define KEY "0123456789abcdef0123456789abcdef"

static struct place place;
static int prepared_count;

static void
setup(void)
{
    place_init(&place, 0);
}

static void
teardown(void)
{
    place_fini(&place);
}

typedef int prepare_function(sqlite3 *handle, const char *text, int size, unsigned flags,
                             sqlite3_stmt **statement, const char **rest);

/* Stands before the library's own: everything that is prepared to be kept comes through here. */
int
sqlite3_prepare_v3(sqlite3 *handle, const char *text, int size, unsigned flags,
                   sqlite3_stmt **statement, const char **rest)
{
    static union { /* ISO C has no way from the one to the other, POSIX has */
        void *object;
        prepare_function *function;
    } library;

    if (library.object == NULL)
        library.object = dlsym(RTLD_NEXT, "sqlite3_prepare_v3");
    ck_assert_ptr_nonnull(library.object);
    prepared_count++;
    return library.function(handle, text, size, flags, statement, rest);
}

static const char *
text_of(const char *name)
{
    for (size_t i = 0; i < COUNT(entry_statements); i++)
        if (strcmp(entry_statements[i].name, name) == 0)
            return entry_statements[i].text;
    ck_abort_msg("no statement %s", name);
    return NULL;
}

static struct entry_row
make_entry(void)
{
    struct entry_row row = {.cache_key = KEY,
                            .signature = bytes_of_text("{}"),
                            .endpoint = bytes_of_text("properties"),
                            .method = bytes_of_text("GET"),
                            .params_hash = KEY,
                            .body = bytes_of_text("[]"),
                            .meta = {.http_status = 200,
                                     .created_wall_ms = NOON_US / 1000,
                                     .expires_wall_ms = (NOON_US + HOUR_US) / 1000,
                                     .stale_until_wall_ms = (NOON_US + DAY_US) / 1000}};

    return row;
}

static void
get(struct entries *entries)
{
    struct entry_row row;
    struct blob *owner = NULL;

    ck_assert_int_eq(entry_get(entries, KEY, &row, &owner), STATUS_OK);
    ck_assert_uint_eq(strlen(row.cache_key), 32);
    blob_release(&owner);
}

START_TEST(an_entry_is_looked_up_by_one_probe_of_the_unique_index)
{
    struct entries *entries = place_entries(&place);
    const char *text = text_of("ENTRY_GET");
    char query[1024];

    row("R-033");
    ck_assert_ptr_nonnull(strstr(text, "response_data"));
    ck_assert_ptr_nonnull(strstr(text, "expires_at"));
    ck_assert_ptr_nonnull(strstr(text, "WHERE cache_key = $1"));
    snprintf(query, sizeof query, "EXPLAIN QUERY PLAN %s", text);
    const char *plan = raw_rows(&place, "cache.db", query);

    ck_assert_msg(strstr(plan, "SEARCH cache_entries USING INDEX") != NULL &&
                      strstr(plan, "(cache_key=?)") != NULL && strchr(plan, '\n') == NULL,
                  "%s", plan);
    entries_close(&entries);
}
END_TEST

START_TEST(a_statement_is_parsed_once_however_often_it_runs)
{
    struct entries *entries = place_entries(&place);
    struct entry_row row_stored = make_entry();
    int prepared;

    row("R-118");
    ck_assert_int_eq(entry_put(entries, &row_stored), STATUS_OK);
    get(entries);
    prepared = prepared_count;
    ck_assert_int_gt(prepared, 0);
    for (int i = 0; i < 1000; i++) {
        get(entries);
        ck_assert_int_eq(entry_put(entries, &row_stored), STATUS_OK);
    }
    ck_assert_int_eq(prepared_count, prepared);
    entries_close(&entries);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage/statements");
    TCase *tcase = tcase_create("statements");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, an_entry_is_looked_up_by_one_probe_of_the_unique_index);
    tcase_add_test(tcase, a_statement_is_parsed_once_however_often_it_runs);
    suite_add_tcase(suite, tcase);
    return suite;
}
