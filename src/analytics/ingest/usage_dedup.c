/* usage_dedup.c - comparing two numbers, and how often a difference between them was seen. */
#include "ingest/usage_dedup.h"

enum usage_dedup
usage_dedup_decide(int64_t mark, int64_t first_sequence, int64_t count, int64_t *skip)
{
    *skip = 0;
    if (first_sequence == mark + 1)
        return USAGE_ALL_NEW;
    if (first_sequence > mark + 1)
        return USAGE_GAP;
    if (count <= mark - first_sequence + 1)
        return USAGE_KNOWN;
    *skip = mark + 1 - first_sequence;
    return USAGE_TAIL_NEW;
}

static struct gap_row *
take_row(struct gap_watch *watch, struct bytes spool_id, int64_t ring)
{
    struct gap_row *row;

    for (size_t i = 0; i < GAP_WATCH_RINGS; i++) {
        row = &watch->rows[i];
        if (row->times > 0 && row->ring == ring && bytes_equal_text(spool_id, row->spool_id))
            return row;
    }
    row = &watch->rows[watch->next];
    watch->next = (watch->next + 1) % GAP_WATCH_RINGS;
    *row = (struct gap_row){.ring = ring};
    (void)bytes_copy_text(spool_id, row->spool_id, sizeof row->spool_id);
    return row;
}

bool
gap_watch_is_lost(struct gap_watch *watch, struct bytes spool_id, int64_t ring,
                  int64_t first_sequence)
{
    struct gap_row *row = take_row(watch, spool_id, ring);

    if (row->first_sequence != first_sequence) {
        row->first_sequence = first_sequence;
        row->times = 0;
    }
    row->times++;
    if (row->times < GAP_PATIENCE)
        return false;
    row->times = 0;
    return true;
}
