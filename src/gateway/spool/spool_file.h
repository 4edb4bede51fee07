/* spool_file.h - the mapped file of rings: a header page, a page per ring, the records.
 *
 * The file is written by mapping alone: what a thread has stored there is kept by the kernel when the process is killed. It is
 * made under another name, in full, and renamed: a half-made one is never seen.
 *
 * One on the disk is allocated in full. One in memory gets the places of a ring when its first record comes (spool_ring.h):
 * until then they take no memory. At an orderly end it is copied to the disk, with what waits alone, and removed: a start
 * brings it back. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "status.h"
#include "usage_record.h"

#define SPOOL_ID_SIZE      33 /* hex with NUL */

#define SPOOL_PATH_SIZE    1024
#define SPOOL_PAGE_SIZE    4096
#define SPOOL_FILE_NAME    "usage.spool"
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
    uint32_t is_closed; /* 1: synced after the last write; 2: another file has taken its place */
    char boot_id[44];   /* of the machine's run in which it was last open */
};

struct spool_ring_page {
    _Atomic int64_t released; /* up to this sequence the ring's places are free */
    _Atomic uint32_t is_used; /* 0: no record was written, the ring's places are zeros */
    char unused[SPOOL_PAGE_SIZE - 12 - 4];
};

static_assert(sizeof(struct spool_ring_page) == SPOOL_PAGE_SIZE, "a ring has a page of its own");

struct spool_file {
    struct spool_header *header; /* the mapping; NULL: not open */
    struct spool_ring_page *pages;
    struct usage_record *records; /* ring after ring */
    size_t size;
    struct spool_shape shape;
    int file;
    bool is_sparse; /* the places of a ring may be missing still */
};

size_t spool_file_size(const struct spool_shape *shape);
/* Replaces the file, if there is one. STORAGE: logged; the old one is as it was. */
enum status spool_file_make(const char *path, const struct spool_shape *shape, bool is_sparse);
/* The same, with the pages of from, and of its records those that wait. is_sparse: only what is written takes room. */
enum status spool_file_copy(const struct spool_file *from, const char *path, bool is_sparse);
/* NOT_FOUND: there is none. STORAGE: it is not ours, damaged, or cannot be mapped; logged. */
enum status spool_file_open(const char *path, struct spool_file *file);
void spool_file_close(struct spool_file *file);

/* Nothing of it is missing any more. False: the disk has no room (logged). */
bool spool_file_fill(struct spool_file *file);
/* The places of a ring can be written. False: there is no room for them. */
bool spool_file_reserve(const struct spool_file *file, const struct usage_record *records);

/* False: the machine stopped while the file was open, so the last writes may be lost. */
bool spool_file_is_intact(const struct spool_file *file);
/* Marks the file as in use. */
void spool_file_begin(struct spool_file *file);
/* Writes it to the disk and marks it as closed in order. No writer is left. */
void spool_file_end(struct spool_file *file);
/* Another file is about to take its place: it is not intact any more, whether the other comes or not. */
void spool_file_supersede(struct spool_file *file);
bool spool_file_is_superseded(const struct spool_file *file);
void spool_file_sync(struct spool_file *file);

/* Over size bytes, a multiple of 8. */
uint64_t spool_checksum(const void *data, size_t size, uint64_t seed);
bool spool_make_id(char id[SPOOL_ID_SIZE]);
bool spool_id_is_well_formed(const char *id);
