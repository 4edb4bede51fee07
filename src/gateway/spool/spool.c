/* spool.c - opening the spool; then from rings and overflow segments to batches, and from marks back
 * to free places.
 *
 * The file stands in memory if there is room (spool_place.h), else on the disk; from an orderly end to the next start it stands
 * on the disk. It is kept when its geometry is the asked one and nothing it said can be lost: the process
 * ended or was killed, the machine was not. Otherwise a new one is made:
 *   nothing waits: with a new spool id, sequences from 1;
 *   records wait: they move to overflow segments first; the id stays, the rings get new numbers.
 *
 * The second is also what follows a machine that stopped: analytics may have stored records whose
 * sequences the disk never saw, and a sequence that is used twice would be taken for a record that
 * is stored already.
 *
 * While it is open, everything but taking and giving a ring, and the numbers at the end, runs on the
 * shipper's thread. While the backlog has a run, batches come from it alone: the records in the
 * rings are younger.
 *
 * A ring's number in batches and marks is ring_base + its index: it names one ring in one life of
 * the file. Rings of an earlier life (another geometry, or the machine stopped) have records in the
 * backlog alone. */

#include "spool/spool.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "spool/spool_backlog.h"
#include "spool/spool_place.h"
#include "spool/spool_ring.h"

/* A ring overflows at a half; when one does, those over a quarter go too, so that a sync serves
 * many. */
enum { OVERFLOW_SHARE = 2, MOVE_SHARE = 4 };

/* The shipper's: how far the records of a ring have come. confirmed <= shipped; between them:
 * outstanding. */
struct spool_line {
    int64_t ring;
    int64_t confirmed;
    int64_t shipped;
};

struct spool {
    struct spool_file file;
    struct spool_place place;
    bool is_in_memory; /* where the file stands */
    struct spool_backlog *backlog;
    struct spool_ring *rings; /* file.shape.ring_count */
    /* by ring number: those of earlier lives, then old_count + i for rings[i] */
    struct spool_line *lines;
    size_t line_count, old_count;
    size_t next_run;  /* in the backlog: shipped next */
    size_t next_ring; /* looked at next */
    bool has_warned;
    _Atomic bool is_full; /* the last overflow could not take everything */
};

static struct spool_line *
line_of(struct spool *spool, size_t ring)
{
    return &spool->lines[spool->old_count + ring];
}

static bool
recover_rings(struct spool *spool)
{
    const struct spool_shape *shape = &spool->file.shape;
    size_t size = shape->ring_count * sizeof *spool->rings;

    free(spool->rings);
    spool->rings = aligned_alloc(_Alignof(struct spool_ring), size);
    if (spool->rings == NULL)
        return false;
    memset(spool->rings, 0, size);
    for (size_t i = 0; i < shape->ring_count; i++)
        spool_ring_recover(&spool->rings[i], &spool->file, i);
    return true;
}

static const char *
path_of(const struct spool *spool, bool is_in_memory)
{
    return is_in_memory ? spool->place.memory_path : spool->place.disk_path;
}

static enum status
use_file(struct spool *spool, bool is_in_memory)
{
    enum status status = spool_file_open(path_of(spool, is_in_memory), &spool->file);

    if (status != STATUS_OK)
        return status;
    spool->is_in_memory = is_in_memory;
    return recover_rings(spool) ? STATUS_OK : STATUS_STORAGE;
}

/* One on the disk beside one in memory: what the last start or end did not come to remove. Of another spool's life it may have
 * records, which cannot be shipped under this one's id. */
static void
clear_disk(struct spool *spool)
{
    struct spool_file old;
    char path[SPOOL_PATH_SIZE + 40];

    if (spool_file_open(spool->place.disk_path, &old) != STATUS_OK)
        return;
    if (spool_file_is_superseded(&old) || (strcmp(old.shape.id, spool->file.shape.id) == 0 &&
                                           old.shape.ring_base == spool->file.shape.ring_base)) {
        unlink(spool->place.disk_path);
    } else {
        snprintf(path, sizeof path, "%s.%s", spool->place.disk_path, old.shape.id);
        (void)rename(spool->place.disk_path, path);
        log_warning("spool: %s was used without the rings in memory; it is %s now, and what waits "
                    "in it is not "
                    "shipped",
                    spool->place.disk_path, path);
    }
    spool_file_close(&old);
}

static enum status
find_file(struct spool *spool)
{
    enum status status = STATUS_NOT_FOUND;

    if (spool->place.memory_path[0] != '\0')
        status = use_file(spool, true);
    if (status == STATUS_OK)
        clear_disk(spool);
    return status == STATUS_NOT_FOUND ? use_file(spool, false) : status;
}

/* Up to which sequence the ring's records are in the backlog now; is_bounded: within its bound. */
static int64_t
move_ring(struct spool *spool, size_t index, bool is_bounded)
{
    const struct spool_ring *ring = &spool->rings[index];
    int64_t number = spool->file.shape.ring_base + (int64_t)index;
    int64_t head = spool_ring_head(ring);
    int64_t moved = spool_ring_released(ring);
    size_t taken = 1;

    while (moved < head && taken > 0) {
        size_t count = SPOOL_RUN_RECORDS_MAX;
        const struct usage_record *run = spool_ring_run(ring, moved + 1, &count);

        taken = spool_backlog_add(spool->backlog, number, run, count, is_bounded);
        moved += (int64_t)taken;
    }
    return moved;
}

/* All that waits in rings becomes runs of the backlog, whatever its bound. */
static bool
move_all(struct spool *spool)
{
    for (size_t i = 0; i < spool->file.shape.ring_count; i++)
        if (move_ring(spool, i, false) < spool_ring_head(&spool->rings[i]))
            return false;
    return spool_backlog_sync(spool->backlog);
}

static bool
has_records(const struct spool *spool)
{
    for (size_t i = 0; i < spool->file.shape.ring_count; i++)
        if (spool_ring_head(&spool->rings[i]) > spool_ring_released(&spool->rings[i]))
            return true;
    return spool_backlog_count(spool->backlog) > 0;
}

/* Gives up the open file, if there is one, for the one that was made at the other place or this one. */
static enum status
take_made(struct spool *spool, bool is_in_memory)
{
    bool was_open = spool->file.header != NULL;
    bool was_in_memory = spool->is_in_memory;

    spool_file_close(&spool->file);
    if (was_open && was_in_memory != is_in_memory)
        unlink(path_of(spool, was_in_memory));
    return use_file(spool, is_in_memory);
}

/* A new file of that shape, in memory if there is room. */
static enum status
make_file(struct spool *spool, const struct spool_shape *shape)
{
    bool is_in_memory = spool_place_has_memory(&spool->place, spool_file_size(shape));
    enum status status;

    if (spool->file.header != NULL)
        spool_file_supersede(&spool->file);
    status = spool_file_make(path_of(spool, is_in_memory), shape, is_in_memory);
    return status == STATUS_OK ? take_made(spool, is_in_memory) : status;
}

/* A file with an id of its own. */
static enum status
begin_spool(struct spool *spool, struct spool_shape *shape)
{
    if (!spool_make_id(shape->id))
        return STATUS_STORAGE;
    shape->ring_base = 0;
    memcpy(spool->backlog->id, shape->id, sizeof shape->id);
    return make_file(spool, shape);
}

/* A file that takes over id and waiting records of the one before. */
static enum status
continue_spool(struct spool *spool, struct spool_shape *shape)
{
    const struct spool_shape *old = &spool->file.shape;

    if (!move_all(spool))
        return STATUS_STORAGE;
    memcpy(shape->id, old->id, sizeof shape->id);
    shape->ring_base = old->ring_base + (int64_t)old->ring_count;
    return make_file(spool, shape);
}

/* The file is the asked one. From the disk it comes into memory, if there is room; else it must be there in full. */
static enum status
settle_file(struct spool *spool)
{
    if (spool->is_in_memory)
        return STATUS_OK;
    if (spool_place_has_memory(&spool->place, spool->file.size) &&
        spool_file_copy(&spool->file, spool->place.memory_path, true) == STATUS_OK) {
        spool_file_supersede(&spool->file);
        return take_made(spool, true);
    }
    return spool_file_fill(&spool->file) ? STATUS_OK : STATUS_STORAGE;
}

/* The file is open, its rings are recovered. */
static enum status
keep_or_replace(struct spool *spool, struct spool_shape *shape)
{
    bool is_intact = spool_file_is_intact(&spool->file);
    enum status status;

    if (is_intact && spool->file.shape.ring_count == shape->ring_count &&
        spool->file.shape.ring_records == shape->ring_records)
        return settle_file(spool);
    log_info("spool: a new file of %zu rings of %zu records%s", shape->ring_count,
             shape->ring_records, is_intact ? "" : ": the machine stopped while the last was open");
    status = has_records(spool) ? continue_spool(spool, shape) : begin_spool(spool, shape);
    /* Other rings than asked are better than none; sequences that are used twice are not. */
    if (status != STATUS_OK && is_intact && spool->file.header != NULL)
        return settle_file(spool);
    return status;
}

/* There is no file. Segments without one: it was lost, with ring numbers that are not known. */
static enum status
make_first(struct spool *spool, struct spool_shape *shape)
{
    struct spool_backlog *backlog = spool->backlog;

    if (spool_backlog_count(backlog) == 0)
        return begin_spool(spool, shape);
    memcpy(shape->id, spool->backlog->id, sizeof shape->id);
    for (size_t i = 0; i < spool_backlog_count(backlog); i++)
        if (spool_backlog_run(backlog, i)->ring >= shape->ring_base)
            shape->ring_base = spool_backlog_run(backlog, i)->ring + SPOOL_RINGS_MAX;
    return make_file(spool, shape);
}

static int
compare_runs(const void *a, const void *b)
{
    const struct spool_run *left = a;
    const struct spool_run *right = b;

    if (left->ring != right->ring)
        return left->ring > right->ring ? 1 : -1;
    return (left->first_sequence > right->first_sequence) -
           (left->first_sequence < right->first_sequence);
}

static void
add_line(struct spool *spool, int64_t ring, int64_t confirmed)
{
    spool->lines[spool->line_count++] =
        (struct spool_line){.ring = ring, .confirmed = confirmed, .shipped = confirmed};
}

static bool
is_current(const struct spool_shape *shape, int64_t ring)
{
    return ring >= shape->ring_base && ring - shape->ring_base < (int64_t)shape->ring_count;
}

/* Rings of other lives, from the runs in order of ring and sequence. */
static void
add_old_lines(struct spool *spool, const struct spool_run *runs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!is_current(&spool->file.shape, runs[i].ring) &&
            (i == 0 || runs[i].ring != runs[i - 1].ring))
            add_line(spool, runs[i].ring, runs[i].first_sequence - 1);
    spool->old_count = spool->line_count;
}

/* What the backlog still has of a ring was released by it, but is not confirmed. */
static void
add_lines(struct spool *spool, const struct spool_run *runs, size_t count)
{
    const struct spool_shape *shape = &spool->file.shape;

    for (size_t i = 0; i < shape->ring_count; i++)
        add_line(spool, shape->ring_base + (int64_t)i, spool_ring_released(&spool->rings[i]));
    for (size_t i = 0; i < count; i++) {
        struct spool_line *line;

        if (!is_current(shape, runs[i].ring))
            continue;
        line = line_of(spool, (size_t)(runs[i].ring - shape->ring_base));
        if (runs[i].first_sequence - 1 < line->confirmed)
            line->confirmed = line->shipped = runs[i].first_sequence - 1;
    }
}

static bool
make_lines(struct spool *spool)
{
    struct spool_backlog *backlog = spool->backlog;
    size_t count = spool_backlog_count(backlog);
    struct spool_run *runs = calloc(count + 1, sizeof *runs);

    spool->lines = calloc(count + spool->file.shape.ring_count, sizeof *spool->lines);
    if (runs == NULL || spool->lines == NULL) {
        free(runs);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        runs[i] = *spool_backlog_run(backlog, i);
    qsort(runs, count, sizeof *runs, compare_runs);
    add_old_lines(spool, runs, count);
    add_lines(spool, runs, count);
    free(runs);
    return true;
}

static size_t
round_up(int64_t records)
{
    size_t power = 1;

    while (power < (size_t)records)
        power *= 2;
    return power;
}

static enum status
open_parts(struct spool *spool, const char *folder, const struct config *config,
           struct spool_shape *shape)
{
    enum status found;
    enum status status = spool_place_take(folder, config->spool.memory_dir, &spool->place);

    if (status != STATUS_OK)
        return status;
    found = find_file(spool);
    if (found != STATUS_OK && found != STATUS_NOT_FOUND)
        return found;
    status = spool_backlog_open(folder, found == STATUS_OK ? spool->file.shape.id : "", config,
                                &spool->backlog);
    if (status != STATUS_OK)
        return status;
    status = found == STATUS_OK ? keep_or_replace(spool, shape) : make_first(spool, shape);
    if (status == STATUS_OK)
        memcpy(spool->backlog->id, spool->file.shape.id, SPOOL_ID_SIZE);
    return status == STATUS_OK && !make_lines(spool) ? STATUS_STORAGE : status;
}

static void
free_parts(struct spool **spool)
{
    spool_file_close(&(*spool)->file);
    spool_backlog_close(&(*spool)->backlog);
    spool_place_leave(&(*spool)->place);
    free((*spool)->rings);
    free((*spool)->lines);
    free(*spool);
    *spool = NULL;
}

enum status
spool_open(const char *folder, const struct config *config, size_t ring_count, struct spool **spool)
{
    struct spool_shape shape = {.ring_count = ring_count,
                                .ring_records = round_up(config->spool.ring_records)};
    struct spool *made = calloc(1, sizeof *made);
    enum status status;

    assert(ring_count >= 1 && ring_count <= SPOOL_RINGS_MAX);
    if (made == NULL)
        return STATUS_STORAGE;
    made->place.lock = -1;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        log_error("spool: cannot create %s: %s", folder, strerror(errno));
    status = open_parts(made, folder, config, &shape);
    if (status != STATUS_OK) {
        free_parts(&made);
        return status;
    }
    spool_file_begin(&made->file);
    *spool = made;
    return STATUS_OK;
}

/* Nothing stays in memory; where the disk is full, all of it does. */
static void
save_file(const struct spool *spool)
{
    if (spool_file_copy(&spool->file, spool->place.disk_path, true) == STATUS_OK)
        unlink(spool->place.memory_path);
    else
        log_warning("spool: %zu bytes stay in %s", spool->file.size, spool->place.memory_path);
}

void
spool_close(struct spool **spool)
{
    if (*spool == NULL)
        return;
    for (size_t i = 0; i < (*spool)->file.shape.ring_count; i++)
        assert(!atomic_load(&(*spool)->rings[i].is_taken));
    spool_backlog_sync((*spool)->backlog);
    spool_file_end(&(*spool)->file);
    if ((*spool)->is_in_memory)
        save_file(*spool);
    free_parts(spool);
}

const char *
spool_id(const struct spool *spool)
{
    return spool->file.shape.id;
}

struct spool_ring *
spool_ring_take(struct spool *spool)
{
    for (size_t i = 0; i < spool->file.shape.ring_count; i++) {
        struct spool_ring *ring = &spool->rings[i];
        bool is_taken = false;

        if (atomic_compare_exchange_strong(&ring->is_taken, &is_taken, true))
            return ring;
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
    struct spool_backlog *backlog = spool->backlog;

    for (; spool->next_run < spool_backlog_count(backlog); spool->next_run++) {
        const struct spool_run *run = spool_backlog_run(backlog, spool->next_run);
        struct spool_line *line = find_line(spool, run->ring);
        enum status status;

        if (is_done(line, run))
            continue;
        if (is_outstanding(line))
            return false;
        status = spool_backlog_read(backlog, spool->next_run);
        if (status == STATUS_STORAGE)
            return false;
        if (status != STATUS_OK)
            continue;
        fill_from_run(run, line, backlog->buffer, limit, batch);
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
    struct spool_backlog *backlog = spool->backlog;

    while (spool_backlog_count(backlog) > 0) {
        const struct spool_run *oldest = spool_backlog_run(backlog, 0);

        if (!is_done(find_line(spool, oldest->ring), oldest))
            return;
        spool_backlog_drop_oldest(backlog);
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
    if (spool_backlog_count(spool->backlog) > 0)
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
                  "older copy of the spool restored?",
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

        ring->moved = is_moved ? move_ring(spool, i, true) : 0;
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
        ring->moved = waits ? move_ring(spool, i, true) : 0;
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

    if ((!release_moved(spool) || !is_moved) && !spool->is_in_memory)
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
    return atomic_load(&spool->backlog->bytes);
}

int64_t
spool_waiting(const struct spool *spool)
{
    int64_t waiting = atomic_load(&spool->backlog->records);

    for (size_t i = 0; i < spool->file.shape.ring_count; i++)
        waiting += spool_ring_head(&spool->rings[i]) - spool_ring_released(&spool->rings[i]);
    return waiting;
}
