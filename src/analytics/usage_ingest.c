/* usage_ingest.c - runs of usage records, stored exactly once: what the mark says is stored is skipped.
 *
 * A record that is damaged can never be stored; it is left out, counted in the log, and the mark passes it, or
 * everything behind it would wait for ever. */
#include "analytics_state.h"

#include "base/log.h"

/* Backlog makes transactions larger, up to this many runs; nobody waits longer than for that. */
#define GROUP_RUNS    10

#define YEAR_10000_US 253402300800000000 /* what a date column takes ends before it */

/* A run of one ring as it came. */
struct run {
    const char *spool_id;
    int64_t ring;
    int64_t first_sequence;
    const struct usage_record *records;
    int64_t count;
};

static bool
is_storable(const struct run *run, int64_t index)
{
    const struct usage_record *record = &run->records[index];

    return usage_record_is_valid(record) && record->sequence == run->first_sequence + index &&
           record->created_wall_us < YEAR_10000_US;
}

static enum status
append_part(struct analytics *self, const struct run *run, int64_t from, int64_t count)
{
    enum status status =
        usage_append(self->accounts, run->spool_id, run->ring, run->records + from, (size_t)count);

    for (int64_t i = from; status == STATUS_OK && i < from + count; i++)
        hit_counts_add(&self->hits, &run->records[i]);
    self->stored_rows += count;
    return status;
}

/* Stretches of good records; the mark always ends at the run's last sequence. */
static enum status
usage_ingest_append(struct analytics *self, const struct run *run)
{
    enum status status = STATUS_OK;
    int64_t from = 0;

    for (int64_t i = 0; status == STATUS_OK && i < run->count; i++) {
        if (is_storable(run, i))
            continue;
        if (i > from)
            status = append_part(self, run, from, i - from);
        log_error("usage record %lld of ring %lld is damaged and was left out",
                  (long long)(run->first_sequence + i), (long long)run->ring);
        from = i + 1;
    }
    self->stored_batches++;
    if (status != STATUS_OK)
        return status;
    if (from < run->count)
        return append_part(self, run, from, run->count - from);
    return usage_mark_move(self->accounts, run->spool_id, run->ring,
                           run->first_sequence + run->count - 1);
}

static bool
is_lost_for_good(struct analytics *self, const struct usage_batch *batch, int64_t mark)
{
    if (!gap_watch_is_lost(&self->gaps, batch->spool_id, batch->ring, batch->first_sequence))
        return false;
    log_error("usage records %lld to %lld of ring %lld are not in this database and not in the "
              "spool any more: was an older database put back?",
              (long long)mark + 1, (long long)batch->first_sequence - 1, (long long)batch->ring);
    return true;
}

/* Stores what is new of the run and says where the mark stands; false: the database failed. */
static bool
usage_ingest_store(struct analytics *self, const struct usage_batch *batch, struct run run,
                   struct message *reply)
{
    struct usage_stored *stored = &reply->u.USAGE_STORED;
    int64_t mark, skip;
    enum usage_dedup intake;

    if (usage_mark(self->accounts, run.spool_id, run.ring, &mark) != STATUS_OK)
        return false;
    intake = usage_dedup_decide(mark, batch->first_sequence, batch->count, &skip);
    stored->sequence = mark;
    if (intake == USAGE_GAP && !is_lost_for_good(self, batch, mark))
        reply->status = STATUS_GAP;
    self->duplicate_rows += intake == USAGE_KNOWN ? batch->count : skip;
    if (intake == USAGE_KNOWN || reply->status == STATUS_GAP)
        return true;
    stored->sequence = batch->first_sequence + batch->count - 1;
    run.first_sequence += skip;
    run.records += skip;
    run.count -= skip;
    return usage_ingest_append(self, &run) == STATUS_OK;
}

/* The framework aligns bodies for records. */
static bool
is_whole(const struct usage_batch *batch, struct bytes body)
{
    return batch->count >= 1 && batch->ring >= 0 && batch->first_sequence >= 1 &&
           batch->first_sequence <= INT64_MAX - batch->count &&
           body.size / sizeof(struct usage_record) == (size_t)batch->count &&
           body.size % sizeof(struct usage_record) == 0 &&
           (uintptr_t)body.data % _Alignof(struct usage_record) == 0;
}

void
usage_ingest_take(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct usage_batch *batch = &message->u.USAGE_BATCH;
    struct bytes body = blob_bytes(message->body);
    struct deferred_reply *deferred_reply =
        group_commit_defer_reply(self, from, MSG_USAGE_STORED, batch->spool_id);
    struct message *reply = &deferred_reply->reply;
    struct run run = {
        .spool_id = deferred_reply->text,
        .ring = batch->ring,
        .first_sequence = batch->first_sequence,
        .records = (const void *)body.data,
        .count = batch->count,
    };

    reply->u.USAGE_STORED.ring = batch->ring;
    if (!is_whole(batch, body)) {
        log_error("a run of usage records is malformed");
        reply->status = STATUS_MALFORMED;
        return;
    }
    if (!group_commit_open(self) || !usage_ingest_store(self, batch, run, reply))
        group_commit_fail(self);
    if (self->stored_rows >= GROUP_RUNS * self->config->analytics.batch_rows)
        group_commit_close(self);
}
