/* analytics_actor_test.c - usage, ledger and quotas through messages: stored once, promised after the commit, refused whole
 * while the database cannot write. */
/* links: @support @analytics @storage @core */
#include <signal.h>
#include <sys/resource.h>

#include "support/row.h"
#include "unit/analytics/analytics_fixture.h"

static struct analytics_fixture fixture;
static const char *const schemes[] = {"inproc", "ipc"};

#define TOPOLOGIES 2

static void
teardown(void)
{
    fixture_close(&fixture);
}

static struct usage_record *
make_run(int64_t first, int64_t count)
{
    static struct usage_record records[500];

    for (int64_t i = 0; i < count; i++)
        records[i] = make_record(first + i, NOON_US + first + i, 1, DECISION_HIT);
    return records;
}

static void
ship_and_expect(int64_t first, int64_t count, enum status status, int64_t sequence)
{
    struct message stored =
        fixture_ship(&fixture, 3, first, count, make_run(first, count), (size_t)count);

    ck_assert_int_eq(stored.status, status);
    ck_assert_int_eq(stored.u.USAGE_STORED.sequence, sequence);
}

START_TEST(a_run_is_stored_once_however_often_it_comes)
{
    fixture_open(&fixture, schemes[_i]);
    ship_and_expect(1, 10, STATUS_OK, 10);
    ship_and_expect(1, 10, STATUS_OK, 10);
    ship_and_expect(6, 10, STATUS_OK, 15);
    ship_and_expect(16, 1, STATUS_OK, 16);
    ck_assert_str_eq(fixture_rows(&fixture,
                                  "SELECT count(*), count(DISTINCT sequence), max(sequence)"
                                  " FROM usage_stats WHERE ring = 3"),
                     "16|16|16");
    ck_assert_int_eq(metric_value(METRIC_USAGE_ROWS), 16);
    ck_assert_int_eq(metric_value(METRIC_USAGE_DUPLICATES), 15);
}
END_TEST

START_TEST(a_gap_is_asked_for_and_taken_when_nothing_comes)
{
    fixture_open(&fixture, schemes[_i]);
    ship_and_expect(1, 5, STATUS_OK, 5);
    ship_and_expect(8, 2, STATUS_GAP, 5);
    ship_and_expect(6, 2, STATUS_OK, 7); /* there it is */
    ship_and_expect(20, 2, STATUS_GAP, 7);
    ship_and_expect(20, 2, STATUS_GAP, 7);
    ship_and_expect(20, 2, STATUS_OK, 21); /* an older database was put back */
    ck_assert_str_eq(fixture_rows(&fixture, "SELECT group_concat(sequence) FROM usage_stats"),
                     "1,2,3,4,5,6,7,20,21");
}
END_TEST

START_TEST(a_malformed_run_changes_nothing_and_hurts_nobody)
{
    struct usage_record *records = make_run(1, 4);

    fixture_open(&fixture, schemes[_i]);
    ck_assert_int_eq(fixture_ship(&fixture, 3, 1, 5, records, 4).status, STATUS_MALFORMED);
    ck_assert_int_eq(fixture_ship(&fixture, 3, 1, 0, records, 0).status, STATUS_MALFORMED);
    ck_assert_int_eq(fixture_ship(&fixture, 3, 0, 4, records, 4).status, STATUS_MALFORMED);
    ck_assert_int_eq(fixture_ship(&fixture, 3, INT64_MAX, 4, records, 4).status, STATUS_MALFORMED);
    ck_assert_int_eq(fixture_ship(&fixture, 3, 1, -1, records, 4).status, STATUS_MALFORMED);
    ck_assert_int_eq(metric_value(METRIC_STORAGE_FAILURES), 0);
    ship_and_expect(1, 4, STATUS_OK, 4);
}
END_TEST

START_TEST(a_damaged_record_is_left_out_and_does_not_block_its_ring)
{
    struct usage_record *records = make_run(1, 10);
    struct message stored;

    fixture_open(&fixture, schemes[_i]);
    records[0].checksum ^= 1;
    records[4].decision = 200;
    records[5].sequence = 77;
    records[9].created_wall_us++;
    stored = fixture_ship(&fixture, 3, 1, 10, records, 10);
    ck_assert_int_eq(stored.status, STATUS_OK);
    ck_assert_int_eq(stored.u.USAGE_STORED.sequence, 10);
    ck_assert_str_eq(fixture_rows(&fixture, "SELECT group_concat(sequence) FROM usage_stats"),
                     "2,3,4,7,8,9");
    ship_and_expect(11, 2, STATUS_OK, 12);
}
END_TEST

START_TEST(reads_are_told_to_the_cache)
{
    struct usage_record *records = make_run(1, 6);

    row("R-045");
    fixture_open(&fixture, schemes[_i]);
    for (int i = 0; i < 6; i++) {
        memset(records[i].cache_key, i < 4 ? 0xaa : 0xbb, sizeof records[i].cache_key);
        records[i].checksum = usage_record_checksum(&records[i]);
    }
    /* until the connection to the cache stands, hits are not told */
    for (int64_t ring = 1; fake_actor_count(&fixture.cache, MSG_ENTRY_HITS) == 0 && ring < 1000;
         ring++)
        ck_assert_int_eq(fixture_ship(&fixture, ring, 1, 6, records, 6).status, STATUS_OK);

    const struct message *told = &fake_actor_expect(&fixture.cache, MSG_ENTRY_HITS, 1)->message;
    struct entry_hit hits[2];

    ck_assert_int_eq(told->u.ENTRY_HITS.count, 2);
    ck_assert_uint_eq(blob_bytes(told->body).size, sizeof hits);
    memcpy(hits, blob_bytes(told->body).data, sizeof hits);

    const struct entry_hit *first = &hits[hits[0].cache_key[0] == 0xaa ? 0 : 1];
    const struct entry_hit *second = &hits[hits[0].cache_key[0] == 0xaa ? 1 : 0];

    ck_assert_int_eq(first->count, 4);
    ck_assert_int_eq(second->count, 2);
    ck_assert_int_eq(second->last_wall_us, records[5].created_wall_us);
}
END_TEST

static enum status
reserve(const char *call_id, int64_t epoch)
{
    struct message request = {
        .kind = MSG_LEDGER_RESERVE,
        .u.LEDGER_RESERVE = {.call_id = bytes_of_text(call_id),
                             .instance = bytes_of_text("local"),
                             .epoch = epoch,
                             .api_key_id = 4,
                             .route = bytes_of_text("properties"),
                             .reason = FETCH_REASON_REFRESH,
                             .price_micro_usd = 1000000},
    };
    struct message reply = fixture_ask(fixture.upstream, &request, NULL);

    ck_assert_int_eq(reply.kind, MSG_LEDGER_RESERVED);
    ck_assert(bytes_equal_text(reply.u.LEDGER_RESERVED.call_id, call_id));
    return reply.status;
}

static enum status
settle(const char *call_id, enum charge charge)
{
    struct message request = {
        .kind = MSG_LEDGER_SETTLE,
        .u.LEDGER_SETTLE = {.call_id = bytes_of_text(call_id),
                            .instance = bytes_of_text("local"),
                            .epoch = 1,
                            .api_key_id = 4,
                            .route = bytes_of_text("properties"),
                            .reason = FETCH_REASON_REFRESH,
                            .price_micro_usd = 1000000,
                            .charge = charge,
                            .http_status = 200,
                            .cost_micro_usd = 1000000,
                            .duration_us = 12},
    };
    struct message reply = fixture_ask(fixture.upstream, &request, NULL);

    ck_assert_int_eq(reply.kind, MSG_LEDGER_SETTLED);
    ck_assert(bytes_equal_text(reply.u.LEDGER_SETTLED.call_id, call_id));
    return reply.status;
}

static struct message
open_ledger(int64_t epoch)
{
    struct message request = {
        .kind = MSG_LEDGER_OPEN,
        .u.LEDGER_OPEN = {.instance = bytes_of_text("local"), .epoch = epoch},
    };

    return fixture_ask(fixture.upstream, &request, NULL);
}

START_TEST(a_reservation_is_committed_when_it_is_promised)
{
    fixture_open(&fixture, schemes[_i]);
    ck_assert_int_eq(reserve("call-1", 1), STATUS_OK);
    ck_assert_str_eq(
        fixture_rows(&fixture, "SELECT call_id, status, reason, api_key_id FROM ledger"),
        "call-1|reserved|refresh|4");
    ck_assert_int_eq(reserve("call-1", 1), STATUS_OK); /* asked again: as good */
    ck_assert_int_eq(settle("call-1", CHARGE_BILLED), STATUS_OK);
    ck_assert_int_eq(settle("call-1", CHARGE_BILLED), STATUS_OK);
    ck_assert_str_eq(fixture_rows(&fixture, "SELECT status, cost_micro_usd FROM ledger"),
                     "billed|1000000");
    ck_assert_int_eq(settle("call-1", CHARGE_RESERVED), STATUS_MALFORMED);
    ck_assert_int_eq(metric_value(METRIC_LEDGER_ROWS), 1);
}
END_TEST

START_TEST(a_settlement_that_overtakes_its_reservation_keeps_it_out)
{
    fixture_open(&fixture, schemes[_i]);
    ck_assert_int_eq(settle("call-1", CHARGE_FREE), STATUS_OK);
    ck_assert_int_eq(reserve("call-1", 1), STATUS_OK);
    ck_assert_str_eq(
        fixture_rows(&fixture, "SELECT call_id, status, reason, route, api_key_id FROM ledger"),
        "call-1|free|refresh|properties|4");
}
END_TEST

START_TEST(what_a_dead_process_sent_opens_no_row)
{
    fixture_open(&fixture, schemes[_i]);
    ck_assert_int_eq(reserve("call-1", 1), STATUS_OK); /* read before its opening */
    ck_assert_int_eq(open_ledger(1).u.LEDGER_OPENED.unknown_count, 0);
    ck_assert_int_eq(open_ledger(2).u.LEDGER_OPENED.unknown_count, 1);
    ck_assert_int_eq(reserve("call-2", 1), STATUS_NOT_READY);
    ck_assert_int_eq(reserve("call-3", 2), STATUS_OK);
    ck_assert_int_eq(open_ledger(1).status, STATUS_NOT_READY);
    ck_assert_str_eq(fixture_rows(&fixture, "SELECT call_id, status FROM ledger ORDER BY 1"),
                     "call-1|unknown\ncall-3|reserved");
}
END_TEST

START_TEST(calls_of_an_older_epoch_become_unknown)
{
    fixture_open(&fixture, schemes[_i]);
    ck_assert_int_eq(open_ledger(1).u.LEDGER_OPENED.unknown_count, 0);
    ck_assert_int_eq(reserve("call-1", 1), STATUS_OK);
    ck_assert_int_eq(reserve("call-2", 1), STATUS_OK);
    ck_assert_int_eq(settle("call-2", CHARGE_FREE), STATUS_OK);
    ck_assert_int_eq(open_ledger(2).u.LEDGER_OPENED.unknown_count, 1);
    ck_assert_int_eq(open_ledger(2).status, STATUS_OK);
    ck_assert_str_eq(fixture_rows(&fixture, "SELECT call_id, status FROM ledger ORDER BY 1"),
                     "call-1|unknown\ncall-2|free");
}
END_TEST

static struct message
lease(int64_t api_key_id, int64_t returned, int64_t day)
{
    struct message request = {
        .kind = MSG_QUOTA_LEASE,
        .u.QUOTA_LEASE = {.api_key_id = api_key_id, .returned = returned, .window_day = day},
    };

    return fixture_ask(fixture.gateway, &request, NULL);
}

static enum status
ask_for_key(const char *name, int64_t daily_limit)
{
    struct message request = {
        .kind = MSG_KEY_CREATE,
        .u.KEY_CREATE = {.key_name = bytes_of_text(name),
                         .key_hash = bytes_of_text(name),
                         .daily_limit = daily_limit},
    };

    return fixture_ask(fixture.gateway, &request, NULL).status;
}

START_TEST(a_quota_is_leased_to_its_end_and_not_past_it)
{
    struct message reply;
    const struct quota_grant *grant = &reply.u.QUOTA_GRANT;
    int64_t sum = 0;
    int64_t day = clock_wall_us() / DAY_US;

    fixture_open(&fixture, schemes[_i]);
    ck_assert_int_eq(ask_for_key("a", 5), STATUS_OK);
    for (reply = lease(1, 0, 0); reply.status == STATUS_OK; reply = lease(1, 0, 0)) {
        ck_assert_int_eq(grant->api_key_id, 1);
        ck_assert_int_ge(grant->window_day, day);
        ck_assert_int_eq(grant->expires_wall_ms, (grant->window_day + 1) * 86400000);
        sum += grant->granted;
        day = grant->window_day;
    }
    ck_assert_int_eq(sum, 5);
    ck_assert_int_eq(reply.status, STATUS_QUOTA_EXCEEDED);
    ck_assert_int_eq(grant->granted, 0);
    ck_assert_int_ge(grant->retry_after_s, 1);
    ck_assert_int_le(grant->retry_after_s, 86400);
    ck_assert_int_eq(lease(1, 2, day).status, STATUS_OK);
    ck_assert_int_eq(lease(1, 0, 0).u.QUOTA_GRANT.granted, 1);
    ck_assert_int_eq(lease(99, 0, 0).status, STATUS_NOT_FOUND);
}
END_TEST

/* A limit on the size of files is what a full disk looks like: below what the database's log has already, above what
 * the test runner writes. */
#define FULL_BYTES 65536

static void
limit_files(rlim_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(a_full_disk_is_told_to_everybody_and_loses_nothing)
{
    fixture_open(&fixture, schemes[_i]);
    fixture_add_listener(&fixture);
    ship_and_expect(1, 10, STATUS_OK, 10);
    fixture_await_health(&fixture, true, 0, 1);

    (void)signal(SIGXFSZ, SIG_IGN);
    limit_files(FULL_BYTES);
    ship_and_expect(11, 10, STATUS_STORAGE, 0);
    ck_assert_int_eq(reserve("call-1", 1), STATUS_STORAGE);
    ck_assert_int_eq(ask_for_key("b", 5), STATUS_STORAGE);
    ck_assert_int_eq((int)fake_actor_count(&fixture.listener, MSG_KEY_CHANGED), 0);
    fixture_await_health(&fixture, false, 0, 2);
    limit_files(RLIM_INFINITY);

    ship_and_expect(11, 10, STATUS_OK, 20);
    ck_assert_int_eq(reserve("call-1", 1), STATUS_OK);
    fixture_await_health(&fixture, true, fake_actor_count(&fixture.listener, MSG_HEARTBEAT_REPLY),
                         2);
    ck_assert_str_eq(fixture_rows(&fixture, "SELECT count(*), max(sequence) FROM usage_stats"),
                     "20|20");
    ck_assert_int_ge(metric_value(METRIC_STORAGE_FAILURES), 3);
}
END_TEST

/* Nothing is asked of it meanwhile: whoever looks at its health may be what keeps requests away. */
START_TEST(a_disk_with_room_again_is_found_out_without_being_asked)
{
    fixture_open(&fixture, schemes[_i]);
    fixture_add_listener(&fixture);
    ship_and_expect(1, 10, STATUS_OK, 10);
    (void)signal(SIGXFSZ, SIG_IGN);
    limit_files(FULL_BYTES);
    ship_and_expect(11, 10, STATUS_STORAGE, 0);
    fixture_await_health(&fixture, false, 0, 8); /* more than one try */
    limit_files(RLIM_INFINITY);
    fixture_await_health(&fixture, true, fake_actor_count(&fixture.listener, MSG_HEARTBEAT_REPLY),
                         2);
    ck_assert_str_eq(fixture_rows(&fixture, "SELECT count(*) FROM usage_stats"), "10");
}
END_TEST

static void
await_rows(const char *query, const char *expected)
{
    long deadline_ms = now_ms() + FAKE_ACTOR_WAIT_MS;

    while (strcmp(fixture_rows(&fixture, query), expected) != 0)
        ck_assert_msg(now_ms() < deadline_ms, "%s: %s", query, fixture_rows(&fixture, query));
}

/* More than one slice of them, and what is young stays. */
START_TEST(rows_are_kept_as_long_as_is_set)
{
    static struct usage_record records[1000];
    long deadline_ms = now_ms() + FAKE_ACTOR_WAIT_MS;

    fixture.usage_rows_days = 30;
    fixture_open(&fixture, schemes[_i]);
    for (int i = 0; i < 1000; i++)
        records[i] = make_record(i + 1, clock_wall_us() - (i < 900 ? 31 : 29) * DAY_US, 1,
                                 i % 2 == 0 ? DECISION_HIT : DECISION_MISS);
    ck_assert_int_eq(fixture_ship(&fixture, 3, 1, 1000, records, 1000).status, STATUS_OK);
    await_rows("SELECT count(*), min(sequence) FROM usage_stats", "100|901");
    await_rows("SELECT sum(hits + misses) FROM usage_hourly", "1000");
    while (metric_value(METRIC_DELETED_ROWS) != 900) /* counted behind the commit */
        ck_assert_int_lt(now_ms(), deadline_ms);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("analytics_actor");
    TCase *tcase = tcase_create("actor");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_run_is_stored_once_however_often_it_comes, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_gap_is_asked_for_and_taken_when_nothing_comes, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_malformed_run_changes_nothing_and_hurts_nobody, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_damaged_record_is_left_out_and_does_not_block_its_ring, 0,
                        TOPOLOGIES);
    tcase_add_loop_test(tcase, reads_are_told_to_the_cache, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_reservation_is_committed_when_it_is_promised, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, calls_of_an_older_epoch_become_unknown, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_settlement_that_overtakes_its_reservation_keeps_it_out, 0,
                        TOPOLOGIES);
    tcase_add_loop_test(tcase, what_a_dead_process_sent_opens_no_row, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_quota_is_leased_to_its_end_and_not_past_it, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, rows_are_kept_as_long_as_is_set, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_full_disk_is_told_to_everybody_and_loses_nothing, 0, TOPOLOGIES);
    tcase_add_loop_test(tcase, a_disk_with_room_again_is_found_out_without_being_asked, 0,
                        TOPOLOGIES);
    suite_add_tcase(suite, tcase);
    return suite;
}
