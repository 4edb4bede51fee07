/* hit_counts.c - an open-addressed table by the key's own bytes, which are a hash already. */
#include "ingest/hit_counts.h"

#include <string.h>

#include "decision.h"

void
hit_counts_add(struct hit_counts *counts, const struct usage_record *record)
{
    static const uint8_t no_key[sizeof record->cache_key];
    size_t at;

    if ((record->decision != DECISION_HIT && record->decision != DECISION_STALE) ||
        memcmp(record->cache_key, no_key, sizeof no_key) == 0)
        return;
    memcpy(&at, record->cache_key, sizeof at);
    for (;; at++) {
        struct entry_hit *slot = &counts->slots[at % HIT_COUNTS_MAX];

        if (slot->count == 0) {
            if (counts->count >= HIT_COUNTS_MAX / 4 * 3)
                return;
            memcpy(slot->cache_key, record->cache_key, sizeof slot->cache_key);
            counts->count++;
        } else if (memcmp(slot->cache_key, record->cache_key, sizeof slot->cache_key) != 0) {
            continue;
        }
        slot->count++;
        if (record->created_wall_us > slot->last_wall_us)
            slot->last_wall_us = record->created_wall_us;
        return;
    }
}

size_t
hit_counts_take(struct hit_counts *counts, struct entry_hit *out)
{
    size_t taken = 0;

    for (size_t i = 0; i < HIT_COUNTS_MAX; i++)
        if (counts->slots[i].count > 0)
            out[taken++] = counts->slots[i];
    hit_counts_clear(counts);
    return taken;
}

void
hit_counts_clear(struct hit_counts *counts)
{
    if (counts->count > 0)
        memset(counts, 0, sizeof *counts);
}
