/* limit_records.c - buckets and windows of keys to records and back. */
#include "access/limit_records.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* Not before the time: 1 us later is safe. */
static int64_t
us_of(int64_t ns)
{
    return (ns + 999) / 1000;
}

static struct limit_record *
next_record(struct limit_collection *collection, const struct key_entry *entry, const char *name)
{
    struct limit_record *record = &collection->records[collection->count++];

    memset(record, 0, sizeof *record);
    record->api_key_id = entry->api_key_id;
    snprintf(record->endpoint, sizeof record->endpoint, "%s", name);
    return record;
}

/* When the newest part that holds something is forgotten. */
static int64_t
window_empty_at_ns(const struct window_counts *counts)
{
    int64_t age = 0;

    while (age < WINDOW_PARTS && counts->used[age] == 0)
        age++;
    return (counts->newest - age + WINDOW_PARTS + 1) * counts->part_ns;
}

static void
collect_window(struct limit_collection *collection, const struct key_entry *entry)
{
    struct limit_record *record;
    struct window_counts counts;
    int64_t used = window_read(entry->global_window, collection->now_ns, &counts);

    if (used == 0)
        return;
    record = next_record(collection, entry, LIMIT_GLOBAL);
    record->tokens = used < entry->global_rate.count ? entry->global_rate.count - used : 0;
    record->refilled_wall_us = us_of(collection->now_ns);
    record->full_at_wall_us = us_of(window_empty_at_ns(&counts));
    record->window = counts;
}

static bool
collect_key(void *context, const struct key_entry *entry)
{
    struct limit_collection *collection = context;
    struct bucket_level level;

    if (collection->most - collection->count < LIMIT_RECORDS_OF_KEY(collection->names))
        return false;
    if (!atomic_exchange(&entry->state->is_changed, false) && !collection->takes_all)
        return true;
    if (entry->global_window != NULL)
        collect_window(collection, entry);
    for (size_t i = 0; i < collection->names->count; i++) {
        struct limit_record *record;

        if (!bucket_read(&entry->state->endpoint_buckets[i], &entry->endpoint_rates[i],
                         collection->now_ns, &level))
            continue;
        record = next_record(collection, entry, collection->names->names[i]);
        record->tokens = level.tokens;
        record->refilled_wall_us = us_of(level.refilled_ns);
        record->full_at_wall_us = us_of(level.full_at_ns);
    }
    return true;
}

bool
limit_records_collect(const struct key_table *table, size_t *cursor,
                      struct limit_collection *collection)
{
    assert(collection->most >= LIMIT_RECORDS_OF_KEY(collection->names));
    collection->count = 0;
    return key_table_walk(table, cursor, collect_key, collection);
}

void
limit_records_restore(const struct key_table *table, const struct limit_names *names,
                      const struct limit_record *record, int64_t now_ns)
{
    const struct key_entry *entry = key_table_find(table, record->key_hash);

    if (entry == NULL || entry->api_key_id != record->api_key_id)
        return;
    if (record->window.part_ns > 0) {
        if (entry->global_window != NULL)
            window_raise(entry->global_window, &record->window, now_ns);
        return;
    }
    for (size_t i = 0; i < names->count; i++)
        if (strncmp(names->names[i], record->endpoint, sizeof record->endpoint) == 0)
            bucket_raise(&entry->state->endpoint_buckets[i], record->full_at_wall_us * 1000);
}
