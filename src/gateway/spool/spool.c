/* spool.c - from rings and overflow segments to batches, and from marks back to free places.
 *
 * Everything here but taking and giving a ring, and the two numbers at the end, runs on the
 * shipper's thread.
 * While the backlog has a run, batches come from it alone: the records in the rings are younger. */

#include "spool/spool.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/log.h"
#include "spool/spool_private.h"

/* A ring overflows at a half; when one does, those over a quarter go too, so that a sync serves
 * many. */
enum { OVERFLOW_SHARE = 2, MOVE_SHARE = 4 };

struct spool_ring *
spool_ring_take(struct spool *spool)
{
    for (size_t i = 0; i < spool->file.shape.ring_count; i++) {
        struct spool_ring *ring = &spool->rings[i];
        bool is_taken = false;

        if (atomic_compare_exchange_strong(&ring->is_taken, &is_taken, true)) {
            atomic_store(&ring->page->is_used, 1);
            return ring;
        }
    }
    return NULL;
}

void
spool_ring_give(struct spool_ring **ring)
{
    if (*ring != NULL)
        atomic_store(&(*ring)->is_taken, false);
    *ring = NULL;
}

static int
compare_lines(const void *a, const void *b)
{
    const struct spool_line *left = a;
    const struct spool_line *right = b;

    return (left->ring > right->ring) - (left->ring < right->ring);
}

/* NULL: a number that is none of ours. */
static struct spool_line *
find_line(struct spool *spool, int64_t ring)
{
    int64_t index = ring - spool->file.shape.ring_base;
    struct spool_line wanted = {.ring = ring};

    if (index >= 0 && index < (int64_t)spool->file.shape.ring_count)
        return &spool->lines[spool->old_count + (size_t)index];
    return bsearch(&wanted, spool->lines, spool->old_count, sizeof wanted, compare_lines);
}

static bool
is_outstanding(const struct spool_line *line)
{
    return line->shipped > line->confirmed;
}

static int64_t
last_of(const struct spool_run *run)
{
    return run->first_sequence + run->count - 1;
}

/* Nothing of the run needs to be shipped: stored, void, or of no ring that can be. */
static bool
is_done(const struct spool_line *line, const struct spool_run *run)
{
    return run->count == 0 || line == NULL || last_of(run) <= line->confirmed;
}

/* The part of the run in the backlog's buffer that is not confirmed, up to limit. */
static void
fill_from_run(const struct spool_run *run, struct spool_line *line,
              const struct usage_record *records, size_t limit, struct spool_batch *batch)
{
    int64_t first =
        run->first_sequence > line->confirmed ? run->first_sequence : line->confirmed + 1;
    int64_t count = last_of(run) - first + 1;

    *batch = (struct spool_batch){
        .ring = (size_t)run->ring,
        .first_sequence = first,
        .count = (size_t)count < limit ? (size_t)count : limit,
        .records = records + (first - run->first_sequence),
    };
    line->shipped = first + (int64_t)batch->count - 1;
}

/* A ring with an outstanding batch holds up the runs behind it, so that none is passed. */
static bool
next_of_backlog(struct spool *spool, size_t limit, struct spool_batch *batch)
{
    const struct spool_catalog *catalog = &spool->backlog->catalog;

    for (; spool->next_run < spool_catalog_count(catalog); spool->next_run++) {
        const struct spool_run *run = spool_catalog_run(catalog, spool->next_run);
        struct spool_line *line = find_line(spool, run->ring);
        enum status status;

        if (is_done(line, run))
            continue;
        if (is_outstanding(line))
            return false;
        status = spool_backlog_read(spool->backlog, spool->next_run);
        if (status == STATUS_STORAGE)
            return false;
        if (status != STATUS_OK)
            continue;
        fill_from_run(run, line, spool->backlog->buffer, limit, batch);
        if (line->shipped == last_of(run))
            spool->next_run++;
        return true;
    }
    return false;
}

static bool
next_of_ring(struct spool *spool, size_t index, size_t limit, struct spool_batch *batch)
{
    const struct spool_ring *ring = &spool->rings[index];
    struct spool_line *line = &spool->lines[spool->old_count + index];
    int64_t released = spool_ring_released(ring);
    int64_t first = (line->confirmed > released ? line->confirmed : released) + 1;

    if (is_outstanding(line) || spool_ring_head(ring) < first)
        return false;
    *batch =
        (struct spool_batch){.ring = (size_t)line->ring, .first_sequence = first, .count = limit};
    batch->records = spool_ring_run(ring, first, &batch->count);
    line->shipped = first + (int64_t)batch->count - 1;
    return true;
}

/* Runs that are stored leave, the oldest first. */
static void
drop_runs(struct spool *spool)
{
    const struct spool_catalog *catalog = &spool->backlog->catalog;

    while (spool_catalog_count(catalog) > 0) {
        const struct spool_run *oldest = spool_catalog_run(catalog, 0);

        if (!is_done(find_line(spool, oldest->ring), oldest))
            return;
        spool_backlog_drop_oldest(spool->backlog);
        if (spool->next_run > 0)
            spool->next_run--;
    }
}

bool
spool_next_batch(struct spool *spool, size_t limit, struct spool_batch *batch)
{
    size_t ring_count = spool->file.shape.ring_count;

    assert(limit > 0);
    if (next_of_backlog(spool, limit, batch))
        return true;
    drop_runs(spool); /* void ones */
    if (spool_catalog_count(&spool->backlog->catalog) > 0)
        return false;
    for (size_t i = 0; i < ring_count; i++) {
        size_t index = spool->next_ring;

        spool->next_ring = index + 1 < ring_count ? index + 1 : 0;
        if (next_of_ring(spool, index, limit, batch))
            return true;
    }
    return false;
}

/* The mark lies beyond what was ever committed: the spool's folder is older than the database. */
static int64_t
cut_mark(struct spool *spool, int64_t ring, int64_t mark, int64_t head)
{
    if (mark <= head)
        return mark;
    if (!spool->has_warned)
        log_error("spool: ring %lld has %lld as its last record, the database has %lld: was an "
                  "older copy of the spool put back?",
                  (long long)ring, (long long)head, (long long)mark);
    spool->has_warned = true;
    return head;
}

void
spool_confirm(struct spool *spool, size_t ring, int64_t sequence)
{
    struct spool_line *line =
        ring <= (size_t)SPOOL_SEQUENCE_MAX ? find_line(spool, (int64_t)ring) : NULL;
    size_t index = line != NULL ? (size_t)(line - spool->lines) : 0;

    if (line == NULL)
        return;
    if (index >= spool->old_count) {
        struct spool_ring *own = &spool->rings[index - spool->old_count];

        sequence = cut_mark(spool, line->ring, sequence, spool_ring_head(own));
        spool_ring_release(own, sequence);
    }
    if (sequence <= line->confirmed)
        return;
    line->confirmed = sequence;
    if (line->shipped < sequence)
        line->shipped = sequence;
    drop_runs(spool);
}

void
spool_rewind(struct spool *spool)
{
    for (size_t i = 0; i < spool->line_count; i++)
        spool->lines[i].shipped = spool->lines[i].confirmed;
    spool->next_run = 0;
}

static bool
is_filled(const struct spool_ring *ring, int64_t share)
{
    return spool_ring_head(ring) - spool_ring_released(ring) > ring->capacity / share;
}

static bool
has_overflow(const struct spool *spool)
{
    for (size_t i = 0; i < spool->file.shape.ring_count; i++)
        if (is_filled(&spool->rings[i], OVERFLOW_SHARE))
            return true;
    return false;
}

/* Up to which sequence the ring's records are in the backlog now. */
static int64_t
move_ring(struct spool *spool, size_t index)
{
    const struct spool_ring *ring = &spool->rings[index];
    int64_t number = spool->file.shape.ring_base + (int64_t)index;
    int64_t head = spool_ring_head(ring);
    int64_t moved = spool_ring_released(ring);
    size_t taken = 1;

    while (moved < head && taken > 0) {
        size_t count = SPOOL_RUN_RECORDS_MAX;
        const struct usage_record *run = spool_ring_run(ring, moved + 1, &count);

        taken = spool_backlog_add(spool->backlog, number, run, count, true);
        moved += (int64_t)taken;
    }
    return moved;
}

/* Places are written again only when the records are on the disk elsewhere. When that cannot be
 * synced, they are in the kernel's memory at least, which is all that a ring promises for its first
 * moments. False: it cannot. */
static bool
release_moved(struct spool *spool)
{
    bool is_synced = spool_backlog_sync(spool->backlog);

    for (size_t i = 0; i < spool->file.shape.ring_count; i++)
        spool_ring_release(&spool->rings[i], spool->rings[i].moved);
    return is_synced;
}

void
spool_overflow(struct spool *spool)
{
    bool is_full = false;

    if (!has_overflow(spool)) {
        atomic_store(&spool->is_full, false);
        return;
    }
    for (size_t i = 0; i < spool->file.shape.ring_count; i++) {
        struct spool_ring *ring = &spool->rings[i];
        bool is_moved = is_filled(ring, MOVE_SHARE);

        ring->moved = is_moved ? move_ring(spool, i) : 0;
        is_full = is_full || (is_moved && ring->moved == spool_ring_released(ring));
    }
    atomic_store(&spool->is_full, is_full);
    (void)release_moved(spool);
}

/* Moves the rings with a record that was there at the last call and still waits: nothing else keeps
 * it over a power cut. False: some of it could not be moved. */
static bool
move_waiting(struct spool *spool, bool *has_waited)
{
    bool is_moved = true;

    *has_waited = false;
    for (size_t i = 0; i < spool->file.shape.ring_count; i++) {
        struct spool_ring *ring = &spool->rings[i];
        int64_t seen = ring->seen;
        bool waits = spool_ring_released(ring) < seen;

        ring->seen = spool_ring_head(ring);
        ring->moved = waits ? move_ring(spool, i) : 0;
        *has_waited = *has_waited || waits;
        is_moved = is_moved && (!waits || ring->moved >= seen);
    }
    return is_moved;
}

/* The rings themselves are synced only where segments take no more: that makes the kernel
 * write-protect pages that workers write to, and each waits for the file system at its next record
 * (p99 at 64 connections: 50 ms instead of 2). */
bool
spool_sync(struct spool *spool)
{
    bool has_waited;
    bool is_moved = move_waiting(spool, &has_waited);

    if (!release_moved(spool) || !is_moved)
        spool_file_sync(&spool->file);
    return has_waited;
}

bool
spool_is_full(const struct spool *spool)
{
    return atomic_load(&spool->is_full);
}

int64_t
spool_segment_bytes(const struct spool *spool)
{
    return atomic_load(&spool->backlog->catalog.bytes);
}

int64_t
spool_waiting(const struct spool *spool)
{
    int64_t waiting = atomic_load(&spool->backlog->catalog.records);

    for (size_t i = 0; i < spool->file.shape.ring_count; i++)
        waiting += spool_ring_head(&spool->rings[i]) - spool_ring_released(&spool->rings[i]);
    return waiting;
}
