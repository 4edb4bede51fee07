/* spool_ring.h - one ring of the file: one writer, one reader, no lock.
 *
 * In a ring sequence s stands at place (s - 1) mod capacity; released <= head <= released +
 * capacity. The writer moves head (in memory: after a kill it is found again from the records), the
 * shipper moves released (in the file). Each reads the other's with acquire: a record is seen whole,
 * and its place is written again only after the shipper is done with it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "spool/spool_file.h"

struct spool_ring {
    _Alignas(64) _Atomic int64_t head; /* last sequence that is committed */
    const struct spool_file *file;
    struct spool_ring_page *page;
    struct usage_record *records;
    bool is_reserved; /* the writer's: its places are there */
    int64_t capacity; /* a power of two */
    _Atomic bool is_taken;
    int64_t moved; /* the shipper's, while it moves records to segments */
    int64_t seen;  /* the shipper's: head at the last sync */
};

/* The file's ring of that index: finds head from what the records say; drops records behind a gap (a machine that stopped).
 * file stays where it is while the ring is used. */
void spool_ring_recover(struct spool_ring *ring, const struct spool_file *file, size_t index);

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
bool spool_ring_has_room(struct spool_ring *ring);
