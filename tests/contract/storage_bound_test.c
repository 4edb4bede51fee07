/* storage_bound_test.c - cache.db is kept below a size: what goes first, and that its space is used again. */
/* links: @storage @core */
#include "storage_support.h"

#define BODY_BYTES 10000
#define MOST_BYTES (64 * 1024 * 4)

static struct place place;
static struct entries *entries;
static uint8_t body[BODY_BYTES];

static void
open_backend(int backend)
{
    place_init(&place, backend);
    ck_assert_int_eq(entries_open(&place.config, STORAGE_READ_WRITE, &entries), STATUS_OK);
}

static void
teardown(void)
{
    entries_close(&entries);
    place_fini(&place);
}

/* Fetched at NOON_US + number seconds. */
static void
put(int number, const char *endpoint, int64_t expires_wall_us)
{
    int64_t purge = 0;
    struct entry_row row = {.signature = bytes_of_text("{}"),
                            .endpoint = bytes_of_text(endpoint),
                            .method = bytes_of_text("GET"),
                            .body = bytes_of(body, sizeof body),
                            .meta = {.http_status = 200,
                                     .created_wall_ms = (NOON_US + number * SECOND_US) / 1000,
                                     .expires_wall_ms = expires_wall_us / 1000,
                                     .stale_until_wall_ms = (expires_wall_us + DAY_US) / 1000}};

    ck_assert_int_eq(purge_last_number(entries, &purge), STATUS_OK);
    row.meta.purge_number = purge;
    snprintf(row.cache_key, sizeof row.cache_key, "%032d", number);
    snprintf(row.params_hash, sizeof row.params_hash, "%032d", number);
    ck_assert_int_eq(entry_put(entries, &row), STATUS_OK);
}

static bool
is_there(int number)
{
    char key[33];
    struct entry_row row;
    struct blob *owner = NULL;

    snprintf(key, sizeof key, "%032d", number);
    bool is_found = entry_get(entries, key, &row, &owner) == STATUS_OK;

    blob_release(&owner);
    return is_found;
}

/* To its end, in steps of at most limit rows; how many rows went. */
static int64_t
trim(int64_t most_bytes, int64_t limit)
{
    int64_t all = 0, deleted = 0;
    bool is_more = true;

    for (int steps = 0; is_more; steps++) {
        ck_assert_int_lt(steps, 1000);
        ck_assert_int_eq(
            entry_trim(entries, most_bytes, NOON_US + HOUR_US, limit, &deleted, &is_more),
            STATUS_OK);
        ck_assert_int_le(deleted, limit);
        all += deleted;
    }
    return all;
}

static int64_t
file_bytes(void)
{
    return strtoll(raw_rows(&place, "cache.db", "PRAGMA page_count"), NULL, 10) *
           strtoll(raw_rows(&place, "cache.db", "PRAGMA page_size"), NULL, 10);
}

START_TEST(a_small_database_is_left_alone)
{
    open_backend(_i);
    for (int i = 0; i < 10; i++)
        put(i, "properties", NOON_US);
    ck_assert_int_eq(trim(MOST_BYTES, 64), 0);
    ck_assert(is_there(0));
}
END_TEST

START_TEST(what_was_read_longest_ago_goes_first)
{
    struct entry_hit hit = {.count = 1, .last_wall_us = NOON_US + HOUR_US};

    open_backend(_i);
    for (int i = 0; i < 60; i++)
        put(i, i % 2 == 0 ? "properties" : "value_estimate", NOON_US + DAY_US);
    /* The oldest one is read again; its key is 32 zeros. */
    ck_assert_int_eq(entry_count_hits(entries, &hit, 1), STATUS_OK);
    int64_t deleted = trim(MOST_BYTES, 7);

    ck_assert_int_gt(deleted, 20);
    ck_assert_int_lt(deleted, 50);
    ck_assert_int_le(file_bytes(), MOST_BYTES);
    ck_assert(is_there(0));
    for (int i = 1; i < 60; i++)
        ck_assert_msg(is_there(i) == (i > deleted), "%d of %lld", i, (long long)deleted);
}
END_TEST

START_TEST(no_more_goes_than_must)
{
    open_backend(_i);
    for (int i = 0; i < 60; i++)
        put(i, "properties", NOON_US + DAY_US);
    trim(MOST_BYTES, 64);
    ck_assert_int_gt(file_bytes(), MOST_BYTES - MOST_BYTES / 32 - 3 * BODY_BYTES);
}
END_TEST

/* A fetched entry counts as read: it was paid a moment ago. */
START_TEST(an_entry_stored_anew_is_young)
{
    open_backend(_i);
    for (int i = 0; i < 60; i++)
        put(i, "properties", NOON_US + DAY_US);
    ck_assert_int_eq(
        strtoll(raw_rows(&place, "cache.db",
                         "SELECT last_accessed = created_at FROM cache_entries LIMIT 1"),
                NULL, 10),
        1);
    struct entry_row row;
    struct blob *owner;

    ck_assert_int_eq(entry_get(entries, "00000000000000000000000000000000", &row, &owner),
                     STATUS_OK);
    row.meta.created_wall_ms = (NOON_US + HOUR_US) / 1000;
    ck_assert_int_eq(entry_put(entries, &row), STATUS_OK);
    blob_release(&owner);
    trim(MOST_BYTES, 64);
    ck_assert(is_there(0));
    ck_assert(!is_there(1));
}
END_TEST

START_TEST(expired_and_cleared_rows_go_before_good_ones)
{
    const struct purge_scope scope = {.endpoint = "value_estimate"};
    int64_t number, cleared;

    open_backend(_i);
    for (int i = 0; i < 20; i++)
        put(i, "value_estimate", NOON_US + DAY_US);
    ck_assert_int_eq(entry_purge(entries, &scope, NOON_US, &number, &cleared), STATUS_OK);
    for (int i = 20; i < 40; i++) /* the oldest good ones */
        put(i, "properties", NOON_US + DAY_US);
    for (int i = 40; i < 60; i++)
        put(i, "properties", NOON_US + i * SECOND_US); /* in their stale window */
    ck_assert_int_ge(trim(MOST_BYTES * 2, 8), 8);
    ck_assert_int_eq(strtoll(raw_rows(&place, "cache.db",
                                      "SELECT count(*) FROM cache_entries WHERE expires_at >= "
                                      "'2026-01-16'"),
                             NULL, 10) >= 20,
                     1);
    for (int i = 20; i < 40; i++)
        ck_assert_msg(is_there(i), "%d", i);
    trim(MOST_BYTES, 8);
    for (int i = 40; i < 60; i++)
        ck_assert_msg(!is_there(i), "%d", i);
}
END_TEST

/* What goes makes room for what comes: the file stays where it is. */
START_TEST(space_is_used_again)
{
    open_backend(_i);
    for (int i = 0; i < 600; i++) {
        put(i, "properties", NOON_US + DAY_US);
        trim(MOST_BYTES, 64);
        ck_assert_int_le(file_bytes(), MOST_BYTES);
    }
    ck_assert(is_there(599));
    ck_assert_str_eq(raw_rows(&place, "cache.db", "PRAGMA integrity_check"), "ok");
}
END_TEST

START_TEST(a_bound_that_cannot_be_kept_ends)
{
    open_backend(_i);
    for (int i = 0; i < 10; i++)
        put(i, "properties", NOON_US + DAY_US);
    ck_assert_int_eq(trim(1, 3), 10);
    ck_assert_int_eq(trim(1, 3), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_bound");
    TCase *tcase = tcase_create("entries");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, a_small_database_is_left_alone, 0, BACKENDS);
    tcase_add_loop_test(tcase, what_was_read_longest_ago_goes_first, 0, BACKENDS);
    tcase_add_loop_test(tcase, no_more_goes_than_must, 0, BACKENDS);
    tcase_add_loop_test(tcase, an_entry_stored_anew_is_young, 0, BACKENDS);
    tcase_add_loop_test(tcase, expired_and_cleared_rows_go_before_good_ones, 0, BACKENDS);
    tcase_add_loop_test(tcase, space_is_used_again, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_bound_that_cannot_be_kept_ends, 0, BACKENDS);
    suite_add_tcase(suite, tcase);
    return suite;
}
