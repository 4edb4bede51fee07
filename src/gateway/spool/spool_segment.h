/* spool_segment.h - one overflow file: a header, then runs of records in the order in which they
 * were moved.
 *
 * Written front to back by one process, never changed afterwards, removed when all its runs are
 * stored. What a kill leaves half written is at its end and is still in the ring. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool/spool_ring.h"

#define SPOOL_RUN_RECORDS_MAX 1024

/* Consecutive records of one ring. count 0: nothing left to ship. */
struct spool_run {
    int64_t ring;
    int64_t first_sequence;
    int64_t count;
    int64_t offset;  /* of its header in the file */
    int64_t segment; /* number of the file */
};

/* Bytes that a file begins with, and that a run of count records takes. */
int64_t spool_segment_head_size(void);
int64_t spool_segment_run_size(int64_t count);

/* A new file for writing; -1: errno says why, and none is left. */
int spool_segment_make(int folder, int64_t number, const char *id);
/* For reading; -1: logged. */
int spool_segment_open(int folder, int64_t number);
void spool_segment_remove(int folder, int64_t number);

/* Reads and checks the header. False: it is no segment. */
bool spool_segment_read_head(int file, int64_t *number, char id[SPOOL_ID_SIZE]);
/* The run at run->offset, without its records. False: there is no whole one (the end). */
bool spool_segment_read_run(int file, struct spool_run *run);
/* Its records, count of them. False: they are damaged or cannot be read. */
bool spool_segment_read_records(int file, const struct spool_run *run,
                                struct usage_record *records);
/* Writes the run at run->offset. False: the disk is full or fails (errno); the file ends there as
 * before. */
bool spool_segment_write(int file, const struct spool_run *run, const struct usage_record *records);

/* The numbers of all segment files in the folder, the oldest first; to be freed. False: the folder
 * cannot be read, or there is no memory. */
bool spool_segment_list(const char *folder, int64_t **numbers, size_t *count);
