/* delivery_test.c - the whole cache actor: a body once for each gateway, bounds, health, counts of hits, stopping. */
/* links: @support @cache @storage @core */
#include "unit/cache/cache_fixture.h"

#include <sqlite3.h>

#include "support/row.h"

static struct cache_fixture fixture;

static void
begin(void)
{
    fixture_open(&fixture, NULL);
}

static void
begin_bounded(void)
{
    fixture_open(&fixture,
                 (const char *const[]){"CACHE_MAX_FETCHES=1", "CACHE_MAX_WAITERS=2", NULL});
}

static void
begin_cleaning(void)
{
    fixture_open(&fixture, (const char *const[]){"CLEANUP_INTERVAL_S=1", NULL});
}

static void
end(void)
{
    fixture_close(&fixture);
}

/* Three requests of gateway 1 and one of gateway 2 wait for the same fetch; both said hello. */
static uint64_t
four_wait(uint64_t *others)
{
    hello(&fixture, 1, -1);
    hello(&fixture, 2, -1);
    uint64_t first = ask(&fixture);

    fetch_number(&fixture, 1);
    ask(&fixture);
    ask(&fixture);
    *others = ask_with(&fixture, (struct ask){.gateway_id = 2});
    settle(&fixture);
    return first;
}

START_TEST(several_waiters_of_a_gateway_get_one_body)
{
    uint64_t other;
    uint64_t first = four_wait(&other);

    upstream_gives(&fixture, 1, "body");
    const struct received *pushed = fake_actor_expect(&fixture.gateway, MSG_ENTRY_PUSH, 1);
    const struct cache_reply *entry = &pushed->message.u.ENTRY_PUSH;

    ck_assert(bytes_equal_text(blob_bytes(pushed->message.body), "body"));
    ck_assert(bytes_equal_text(entry->signature, "{\"a\": 1}"));
    ck_assert(bytes_equal_text(entry->cache_key, KEY_A));
    ck_assert(bytes_equal_text(entry->route, "value"));
    ck_assert_int_eq(entry->may_keep, 1);
    ck_assert_int_eq(entry->meta.price_micro_usd, FIXTURE_PRICE);
    held(&fixture, 1, entry->flight_id, true);
    for (uint64_t i = 0; i < 3; i++) {
        const struct cache_reply *reply = answer_to(&fixture, first + i);

        ck_assert_int_eq(reply->in_near, 1);
        ck_assert_int_eq(answer_at(&fixture, 1, first + i)->message.status, STATUS_OK);
        ck_assert_int_eq(reply->decision, i == 0 ? DECISION_MISS : DECISION_COLLAPSED);
        expect_body(&fixture, first + i, "");
    }
    /* alone at its gateway: its own body, at once */
    const struct received *alone = answer_at(&fixture, 2, other);

    ck_assert_int_eq(alone->message.u.CACHE_REPLY.in_near, 0);
    ck_assert(bytes_equal_text(blob_bytes(alone->message.body), "body"));
    ck_assert_uint_eq(fake_actor_count(&fixture.other, MSG_ENTRY_PUSH), 0);
    ck_assert_uint_eq(fake_actor_count(&fixture.gateway, MSG_ENTRY_PUSH), 1);
}
END_TEST

START_TEST(a_near_cache_that_refuses_gets_bodies)
{
    uint64_t other;
    uint64_t first = four_wait(&other);

    upstream_gives(&fixture, 1, "body");
    held(&fixture, 1,
         fake_actor_expect(&fixture.gateway, MSG_ENTRY_PUSH, 1)->message.u.ENTRY_PUSH.flight_id,
         false);
    for (uint64_t i = 0; i < 3; i++) {
        ck_assert_int_eq(answer_to(&fixture, first + i)->in_near, 0);
        expect_body(&fixture, first + i, "body");
    }
}
END_TEST

START_TEST(a_listener_that_says_nothing_costs_half_a_second)
{
    uint64_t other;
    uint64_t first = four_wait(&other);
    int64_t before = clock_mono_ms();

    upstream_gives(&fixture, 1, "body");
    for (uint64_t i = 0; i < 3; i++)
        expect_body(&fixture, first + i, "body");
    ck_assert_int_ge(clock_mono_ms() - before, 500);
    /* it says so at last: nobody waits any more */
    held(&fixture, 1,
         fake_actor_expect(&fixture.gateway, MSG_ENTRY_PUSH, 1)->message.u.ENTRY_PUSH.flight_id,
         true);
    fixture_await_metric(&fixture, METRIC_CACHE_FLIGHTS, 0);
}
END_TEST

START_TEST(who_asks_for_the_body_gets_it)
{
    hello(&fixture, 1, -1);
    uint64_t first = ask_with(&fixture, (struct ask){.want_body = 1});

    fetch_number(&fixture, 1);
    uint64_t second = ask_with(&fixture, (struct ask){.want_body = 1});

    settle(&fixture);
    upstream_gives(&fixture, 1, "body");
    expect_body(&fixture, first, "body");
    expect_body(&fixture, second, "body");
    ck_assert_uint_eq(fake_actor_count(&fixture.gateway, MSG_ENTRY_PUSH), 0);
}
END_TEST

START_TEST(too_much_is_refused_at_once)
{
    uint64_t first = ask(&fixture);

    fetch_number(&fixture, 1);
    expect_error(&fixture, ask_with(&fixture, (struct ask){.key = KEY_B, .signature = "{}"}),
                 STATUS_OVERLOADED, 503);
    uint64_t second = ask(&fixture);                               /* joins: no further fetch */
    expect_error(&fixture, ask(&fixture), STATUS_OVERLOADED, 503); /* a third waiter */
    upstream_gives(&fixture, 1, "body");
    expect_decision(&fixture, first, DECISION_MISS, "body");
    expect_decision(&fixture, second, DECISION_COLLAPSED, "body");
    uint64_t third = ask_with(&fixture, (struct ask){.key = KEY_B, .signature = "{}"});

    upstream_gives(&fixture, 2, "other");
    expect_decision(&fixture, third, DECISION_MISS, "other");
}
END_TEST

START_TEST(heartbeats_tell_how_the_database_is)
{
    store_old(&fixture, 10);
    fake_actor_settle(&fixture.gateway);
    const struct heartbeat_reply *reply =
        &fake_actor_expect(&fixture.gateway, MSG_HEARTBEAT_REPLY,
                           fake_actor_count(&fixture.gateway, MSG_HEARTBEAT_REPLY))
             ->message.u.HEARTBEAT_REPLY;

    ck_assert_int_eq(reply->is_healthy, 1);
    ck_assert_int_eq(reply->version, last_purge(&fixture));
    ck_assert_int_ge(reply->latency_us, 1);
}
END_TEST

static int64_t
entries_in_database(int64_t *total)
{
    struct entries *entries;
    int64_t valid;

    ck_assert_int_eq(entries_open(fixture.config, STORAGE_READ_ONLY, &entries), STATUS_OK);
    ck_assert_int_eq(entry_totals(entries, &valid, total), STATUS_OK);
    entries_close(&entries);
    return valid;
}

START_TEST(the_row_is_there_before_the_answer)
{
    row("R-015");
    int64_t total;

    store_old(&fixture, 10);
    ck_assert_int_eq(entries_in_database(&total), 1);
}
END_TEST

/* Stored 20,000 s ago with windows of 3,600 and 7,200 s: past all of them. */
START_TEST(rows_past_their_windows_are_deleted)
{
    int64_t total = 1;

    store_old(&fixture, 20000);
    for (int64_t until = clock_mono_ms() + FAKE_ACTOR_WAIT_MS;
         total > 0 && clock_mono_ms() < until;) {
        fake_actor_settle(&fixture.gateway);
        entries_in_database(&total);
    }
    ck_assert_int_eq(total, 0);
}
END_TEST

static void *
stop_cache(void *argument)
{
    (void)argument;
    actor_stop(&fixture.cache);
    return NULL;
}

/* A fetch under way is paid: stopping waits for it, and keeps it. */
START_TEST(stopping_waits_for_the_fetch)
{
    int64_t total;
    pthread_t stopper;
    uint64_t question = ask(&fixture);

    fetch_number(&fixture, 1);
    ck_assert_int_eq(pthread_create(&stopper, NULL, stop_cache, NULL), 0);
    fake_actor_settle(&fixture.gateway); /* it still lives */
    upstream_gives(&fixture, 1, "body");
    expect_decision(&fixture, question, DECISION_MISS, "body");
    pthread_join(stopper, NULL);
    ck_assert_int_eq(entries_in_database(&total), 1);
}
END_TEST

/* The only column of the only row of a query on cache.db, once it has this value. */
static void
await_query(const char *sql, int64_t value)
{
    int64_t until = clock_mono_ms() + FAKE_ACTOR_WAIT_MS;
    char path[128];
    int64_t found = -1;
    sqlite3 *database;

    ck_assert(config_data_path(fixture.config, "cache.db", path, sizeof path));
    ck_assert_int_eq(sqlite3_open_v2(path, &database, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    while (found != value && clock_mono_ms() < until) {
        sqlite3_stmt *statement;

        ck_assert_int_eq(sqlite3_prepare_v2(database, sql, -1, &statement, NULL), SQLITE_OK);
        if (sqlite3_step(statement) == SQLITE_ROW)
            found = sqlite3_column_int64(statement, 0);
        sqlite3_finalize(statement);
        if (found != value)
            fake_actor_settle(&fixture.gateway);
    }
    sqlite3_close(database);
    ck_assert_int_eq(found, value);
}

static void
hits(int64_t said, size_t sent)
{
    struct entry_hit all[2] = {{.count = 1}, {.count = 2}};
    struct blob *body = blob_copy(bytes_of(all, sent * sizeof *all));
    struct message message = {.kind = MSG_ENTRY_HITS,
                              .sender = ACTOR_ANALYTICS,
                              .body = body,
                              .u.ENTRY_HITS = {.count = said}};

    fake_actor_say(&fixture.analytics, &message, NULL, 0);
    blob_release(&body);
}

START_TEST(hits_are_counted_in_the_row)
{
    row("R-045");
    struct entry_hit all[2] = {{.cache_key = {0xce, 0xba, 0x47, 0x3f, 0x42, 0xf7, 0x9d, 0x99, 0xad,
                                              0xb4, 0x8c, 0xcd, 0x2b, 0x0a, 0xe2, 0x8c},
                                .count = 41,
                                .last_wall_us = 1768478400000000},
                               {.count = 1}}; /* of no entry */
    struct blob *body = blob_copy(bytes_of(all, sizeof all));
    struct message message = {.kind = MSG_ENTRY_HITS,
                              .sender = ACTOR_ANALYTICS,
                              .body = body,
                              .u.ENTRY_HITS = {.count = 2}};

    store_old(&fixture, 10);
    fake_actor_say(&fixture.analytics, &message, NULL, 0);
    blob_release(&body);
    await_query("SELECT hit_count FROM cache_entries", 41);
}
END_TEST

START_TEST(hits_that_lie_about_their_count_are_dropped)
{
    hits(2, 1);
    hits(-1, 1);
    hits(0, 0);
    hits(INT64_MAX, 2);
    settle(&fixture);
    store_old(&fixture, 10);
    await_query("SELECT hit_count FROM cache_entries", 0);
}
END_TEST

static void
add_case(Suite *suite, TCase *one, void (*setup)(void))
{
    tcase_set_timeout(one, 120);
    tcase_add_checked_fixture(one, setup, end);
    suite_add_tcase(suite, one);
}

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/delivery");
    TCase *pushing = tcase_create("pushing");
    TCase *bounds = tcase_create("bounds");
    TCase *storing = tcase_create("storing");
    TCase *cleaning = tcase_create("cleaning");

    tcase_add_test(pushing, several_waiters_of_a_gateway_get_one_body);
    tcase_add_test(pushing, a_near_cache_that_refuses_gets_bodies);
    tcase_add_test(pushing, a_listener_that_says_nothing_costs_half_a_second);
    tcase_add_test(pushing, who_asks_for_the_body_gets_it);
    add_case(suite, pushing, begin);
    tcase_add_test(bounds, too_much_is_refused_at_once);
    add_case(suite, bounds, begin_bounded);
    tcase_add_test(storing, heartbeats_tell_how_the_database_is);
    tcase_add_test(storing, the_row_is_there_before_the_answer);
    tcase_add_test(storing, stopping_waits_for_the_fetch);
    tcase_add_test(storing, hits_are_counted_in_the_row);
    tcase_add_test(storing, hits_that_lie_about_their_count_are_dropped);
    add_case(suite, storing, begin);
    tcase_add_test(cleaning, rows_past_their_windows_are_deleted);
    add_case(suite, cleaning, begin_cleaning);
    return suite;
}
