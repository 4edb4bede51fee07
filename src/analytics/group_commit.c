/* group_commit.c - one transaction for each run of messages: many callers share one commit.
 *
 * States: closed -> group_commit_open -> open, or failed when it cannot be begun -> (group_commit_fail -> failed) ->
 * group_commit_close -> closed. Once failed it stays so until closed: a second try in the same run could commit what an
 * earlier caller was refused.
 *
 * Replies that say something is stored are sent after the commit; when it fails they say STORAGE, and nothing
 * of the run is stored. */
#include "analytics_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "metrics.h"

bool
group_commit_open(struct analytics *self)
{
    if (!self->is_open && !self->is_failed) {
        self->is_open = accounts_begin(self->accounts) == STATUS_OK;
        self->is_failed = !self->is_open;
    }
    return self->is_open && !self->is_failed;
}

void
group_commit_fail(struct analytics *self)
{
    self->is_failed = true;
}

/* A reply names what it is about by the copy that stays beside it. */
static void
point_text(struct deferred_reply *deferred_reply)
{
    struct bytes text = bytes_of_text(deferred_reply->text);

    if (deferred_reply->reply.kind == MSG_USAGE_STORED)
        deferred_reply->reply.u.USAGE_STORED.spool_id = text;
    else if (deferred_reply->reply.kind == MSG_LEDGER_RESERVED)
        deferred_reply->reply.u.LEDGER_RESERVED.call_id = text;
    else if (deferred_reply->reply.kind == MSG_LEDGER_SETTLED)
        deferred_reply->reply.u.LEDGER_SETTLED.call_id = text;
}

struct deferred_reply *
group_commit_defer_reply(struct analytics *self, const struct sender *to, enum message_kind kind,
                         struct bytes text)
{
    struct deferred_reply *deferred_reply;

    if (self->deferred_reply_count == DEFERRED_REPLIES_MAX)
        group_commit_close(self);
    deferred_reply = &self->deferred_replies[self->deferred_reply_count];
    *deferred_reply = (struct deferred_reply){.to = *to, .reply = {.kind = kind}};
    bytes_copy_text(text, deferred_reply->text, sizeof deferred_reply->text);
    point_text(deferred_reply);
    self->deferred_reply_count++;
    return deferred_reply;
}

/* Nothing is stored, and nothing is granted. */
static void
fail_deferred_reply(struct message *reply)
{
    reply->status = STATUS_STORAGE;
    if (reply->kind == MSG_USAGE_STORED)
        reply->u.USAGE_STORED.sequence = 0;
    else if (reply->kind == MSG_QUOTA_GRANT)
        reply->u.QUOTA_GRANT.granted = 0;
}

static void
flush_replies(struct analytics *self, bool is_stored)
{
    for (size_t i = 0; i < self->deferred_reply_count; i++) {
        struct deferred_reply *deferred_reply = &self->deferred_replies[i];

        if (!is_stored)
            fail_deferred_reply(&deferred_reply->reply);
        if (actor_reply(self->actor, &deferred_reply->to, &deferred_reply->reply) != STATUS_OK)
            log_debug("a reply has no receiver any more; it will be requested again");
    }
    self->deferred_reply_count = 0;
}

static void
finish_key_changes(struct analytics *self, bool is_stored)
{
    for (size_t i = 0; i < KEY_CHANGES_MAX; i++) {
        struct key_change *change = &self->key_changes[i];
        struct message reply = {.kind = MSG_REPORT_REPLY, .status = STATUS_STORAGE};

        if (change->deadline_ms == 0 || change->is_told)
            continue;
        if (is_stored) {
            key_publish_begin(self, change);
        } else {
            (void)actor_reply(self->actor, &change->to, &reply);
            change->deadline_ms = 0;
        }
    }
}

static void
group_commit_count(struct analytics *self, bool is_stored)
{
    if (is_stored) {
        metric_add(METRIC_USAGE_ROWS, self->stored_rows);
        metric_add(METRIC_USAGE_DUPLICATES, self->duplicate_rows);
        metric_add(METRIC_USAGE_BATCHES, self->stored_batches);
        metric_add(METRIC_LEDGER_ROWS, self->ledger_rows);
        metric_add(METRIC_QUOTA_LEASES, self->leases);
        metric_add(METRIC_DELETED_ROWS, self->deleted_rows);
    } else {
        metric_add(METRIC_STORAGE_FAILURES, 1);
    }
    self->stored_rows = self->duplicate_rows = self->stored_batches = self->ledger_rows =
        self->leases = self->deleted_rows = 0;
}

/* What was read is told on; whether it arrives does not matter. */
static void
tell_hits(struct analytics *self)
{
    struct message message = {.kind = MSG_ENTRY_HITS};
    size_t taken;

    if (self->hits.count == 0)
        return;
    taken = hit_counts_take(&self->hits, self->hits_out);
    message.u.ENTRY_HITS.count = (int64_t)taken;
    message.body = blob_copy(bytes_of(self->hits_out, taken * sizeof *self->hits_out));
    if (message.body != NULL)
        (void)actor_tell(self->actor, ACTOR_CACHE, &message);
    blob_release(&message.body);
}

/* Commits, or undoes what failed. False: nothing of the run is stored. */
static bool
end_transaction(struct analytics *self)
{
    int64_t started_ns = clock_mono_ns();
    bool is_stored = !self->is_failed && accounts_commit(self->accounts) == STATUS_OK;

    if (self->is_open && !is_stored)
        accounts_rollback(self->accounts);
    self->latency_us = (clock_mono_ns() - started_ns) / 1000;
    self->is_healthy = is_stored;
    self->failures += !is_stored;
    self->is_open = self->is_failed = false;
    group_commit_count(self, is_stored);
    if (!is_stored) /* a key that was not kept had moved it */
        (void)key_version(self->accounts, &self->key_version);
    return is_stored;
}

void
group_commit_close(struct analytics *self)
{
    bool has_transaction = self->is_open || self->is_failed;
    bool is_stored = !has_transaction || end_transaction(self);

    if (is_stored)
        tell_hits(self);
    else
        hit_counts_clear(&self->hits);
    flush_replies(self, is_stored);
    finish_key_changes(self, is_stored);
}
