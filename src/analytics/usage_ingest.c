/* usage_ingest.c - runs of usage records, stored exactly once: what the mark says is stored is skipped.
 *
 * A run waits until there is nothing else to do, and is stored in slices: between two of them messages are read, so that a
 * reservation, which a paid call waits for, waits for one slice and the commit of what is open; slice_pace.h says how large
 * one is and when the next one comes. A transaction that fails
 * fails every run that waits: their gateways ship them again, and the marks make that harmless.
 *
 * A record that is damaged can never be stored; it is left out, counted in the log, and the mark passes it, or
 * everything behind it would wait for ever. */
#include "analytics_state.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"

/* While calls are reserved a transaction is one slice; otherwise it may have analytics.batch_rows. */
#define QUIET_MS      1000
#define RUNS_MAX      64

#define YEAR_10000_US 253402300800000000 /* what a date column takes ends before it */

/* A run as it came, until it is stored. */
struct waiting_run {
    TAILQ_ENTRY(waiting_run) link;
    struct sender from;
    char spool_id[33];
    int64_t ring;
    int64_t first_sequence;
    int64_t count;
    struct blob *body;
    bool is_begun; /* a slice of it is stored */
};

/* A part of it. */
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

/* Stretches of good records; the mark always ends at the part's last sequence. */
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
    if (status != STATUS_OK)
        return status;
    if (from < run->count)
        return append_part(self, run, from, run->count - from);
    return usage_mark_move(self->accounts, run->spool_id, run->ring,
                           run->first_sequence + run->count - 1);
}

static bool
is_lost_for_good(struct analytics *self, const struct waiting_run *run, int64_t mark)
{
    if (!gap_watch_is_lost(&self->gaps, bytes_of_text(run->spool_id), run->ring,
                           run->first_sequence))
        return false;
    log_error("usage records %lld to %lld of ring %lld are not in this database and not in the "
              "spool any more: was an older database restored?",
              (long long)mark + 1, (long long)run->first_sequence - 1, (long long)run->ring);
    return true;
}

static void
remove_run(struct analytics *self, struct waiting_run *run)
{
    TAILQ_REMOVE(&self->runs, run, link);
    self->run_count--;
    blob_release(&run->body);
    free(run);
}

/* It is stored when the open transaction is; status GAP: up to the mark. */
static void
finish_run(struct analytics *self, struct waiting_run *run, enum status status, int64_t mark)
{
    struct deferred_reply *deferred_reply =
        group_commit_defer_reply(self, &run->from, MSG_USAGE_STORED, bytes_of_text(run->spool_id));

    deferred_reply->reply.status = status;
    deferred_reply->reply.u.USAGE_STORED.ring = run->ring;
    deferred_reply->reply.u.USAGE_STORED.sequence = mark;
    self->stored_batches += run->is_begun;
    remove_run(self, run);
}

static enum status
store_part(struct analytics *self, struct waiting_run *run, int64_t skip, int64_t count)
{
    const struct usage_record *records = (const void *)blob_bytes(run->body).data;
    const struct run part = {
        .spool_id = run->spool_id,
        .ring = run->ring,
        .first_sequence = run->first_sequence + skip,
        .records = records + skip,
        .count = count,
    };

    if (!run->is_begun)
        self->duplicate_rows += skip;
    run->is_begun = true;
    return usage_ingest_append(self, &part);
}

/* Stores what comes next of the run; false: the database failed. */
static bool
store_slice(struct analytics *self, struct waiting_run *run)
{
    int64_t mark, skip, count;
    enum usage_dedup intake;

    if (usage_mark(self->accounts, run->spool_id, run->ring, &mark) != STATUS_OK)
        return false;
    intake = usage_dedup_decide(mark, run->first_sequence, run->count, &skip);
    if (intake == USAGE_GAP && !is_lost_for_good(self, run, mark)) {
        finish_run(self, run, STATUS_GAP, mark);
        return true;
    }
    if (intake == USAGE_KNOWN) {
        self->duplicate_rows += run->count;
        finish_run(self, run, STATUS_OK, mark);
        return true;
    }
    count = slice_pace_rows(&self->pace);
    count = run->count - skip < count ? run->count - skip : count;
    if (store_part(self, run, skip, count) != STATUS_OK)
        return false;
    if (skip + count == run->count)
        finish_run(self, run, STATUS_OK, run->first_sequence + run->count - 1);
    return true;
}

/* What was stored of them may be undone. */
static void
fail_runs(struct analytics *self)
{
    struct waiting_run *run;

    if (self->seen_failures == self->failures)
        return;
    self->seen_failures = self->failures;
    while ((run = TAILQ_FIRST(&self->runs)) != NULL) {
        struct message reply = {
            .kind = MSG_USAGE_STORED,
            .status = STATUS_STORAGE,
            .u.USAGE_STORED = {.spool_id = bytes_of_text(run->spool_id), .ring = run->ring},
        };

        (void)actor_reply(self->actor, &run->from, &reply);
        remove_run(self, run);
    }
}

static bool
is_reserving(const struct analytics *self)
{
    return self->reserved_at_ms != 0 && clock_mono_ms() - self->reserved_at_ms <= QUIET_MS;
}

static int64_t
transaction_rows(const struct analytics *self)
{
    return is_reserving(self) ? slice_pace_rows(&self->pace) : self->config->analytics.batch_rows;
}

/* Stores a slice and notes how it fared; false: the database failed. */
static bool
store_paced(struct analytics *self, struct waiting_run *run)
{
    const struct usage_record *oldest = (const void *)blob_bytes(run->body).data;
    int64_t age_ms = (clock_wall_us() - oldest->created_wall_us) / 1000;
    int64_t started_ns = clock_mono_ns(), started_cpu_ns = clock_thread_cpu_ns();
    bool is_stored = store_slice(self, run);
    const struct slice_course course = {
        .wall_ns = clock_mono_ns() - started_ns,
        .cpu_ns = clock_thread_cpu_ns() - started_cpu_ns,
        .is_reserving = is_reserving(self),
        .age_ms = age_ms,
    };

    slice_pace_note(&self->pace, &course, clock_mono_ms());
    return is_stored;
}

bool
usage_ingest_work(struct analytics *self)
{
    fail_runs(self);
    if (TAILQ_EMPTY(&self->runs))
        return false;
    if (self->deferred_reply_count == DEFERRED_REPLIES_MAX)
        group_commit_close(self); /* a run that ends now needs a place */
    if (!group_commit_open(self) || !store_paced(self, TAILQ_FIRST(&self->runs)))
        group_commit_fail(self);
    if (self->is_failed || TAILQ_EMPTY(&self->runs) ||
        self->stored_rows >= transaction_rows(self) ||
        slice_pace_rest_ms(&self->pace, clock_mono_ms()) > 0)
        group_commit_close(self);
    fail_runs(self);
    return !TAILQ_EMPTY(&self->runs);
}

void
usage_ingest_drop(struct analytics *self)
{
    while (!TAILQ_EMPTY(&self->runs))
        remove_run(self, TAILQ_FIRST(&self->runs));
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

static void
add_run(struct analytics *self, const struct usage_batch *batch, struct blob *body,
        const struct sender *from)
{
    struct waiting_run *run = calloc(1, sizeof *run);

    if (run == NULL)
        log_fatal("no memory for usage records");
    if (TAILQ_EMPTY(&self->runs))
        self->seen_failures = self->failures; /* of runs that are gone */
    run->from = *from;
    bytes_copy_text(batch->spool_id, run->spool_id, sizeof run->spool_id);
    run->ring = batch->ring;
    run->first_sequence = batch->first_sequence;
    run->count = batch->count;
    run->body = blob_hold(body);
    TAILQ_INSERT_TAIL(&self->runs, run, link);
    self->run_count++;
}

void
usage_ingest_take(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    const struct usage_batch *batch = &message->u.USAGE_BATCH;

    if (!is_whole(batch, blob_bytes(message->body))) {
        struct message reply = {
            .kind = MSG_USAGE_STORED,
            .status = STATUS_MALFORMED,
            .u.USAGE_STORED = {.spool_id = batch->spool_id, .ring = batch->ring},
        };

        log_error("a batch of usage records is malformed");
        (void)actor_reply(self->actor, from, &reply);
        return;
    }
    while (self->run_count >= RUNS_MAX)
        (void)usage_ingest_work(self);
    add_run(self, batch, message->body, from);
}
