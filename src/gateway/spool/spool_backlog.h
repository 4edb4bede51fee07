/* spool_backlog.h - what waits in overflow files, in the order in which it leaves: oldest first.
 *
 * Life of a run: added (written to the newest file) -> shipped, maybe more than once -> dropped,
 * oldest first; a file goes with its last run. Which runs lie in which files is kept in memory.
 * One thread, but for bytes and records, which any may read. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "spool/spool_segment.h"

/* Items first..end-1 of capacity; those before first are gone. */
struct spool_queue {
    void *items;
    size_t first, end, capacity;
};

struct spool_backlog {
    struct spool_queue segments; /* of struct backlog_segment, oldest first */
    struct spool_queue runs;     /* of struct spool_run, in the order of the segments */
    _Atomic int64_t bytes;       /* of the files */
    _Atomic int64_t records;     /* of the runs */
    int folder;
    char id[SPOOL_ID_SIZE]; /* "" while there is none */
    int64_t segment_bytes, max_bytes;
    int64_t newest_number; /* of any file seen or made */
    int write_file;        /* that of the newest segment; -1: the next run begins a new one */
    bool is_unsynced;
    bool has_complained;
    int read_file; /* -1, or the file of read_number */
    int64_t read_number;
    struct usage_record *buffer; /* SPOOL_RUN_RECORDS_MAX */
};

/* Takes over the files of that id; id "": of any one id. Files of other ids stay where they are.
 * STORAGE: logged. */
enum status spool_backlog_open(const char *folder, const char *id, const struct config *config,
                               struct spool_backlog **backlog);
void spool_backlog_close(struct spool_backlog **backlog);

/* Appends a run of at most SPOOL_RUN_RECORDS_MAX records, cut to what the bound allows. How many
 * were taken; 0: the bound is reached (with is_bounded), or the disk fails (logged once). */
size_t spool_backlog_add(struct spool_backlog *backlog, int64_t ring,
                         const struct usage_record *records, size_t count, bool is_bounded);
/* What was added is on the disk. False: logged. */
bool spool_backlog_sync(struct spool_backlog *backlog);

/* Runs that are not dropped; index 0 is the oldest. */
size_t spool_backlog_count(const struct spool_backlog *backlog);
const struct spool_run *spool_backlog_run(const struct spool_backlog *backlog, size_t index);
/* The records of the run at index, in backlog->buffer. STORAGE: cannot be read now; MALFORMED:
 * damaged: its count is 0 from now on, nothing of it will be shipped (logged). */
enum status spool_backlog_read(struct spool_backlog *backlog, size_t index);
void spool_backlog_drop_oldest(struct spool_backlog *backlog);
