/* storage_usage_test.c - usage rows: what a row holds, marks that move with the rows, totals that agree with them. */
/* links: @storage @core */
#include "contract/storage_support.h"
#include "support/row.h"

static struct place place;
static struct accounts *accounts;
static struct key_row key;

static void
open_backend(int backend)
{
    place_init(&place, backend);
    accounts = place_accounts(&place);
    key = make_key(accounts, "a", 0, 0, NOON_US);
}

static void
teardown(void)
{
    accounts_close(&accounts);
    place_fini(&place);
}

static int64_t
mark(int64_t ring)
{
    int64_t sequence = -1;

    ck_assert_int_eq(usage_mark(accounts, SPOOL, ring, &sequence), STATUS_OK);
    return sequence;
}

START_TEST(a_row_matches_the_request)
{
    struct usage_record records[3];

    row("R-081");
    open_backend(_i);
    records[0] = make_record(1, NOON_US + 123456, key.id, DECISION_HIT);
    records[1] = make_record(2, NOON_US + 200000, key.id, DECISION_MISS);
    records[1].ip_family = 6;
    memcpy(records[1].ip, "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01", 16);
    records[1].cost_micro_usd = 1234567;
    records[1].response_time_us = 45678;
    records[1].level = LEVEL_NONE;
    memcpy(records[1].method, "LONGMETHOD", 10);
    records[2] = make_record(3, NOON_US + 300000, key.id, DECISION_REFUSED);
    records[2].ip_family = 0;
    records[2].user_agent_size = 0;
    records[2].status_code = 429;
    store_records(accounts, 4, records, COUNT(records));
    ck_assert_str_eq(
        raw_rows(&place, "rentcache.db",
                 "SELECT api_key_id, endpoint, method, status_code, response_time_ms, cache_hit,"
                 " estimated_cost, user_agent, ip_address, created_at FROM usage_stats"
                 " ORDER BY id"),
        "1|properties|GET|200|1.5|1|0|curl/7.8|192.0.2.17|2026-01-15T12:00:00.123456Z\n"
        "1|properties|LONGMETHOD|200|45.68|0|1.23|curl/7.8|2001:db8::1"
        "|2026-01-15T12:00:00.200000Z\n"
        "1|properties|GET|429|1.5|0|0|NULL|NULL|2026-01-15T12:00:00.300000Z");
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT decision, level, cost_micro_usd, saved_micro_usd, spool_id,"
                              " ring, sequence FROM usage_stats ORDER BY id"),
                     "hit|near|0|1000000|" SPOOL "|4|1\n"
                     "miss||1234567|0|" SPOOL "|4|2\n"
                     "refused|near|0|0|" SPOOL "|4|3");
}
END_TEST

START_TEST(a_hostile_user_agent_is_stored_as_plain_text)
{
    struct usage_record record;

    open_backend(_i);
    record = make_record(1, NOON_US, key.id, DECISION_HIT);
    memcpy(record.user_agent, "a'\";--\x01\xff", 8);
    store_records(accounts, 1, &record, 1);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT user_agent FROM usage_stats"),
                     "a'\";--?\?");
}
END_TEST

START_TEST(stale_is_a_hit_for_the_column_and_collapsed_is_not)
{
    struct usage_record records[DECISION_COUNT];

    open_backend(_i);
    for (int i = 0; i < DECISION_COUNT; i++)
        records[i] = make_record(i + 1, NOON_US, key.id, (enum decision)i);
    store_records(accounts, 1, records, COUNT(records));
    ck_assert_str_eq(
        raw_rows(&place, "rentcache.db", "SELECT decision, cache_hit FROM usage_stats ORDER BY id"),
        "hit|1\nstale|1\ncollapsed|0\nmiss|0\nrefused|0\nerror|0");
}
END_TEST

START_TEST(the_mark_moves_with_the_rows_of_its_ring)
{
    struct usage_record records[] = {make_record(1, NOON_US, 1, DECISION_HIT),
                                     make_record(2, NOON_US, 1, DECISION_HIT)};
    int64_t other = -1;

    open_backend(_i);
    ck_assert_int_eq(mark(7), 0);
    store_records(accounts, 7, records, 2);
    ck_assert_int_eq(mark(7), 2);
    ck_assert_int_eq(mark(8), 0);
    ck_assert_int_eq(usage_mark(accounts, "another spool", 7, &other), STATUS_OK);
    ck_assert_int_eq(other, 0);
}
END_TEST

START_TEST(rows_mark_and_counters_are_undone_together)
{
    struct usage_record records[] = {make_record(1, NOON_US, 1, DECISION_HIT),
                                     make_record(2, NOON_US, 1, DECISION_HIT)};

    open_backend(_i);
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(usage_append(accounts, SPOOL, 1, records, 2), STATUS_OK);
    ck_assert_int_eq(mark(1), 2); /* within the transaction */
    accounts_rollback(accounts);
    ck_assert_int_eq(mark(1), 0);
    store_records(accounts, 1, records, 2);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT (SELECT count(*) FROM usage_stats),"
                              " (SELECT sum(hits) FROM usage_hourly),"
                              " (SELECT sum(requests) FROM usage_daily),"
                              " (SELECT daily_usage FROM api_keys)"),
                     "2|2|2|2");
}
END_TEST

START_TEST(the_mark_can_pass_records_that_are_left_out)
{
    open_backend(_i);
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(usage_mark_move(accounts, SPOOL, 1, 9), STATUS_OK);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    ck_assert_int_eq(mark(1), 9);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT count(*) FROM usage_stats"), "0");
}
END_TEST

struct totals {
    char text[1000];
};

static void
note(void *context, const struct usage_total *total)
{
    struct totals *totals = context;
    size_t used = strlen(totals->text);

    snprintf(totals->text + used, sizeof totals->text - used,
             "%s: %lld = %lld+%lld+%lld+%lld+%lld+%lld in %lld saved %lld\n", total->endpoint,
             (long long)total->requests, (long long)total->hits, (long long)total->stale,
             (long long)total->collapsed, (long long)total->misses, (long long)total->refused,
             (long long)total->errors, (long long)total->response_time_us_sum,
             (long long)total->saved_micro_usd);
}

static const char *
totals_of(const char *endpoint, int64_t since_wall_us)
{
    static struct totals totals;

    memset(&totals, 0, sizeof totals);
    ck_assert_int_eq(usage_totals(accounts, endpoint, since_wall_us, note, &totals), STATUS_OK);
    return totals.text;
}

START_TEST(totals_are_kept_by_endpoint_and_hour)
{
    struct usage_record records[7];

    open_backend(_i);
    for (int i = 0; i < DECISION_COUNT; i++)
        records[i] = make_record(i + 1, NOON_US + i, key.id, (enum decision)i);
    records[6] = make_record(7, NOON_US + HOUR_US, key.id, DECISION_HIT);
    snprintf(records[6].endpoint, sizeof records[6].endpoint, "value_estimate");
    store_records(accounts, 1, records, 3);
    store_records(accounts, 1, records + 3, 4);
    ck_assert_str_eq(totals_of("", 0), "properties: 6 = 1+1+1+1+1+1 in 9000 saved 1000000\n"
                                       "value_estimate: 1 = 1+0+0+0+0+0 in 1500 saved 1000000\n");
    ck_assert_str_eq(totals_of("value_estimate", 0),
                     "value_estimate: 1 = 1+0+0+0+0+0 in 1500 saved 1000000\n");
    ck_assert_str_eq(totals_of("", NOON_US + HOUR_US + 5),
                     "value_estimate: 1 = 1+0+0+0+0+0 in 1500 saved 1000000\n");
    ck_assert_str_eq(totals_of("", NOON_US + 2 * HOUR_US), "");
}
END_TEST

#define MANY_KEYS 5000 /* more than the sums of one transaction hold */

START_TEST(a_batch_of_more_keys_than_the_sums_hold_loses_none)
{
    struct usage_record *records = calloc(MANY_KEYS, sizeof *records);

    open_backend(_i);
    for (int64_t i = 0; i < MANY_KEYS; i++)
        records[i] = make_record(i + 1, NOON_US + i, 1 + i, DECISION_HIT);
    store_records(accounts, 1, records, MANY_KEYS);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT (SELECT count(*) FROM usage_stats),"
                              " (SELECT sum(hits) FROM usage_hourly),"
                              " (SELECT count(*) FROM usage_daily WHERE requests = 1)"),
                     "5000|5000|5000");
    free(records);
}
END_TEST

START_TEST(many_batches_in_one_transaction_move_each_counter_once)
{
    open_backend(_i);
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    for (int64_t i = 1; i <= 20; i++) {
        struct usage_record record = make_record(i, NOON_US + i, key.id, DECISION_HIT);

        ck_assert_int_eq(usage_append(accounts, SPOOL, 1, &record, 1), STATUS_OK);
    }
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    ck_assert_int_eq(mark(1), 20);
    ck_assert_str_eq(totals_of("", 0), "properties: 20 = 20+0+0+0+0+0 in 30000 saved 20000000\n");
    ck_assert_str_eq(
        raw_rows(&place, "rentcache.db", "SELECT daily_usage, monthly_usage FROM api_keys"),
        "20|20");
}
END_TEST

static int64_t
forget(int64_t before_wall_us, int64_t limit)
{
    int64_t deleted = -1;

    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(usage_forget(accounts, before_wall_us, limit, &deleted), STATUS_OK);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
    return deleted;
}

/* Hits and misses by turns, one an hour; what was added up of them and the mark stay. */
START_TEST(old_rows_are_deleted_a_few_at_a_time)
{
    struct usage_record records[20];

    open_backend(_i);
    for (int i = 0; i < 20; i++)
        records[i] = make_record(i + 1, NOON_US + i * HOUR_US, key.id,
                                 i % 2 == 0 ? DECISION_HIT : DECISION_MISS);
    store_records(accounts, 1, records, 20);
    ck_assert_int_eq(forget(NOON_US, 100), 0);
    ck_assert_int_eq(forget(NOON_US + 15 * HOUR_US, 7), 7);
    ck_assert_int_eq(forget(NOON_US + 15 * HOUR_US, 7), 7);
    ck_assert_int_eq(forget(NOON_US + 15 * HOUR_US, 7), 1);
    ck_assert_str_eq(
        raw_rows(&place, "rentcache.db", "SELECT min(sequence), count(*) FROM usage_stats"),
        "16|5");
    ck_assert_str_eq(
        raw_rows(&place, "rentcache.db", "SELECT sum(hits + misses) FROM usage_hourly"), "20");
    ck_assert_int_eq(mark(1), 20);
    ck_assert_ptr_nonnull(
        strstr(raw_rows(&place, "rentcache.db",
                        "EXPLAIN QUERY PLAN SELECT id FROM usage_stats"
                        " WHERE cache_hit = 0 AND created_at < '2026' ORDER BY created_at LIMIT 7"),
               "idx_usage_stats_cache_hit (cache_hit=? AND created_at<?)"));
}
END_TEST

static void
note_key(void *context, const struct key_row *row)
{
    *(struct key_row *)context = *row;
}

/* ENABLE_ANALYTICS=false: of a request nothing stays but that its key made it. */
START_TEST(without_analytics_only_the_days_of_keys_are_kept)
{
    struct usage_record records[3];
    struct key_row found;

    place_init(&place, _i);
    place.config.gateway.enable_analytics = false;
    accounts = place_accounts(&place);
    key = make_key(accounts, "a", 1000, 30000, NOON_US);
    for (int i = 0; i < 3; i++)
        records[i] = make_record(i + 1, NOON_US + i, key.id, DECISION_HIT);
    store_records(accounts, 1, records, 3);
    ck_assert_int_eq(mark(1), 3);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT (SELECT count(*) FROM usage_stats),"
                              " (SELECT count(*) FROM usage_hourly),"
                              " (SELECT count(*) FROM usage_statuses),"
                              " (SELECT count(*) FROM usage_durations)"),
                     "0|0|0|0");
    ck_assert_int_eq(key_list(accounts, 0, 1, NOON_US, note_key, &found), STATUS_OK);
    ck_assert_int_eq(found.daily_usage, 3);
    ck_assert_int_eq(found.last_used_wall_us, NOON_US + 2);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_usage");
    TCase *tcase = tcase_create("usage");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_add_loop_test(tcase, a_row_matches_the_request, 0, BACKENDS);
    tcase_add_loop_test(tcase, without_analytics_only_the_days_of_keys_are_kept, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_hostile_user_agent_is_stored_as_plain_text, 0, BACKENDS);
    tcase_add_loop_test(tcase, stale_is_a_hit_for_the_column_and_collapsed_is_not, 0, BACKENDS);
    tcase_add_loop_test(tcase, the_mark_moves_with_the_rows_of_its_ring, 0, BACKENDS);
    tcase_add_loop_test(tcase, rows_mark_and_counters_are_undone_together, 0, BACKENDS);
    tcase_add_loop_test(tcase, the_mark_can_pass_records_that_are_left_out, 0, BACKENDS);
    tcase_add_loop_test(tcase, totals_are_kept_by_endpoint_and_hour, 0, BACKENDS);
    tcase_add_loop_test(tcase, a_batch_of_more_keys_than_the_sums_hold_loses_none, 0, BACKENDS);
    tcase_add_loop_test(tcase, many_batches_in_one_transaction_move_each_counter_once, 0, BACKENDS);
    tcase_add_loop_test(tcase, old_rows_are_deleted_a_few_at_a_time, 0, BACKENDS);
    suite_add_tcase(suite, tcase);
    return suite;
}
