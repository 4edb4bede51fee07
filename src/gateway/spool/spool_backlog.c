/* spool_backlog.c - reads, writes and removes overflow files by the catalog. */

#include "spool/spool_backlog.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

static void
close_file(int *file)
{
    if (*file >= 0)
        close(*file);
    *file = -1;
}

/* Files at the front that have no run left go, also the one being written. */
static void
remove_empty(struct spool_backlog *backlog)
{
    const struct spool_catalog_segment *oldest;

    while ((oldest = spool_catalog_oldest(&backlog->catalog)) != NULL && oldest->run_count == 0) {
        if (oldest == spool_catalog_newest(&backlog->catalog)) {
            close_file(&backlog->write_file);
            backlog->is_unsynced = false;
        }
        if (oldest->number == backlog->read_number)
            close_file(&backlog->read_file);
        spool_segment_remove(backlog->folder, oldest->number);
        spool_catalog_drop_segment(&backlog->catalog);
    }
}

/* Runs count up to the first that is not whole: a kill left that one in its ring. False: no memory.
 * */
static bool
load_runs(struct spool_backlog *backlog, int file, int64_t number)
{
    struct spool_run run = {.offset = spool_segment_head_size(), .segment = number};

    if (!spool_catalog_reserve(&backlog->catalog))
        return false;
    spool_catalog_add_segment(&backlog->catalog, number);
    while (spool_segment_read_run(file, &run)) {
        if (!spool_catalog_reserve(&backlog->catalog))
            return false;
        spool_catalog_add_run(&backlog->catalog, &run);
        run.offset += spool_segment_run_size(run.count);
    }
    return true;
}

/* False: it cannot be read, or there is no memory. */
static bool
load_segment(struct spool_backlog *backlog, int64_t number)
{
    char id[SPOOL_ID_SIZE];
    int64_t own_number;
    bool is_done = true;
    int file = spool_segment_open(backlog->folder, number);

    if (file < 0)
        return false;
    if (!spool_segment_read_head(file, &own_number, id) || own_number != number) {
        log_warning("spool: segment %lld has a damaged head and is left aside", (long long)number);
    } else if (backlog->id[0] != '\0' && strcmp(backlog->id, id) != 0) {
        log_warning("spool: segment %lld is of another spool and is left aside", (long long)number);
    } else {
        memcpy(backlog->id, id, sizeof id);
        is_done = load_runs(backlog, file, number);
    }
    close(file);
    return is_done;
}

struct numbers {
    int64_t *items;
    size_t count, capacity;
    bool is_complete;
};

static void
spool_backlog_collect(void *context, int64_t number)
{
    struct numbers *numbers = context;

    if (numbers->count == numbers->capacity) {
        size_t capacity = 2 * numbers->capacity + 64;
        int64_t *moved = realloc(numbers->items, capacity * sizeof *moved);

        if (moved == NULL) {
            numbers->is_complete = false;
            return;
        }
        numbers->items = moved;
        numbers->capacity = capacity;
    }
    numbers->items[numbers->count++] = number;
}

static int
spool_backlog_compare(const void *a, const void *b)
{
    int64_t left = *(const int64_t *)a;
    int64_t right = *(const int64_t *)b;

    return (left > right) - (left < right);
}

static bool
spool_backlog_load(struct spool_backlog *backlog, const char *folder)
{
    struct numbers numbers = {.is_complete = true};
    bool is_done =
        spool_segment_each(folder, spool_backlog_collect, &numbers) && numbers.is_complete;

    if (numbers.count > 0)
        qsort(numbers.items, numbers.count, sizeof *numbers.items, spool_backlog_compare);
    for (size_t i = 0; is_done && i < numbers.count; i++) {
        is_done = load_segment(backlog, numbers.items[i]);
        backlog->newest_number = numbers.items[i];
    }
    free(numbers.items);
    if (is_done)
        remove_empty(backlog);
    return is_done;
}

enum status
spool_backlog_open(const char *folder, const char *id, const struct config *config,
                   struct spool_backlog **backlog)
{
    struct spool_backlog *made = calloc(1, sizeof *made);

    if (made == NULL)
        return STATUS_STORAGE;
    made->segment_bytes = config->spool.segment_bytes;
    made->max_bytes = config->spool.segments_max_bytes;
    made->write_file = made->read_file = -1;
    made->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    made->buffer = calloc(SPOOL_RUN_RECORDS_MAX, sizeof *made->buffer);
    if (made->folder < 0 || made->buffer == NULL ||
        !bytes_copy_text(bytes_of_text(id), made->id, sizeof made->id) ||
        !spool_backlog_load(made, folder)) {
        log_error("spool: cannot read the segments in %s: %s", folder, strerror(errno));
        spool_backlog_close(&made);
        return STATUS_STORAGE;
    }
    *backlog = made;
    return STATUS_OK;
}

void
spool_backlog_close(struct spool_backlog **backlog)
{
    struct spool_backlog *closed = *backlog;

    *backlog = NULL;
    if (closed == NULL)
        return;
    spool_backlog_sync(closed);
    close_file(&closed->write_file);
    close_file(&closed->read_file);
    close_file(&closed->folder);
    spool_catalog_fini(&closed->catalog);
    free(closed->buffer);
    free(closed);
}

/* The file that the next run goes to is open, or opened. Reserved. */
static bool
open_segment(struct spool_backlog *backlog)
{
    const struct spool_catalog_segment *newest = spool_catalog_newest(&backlog->catalog);

    if (backlog->write_file >= 0 && newest->bytes < backlog->segment_bytes)
        return true;
    spool_backlog_sync(backlog);
    close_file(&backlog->write_file);
    backlog->write_file =
        spool_segment_make(backlog->folder, backlog->newest_number + 1, backlog->id);
    if (backlog->write_file < 0)
        return false;
    backlog->newest_number++;
    spool_catalog_add_segment(&backlog->catalog, backlog->newest_number);
    return true;
}

/* How many of count records fit below the bound, a new file's head included. */
static int64_t
cut_to_bound(const struct spool_backlog *backlog, size_t count)
{
    int64_t left = backlog->max_bytes - atomic_load(&backlog->catalog.bytes) -
                   spool_segment_head_size() - spool_segment_run_size(0);
    int64_t most = left > 0 ? left / (int64_t)sizeof(struct usage_record) : 0;

    return (int64_t)count < most ? (int64_t)count : most;
}

/* A full disk is met again at every try: one line is enough. */
static size_t
spool_backlog_fail(struct spool_backlog *backlog)
{
    if (!backlog->has_complained)
        log_error("spool: cannot write a segment: %s", strerror(errno));
    backlog->has_complained = true;
    remove_empty(backlog);
    return 0;
}

size_t
spool_backlog_add(struct spool_backlog *backlog, int64_t ring, const struct usage_record *records,
                  size_t count, bool is_bounded)
{
    struct spool_run run = {.ring = ring, .first_sequence = records->sequence};

    assert(count >= 1 && count <= SPOOL_RUN_RECORDS_MAX);
    run.count = is_bounded ? cut_to_bound(backlog, count) : (int64_t)count;
    if (run.count < 1)
        return 0;
    if (!spool_catalog_reserve(&backlog->catalog) || !open_segment(backlog))
        return spool_backlog_fail(backlog);
    run.segment = backlog->newest_number;
    run.offset = spool_catalog_newest(&backlog->catalog)->bytes;
    if (!spool_segment_write(backlog->write_file, &run, records))
        return spool_backlog_fail(backlog);
    spool_catalog_add_run(&backlog->catalog, &run);
    backlog->is_unsynced = true;
    backlog->has_complained = false;
    return (size_t)run.count;
}

bool
spool_backlog_sync(struct spool_backlog *backlog)
{
    if (!backlog->is_unsynced)
        return true;
    backlog->is_unsynced = false;
    if (fdatasync(backlog->write_file) == 0)
        return true;
    log_error("spool: cannot sync a segment: %s", strerror(errno));
    return false;
}

/* Runs are read in order, so one open file is enough. */
static bool
open_for_reading(struct spool_backlog *backlog, int64_t number)
{
    if (backlog->read_file >= 0 && backlog->read_number == number)
        return true;
    close_file(&backlog->read_file);
    backlog->read_file = spool_segment_open(backlog->folder, number);
    backlog->read_number = number;
    return backlog->read_file >= 0;
}

enum status
spool_backlog_read(struct spool_backlog *backlog, size_t index)
{
    const struct spool_run *run = spool_catalog_run(&backlog->catalog, index);

    if (!open_for_reading(backlog, run->segment))
        return STATUS_STORAGE;
    if (spool_segment_read_records(backlog->read_file, run, backlog->buffer))
        return STATUS_OK;
    log_error("spool: %lld records of ring %lld from %lld on are damaged in segment %lld",
              (long long)run->count, (long long)run->ring, (long long)run->first_sequence,
              (long long)run->segment);
    spool_catalog_void(&backlog->catalog, index);
    return STATUS_MALFORMED;
}

void
spool_backlog_drop_oldest(struct spool_backlog *backlog)
{
    spool_catalog_drop_run(&backlog->catalog);
    remove_empty(backlog);
}
