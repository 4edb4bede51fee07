/* spool_open.c - opening the spool: keeps the file of rings, or begins a new one.
 *
 * The file is kept when its geometry is the asked one and nothing it said can be lost: the process
 * ended or was killed, the machine was not. Otherwise a new one is made:
 *   nothing waits: with a new spool id, sequences from 1;
 *   records wait: they move to overflow segments first; the id stays, the rings get new numbers.
 *
 * The second is also what follows a machine that stopped: analytics may have stored records whose
 * sequences the disk never saw, and a sequence that is used twice would be taken for a record that
 * is stored already. */

#include "spool/spool_private.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"

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
        spool_ring_recover(&spool->rings[i], &spool->file.pages[i],
                           spool->file.records + i * shape->ring_records, shape->ring_records);
    return true;
}

static enum status
use_file(struct spool *spool, const char *folder)
{
    enum status status = spool_file_open(folder, &spool->file);

    if (status == STATUS_OK && !recover_rings(spool))
        return STATUS_STORAGE;
    return status;
}

/* All that waits in rings becomes runs of the backlog, whatever its bound. */
static bool
move_all(struct spool *spool)
{
    for (size_t i = 0; i < spool->file.shape.ring_count; i++) {
        const struct spool_ring *ring = &spool->rings[i];
        int64_t sequence = spool_ring_released(ring) + 1;

        while (sequence <= spool_ring_head(ring)) {
            size_t count = SPOOL_RUN_RECORDS_MAX;
            const struct usage_record *run = spool_ring_run(ring, sequence, &count);

            count = spool_backlog_add(spool->backlog, spool->file.shape.ring_base + (int64_t)i, run,
                                      count, false);
            if (count == 0)
                return false;
            sequence += (int64_t)count;
        }
    }
    return spool_backlog_sync(spool->backlog);
}

static bool
has_records(const struct spool *spool)
{
    for (size_t i = 0; i < spool->file.shape.ring_count; i++)
        if (spool_ring_head(&spool->rings[i]) > spool_ring_released(&spool->rings[i]))
            return true;
    return spool_catalog_count(&spool->backlog->catalog) > 0;
}

/* A file with an id of its own. */
static enum status
begin_spool(struct spool *spool, const char *folder, struct spool_shape *shape)
{
    if (!spool_make_id(shape->id))
        return STATUS_STORAGE;
    shape->ring_base = 0;
    memcpy(spool->backlog->id, shape->id, sizeof shape->id);
    return spool_file_make(folder, shape);
}

/* A file that takes over id and waiting records of the one before. */
static enum status
continue_spool(struct spool *spool, const char *folder, struct spool_shape *shape)
{
    const struct spool_shape *old = &spool->file.shape;

    if (!move_all(spool))
        return STATUS_STORAGE;
    memcpy(shape->id, old->id, sizeof shape->id);
    shape->ring_base = old->ring_base + (int64_t)old->ring_count;
    return spool_file_make(folder, shape);
}

/* The file is open, its rings are recovered. */
static enum status
keep_or_replace(struct spool *spool, const char *folder, struct spool_shape *shape)
{
    bool is_intact = spool_file_is_intact(&spool->file);
    enum status status;

    if (is_intact && spool->file.shape.ring_count == shape->ring_count &&
        spool->file.shape.ring_records == shape->ring_records)
        return STATUS_OK;
    log_info("spool: a new file of %zu rings of %zu records%s", shape->ring_count,
             shape->ring_records, is_intact ? "" : ": the machine stopped while the last was open");
    status = has_records(spool) ? continue_spool(spool, folder, shape)
                                : begin_spool(spool, folder, shape);
    /* Other rings than asked are better than none; sequences that are used twice are not. */
    if (status != STATUS_OK)
        return is_intact ? STATUS_OK : status;
    spool_file_close(&spool->file);
    return use_file(spool, folder);
}

/* There is no file. Segments without one: it was lost, with ring numbers that are not known. */
static enum status
make_first(struct spool *spool, const char *folder, struct spool_shape *shape)
{
    const struct spool_catalog *catalog = &spool->backlog->catalog;
    enum status status;

    if (spool_catalog_count(catalog) == 0) {
        status = begin_spool(spool, folder, shape);
    } else {
        memcpy(shape->id, spool->backlog->id, sizeof shape->id);
        for (size_t i = 0; i < spool_catalog_count(catalog); i++)
            if (spool_catalog_run(catalog, i)->ring >= shape->ring_base)
                shape->ring_base = spool_catalog_run(catalog, i)->ring + SPOOL_RINGS_MAX;
        status = spool_file_make(folder, shape);
    }
    return status == STATUS_OK ? use_file(spool, folder) : status;
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
    const struct spool_catalog *catalog = &spool->backlog->catalog;
    size_t count = spool_catalog_count(catalog);
    struct spool_run *runs = calloc(count + 1, sizeof *runs);

    spool->lines = calloc(count + spool->file.shape.ring_count, sizeof *spool->lines);
    if (runs == NULL || spool->lines == NULL) {
        free(runs);
        return false;
    }
    for (size_t i = 0; i < count; i++)
        runs[i] = *spool_catalog_run(catalog, i);
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
    enum status status = spool_file_lock(folder, &spool->lock);

    if (status != STATUS_OK)
        return status;
    found = use_file(spool, folder);
    if (found != STATUS_OK && found != STATUS_NOT_FOUND)
        return found;
    status = spool_backlog_open(folder, found == STATUS_OK ? spool->file.shape.id : "", config,
                                &spool->backlog);
    if (status != STATUS_OK)
        return status;
    status = found == STATUS_OK ? keep_or_replace(spool, folder, shape)
                                : make_first(spool, folder, shape);
    if (status == STATUS_OK)
        memcpy(spool->backlog->id, spool->file.shape.id, SPOOL_ID_SIZE);
    return status == STATUS_OK && !make_lines(spool) ? STATUS_STORAGE : status;
}

static void
free_parts(struct spool **spool)
{
    spool_file_close(&(*spool)->file);
    spool_backlog_close(&(*spool)->backlog);
    if ((*spool)->lock >= 0)
        close((*spool)->lock);
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
    made->lock = -1;
    if (mkdir(folder, 0700) != 0 && errno != EEXIST)
        log_error("spool: cannot make %s: %s", folder, strerror(errno));
    status = open_parts(made, folder, config, &shape);
    if (status != STATUS_OK) {
        free_parts(&made);
        return status;
    }
    spool_file_begin(&made->file);
    *spool = made;
    return STATUS_OK;
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
    free_parts(spool);
}

const char *
spool_id(const struct spool *spool)
{
    return spool->file.shape.id;
}
