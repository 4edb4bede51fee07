/* spool_backlog.c - which runs lie in which overflow files, and reading, writing and removing those
 * files. */

#include "spool/spool_backlog.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"

enum { FIRST_CAPACITY = 64 };

struct backlog_segment {
    int64_t number;
    int64_t bytes;
    size_t run_count; /* not dropped */
};

static size_t
queue_count(const struct spool_queue *queue)
{
    return queue->end - queue->first;
}

/* Makes room for one more item, at the front's cost where enough of it is gone. False: no memory. */
static bool
queue_reserve(struct spool_queue *queue, size_t item_size)
{
    size_t capacity = queue->capacity > 0 ? 2 * queue->capacity : FIRST_CAPACITY;
    void *moved;

    if (queue->end < queue->capacity)
        return true;
    if (queue->first > queue->capacity / 2) {
        memmove(queue->items, (char *)queue->items + queue->first * item_size,
                queue_count(queue) * item_size);
        queue->end = queue_count(queue);
        queue->first = 0;
        return true;
    }
    moved = realloc(queue->items, capacity * item_size);
    if (moved == NULL)
        return false;
    queue->items = moved;
    queue->capacity = capacity;
    return true;
}

static struct spool_run *
run_at(const struct spool_backlog *backlog, size_t index)
{
    assert(index < queue_count(&backlog->runs));
    return (struct spool_run *)backlog->runs.items + backlog->runs.first + index;
}

/* NULL: there is none. */
static struct backlog_segment *
segment_at(const struct spool_backlog *backlog, size_t index)
{
    if (index >= queue_count(&backlog->segments))
        return NULL;
    return (struct backlog_segment *)backlog->segments.items + backlog->segments.first + index;
}

static struct backlog_segment *
newest_segment(const struct spool_backlog *backlog)
{
    return segment_at(backlog, queue_count(&backlog->segments) - 1);
}

/* Room for one more segment and one more run. False: no memory. */
static bool
reserve_items(struct spool_backlog *backlog)
{
    return queue_reserve(&backlog->segments, sizeof(struct backlog_segment)) &&
           queue_reserve(&backlog->runs, sizeof(struct spool_run));
}

/* Reserved. An empty file with its head. */
static void
list_segment(struct spool_backlog *backlog, int64_t number)
{
    backlog->segments.end++;
    *newest_segment(backlog) =
        (struct backlog_segment){.number = number, .bytes = spool_segment_head_size()};
    atomic_fetch_add(&backlog->bytes, spool_segment_head_size());
}

/* Reserved. At the end of the newest segment. */
static void
list_run(struct spool_backlog *backlog, const struct spool_run *run)
{
    struct backlog_segment *newest = newest_segment(backlog);
    int64_t size = spool_segment_run_size(run->count);

    assert(newest->number == run->segment && newest->bytes == run->offset);
    backlog->runs.end++;
    *run_at(backlog, queue_count(&backlog->runs) - 1) = *run;
    newest->run_count++;
    newest->bytes += size;
    atomic_fetch_add(&backlog->bytes, size);
    atomic_fetch_add(&backlog->records, run->count);
}

/* Nothing of it will be shipped. */
static void
void_run(struct spool_backlog *backlog, size_t index)
{
    struct spool_run *run = run_at(backlog, index);

    atomic_fetch_sub(&backlog->records, run->count);
    run->count = 0;
}

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
    const struct backlog_segment *oldest;

    while ((oldest = segment_at(backlog, 0)) != NULL && oldest->run_count == 0) {
        if (oldest == newest_segment(backlog)) {
            close_file(&backlog->write_file);
            backlog->is_unsynced = false;
        }
        if (oldest->number == backlog->read_number)
            close_file(&backlog->read_file);
        spool_segment_remove(backlog->folder, oldest->number);
        atomic_fetch_sub(&backlog->bytes, oldest->bytes);
        backlog->segments.first++;
    }
}

/* Runs count up to the first that is not whole: a kill left that one in its ring. False: no
 * memory. */
static bool
load_runs(struct spool_backlog *backlog, int file, int64_t number)
{
    struct spool_run run = {.offset = spool_segment_head_size(), .segment = number};

    if (!reserve_items(backlog))
        return false;
    list_segment(backlog, number);
    while (spool_segment_read_run(file, &run)) {
        if (!reserve_items(backlog))
            return false;
        list_run(backlog, &run);
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
        log_warning("spool: segment %lld has a damaged head and is skipped", (long long)number);
    } else if (backlog->id[0] != '\0' && strcmp(backlog->id, id) != 0) {
        log_warning("spool: segment %lld belongs to another spool and is skipped",
                    (long long)number);
    } else {
        memcpy(backlog->id, id, sizeof id);
        is_done = load_runs(backlog, file, number);
    }
    close(file);
    return is_done;
}

static bool
spool_backlog_load(struct spool_backlog *backlog, const char *folder)
{
    int64_t *numbers = NULL;
    size_t count = 0;
    bool is_done = spool_segment_list(folder, &numbers, &count);

    for (size_t i = 0; is_done && i < count; i++) {
        is_done = load_segment(backlog, numbers[i]);
        backlog->newest_number = numbers[i];
    }
    free(numbers);
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
    free(closed->segments.items);
    free(closed->runs.items);
    free(closed->buffer);
    free(closed);
}

/* The file that the next run goes to is open, or opened. Reserved. */
static bool
open_segment(struct spool_backlog *backlog)
{
    const struct backlog_segment *newest = newest_segment(backlog);

    if (backlog->write_file >= 0 && newest->bytes < backlog->segment_bytes)
        return true;
    spool_backlog_sync(backlog);
    close_file(&backlog->write_file);
    backlog->write_file =
        spool_segment_make(backlog->folder, backlog->newest_number + 1, backlog->id);
    if (backlog->write_file < 0)
        return false;
    backlog->newest_number++;
    list_segment(backlog, backlog->newest_number);
    return true;
}

/* How many of count records fit below the bound, a new file's head included. */
static int64_t
cut_to_bound(const struct spool_backlog *backlog, size_t count)
{
    int64_t left = backlog->max_bytes - atomic_load(&backlog->bytes) - spool_segment_head_size() -
                   spool_segment_run_size(0);
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
    if (!reserve_items(backlog) || !open_segment(backlog))
        return spool_backlog_fail(backlog);
    run.segment = backlog->newest_number;
    run.offset = newest_segment(backlog)->bytes;
    if (!spool_segment_write(backlog->write_file, &run, records))
        return spool_backlog_fail(backlog);
    list_run(backlog, &run);
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

size_t
spool_backlog_count(const struct spool_backlog *backlog)
{
    return queue_count(&backlog->runs);
}

const struct spool_run *
spool_backlog_run(const struct spool_backlog *backlog, size_t index)
{
    return run_at(backlog, index);
}

enum status
spool_backlog_read(struct spool_backlog *backlog, size_t index)
{
    const struct spool_run *run = run_at(backlog, index);

    if (!open_for_reading(backlog, run->segment))
        return STATUS_STORAGE;
    if (spool_segment_read_records(backlog->read_file, run, backlog->buffer))
        return STATUS_OK;
    log_error("spool: %lld records of ring %lld from %lld on are damaged in segment %lld",
              (long long)run->count, (long long)run->ring, (long long)run->first_sequence,
              (long long)run->segment);
    void_run(backlog, index);
    return STATUS_MALFORMED;
}

/* Runs lie in the order of the segments: the oldest run is in the first segment that has any. */
void
spool_backlog_drop_oldest(struct spool_backlog *backlog)
{
    size_t at = 0;

    void_run(backlog, 0);
    while (segment_at(backlog, at)->run_count == 0)
        at++;
    segment_at(backlog, at)->run_count--;
    backlog->runs.first++;
    remove_empty(backlog);
}
