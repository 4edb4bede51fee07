/* storage_purges_test.c - purges in time, and what L2 says it holds. */
/* links: @storage @core */
#include "contract/storage_entries_fixture.h"

/* Entries fetched at noon, fresh until one o'clock; purges in milliseconds around these. */
static const struct {
    struct purge_scope scope;
    int64_t cleared;
} timed_purges[] = {
    {{.fetched_before_wall_ms = NOON_US / 1000}, 0},
    {{.fetched_before_wall_ms = NOON_US / 1000 + 1}, 2},
    {{.endpoint = "a", .fetched_before_wall_ms = NOON_US / 1000 + 1}, 1},
    {{.expired_before_wall_ms = (NOON_US + HOUR_US) / 1000}, 0},
    {{.expired_before_wall_ms = (NOON_US + HOUR_US) / 1000 + 1}, 2},
    {{.endpoint = "c", .expired_before_wall_ms = (NOON_US + HOUR_US) / 1000 + 1}, 0},
    {{.fetched_before_wall_ms = NOON_US / 1000 + 1,
      .expired_before_wall_ms = (NOON_US + HOUR_US) / 1000},
     0},
};

/* What is cleared is what may not be stored any more, by the same rule. */
START_TEST(a_purge_of_a_time_drops_what_is_older_now_and_later)
{
    open_backend(0);
    for (size_t i = 0; i < sizeof timed_purges / sizeof *timed_purges; i++) {
        struct entry_row a = make_row(KEY_A, "a", base), b = make_row(KEY_B, "b", base);
        int64_t number, cleared;

        ck_assert_int_eq(entry_purge(entries, SCOPE(""), NOON_US, &base, &cleared), STATUS_OK);
        a.meta.purge_number = b.meta.purge_number = base;
        ck_assert_int_eq(entry_put(entries, &a), STATUS_OK);
        ck_assert_int_eq(entry_put(entries, &b), STATUS_OK);
        ck_assert_int_eq(entry_purge(entries, &timed_purges[i].scope, NOON_US, &number, &cleared),
                         STATUS_OK);
        ck_assert_msg(cleared == timed_purges[i].cleared, "%zu: %lld", i, (long long)cleared);
        ck_assert_int_eq(entry_put(entries, &a), cleared > 0 ? STATUS_PURGED : STATUS_OK);
        ck_assert_int_eq(entry_put(entries, &b), cleared > 1 ? STATUS_PURGED : STATUS_OK);
    }
}
END_TEST

static void
note_total(void *context, const struct entry_total *total)
{
    char *text = context;
    size_t used = strlen(text);

    snprintf(text + used, 400 - used, "%s %lld %lld %lld %lld %lld %lld\n", total->endpoint,
             (long long)total->rows, (long long)total->valid, (long long)total->fresh,
             (long long)total->body_bytes, (long long)total->hits,
             (long long)total->saved_micro_usd);
}

START_TEST(totals_by_endpoint_say_what_stands_and_what_it_saved)
{
    struct entry_row a = make_row(KEY_A, "a", base), b = make_row(KEY_B, "b", base);
    struct entry_hit hit = {.count = 3, .last_wall_us = NOON_US};
    char text[400] = "";
    int64_t number, cleared;

    open_backend(0);
    a.meta.purge_number = b.meta.purge_number = base;
    ck_assert_int_eq(entry_put(entries, &a), STATUS_OK);
    ck_assert_int_eq(entry_put(entries, &b), STATUS_OK);
    for (size_t i = 0; i < sizeof hit.cache_key; i++) {
        unsigned byte;

        ck_assert_int_eq(sscanf(&KEY_A[2 * i], "%2x", &byte), 1);
        hit.cache_key[i] = (uint8_t)byte;
    }
    ck_assert_int_eq(entry_count_hits(entries, &hit, 1), STATUS_OK);
    ck_assert_int_eq(entry_purge(entries, SCOPE("b"), NOON_US, &number, &cleared), STATUS_OK);
    ck_assert_int_eq(entry_totals_by_endpoint(entries, "", NOON_US, note_total, text), STATUS_OK);
    ck_assert_str_eq(text, "a 1 1 1 10 3 7500000\nb 1 0 0 10 0 0\n");
    text[0] = '\0';
    ck_assert_int_eq(entry_totals_by_endpoint(entries, "a", NOON_US + HOUR_US, note_total, text),
                     STATUS_OK);
    ck_assert_str_eq(text, "a 1 1 0 10 3 7500000\n");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_purges");
    TCase *tcase = tcase_create("purges");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_test(tcase, a_purge_of_a_time_drops_what_is_older_now_and_later);
    tcase_add_test(tcase, totals_by_endpoint_say_what_stands_and_what_it_saved);
    suite_add_tcase(suite, tcase);
    return suite;
}
