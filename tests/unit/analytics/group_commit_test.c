/* group_commit_test.c - one transaction for a run of messages: what is promised is stored, what is not stored is not promised.
 *
 * The database and the actor's mouth are played here. */
/* links: analytics/group_commit.c analytics/ingest/hit_counts.c @core */

#include "analytics_state.h"

#include <check.h>
#include <stdlib.h>

/* What the database does, and what was asked of it. */
static struct {
    bool begins, commits; /* whether it lets us */
    int begun, committed, rolled_back;
    bool is_open;
} database;

enum { REPLIES_MAX = 2 * DEFERRED_REPLIES_MAX };

static struct {
    struct message message;
    char text[64];
    int committed; /* commits there were when it was sent */
} replies[REPLIES_MAX];
static size_t reply_count;
static int pushed, told_hits;
static struct analytics *self;
static const struct sender sender = {.identity_size = 1};

enum status
accounts_begin(struct accounts *accounts)
{
    (void)accounts;
    ck_assert(!database.is_open);
    database.begun++;
    database.is_open = database.begins;
    return database.begins ? STATUS_OK : STATUS_STORAGE;
}

enum status
accounts_commit(struct accounts *accounts)
{
    (void)accounts;
    ck_assert(database.is_open);
    database.is_open = database.is_open && !database.commits;
    database.committed += database.commits;
    return database.commits ? STATUS_OK : STATUS_STORAGE;
}

void
accounts_rollback(struct accounts *accounts)
{
    (void)accounts;
    ck_assert(database.is_open);
    database.is_open = false;
    database.rolled_back++;
}

enum status
key_version(struct accounts *accounts, int64_t *version)
{
    (void)accounts;
    *version = 7; /* what is committed */
    return STATUS_OK;
}

enum status
actor_reply(struct actor *actor, const struct sender *from, struct message *message)
{
    struct bytes text = message->kind == MSG_USAGE_STORED      ? message->u.USAGE_STORED.spool_id
                        : message->kind == MSG_LEDGER_RESERVED ? message->u.LEDGER_RESERVED.call_id
                        : message->kind == MSG_LEDGER_SETTLED  ? message->u.LEDGER_SETTLED.call_id
                                                               : (struct bytes){0};

    (void)actor;
    ck_assert_uint_eq(from->identity_size, 1);
    ck_assert(!database.is_open); /* nothing is said while it may still fail */
    ck_assert_uint_lt(reply_count, REPLIES_MAX);
    replies[reply_count].message = *message;
    replies[reply_count].committed = database.committed;
    ck_assert(bytes_copy_text(text, replies[reply_count].text, sizeof replies[0].text));
    reply_count++;
    return STATUS_OK;
}

enum status
actor_tell(struct actor *actor, enum actor_id peer, const struct message *message)
{
    (void)actor;
    ck_assert_int_eq(peer, ACTOR_CACHE);
    ck_assert_int_eq(message->kind, MSG_ENTRY_HITS);
    told_hits += (int)message->u.ENTRY_HITS.count;
    return STATUS_OK;
}

void
key_publish_begin(struct analytics *analytics, struct key_change *change)
{
    (void)analytics;
    ck_assert_int_eq(database.committed, 1);
    change->is_told = true;
    pushed++;
}

static void
setup(void)
{
    memset(&database, 0, sizeof database);
    database.begins = database.commits = true;
    reply_count = 0;
    pushed = told_hits = 0;
    self = calloc(1, sizeof *self);
    ck_assert_ptr_nonnull(self);
    self->is_healthy = true;
}

static void
teardown(void)
{
    free(self);
}

static enum status
status_of(size_t index)
{
    return replies[index].message.status;
}

/* As a handler does: promises, and writes if the transaction lets it. */
static bool
reserve(const char *call_id)
{
    (void)group_commit_defer_reply(self, &sender, MSG_LEDGER_RESERVED, bytes_of_text(call_id));
    if (group_commit_open(self))
        return true;
    group_commit_fail(self);
    return false;
}

static void
count_hit(uint8_t key)
{
    struct usage_record record = {.decision = DECISION_HIT, .cache_key = {key}};

    hit_counts_add(&self->hits, &record);
}

START_TEST(many_callers_share_one_commit_and_are_answered_after_it)
{
    char id[16];

    for (int i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "call-%d", i);
        ck_assert(reserve(id));
    }
    count_hit(1);
    ck_assert_uint_eq(reply_count, 0);
    group_commit_close(self);
    ck_assert_int_eq(database.begun, 1);
    ck_assert_int_eq(database.committed, 1);
    ck_assert_uint_eq(reply_count, 100);
    for (size_t i = 0; i < 100; i++) {
        snprintf(id, sizeof id, "call-%zu", i);
        ck_assert_int_eq(status_of(i), STATUS_OK);
        ck_assert_str_eq(replies[i].text, id);
        ck_assert_int_eq(replies[i].committed, 1);
    }
    ck_assert_int_eq(told_hits, 1);
    ck_assert(self->is_healthy);
}
END_TEST

START_TEST(one_failure_fails_the_whole_run)
{
    ck_assert(reserve("a"));
    group_commit_defer_reply(self, &sender, MSG_USAGE_STORED, bytes_of_text("spool"))
        ->reply.u.USAGE_STORED.sequence = 5;
    group_commit_defer_reply(self, &sender, MSG_QUOTA_GRANT, (struct bytes){0})
        ->reply.u.QUOTA_GRANT.granted = 5;
    group_commit_fail(self);
    (void)group_commit_defer_reply(self, &sender, MSG_LEDGER_SETTLED, bytes_of_text("b"));
    (void)group_commit_defer_reply(self, &sender, MSG_LEDGER_OPENED, (struct bytes){0});
    (void)group_commit_defer_reply(self, &sender, MSG_REPORT_REPLY, (struct bytes){0});
    count_hit(1);
    ck_assert(!group_commit_open(self)); /* nobody may go on in it */
    group_commit_close(self);
    ck_assert_int_eq(database.committed, 0);
    ck_assert_int_eq(database.rolled_back, 1);
    ck_assert_uint_eq(reply_count, 6);
    for (size_t i = 0; i < reply_count; i++)
        ck_assert_int_eq(status_of(i), STATUS_STORAGE);
    ck_assert_int_eq(replies[1].message.u.USAGE_STORED.sequence, 0);
    ck_assert_int_eq(replies[2].message.u.QUOTA_GRANT.granted, 0);
    ck_assert_int_eq(told_hits, 0);
    ck_assert_uint_eq(self->hits.count, 0);
    ck_assert(!self->is_healthy);
    ck_assert_int_eq(self->key_version, 7);
}
END_TEST

START_TEST(a_commit_that_fails_is_told_as_a_failure)
{
    database.commits = false;
    ck_assert(reserve("a"));
    group_commit_close(self);
    ck_assert_int_eq(status_of(0), STATUS_STORAGE);
    ck_assert_int_eq(database.rolled_back, 1);
    ck_assert(!self->is_healthy);
    database.commits = true;
    ck_assert(reserve("a"));
    group_commit_close(self);
    ck_assert_int_eq(status_of(1), STATUS_OK);
    ck_assert(self->is_healthy);
}
END_TEST

/* The database lets the first caller down and would take the second: a commit then must not keep the first promise. */
START_TEST(what_could_not_begin_is_not_promised_by_what_follows)
{
    database.begins = false;
    ck_assert(!reserve("a"));
    database.begins = true;
    (void)reserve("b");
    group_commit_close(self);
    ck_assert_uint_eq(reply_count, 2);
    ck_assert_int_eq(status_of(0), STATUS_STORAGE);
    ck_assert_int_eq(status_of(1), database.committed == 1 ? STATUS_OK : STATUS_STORAGE);
    ck_assert(reserve("c")); /* the next run is another */
    group_commit_close(self);
    ck_assert_int_eq(status_of(2), STATUS_OK);
}
END_TEST

START_TEST(an_answer_that_needed_no_database_is_told_as_it_is)
{
    group_commit_defer_reply(self, &sender, MSG_LEDGER_SETTLED, bytes_of_text("x"))->reply.status =
        STATUS_MALFORMED;
    group_commit_close(self);
    ck_assert_int_eq(status_of(0), STATUS_MALFORMED);
    ck_assert_int_eq(database.begun, 0);
    ck_assert(self->is_healthy);
    group_commit_close(self); /* nothing to do */
    ck_assert_uint_eq(reply_count, 1);
}
END_TEST

START_TEST(more_promises_than_places_end_the_transaction_early)
{
    for (int i = 0; i < DEFERRED_REPLIES_MAX + 10; i++)
        ck_assert(reserve("a"));
    ck_assert_uint_eq(reply_count, DEFERRED_REPLIES_MAX);
    ck_assert_int_eq(database.committed, 1);
    group_commit_close(self);
    ck_assert_uint_eq(reply_count, DEFERRED_REPLIES_MAX + 10);
    ck_assert_int_eq(database.committed, 2);
}
END_TEST

START_TEST(keys_are_told_on_once_and_only_when_they_are_stored)
{
    ck_assert(group_commit_open(self));
    self->key_changes[3].deadline_ms = 100;
    group_commit_close(self);
    ck_assert_int_eq(pushed, 1);
    group_commit_close(self);
    ck_assert_int_eq(pushed, 1);
    ck_assert(group_commit_open(self));
    self->key_changes[5] = (struct key_change){.to = sender, .deadline_ms = 100};
    group_commit_fail(self);
    group_commit_close(self);
    ck_assert_int_eq(pushed, 1);
    ck_assert_uint_eq(reply_count, 1);
    ck_assert_int_eq(status_of(0), STATUS_STORAGE);
    ck_assert_int_eq(self->key_changes[5].deadline_ms, 0);
    ck_assert_int_eq(self->key_changes[3].deadline_ms, 100);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("group_commit");
    TCase *tcase = tcase_create("group_commit");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, many_callers_share_one_commit_and_are_answered_after_it);
    tcase_add_test(tcase, one_failure_fails_the_whole_run);
    tcase_add_test(tcase, a_commit_that_fails_is_told_as_a_failure);
    tcase_add_test(tcase, what_could_not_begin_is_not_promised_by_what_follows);
    tcase_add_test(tcase, an_answer_that_needed_no_database_is_told_as_it_is);
    tcase_add_test(tcase, more_promises_than_places_end_the_transaction_early);
    tcase_add_test(tcase, keys_are_told_on_once_and_only_when_they_are_stored);
    suite_add_tcase(suite, tcase);
    return suite;
}
