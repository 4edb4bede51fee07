/* spool.h - usage records that survive the process: one ring per thread in one mapped file, and
 * segments.
 *
 * File: data_dir/spool/usage.spool, allocated in full at creation, locked (flock) by one process;
 * next to it segment files that rings are moved to while nobody stores them.
 * Ring: one writer (its worker thread), one reader (the shipper), no lock. A record is committed by
 * the release-store of the ring's head after its checksum: from then on it survives kill -9, and
 * after spool.sync_ms a power cut (in a segment or in the database). Its event id is (spool id, ring, sequence).
 * Order: a ring's records leave in sequence, without gaps; while a segment holds records of any
 * ring, no ring is shipped directly: it waits, or overflows into a segment too. What the mark
 * confirms is dropped.
 * Life of a ring: FREE -> taken by a thread (spool_ring_take) -> given back at its end
 * (spool_ring_give); records still in it are shipped all the same, its sequence goes on with the
 * next taker.
 * Life of the file: reopened as it is after an orderly end or a kill. Other geometry, or a machine
 * that stopped: a new file; what waits moves to segments and keeps its event ids, and the rings of
 * the new file get numbers that were never used with that spool id (so a ring number may be larger
 * than ring_count). With nothing waiting the new file gets a new spool id. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "config.h"
#include "status.h"
#include "usage_record.h"

struct spool;
struct spool_ring;

/* Opens or makes the spool in folder, which is made when its parent is there; ring_count rings.
 * Where a file of other geometry cannot be replaced (a full disk) it is used as it is, with its
 * rings.
 * CONFLICT: another process has it; STORAGE: it cannot be made or read; errno text is logged. */
enum status spool_open(const char *folder, const struct config *config, size_t ring_count,
                       struct spool **spool);
/* No ring is taken any more. What waits is there at the next start. */
void spool_close(struct spool **spool);
const char *spool_id(const struct spool *spool);

/* Any thread. NULL when all rings are taken. What its writer does with it: spool_ring.h. */
struct spool_ring *spool_ring_take(struct spool *spool);
void spool_ring_give(struct spool_ring **ring);

/* Any thread: the segments are used up, a full ring will not be emptied before records are
 * confirmed. */
bool spool_is_full(const struct spool *spool);

/* Reader (the shipper's thread only): */

/* At most one batch of a ring is outstanding: handed out, and neither confirmed nor rewound. */
struct spool_batch {
    size_t ring;
    int64_t first_sequence;
    size_t count;
    const struct usage_record *records; /* valid until spool_confirm or the next spool_next_batch */
};
/* The oldest unconfirmed run to ship of the next ring or segment that has one, at most limit
 * records that are not shipped yet. False: nothing waits, or what waits is behind an outstanding
 * batch. */
bool spool_next_batch(struct spool *spool, size_t limit, struct spool_batch *batch);
/* Everything of ring up to sequence is stored: drop it, free segments. A mark below what is
 * confirmed changes nothing, one beyond the last record counts as the last record. */
void spool_confirm(struct spool *spool, size_t ring, int64_t sequence);
/* Moves rings to segments when one is over half full, as far as the bound allows. To be called
 * regularly; it costs a look at each ring while none is. */
void spool_overflow(struct spool *spool);
/* Ship again from the first unconfirmed record (analytics restarted, or reported a gap). */
void spool_rewind(struct spool *spool);
/* From here on what was committed before the call before this one survives a power cut: in a segment
 * or, confirmed, where it was shipped to. To be called twice in spool.sync_ms. True: records had
 * waited, and their rings were moved to segments for that. */
bool spool_sync(struct spool *spool);

/* Any thread: */
int64_t spool_segment_bytes(const struct spool *spool);
int64_t spool_waiting(const struct spool *spool); /* records committed and not confirmed, about */
