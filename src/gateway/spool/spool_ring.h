/* spool_ring.h - the mapped file of rings (a header page, a page per ring, the records), and one ring
 * in it.
 *
 * The file is written by mapping alone: what a thread has stored there is kept by the kernel when
 * the process is killed. It is made under another name, in full, and renamed: a half-made one is
 * never seen.
 *
 * In a ring sequence s stands at place (s - 1) mod capacity; released <= head <= released +
 * capacity. The writer moves head (in memory: after a kill it is found again from the records), the
 * shipper moves released (in the file). Each reads the other's with acquire: a record is seen whole,
 * and its place is written again only after the shipper is done with it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"
#include "usage_record.h"

#define SPOOL_ID_SIZE      33 /* hex with NUL */

#define SPOOL_PAGE_SIZE    4096
#define SPOOL_FILE_NAME    "usage.spool"
#define SPOOL_NEW_NAME     "usage.spool.new"
#define SPOOL_LOCK_NAME    "usage.lock"
#define SPOOL_VERSION      1
#define SPOOL_RINGS_MAX    65536
#define SPOOL_SEQUENCE_MAX (INT64_MAX / 4) /* also of ring numbers */

/* What a file is made with. ring_base: number of its first ring; a file that takes over the id of
 * another one begins after the other's rings, so that no (id, ring, sequence) is ever used twice.
 * */
struct spool_shape {
    char id[SPOOL_ID_SIZE];
    int64_t ring_base;
    size_t ring_count;   /* 1..SPOOL_RINGS_MAX */
    size_t ring_records; /* a power of two */
};

struct spool_header {
    char magic[8];
    uint32_t version;
    uint32_t record_size;
    int64_t ring_base;
    uint64_t ring_count;
    uint64_t ring_records;
    char id[40];
    uint64_t checksum; /* of all above */
    /* How its last user left it; no part of the checksum, since it changes by single stores. */
    uint32_t is_closed; /* 1: synced after the last write */
    char boot_id[44];   /* of the machine's run in which it was last open */
};

struct spool_ring_page {
    _Atomic int64_t released; /* up to this sequence the ring's places are free */
    _Atomic uint32_t is_used; /* 0: no thread has ever taken the ring, its records are zeros */
    char unused[SPOOL_PAGE_SIZE - 12 - 4];
};

static_assert(sizeof(struct spool_ring_page) == SPOOL_PAGE_SIZE, "a ring has a page of its own");

struct spool_file {
    struct spool_header *header; /* the mapping; NULL: not open */
    struct spool_ring_page *pages;
    struct usage_record *records; /* ring after ring */
    size_t size;
    struct spool_shape shape;
};

/* CONFLICT: another process, or another spool of this one, has the folder. *lock: to be closed. */
enum status spool_file_lock(const char *folder, int *lock);
/* Replaces the file, if there is one. STORAGE: logged; the old one is as it was. */
enum status spool_file_make(const char *folder, const struct spool_shape *shape);
/* NOT_FOUND: there is none. STORAGE: it is not ours, damaged, or cannot be mapped; logged. */
enum status spool_file_open(const char *folder, struct spool_file *file);
void spool_file_close(struct spool_file *file);

/* False: the machine stopped while the file was open, so the last writes may be lost. */
bool spool_file_is_intact(const struct spool_file *file);
/* Marks the file as in use. */
void spool_file_begin(struct spool_file *file);
/* Writes it to the disk and marks it as closed in order. No writer is left. */
void spool_file_end(struct spool_file *file);
void spool_file_sync(struct spool_file *file);

/* Over size bytes, a multiple of 8. */
uint64_t spool_checksum(const void *data, size_t size, uint64_t seed);
bool spool_make_id(char id[SPOOL_ID_SIZE]);

struct spool_ring {
    _Alignas(64) _Atomic int64_t head; /* last sequence that is committed */
    struct spool_ring_page *page;
    struct usage_record *records;
    int64_t capacity; /* a power of two */
    _Atomic bool is_taken;
    int64_t moved; /* the shipper's, while it moves records to segments */
    int64_t seen;  /* the shipper's: head at the last sync */
};

/* Finds head from what the records say; drops records behind a gap (a machine that stopped). */
void spool_ring_recover(struct spool_ring *ring, struct spool_ring_page *page,
                        struct usage_record *records, size_t capacity);

int64_t spool_ring_head(const struct spool_ring *ring);
int64_t spool_ring_released(const struct spool_ring *ring);
/* Shipper: frees the places up to sequence, which is at most head; a smaller one changes nothing.
 * */
void spool_ring_release(struct spool_ring *ring, int64_t sequence);
/* Shipper: the records from first on (released < first <= head) that stand in one run; *count: at
 * most that many, set to how many they are. */
const struct usage_record *spool_ring_run(const struct spool_ring *ring, int64_t first,
                                          size_t *count);

/* Writer: commits *record (sequence and checksum are filled in). False: the ring is full, nothing
 * changed. */
bool spool_ring_append(struct spool_ring *ring, struct usage_record *record);
/* Writer: room for one more record now; ask before a paid call. */
bool spool_ring_has_room(const struct spool_ring *ring);
