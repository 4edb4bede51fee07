/* usage_ingest_test.c - runs are stored in slices, between which others have their turn; what fails is told and shipped again.
 *
 * The database and the actor's mouth are played here. */
/* links: analytics/usage_ingest.c analytics/ingest/slice_pace.c analytics/group_commit.c analytics/ingest/hit_counts.c */
/* links: analytics/ingest/usage_dedup.c @core */

#include "analytics_state.h"

#include <check.h>
#include <stdlib.h>

#include "base/clock.h"

enum { RUN_ROWS = 1000, BATCH_ROWS = 600 };

/* One ring: what is committed, and what would be. */
static struct {
    bool is_full;
    int64_t committed, open;
    int64_t most_at_once; /* in one transaction */
    int commits;
} database;

static struct {
    int count;
    enum status status;
    int64_t sequence;
} replies;

static struct analytics *self;
static struct config config;
static const struct sender sender = {.identity_size = 1};

enum status
accounts_begin(struct accounts *accounts)
{
    (void)accounts;
    database.open = database.committed;
    return STATUS_OK;
}

enum status
accounts_commit(struct accounts *accounts)
{
    int64_t rows = database.open - database.committed;

    (void)accounts;
    if (database.is_full)
        return STATUS_STORAGE;
    if (rows > database.most_at_once)
        database.most_at_once = rows;
    database.committed = database.open;
    database.commits++;
    return STATUS_OK;
}

void
accounts_rollback(struct accounts *accounts)
{
    (void)accounts;
    database.open = database.committed;
}

enum status
usage_mark(struct accounts *accounts, const char *spool_id, int64_t ring, int64_t *sequence)
{
    (void)accounts;
    (void)spool_id;
    (void)ring;
    *sequence = database.open;
    return STATUS_OK;
}

enum status
usage_append(struct accounts *accounts, const char *spool_id, int64_t ring,
             const struct usage_record *records, size_t count)
{
    (void)accounts;
    (void)spool_id;
    (void)ring;
    ck_assert_int_eq(records[0].sequence, database.open + 1);
    database.open = records[count - 1].sequence;
    return STATUS_OK;
}

enum status
usage_mark_move(struct accounts *accounts, const char *spool_id, int64_t ring, int64_t sequence)
{
    (void)accounts;
    (void)spool_id;
    (void)ring;
    database.open = sequence;
    return STATUS_OK;
}

enum status
key_version(struct accounts *accounts, int64_t *version)
{
    (void)accounts;
    *version = 1;
    return STATUS_OK;
}

void
key_publish_begin(struct analytics *analytics, struct key_change *change)
{
    (void)analytics;
    (void)change;
}

enum status
actor_reply(struct actor *actor, const struct sender *from, struct message *message)
{
    (void)actor;
    ck_assert_uint_eq(from->identity_size, 1);
    ck_assert_int_eq(message->kind, MSG_USAGE_STORED);
    replies.count++;
    replies.status = message->status;
    replies.sequence = message->u.USAGE_STORED.sequence;
    if (message->status == STATUS_OK)
        ck_assert_int_ge(database.committed, replies.sequence);
    return STATUS_OK;
}

enum status
actor_tell(struct actor *actor, enum actor_id peer, const struct message *message)
{
    (void)actor;
    (void)peer;
    (void)message;
    return STATUS_OK;
}

static void
setup(void)
{
    memset(&database, 0, sizeof database);
    memset(&replies, 0, sizeof replies);
    config.analytics.batch_rows = BATCH_ROWS;
    self = calloc(1, sizeof *self);
    ck_assert_ptr_nonnull(self);
    self->config = &config;
    TAILQ_INIT(&self->runs);
}

static void
teardown(void)
{
    usage_ingest_drop(self);
    free(self);
}

static void
take(int64_t first, int64_t count)
{
    struct usage_record *records = calloc((size_t)count, sizeof *records);
    struct message message = {
        .kind = MSG_USAGE_BATCH,
        .u.USAGE_BATCH = {.spool_id = bytes_of_text("0123456789abcdef0123456789abcdef"),
                          .ring = 3,
                          .first_sequence = first,
                          .count = count},
    };

    ck_assert_ptr_nonnull(records);
    for (int64_t i = 0; i < count; i++) {
        records[i].sequence = first + i;
        records[i].created_wall_us = 1768478400000000;
        records[i].status_code = 200;
        memcpy(records[i].endpoint, "properties", 11);
        memcpy(records[i].method, "GET", 4);
        records[i].checksum = usage_record_checksum(&records[i]);
    }
    message.body = blob_copy(bytes_of(records, (size_t)count * sizeof *records));
    usage_ingest_take(self, &message, &sender);
    blob_release(&message.body);
    free(records);
}

START_TEST(a_run_waits_until_there_is_nothing_else_to_do)
{
    take(1, RUN_ROWS);
    ck_assert_int_eq(database.open, 0);
    ck_assert(usage_ingest_work(self));
    ck_assert_int_gt(database.open, 0);
    ck_assert_int_lt(database.open, RUN_ROWS / 2);
    ck_assert_int_eq(replies.count, 0);
    while (usage_ingest_work(self))
        ;
    ck_assert_int_eq(database.committed, RUN_ROWS);
    ck_assert_int_eq(replies.count, 1);
    ck_assert_int_eq(replies.status, STATUS_OK);
    ck_assert_int_eq(replies.sequence, RUN_ROWS);
    ck_assert(!usage_ingest_work(self));
}
END_TEST

START_TEST(a_transaction_is_small_while_calls_are_reserved)
{
    int64_t quiet;

    take(1, RUN_ROWS);
    take(RUN_ROWS + 1, RUN_ROWS);
    while (usage_ingest_work(self))
        ;
    quiet = database.most_at_once;
    ck_assert_int_ge(quiet, BATCH_ROWS);
    database.most_at_once = 0;
    self->reserved_at_ms = clock_mono_ms();
    take(2 * RUN_ROWS + 1, RUN_ROWS);
    ck_assert(usage_ingest_work(self));
    ck_assert(!self->is_open); /* who comes now waits for nobody's commit */
    ck_assert_int_le(2 * database.most_at_once, quiet);
}
END_TEST

/* What comes between two slices is committed with them, and the rest goes on behind it. */
START_TEST(a_commit_between_two_slices_keeps_what_is_there)
{
    take(1, RUN_ROWS);
    ck_assert(usage_ingest_work(self));
    group_commit_close(self);
    ck_assert_int_eq(database.commits, 1);
    ck_assert_int_gt(database.committed, 0);
    while (usage_ingest_work(self))
        ;
    ck_assert_int_eq(database.committed, RUN_ROWS);
    ck_assert_int_eq(replies.count, 1);
}
END_TEST

START_TEST(a_transaction_that_fails_fails_every_run_that_waits)
{
    take(1, RUN_ROWS);
    take(RUN_ROWS + 1, RUN_ROWS);
    ck_assert(usage_ingest_work(self));
    database.is_full = true;
    while (usage_ingest_work(self))
        ;
    ck_assert_int_eq(replies.count, 2);
    ck_assert_int_eq(replies.status, STATUS_STORAGE);
    database.is_full = false;
    take(1, RUN_ROWS);
    take(1, 2 * RUN_ROWS);
    while (usage_ingest_work(self))
        ;
    ck_assert_int_eq(replies.count, 4);
    ck_assert_int_eq(replies.status, STATUS_OK);
    ck_assert_int_eq(database.committed, 2 * RUN_ROWS);
}
END_TEST

/* More than may wait: they are stored at once, and none is lost. */
START_TEST(many_runs_are_all_stored)
{
    for (int64_t i = 0; i < 300; i++)
        take(1 + i * 3, 3);
    while (usage_ingest_work(self))
        ;
    ck_assert_int_eq(replies.count, 300);
    ck_assert_int_eq(database.committed, 900);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("usage_ingest");
    TCase *tcase = tcase_create("slices");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_run_waits_until_there_is_nothing_else_to_do);
    tcase_add_test(tcase, a_transaction_is_small_while_calls_are_reserved);
    tcase_add_test(tcase, a_commit_between_two_slices_keeps_what_is_there);
    tcase_add_test(tcase, a_transaction_that_fails_fails_every_run_that_waits);
    tcase_add_test(tcase, many_runs_are_all_stored);
    suite_add_tcase(suite, tcase);
    return suite;
}
