/* analytics_deferred_replies_test.c - the actor under many callers and a database that comes and goes: what it promised is there,
 * what it refused is not, and a quota is given out to the last one. */
/* links: @support @analytics @storage @core */
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>

#include "actor/wire.h"
#include "unit/analytics/analytics_fixture.h"

enum { CALLERS = 8, CALLS_EACH = 60, LIMIT = 100 };

static struct analytics_fixture fixture;

static void
teardown(void)
{
    fixture_close(&fixture);
}

/* The reply's body is the caller's. */
static struct message
ask(struct mailbox *mailbox, struct message *request)
{
    struct message reply;

    ck_assert_int_eq(mailbox_ask(mailbox, request, FAKE_ACTOR_WAIT_MS, &reply), STATUS_OK);
    return reply;
}

static enum status
create_key(struct mailbox *mailbox, const char *name, int64_t daily_limit, int64_t timeout_ms)
{
    struct message reply;
    struct message request = {
        .kind = MSG_KEY_CREATE,
        .u.KEY_CREATE = {.key_name = bytes_of_text(name),
                         .key_hash = bytes_of_text(name),
                         .daily_limit = daily_limit,
                         .limits = bytes_of_text("{\"*\":\"5/second\"}"),
                         .rights = bytes_of_text("extend_ttl")},
    };
    enum status status = mailbox_ask(mailbox, &request, timeout_ms, &reply);

    if (status != STATUS_OK)
        return status;
    status = reply.status;
    message_fini(&reply);
    return status;
}

START_TEST(a_key_is_not_answered_while_a_gateway_does_not_know_it)
{
    fixture_open(&fixture, "inproc");
    fixture.place.config.cache.confirm_timeout_ms = 60000;
    atomic_store(&fixture.is_silent, true);
    fixture_add_listener(&fixture);
    ck_assert_int_eq(create_key(fixture.gateway, "a", 0, 500), STATUS_TIMEOUT);
    ck_assert_int_eq((int)fake_actor_count(&fixture.listener, MSG_KEY_CHANGED), 1);
    atomic_store(&fixture.is_silent, false); /* confirms the next one, and with it all before */
    ck_assert_int_eq(create_key(fixture.gateway, "b", 0, FAKE_ACTOR_WAIT_MS), STATUS_OK);
    ck_assert_int_eq(create_key(fixture.gateway, "a", 0, FAKE_ACTOR_WAIT_MS), STATUS_CONFLICT);
}
END_TEST

/* The next envelope of a snapshot, which stands behind its size. */
static struct message
take_record(struct bytes *rest)
{
    struct message record;
    uint32_t size;
    size_t body_size = 99;

    ck_assert_uint_gt(rest->size, sizeof size);
    memcpy(&size, rest->data, sizeof size);
    ck_assert_uint_le(size, rest->size - sizeof size);
    ck_assert_int_eq(wire_decode(bytes_of(rest->data + sizeof size, size), &record, &body_size),
                     STATUS_OK);
    ck_assert_uint_eq(body_size, 0);
    ck_assert_int_eq(record.kind, MSG_KEY_CHANGED);
    *rest = bytes_of(rest->data + sizeof size + size, rest->size - sizeof size - size);
    return record;
}

START_TEST(a_snapshot_is_a_list_of_records_that_decode)
{
    static const char *const names[] = {"first", "second", "third"};
    struct message sync = {.kind = MSG_KEYS_SYNC, .u.KEYS_SYNC.gateway_id = 5};
    struct message reply;
    struct bytes rest;

    fixture_open(&fixture, "inproc");
    for (size_t i = 0; i < COUNT(names); i++)
        ck_assert_int_eq(create_key(fixture.gateway, names[i], 10 * (int64_t)i, FAKE_ACTOR_WAIT_MS),
                         STATUS_OK);
    reply = ask(fixture.gateway, &sync);
    ck_assert_int_eq(reply.kind, MSG_KEYS_SNAPSHOT);
    ck_assert_int_eq(reply.u.KEYS_SNAPSHOT.version, (int64_t)COUNT(names));
    ck_assert_int_eq(reply.u.KEYS_SNAPSHOT.count, (int64_t)COUNT(names));
    rest = blob_bytes(reply.body);
    for (size_t i = 0; i < COUNT(names); i++) {
        const struct message message = take_record(&rest);
        const struct key_record *record = &message.u.KEY_CHANGED;

        ck_assert_int_eq(record->api_key_id, (int64_t)i + 1);
        ck_assert(bytes_equal_text(record->key_name, names[i]));
        ck_assert(bytes_equal_text(record->key_hash, names[i]));
        ck_assert_int_eq(record->is_active, 1);
        ck_assert_int_eq(record->daily_limit, 10 * (int64_t)i);
        ck_assert_int_eq(record->monthly_limit, 0);
        ck_assert_int_eq(record->expires_wall_ms, 0);
        ck_assert(bytes_equal_text(record->limits, "{\"*\":\"5/second\"}"));
        ck_assert(bytes_equal_text(record->rights, "extend_ttl"));
    }
    ck_assert_uint_eq(rest.size, 0);
    message_fini(&reply);
}
END_TEST

static struct message
lease(struct mailbox *mailbox, int64_t returned, int64_t day)
{
    struct message request = {
        .kind = MSG_QUOTA_LEASE,
        .u.QUOTA_LEASE = {.api_key_id = 1, .returned = returned, .window_day = day},
    };

    return ask(mailbox, &request);
}

/* Three gateways take and give back by turns, until none gets more. */
START_TEST(a_quota_of_a_hundred_is_a_hundred_over_any_taking_and_giving_back)
{
    struct mailbox *gateways[3] = {0};
    int64_t held[3] = {0};
    int64_t used = 0, day = 0;
    unsigned seed = 7;
    bool is_over = false;

    fixture_open(&fixture, "inproc");
    for (size_t i = 0; i < COUNT(gateways); i++)
        gateways[i] = mailbox_create(fixture.system, ACTOR_GATEWAY, ACTOR_ANALYTICS);
    ck_assert_int_eq(create_key(fixture.gateway, "a", LIMIT, FAKE_ACTOR_WAIT_MS), STATUS_OK);
    for (int turn = 0; turn < 10000 && !is_over; turn++) {
        size_t who = (size_t)rand_r(&seed) % COUNT(gateways);
        struct message reply;
        const struct quota_grant *grant = &reply.u.QUOTA_GRANT;

        if (held[who] > 0 && rand_r(&seed) % 3 == 0) {
            ck_assert_int_eq(lease(gateways[who], held[who], day).status, STATUS_OK);
            held[who] = 0;
        } else if (held[who] > 0 && rand_r(&seed) % 2 == 0) {
            held[who]--;
            used++;
        } else {
            reply = lease(gateways[who], 0, 0);
            day = grant->granted > 0 ? grant->window_day : day;
            held[who] += grant->granted;
            is_over = reply.status == STATUS_QUOTA_EXCEEDED && held[0] + held[1] + held[2] == 0;
        }
        ck_assert_int_le(used + held[0] + held[1] + held[2], LIMIT);
    }
    ck_assert(is_over);
    ck_assert_int_eq(used, LIMIT);
    for (size_t i = 0; i < COUNT(gateways); i++)
        mailbox_destroy(&gateways[i]);
}
END_TEST

START_TEST(a_locked_database_refuses_and_loses_nothing)
{
    struct usage_record records[3];
    sqlite3 *other;

    fixture_open(&fixture, "inproc");
    for (int i = 0; i < 3; i++)
        records[i] = make_record(i + 1, NOON_US, 1, DECISION_HIT);
    ck_assert_int_eq(fixture_ship(&fixture, 1, 1, 1, records, 1).status, STATUS_OK);
    other = raw_open(&fixture.place, "rentcache.db");
    ck_assert_int_eq(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    ck_assert_int_eq(fixture_ship(&fixture, 1, 2, 2, records + 1, 2).status, STATUS_STORAGE);
    ck_assert_int_eq(sqlite3_exec(other, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(other);
    ck_assert_int_eq(fixture_ship(&fixture, 1, 2, 2, records + 1, 2).u.USAGE_STORED.sequence, 3);
    ck_assert_int_eq(create_key(fixture.gateway, "a", 0, FAKE_ACTOR_WAIT_MS), STATUS_OK);
    ck_assert_str_eq(fixture_rows(&fixture, "SELECT count(*), max(sequence) FROM usage_stats"),
                     "3|3");
    ck_assert_str_eq(fixture_rows(&fixture, "SELECT count(*) FROM api_keys"), "1");
}
END_TEST

/* One caller in a thread of its own, and what it was told of each of its calls. */
struct caller {
    pthread_t thread;
    struct mailbox *mailbox;
    int number;
    enum status told[CALLS_EACH];
};

static _Atomic int finished;

static void *
call(void *argument)
{
    struct caller *caller = argument;

    for (int i = 0; i < CALLS_EACH; i++) {
        char id[33];
        struct message reply;
        struct message request = {
            .kind = MSG_LEDGER_RESERVE,
            .u.LEDGER_RESERVE = {.instance = bytes_of_text("local"),
                                 .epoch = 1,
                                 .api_key_id = 1,
                                 .route = bytes_of_text("properties"),
                                 .price_micro_usd = 1000000},
        };

        snprintf(id, sizeof id, "%032d", caller->number * 1000 + i);
        request.u.LEDGER_RESERVE.call_id = bytes_of_text(id);
        caller->told[i] = mailbox_ask(caller->mailbox, &request, FAKE_ACTOR_WAIT_MS, &reply);
        if (caller->told[i] == STATUS_OK)
            caller->told[i] = reply.status;
        mailbox_done(caller->mailbox);
    }
    atomic_fetch_add(&finished, 1);
    return NULL;
}

static void
limit_files(rlim_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes, .rlim_max = RLIM_INFINITY};

    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Full, free, full, free ... in step with what the database does, until all callers are through. */
static void
fill_and_free_the_disk(void)
{
    while (atomic_load(&finished) < CALLERS) {
        int64_t failures = metric_value(METRIC_STORAGE_FAILURES);
        int64_t rows = metric_value(METRIC_LEDGER_ROWS);

        limit_files(65536);
        while (metric_value(METRIC_STORAGE_FAILURES) == failures &&
               atomic_load(&finished) < CALLERS)
            sched_yield();
        limit_files(RLIM_INFINITY);
        while (metric_value(METRIC_LEDGER_ROWS) < rows + CALLERS &&
               atomic_load(&finished) < CALLERS)
            sched_yield();
    }
}

START_TEST(what_is_promised_is_stored_and_what_is_refused_is_not)
{
    static struct caller callers[CALLERS];
    char query[128];
    int count[2] = {0};

    fixture_open(&fixture, "inproc");
    (void)signal(SIGXFSZ, SIG_IGN);
    atomic_store(&finished, 0);
    for (int i = 0; i < CALLERS; i++) {
        callers[i].number = i;
        callers[i].mailbox = mailbox_create(fixture.system, ACTOR_UPSTREAM, ACTOR_ANALYTICS);
        ck_assert_int_eq(pthread_create(&callers[i].thread, NULL, call, &callers[i]), 0);
    }
    fill_and_free_the_disk();
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(callers[i].thread, NULL);
        mailbox_destroy(&callers[i].mailbox);
    }
    for (int i = 0; i < CALLERS * CALLS_EACH; i++) {
        enum status told = callers[i / CALLS_EACH].told[i % CALLS_EACH];

        ck_assert(told == STATUS_OK || told == STATUS_STORAGE);
        count[told == STATUS_OK]++;
        snprintf(query, sizeof query, "SELECT count(*) FROM ledger WHERE call_id = '%032d'",
                 i / CALLS_EACH * 1000 + i % CALLS_EACH);
        ck_assert_str_eq(fixture_rows(&fixture, query), told == STATUS_OK ? "1" : "0");
    }
    ck_assert_int_gt(count[true], 0);
    ck_assert_int_gt(count[false], 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("analytics_deferred_replies");
    TCase *tcase = tcase_create("deferred_replies");

    tcase_add_checked_fixture(tcase, NULL, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_key_is_not_answered_while_a_gateway_does_not_know_it);
    tcase_add_test(tcase, a_snapshot_is_a_list_of_records_that_decode);
    tcase_add_test(tcase, a_quota_of_a_hundred_is_a_hundred_over_any_taking_and_giving_back);
    tcase_add_test(tcase, a_locked_database_refuses_and_loses_nothing);
    tcase_add_test(tcase, what_is_promised_is_stored_and_what_is_refused_is_not);
    suite_add_tcase(suite, tcase);
    return suite;
}
