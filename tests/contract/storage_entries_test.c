/* storage_entries_test.c - L2: what is stored comes back whole, purges win over what was fetched before them. */
/* links: @storage @core */
#include "contract/storage_entries_fixture.h"
#include "support/row.h"

static void
put(const char *cache_key, const char *endpoint)
{
    int64_t number;
    struct entry_row entry;

    ck_assert_int_eq(purge_last_number(entries, &number), STATUS_OK);
    entry = make_row(cache_key, endpoint, number);
    ck_assert_int_eq(entry_put(entries, &entry), STATUS_OK);
}

static bool
is_there(const char *cache_key)
{
    struct entry_row entry;
    struct blob *owner;
    enum status status = entry_get(entries, cache_key, &entry, &owner);

    ck_assert(status == STATUS_OK || status == STATUS_NOT_FOUND || status == STATUS_PURGED);
    blob_release(&owner);
    return status == STATUS_OK;
}

static void
expect_bytes(struct bytes found, struct bytes expected)
{
    ck_assert(bytes_equal(found, expected));
}

START_TEST(an_entry_comes_back_as_it_was_stored)
{
    struct entry_row stored, found;
    struct blob *owner = NULL;

    row("R-044");
    open_backend(_i);
    stored = make_row(KEY_A, "properties", base);
    ck_assert_int_eq(entry_put(entries, &stored), STATUS_OK);
    ck_assert_int_eq(entry_get(entries, KEY_A, &found, &owner), STATUS_OK);
    ck_assert_str_eq(found.cache_key, KEY_A);
    ck_assert_str_eq(found.params_hash, "d49df22e83a595be015c6ac7d33581a3");
    expect_bytes(found.signature, stored.signature);
    expect_bytes(found.endpoint, stored.endpoint);
    expect_bytes(found.method, stored.method);
    expect_bytes(found.headers, stored.headers);
    expect_bytes(found.body, stored.body);
    ck_assert_int_eq(found.meta.http_status, 200);
    ck_assert_int_eq(found.meta.price_micro_usd, 2500000);
    ck_assert_int_eq(found.meta.created_wall_ms, NOON_US / 1000);
    ck_assert_int_eq(found.meta.expires_wall_ms, (NOON_US + HOUR_US) / 1000);
    ck_assert_int_eq(found.meta.stale_until_wall_ms, (NOON_US + 2 * HOUR_US) / 1000);
    ck_assert_int_eq(found.meta.fetched_by_key_id, 7);
    ck_assert_int_eq(found.meta.purge_number, base);
    blob_release(&owner);
    ck_assert_str_eq(raw_rows(&place, "cache.db",
                              "SELECT endpoint, method, params_hash, status_code, estimated_cost,"
                              " cost_micro_usd, created_at, expires_at, is_valid, hit_count,"
                              " body_size, CAST(response_data AS TEXT) FROM cache_entries"),
                     "properties|GET|d49df22e83a595be015c6ac7d33581a3|200|2.5|2500000"
                     "|2026-01-15T12:00:00.000000Z|2026-01-15T13:00:00.000000Z|1|0|10"
                     "|[{\"id\":1}]");
    ck_assert_int_eq(entry_get(entries, KEY_B, &found, &owner), STATUS_NOT_FOUND);
    ck_assert_ptr_null(owner);
}
END_TEST

START_TEST(a_body_may_be_any_bytes_of_any_size)
{
    static const size_t sizes[] = {0, 1, 4096, 1000003};
    struct entry_row stored, found;
    struct blob *owner = NULL;

    open_backend(_i);
    for (size_t i = 0; i < COUNT(sizes); i++) {
        uint8_t *body = malloc(sizes[i] + 1);

        for (size_t at = 0; at < sizes[i]; at++)
            body[at] = (uint8_t)(at * 31 % 256);
        stored = make_row(KEY_A, "properties", base);
        stored.body = bytes_of(body, sizes[i]);
        ck_assert_int_eq(entry_put(entries, &stored), STATUS_OK);
        ck_assert_int_eq(entry_get(entries, KEY_A, &found, &owner), STATUS_OK);
        expect_bytes(found.body, stored.body);
        blob_release(&owner);
        free(body);
    }
}
END_TEST

START_TEST(an_expired_entry_is_still_found)
{
    struct entry_row stored;

    open_backend(_i);
    stored = make_row(KEY_A, "properties", base);
    stored.meta.created_wall_ms = stored.meta.expires_wall_ms = stored.meta.stale_until_wall_ms = 1;
    ck_assert_int_eq(entry_put(entries, &stored), STATUS_OK);
    ck_assert(is_there(KEY_A));
}
END_TEST

START_TEST(a_replaced_entry_keeps_its_hits)
{
    struct entry_hit hit = {.count = 3, .last_wall_us = NOON_US + SECOND_US};
    struct entry_row newer;

    row("R-045");
    open_backend(_i);
    memcpy(hit.cache_key, "\xce\xba\x47\x3f\x42\xf7\x9d\x99\xad\xb4\x8c\xcd\x2b\x0a\xe2\x8c", 16);
    put(KEY_A, "properties");
    ck_assert_int_eq(entry_count_hits(entries, &hit, 1), STATUS_OK);
    newer = make_row(KEY_A, "properties", base);
    newer.body = bytes_of_text("new");
    newer.meta.created_wall_ms = (NOON_US + HOUR_US) / 1000;
    ck_assert_int_eq(entry_put(entries, &newer), STATUS_OK);
    ck_assert_int_eq(entry_count_hits(entries, &hit, 1), STATUS_OK);
    ck_assert_str_eq(raw_rows(&place, "cache.db",
                              "SELECT hit_count, CAST(response_data AS TEXT), created_at"
                              " FROM cache_entries"),
                     "6|new|2026-01-15T13:00:00.000000Z");
}
END_TEST

START_TEST(hits_move_the_count_and_the_last_access)
{
    struct entry_hit hits[2] = {{.count = 2, .last_wall_us = NOON_US + 5 * SECOND_US},
                                {.count = 9, .last_wall_us = NOON_US}};

    row("R-045");
    open_backend(_i);
    memcpy(hits[0].cache_key, "\xce\xba\x47\x3f\x42\xf7\x9d\x99\xad\xb4\x8c\xcd\x2b\x0a\xe2\x8c",
           16);
    memset(hits[1].cache_key, 0xab, 16); /* an entry that is not there */
    put(KEY_A, "properties");
    ck_assert_int_eq(entry_count_hits(entries, hits, 2), STATUS_OK);
    hits[0].count = 1;
    hits[0].last_wall_us = NOON_US + SECOND_US; /* told late */
    ck_assert_int_eq(entry_count_hits(entries, hits, 1), STATUS_OK);
    ck_assert_str_eq(raw_rows(&place, "cache.db",
                              "SELECT hit_count, last_accessed, hit_count * estimated_cost"
                              " FROM cache_entries"),
                     "3|2026-01-15T12:00:05.000000Z|7.5");
}
END_TEST

START_TEST(a_cleared_entry_is_not_served_and_stays_readable)
{
    int64_t number, cleared, valid, total;

    row("R-042");
    open_backend(_i);
    put(KEY_A, "properties");
    put(KEY_B, "value_estimate");
    ck_assert_int_eq(entry_totals(entries, &valid, &total), STATUS_OK);
    ck_assert_int_eq(valid, 2);
    ck_assert_int_eq(entry_purge(entries, SCOPE(""), NOON_US, &number, &cleared), STATUS_OK);
    ck_assert_int_eq(number, base + 1);
    ck_assert_int_eq(cleared, 2);
    ck_assert(!is_there(KEY_A));
    ck_assert(!is_there(KEY_B));
    ck_assert_int_eq(entry_totals(entries, &valid, &total), STATUS_OK);
    ck_assert_int_eq(valid, 0);
    ck_assert_int_eq(total, 2);
    ck_assert_str_eq(raw_rows(&place, "cache.db",
                              "SELECT is_valid, CAST(response_data AS TEXT) FROM cache_entries"
                              " WHERE endpoint = 'properties'"),
                     "0|[{\"id\":1}]");
    ck_assert_int_eq(entry_purge(entries, SCOPE(""), NOON_US, &number, &cleared), STATUS_OK);
    ck_assert_int_eq(cleared, 0); /* nothing was valid any more */
    put(KEY_A, "properties");
    ck_assert(is_there(KEY_A));
}
END_TEST

START_TEST(clearing_an_endpoint_leaves_the_others)
{
    int64_t number, cleared;

    open_backend(_i);
    put(KEY_A, "properties");
    put(KEY_B, "value_estimate");
    ck_assert_int_eq(entry_purge(entries, SCOPE("properties"), NOON_US, &number, &cleared),
                     STATUS_OK);
    ck_assert_int_eq(cleared, 1);
    ck_assert(!is_there(KEY_A));
    ck_assert(is_there(KEY_B));
}
END_TEST

START_TEST(what_was_fetched_before_a_purge_is_never_stored_after_it)
{
    int64_t number, cleared;
    struct entry_row early_a, early_b;

    open_backend(_i);
    early_a = make_row(KEY_A, "properties", base);
    early_b = make_row(KEY_B, "value_estimate", base);
    ck_assert_int_eq(entry_purge(entries, SCOPE("properties"), NOON_US, &number, &cleared),
                     STATUS_OK);
    ck_assert_int_eq(entry_put(entries, &early_a), STATUS_PURGED);
    ck_assert(!is_there(KEY_A));
    ck_assert_int_eq(entry_put(entries, &early_b), STATUS_OK); /* not its endpoint */

    early_a.meta.purge_number = number; /* its fetch started after the purge */
    ck_assert_int_eq(entry_put(entries, &early_a), STATUS_OK);

    ck_assert_int_eq(entry_purge(entries, SCOPE(""), NOON_US, &number, &cleared), STATUS_OK);
    ck_assert_int_eq(entry_put(entries, &early_a), STATUS_PURGED);
    ck_assert_int_eq(entry_put(entries, &early_b), STATUS_PURGED);
    ck_assert(!is_there(KEY_A)); /* nor does the refusal revive the old row */
}
END_TEST

struct seen {
    char text[400];
};

static void
note(void *context, int64_t number, const struct purge_scope *scope)
{
    struct seen *seen = context;
    size_t used = strlen(seen->text);

    snprintf(seen->text + used, sizeof seen->text - used, "%lld [%s] %lld %lld\n",
             (long long)(number - base), scope->endpoint, (long long)scope->fetched_before_wall_ms,
             (long long)scope->expired_before_wall_ms);
}

START_TEST(the_purge_log_is_read_from_any_number)
{
    struct seen seen = {""};
    int64_t number, cleared;

    open_backend(_i);
    ck_assert_int_eq(entry_purge(entries, SCOPE(""), NOON_US, &number, &cleared), STATUS_OK);
    ck_assert_int_eq(entry_purge(entries, SCOPE("a"), NOON_US, &number, &cleared), STATUS_OK);
    ck_assert_int_eq(entry_purge(entries,
                                 &(struct purge_scope){.endpoint = "b",
                                                       .fetched_before_wall_ms = 1768478400123,
                                                       .expired_before_wall_ms = 1768478400456},
                                 NOON_US, &number, &cleared),
                     STATUS_OK);
    ck_assert_int_eq(purge_list(entries, base, 10, note, &seen), STATUS_OK);
    ck_assert_str_eq(seen.text, "1 [] 0 0\n2 [a] 0 0\n3 [b] 1768478400123 1768478400456\n");
    seen.text[0] = '\0';
    ck_assert_int_eq(purge_list(entries, base + 1, 1, note, &seen), STATUS_OK);
    ck_assert_str_eq(seen.text, "2 [a] 0 0\n");
    ck_assert_int_eq(purge_last_number(entries, &number), STATUS_OK);
    ck_assert_int_eq(number, base + 3);
}
END_TEST

START_TEST(cleaning_takes_what_is_past_its_stale_window)
{
    struct entry_row entry;
    int64_t deleted, valid, total;

    row("R-085");
    open_backend(_i);
    for (int i = 0; i < 10; i++) {
        char cache_key[33];

        snprintf(cache_key, sizeof cache_key, "%032d", i);
        entry = make_row(cache_key, i % 2 == 0 ? "properties" : "value_estimate", base);
        entry.meta.stale_until_wall_ms = (NOON_US + (2 + i) * HOUR_US) / 1000;
        ck_assert_int_eq(entry_put(entries, &entry), STATUS_OK);
    }
    ck_assert_int_eq(entry_clean(entries, NOON_US + HOUR_US, 100, &deleted), STATUS_OK);
    ck_assert_int_eq(deleted, 0); /* expired or not, their windows are open */
    ck_assert_int_eq(entry_clean(entries, NOON_US + 6 * HOUR_US, 100, &deleted), STATUS_OK);
    ck_assert_int_eq(deleted, 4);
    ck_assert_int_eq(entry_clean(entries, NOON_US + 100 * HOUR_US, 2, &deleted), STATUS_OK);
    ck_assert_int_eq(deleted, 2); /* at most limit */
    ck_assert_int_eq(entry_clean(entries, NOON_US + 100 * HOUR_US, 100, &deleted), STATUS_OK);
    ck_assert_int_eq(deleted, 4);
    ck_assert_int_eq(entry_totals(entries, &valid, &total), STATUS_OK);
    ck_assert_int_eq(valid, 0);
    ck_assert_int_eq(total, 0);
}
END_TEST

START_TEST(old_purges_are_forgotten_and_their_numbers_are_not)
{
    struct seen seen = {""};
    int64_t number, cleared, deleted;

    open_backend(_i);
    ck_assert_int_eq(entry_purge(entries, SCOPE(""), NOON_US, &number, &cleared), STATUS_OK);
    ck_assert_int_eq(entry_clean(entries, NOON_US + 8 * DAY_US, 1, &deleted), STATUS_OK);
    ck_assert_int_eq(purge_list(entries, base, 10, note, &seen), STATUS_OK);
    ck_assert_str_eq(seen.text, "");
    ck_assert_int_eq(entry_purge(entries, SCOPE(""), NOON_US, &number, &cleared), STATUS_OK);
    ck_assert_int_eq(number, base + 2);
}
END_TEST

START_TEST(space_of_deleted_entries_goes_back)
{
    static uint8_t body[100000];
    struct entry_row entry;
    int64_t deleted;

    open_backend(_i);
    for (int i = 0; i < 40; i++) {
        char cache_key[33];

        snprintf(cache_key, sizeof cache_key, "%032d", i);
        entry = make_row(cache_key, "properties", base);
        entry.body = bytes_of(body, sizeof body);
        ck_assert_int_eq(entry_put(entries, &entry), STATUS_OK);
    }
    int64_t full = strtoll(raw_rows(&place, "cache.db", "PRAGMA page_count"), NULL, 10);

    ck_assert_int_eq(entry_clean(entries, NOON_US + DAY_US, 100, &deleted), STATUS_OK);
    ck_assert_int_eq(deleted, 40);
    ck_assert_int_lt(strtoll(raw_rows(&place, "cache.db", "PRAGMA page_count"), NULL, 10),
                     full - 200);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_entries");
    TCase *tcase = tcase_create("entries");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, an_entry_comes_back_as_it_was_stored, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_body_may_be_any_bytes_of_any_size, 0, BACKENDS);
    tcase_add_loop_test(tcase, an_expired_entry_is_still_found, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_replaced_entry_keeps_its_hits, 0, BACKENDS);
    tcase_add_loop_test(tcase, hits_move_the_count_and_the_last_access, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_cleared_entry_is_not_served_and_stays_readable, 0, BACKENDS);
    tcase_add_loop_test(tcase, clearing_an_endpoint_leaves_the_others, 0, BACKENDS);
    tcase_add_loop_test(tcase, what_was_fetched_before_a_purge_is_never_stored_after_it, 0,
                        BACKENDS);
    tcase_add_loop_test(tcase, the_purge_log_is_read_from_any_number, 0, BACKENDS);
    tcase_add_loop_test(tcase, cleaning_takes_what_is_past_its_stale_window, 0, BACKENDS);
    tcase_add_loop_test(tcase, old_purges_are_forgotten_and_their_numbers_are_not, 0, BACKENDS);
    tcase_add_loop_test(tcase, space_of_deleted_entries_goes_back, 0, BACKENDS);
    suite_add_tcase(suite, tcase);
    return suite;
}
