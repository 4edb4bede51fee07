/* spool_private.h - the spool from inside: the file of rings, the backlog, and what was shipped of
 * each ring.
 *
 * A ring's number in batches and marks is ring_base + its index: it names one ring in one life of
 * the file. Rings of an earlier life (another geometry, or the machine stopped) have records in the
 * backlog alone. */
#pragma once

#include <stdatomic.h>

#include "spool/spool.h"
#include "spool/spool_backlog.h"
#include "spool/spool_file.h"
#include "spool/spool_ring.h"

/* The shipper's: how far the records of a ring have come. confirmed <= shipped; between them:
 * outstanding. */
struct spool_line {
    int64_t ring;
    int64_t confirmed;
    int64_t shipped;
};

struct spool {
    struct spool_file file;
    struct spool_backlog *backlog;
    int lock;
    struct spool_ring *rings; /* file.shape.ring_count */
    /* by ring number: those of earlier lives, then old_count + i for rings[i] */
    struct spool_line *lines;
    size_t line_count, old_count;
    size_t next_run;  /* in the catalog: shipped next */
    size_t next_ring; /* looked at next */
    bool has_warned;
    _Atomic bool is_full; /* the last overflow could not take everything */
};
