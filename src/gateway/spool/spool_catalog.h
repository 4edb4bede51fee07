/* spool_catalog.h - which runs lie in which overflow files, oldest first: lists in memory, no file
 * is touched.
 *
 * One thread changes it; bytes and records may be read by any. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool/spool_segment.h"

struct spool_catalog_segment {
    int64_t number;
    int64_t bytes;
    size_t run_count; /* not dropped */
};

/* Items first..end-1 of capacity; those before first are gone. */
struct spool_catalog {
    struct spool_catalog_segment *segments;
    size_t segment_first, segment_end, segment_capacity;
    struct spool_run *runs;
    size_t run_first, run_end, run_capacity;
    _Atomic int64_t bytes;   /* of the files */
    _Atomic int64_t records; /* of the runs */
};

void spool_catalog_fini(struct spool_catalog *catalog);
/* Makes room for one more segment and one more run. False: no memory. */
bool spool_catalog_reserve(struct spool_catalog *catalog);

/* Reserved. An empty file with its head. */
void spool_catalog_add_segment(struct spool_catalog *catalog, int64_t number);
/* Reserved. At the end of the newest segment. */
void spool_catalog_add_run(struct spool_catalog *catalog, const struct spool_run *run);

/* NULL: none. */
const struct spool_catalog_segment *spool_catalog_oldest(const struct spool_catalog *catalog);
const struct spool_catalog_segment *spool_catalog_newest(const struct spool_catalog *catalog);
/* It has no runs. */
void spool_catalog_drop_segment(struct spool_catalog *catalog);

size_t spool_catalog_count(const struct spool_catalog *catalog);
struct spool_run *spool_catalog_run(const struct spool_catalog *catalog, size_t index);
/* Nothing of it will be shipped: its count becomes 0. */
void spool_catalog_void(struct spool_catalog *catalog, size_t index);
void spool_catalog_drop_run(struct spool_catalog *catalog);
