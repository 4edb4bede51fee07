/* storage_keys_test.c - API keys: made once, found, listed in pages, counted per UTC day and month. */
/* links: @storage @core */
#include "contract/storage_support.h"
#include "support/row.h"

static struct place place;
static struct accounts *accounts;

static void
teardown(void)
{
    accounts_close(&accounts);
    place_fini(&place);
}

static void
open_backend(int backend)
{
    place_init(&place, backend);
    accounts = place_accounts(&place);
}

START_TEST(a_key_is_found_as_it_was_made)
{
    struct key_row made = {
        .key_name = "shop",
        .key_hash = "86e4c7f4c7503f60b512c0017881eb3d88e6b7b4520bf194ca5729d434e52bc9",
        .is_active = true,
        .daily_limit = 0,
        .monthly_limit = 500,
        .expires_wall_us = NOON_US + DAY_US,
        .limits = "{\"global\":\"none\"}",
        .rights = "extend_ttl",
    };
    struct key_row found;

    open_backend(_i);
    ck_assert_int_eq(key_create(accounts, &made, NOON_US), STATUS_OK);
    ck_assert_int_gt(made.id, 0);
    ck_assert_int_eq(made.created_wall_us, NOON_US);
    ck_assert_int_eq(key_find(accounts, "shop", &found), STATUS_OK);
    ck_assert_int_eq(found.id, made.id);
    ck_assert_str_eq(found.key_name, "shop");
    ck_assert_str_eq(found.key_hash, made.key_hash);
    ck_assert(found.is_active);
    ck_assert_int_eq(found.daily_limit, 0);
    ck_assert_int_eq(found.monthly_limit, 500);
    ck_assert_int_eq(found.daily_usage, 0);
    ck_assert_int_eq(found.created_wall_us, NOON_US);
    ck_assert_int_eq(found.expires_wall_us, NOON_US + DAY_US);
    ck_assert_int_eq(found.last_used_wall_us, 0);
    ck_assert_str_eq(found.limits, "{\"global\":\"none\"}");
    ck_assert_str_eq(found.rights, "extend_ttl");
    ck_assert_int_eq(key_find(accounts, "Shop", &found), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(no_limit_is_stored_as_null)
{
    open_backend(_i);
    make_key(accounts, "free", 0, 0, NOON_US);
    make_key(accounts, "bound", 7, 9, NOON_US);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT daily_limit, monthly_limit FROM api_keys ORDER BY id"),
                     "NULL|NULL\n7|9");
}
END_TEST

START_TEST(name_and_hash_are_taken_once)
{
    struct key_row same_name = {.key_name = "a", .key_hash = "other", .is_active = true};
    struct key_row same_hash = {.key_name = "other", .key_hash = "hash-of-a", .is_active = true};
    int64_t version;

    row("R-077");
    open_backend(_i);
    make_key(accounts, "a", 1, 1, NOON_US);
    ck_assert_int_eq(key_create(accounts, &same_name, NOON_US), STATUS_CONFLICT);
    ck_assert_int_eq(key_create(accounts, &same_hash, NOON_US), STATUS_CONFLICT);
    ck_assert_int_eq(key_version(accounts, &version), STATUS_OK);
    ck_assert_int_eq(version, 1);
    make_key(accounts, "b", 1, 1, NOON_US);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT key_name FROM api_keys ORDER BY id"),
                     "a\nb");
}
END_TEST

START_TEST(a_conflict_spoils_no_transaction)
{
    struct key_row same = {.key_name = "a", .key_hash = "x", .is_active = true};

    open_backend(_i);
    make_key(accounts, "a", 1, 1, NOON_US);
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(key_create(accounts, &same, NOON_US), STATUS_CONFLICT);
    make_key(accounts, "b", 1, 1, NOON_US);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    ck_assert_int_eq(key_find(accounts, "b", &same), STATUS_OK);
}
END_TEST

START_TEST(what_is_rolled_back_was_never_there)
{
    struct key_row found;
    int64_t version;

    open_backend(_i);
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    make_key(accounts, "a", 1, 1, NOON_US);
    accounts_rollback(accounts);
    ck_assert_int_eq(key_find(accounts, "a", &found), STATUS_NOT_FOUND);
    ck_assert_int_eq(key_version(accounts, &version), STATUS_OK);
    ck_assert_int_eq(version, 0);
}
END_TEST

START_TEST(the_version_counts_every_change)
{
    int64_t version;

    open_backend(_i);
    for (int64_t i = 1; i <= 3; i++) {
        char name[] = {'k', (char)('0' + i), '\0'};

        make_key(accounts, name, 1, 1, NOON_US);
        ck_assert_int_eq(key_version(accounts, &version), STATUS_OK);
        ck_assert_int_eq(version, i);
    }
}
END_TEST

struct seen {
    char names[200];
    int64_t last_id, daily, monthly, last_used;
};

static void
note(void *context, const struct key_row *found)
{
    struct seen *seen = context;

    strncat(seen->names, found->key_name, sizeof seen->names - strlen(seen->names) - 1);
    strncat(seen->names, " ", sizeof seen->names - strlen(seen->names) - 1);
    seen->last_id = found->id;
    seen->daily = found->daily_usage;
    seen->monthly = found->monthly_usage;
    seen->last_used = found->last_used_wall_us;
}

static struct seen
list(int64_t after_id, int64_t limit, int64_t now_wall_us)
{
    struct seen seen = {.last_id = after_id};

    ck_assert_int_eq(key_list(accounts, after_id, limit, now_wall_us, note, &seen), STATUS_OK);
    return seen;
}

START_TEST(pages_follow_each_other_without_gap_or_repeat)
{
    struct seen page;

    open_backend(_i);
    for (char name[] = "a"; name[0] <= 'e'; name[0]++)
        make_key(accounts, name, 1, 1, NOON_US);
    page = list(0, 2, NOON_US);
    ck_assert_str_eq(page.names, "a b ");
    page = list(page.last_id, 2, NOON_US);
    ck_assert_str_eq(page.names, "c d ");
    page = list(page.last_id, 2, NOON_US);
    ck_assert_str_eq(page.names, "e ");
    page = list(page.last_id, 2, NOON_US);
    ck_assert_str_eq(page.names, "");
}
END_TEST

START_TEST(deleted_keys_are_hidden_and_others_counted_by_their_state)
{
    struct key_row found;
    struct key_row expiring = {
        .key_name = "expired", .key_hash = "x", .is_active = true, .expires_wall_us = NOON_US + 1};
    int64_t active;

    open_backend(_i);
    make_key(accounts, "active", 1, 1, NOON_US);
    make_key(accounts, "revoked", 1, 1, NOON_US);
    make_key(accounts, "deleted", 1, 1, NOON_US);
    ck_assert_int_eq(key_create(accounts, &expiring, NOON_US), STATUS_OK);
    ck_assert_int_eq(raw_run(&place, "rentcache.db",
                             "UPDATE api_keys SET is_active = FALSE WHERE key_name = 'revoked';"
                             "UPDATE api_keys SET deleted_at = '2026-01-15T12:00:00.000000Z'"
                             " WHERE key_name = 'deleted'"),
                     SQLITE_OK);
    ck_assert_int_eq(key_find(accounts, "deleted", &found), STATUS_NOT_FOUND);
    ck_assert_int_eq(key_find(accounts, "revoked", &found), STATUS_OK);
    ck_assert(!found.is_active);
    ck_assert_str_eq(list(0, 10, NOON_US).names, "active revoked expired ");
    ck_assert_int_eq(key_count_active(accounts, NOON_US, &active), STATUS_OK);
    ck_assert_int_eq(active, 2);
    ck_assert_int_eq(key_count_active(accounts, NOON_US + 2, &active), STATUS_OK);
    ck_assert_int_eq(active, 1);
}
END_TEST

/* 31 January 23:00, then 1 February: a new day and a new month. */
#define LAST_HOUR_US (NOON_US + 16 * DAY_US + 11 * HOUR_US)

START_TEST(usage_is_counted_by_the_date_it_has)
{
    struct key_row key;
    struct seen seen;

    row("R-079");
    row("R-080");
    open_backend(_i);
    key = make_key(accounts, "a", 10, 100, NOON_US);

    struct usage_record january[] = {make_record(1, NOON_US, key.id, DECISION_HIT),
                                     make_record(2, LAST_HOUR_US, key.id, DECISION_MISS),
                                     make_record(3, LAST_HOUR_US + 1, key.id, DECISION_REFUSED),
                                     make_record(4, LAST_HOUR_US + 2, key.id, DECISION_ERROR)};

    store_records(accounts, 1, january, COUNT(january));
    seen = list(0, 1, LAST_HOUR_US + 3);
    ck_assert_int_eq(seen.daily, 2); /* the refused one is not counted */
    ck_assert_int_eq(seen.monthly, 3);
    ck_assert_int_eq(seen.last_used, LAST_HOUR_US + 2);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT daily_usage, monthly_usage, last_daily_reset,"
                              " last_monthly_reset FROM api_keys"),
                     "2|3|2026-01-31T00:00:00.000000Z|2026-01-15T12:00:00.000000Z");

    seen = list(0, 1, LAST_HOUR_US + HOUR_US);
    ck_assert_int_eq(seen.daily, 0);
    ck_assert_int_eq(seen.monthly, 0);

    struct usage_record february[] = {make_record(5, LAST_HOUR_US + HOUR_US, key.id, DECISION_HIT)};

    store_records(accounts, 1, february, COUNT(february));
    seen = list(0, 1, LAST_HOUR_US + HOUR_US);
    ck_assert_int_eq(seen.daily, 1);
    ck_assert_int_eq(seen.monthly, 1);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT daily_usage, monthly_usage, last_daily_reset,"
                              " last_monthly_reset FROM api_keys"),
                     "1|1|2026-02-01T00:00:00.000000Z|2026-02-01T00:00:00.000000Z");
}
END_TEST

START_TEST(rows_that_come_late_count_for_their_own_date)
{
    struct key_row key;

    row("R-079");
    open_backend(_i);
    key = make_key(accounts, "a", 10, 100, NOON_US);

    struct usage_record today[] = {make_record(1, NOON_US + DAY_US, key.id, DECISION_HIT)};
    struct usage_record yesterday[] = {make_record(1, NOON_US, key.id, DECISION_HIT),
                                       make_record(2, NOON_US + 1, key.id, DECISION_HIT)};

    store_records(accounts, 1, today, COUNT(today));
    store_records(accounts, 2, yesterday, COUNT(yesterday));
    ck_assert_int_eq(list(0, 1, NOON_US + DAY_US).daily, 1);
    ck_assert_int_eq(list(0, 1, NOON_US).daily, 2); /* the clock stepped back: the old count */
    ck_assert_int_eq(list(0, 1, NOON_US).monthly, 3);
    ck_assert_int_eq(list(0, 1, NOON_US).last_used, NOON_US + DAY_US);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT daily_usage FROM api_keys"), "1");
}
END_TEST

static void
expect_version(int64_t expected)
{
    int64_t version;

    ck_assert_int_eq(key_version(accounts, &version), STATUS_OK);
    ck_assert_int_eq(version, expected);
}

START_TEST(what_an_operator_may_change_is_changed_and_nothing_else)
{
    struct key_row key, found;

    open_backend(_i);
    key = make_key(accounts, "shop", 10, 100, NOON_US);
    key.is_active = false;
    key.daily_limit = 0;
    key.monthly_limit = 7;
    key.expires_wall_us = NOON_US + DAY_US;
    snprintf(key.limits, sizeof key.limits, "{\"*\":\"none\"}");
    snprintf(key.rights, sizeof key.rights, "extend_ttl");
    ck_assert_int_eq(key_update(accounts, &key), STATUS_OK);
    expect_version(2);
    ck_assert_int_eq(key_find_id(accounts, key.id, &found), STATUS_OK);
    ck_assert_str_eq(found.key_name, "shop");
    ck_assert_str_eq(found.key_hash, key.key_hash);
    ck_assert(!found.is_active);
    ck_assert_int_eq(found.daily_limit, 0);
    ck_assert_int_eq(found.monthly_limit, 7);
    ck_assert_int_eq(found.expires_wall_us, NOON_US + DAY_US);
    ck_assert_str_eq(found.limits, "{\"*\":\"none\"}");
    ck_assert_str_eq(found.rights, "extend_ttl");
    key.id = 999;
    ck_assert_int_eq(key_update(accounts, &key), STATUS_NOT_FOUND);
    expect_version(2);
}
END_TEST

/* The row stays, for those that point to it; name and secret may be used again. */
START_TEST(a_deleted_key_is_hidden_and_its_name_is_free)
{
    struct key_row key, again, found;

    open_backend(_i);
    key = make_key(accounts, "shop", 10, 100, NOON_US);
    ck_assert_int_eq(key_delete(accounts, key.id, NOON_US), STATUS_OK);
    expect_version(2);
    ck_assert_int_eq(key_find(accounts, "shop", &found), STATUS_NOT_FOUND);
    ck_assert_int_eq(key_find_id(accounts, key.id, &found), STATUS_NOT_FOUND);
    ck_assert_int_eq(key_update(accounts, &key), STATUS_NOT_FOUND);
    ck_assert_int_eq(key_delete(accounts, key.id, NOON_US), STATUS_NOT_FOUND);
    again = key;
    ck_assert_int_eq(key_create(accounts, &again, NOON_US), STATUS_OK);
    ck_assert_int_ne(again.id, key.id);
    ck_assert_int_eq(key_delete(accounts, again.id, NOON_US), STATUS_OK);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT count(*) FROM api_keys WHERE deleted_at IS NOT NULL"
                              " AND NOT is_active AND key_name LIKE 'shop (deleted %)'"),
                     "2");
}
END_TEST

/* The longest name still fits its column with what deletion adds. */
START_TEST(the_longest_name_can_be_deleted)
{
    char name[101];
    struct key_row key;

    memset(name, 'n', 100);
    name[100] = '\0';
    open_backend(_i);
    key = make_key(accounts, name, 10, 100, NOON_US);
    ck_assert_int_eq(key_delete(accounts, key.id, NOON_US), STATUS_OK);
    ck_assert_str_eq(
        raw_rows(
            &place, "rentcache.db",
            "SELECT count(*) FROM api_keys WHERE length(key_name) > 100 OR length(key_hash) > 64"),
        "0");
}
END_TEST

START_TEST(a_rotated_key_keeps_the_secret_before_until_its_end)
{
    struct key_row same = {.key_name = "b", .key_hash = "hash-of-a", .is_active = true};
    struct key_row found;
    int64_t before, after;

    open_backend(_i);
    make_key(accounts, "a", 1, 1, NOON_US);
    ck_assert_int_eq(key_find(accounts, "a", &found), STATUS_OK);
    ck_assert_str_eq(found.previous_hash, "");
    ck_assert_int_eq(found.previous_until_wall_us, 0);
    ck_assert_int_eq(key_version(accounts, &before), STATUS_OK);
    ck_assert_int_eq(key_rotate(accounts, found.id, "hash-2", NOON_US + DAY_US), STATUS_OK);
    ck_assert_int_eq(key_version(accounts, &after), STATUS_OK);
    ck_assert_int_eq(after, before + 1);
    ck_assert_int_eq(key_find(accounts, "a", &found), STATUS_OK);
    ck_assert_str_eq(found.key_hash, "hash-2");
    ck_assert_str_eq(found.previous_hash, "hash-of-a");
    ck_assert_int_eq(found.previous_until_wall_us, NOON_US + DAY_US);
    ck_assert_int_eq(key_create(accounts, &same, NOON_US), STATUS_CONFLICT);
    ck_assert_int_eq(key_create(accounts, &same, NOON_US + DAY_US), STATUS_OK);
    ck_assert_int_eq(key_rotate(accounts, 4711, "hash-3", NOON_US), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(a_deleted_key_frees_both_secrets)
{
    struct key_row same = {.key_name = "b", .key_hash = "hash-of-a", .is_active = true};
    struct key_row found;

    open_backend(_i);
    make_key(accounts, "a", 1, 1, NOON_US);
    ck_assert_int_eq(key_find(accounts, "a", &found), STATUS_OK);
    ck_assert_int_eq(key_rotate(accounts, found.id, "hash-2", NOON_US + DAY_US), STATUS_OK);
    ck_assert_int_eq(key_delete(accounts, found.id, NOON_US), STATUS_OK);
    ck_assert_int_eq(key_create(accounts, &same, NOON_US), STATUS_OK);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_keys");
    TCase *tcase = tcase_create("keys");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, a_key_is_found_as_it_was_made, 0, BACKENDS);
    tcase_add_loop_test(tcase, no_limit_is_stored_as_null, 0, BACKENDS);
    tcase_add_loop_test(tcase, name_and_hash_are_taken_once, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_rotated_key_keeps_the_secret_before_until_its_end, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_deleted_key_frees_both_secrets, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_conflict_spoils_no_transaction, 0, BACKENDS);
    tcase_add_loop_test(tcase, what_is_rolled_back_was_never_there, 0, BACKENDS);
    tcase_add_loop_test(tcase, the_version_counts_every_change, 0, BACKENDS);
    tcase_add_loop_test(tcase, pages_follow_each_other_without_gap_or_repeat, 0, BACKENDS);
    tcase_add_loop_test(tcase, deleted_keys_are_hidden_and_others_counted_by_their_state, 0,
                        BACKENDS);
    tcase_add_loop_test(tcase, usage_is_counted_by_the_date_it_has, 0, BACKENDS);
    tcase_add_loop_test(tcase, rows_that_come_late_count_for_their_own_date, 0, BACKENDS);
    tcase_add_loop_test(tcase, what_an_operator_may_change_is_changed_and_nothing_else, 0,
                        BACKENDS);
    tcase_add_loop_test(tcase, a_deleted_key_is_hidden_and_its_name_is_free, 0, BACKENDS);
    tcase_add_loop_test(tcase, the_longest_name_can_be_deleted, 0, BACKENDS);
    suite_add_tcase(suite, tcase);
    return suite;
}
