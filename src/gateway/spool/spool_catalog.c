/* spool_catalog.c - two queues in growing arrays. */

#include "spool/spool_catalog.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 64 };

void
spool_catalog_fini(struct spool_catalog *catalog)
{
    free(catalog->segments);
    free(catalog->runs);
    catalog->segments = NULL;
    catalog->runs = NULL;
}

/* Moves first..end to the front of items when that makes enough room; returns the new end. */
static size_t
close_up(void *items, size_t item_size, size_t first, size_t end)
{
    memmove(items, (char *)items + first * item_size, (end - first) * item_size);
    return end - first;
}

static bool
reserve_segment(struct spool_catalog *catalog)
{
    size_t capacity = catalog->segment_capacity;

    if (catalog->segment_end < capacity)
        return true;
    if (catalog->segment_first > capacity / 2) {
        catalog->segment_end = close_up(catalog->segments, sizeof *catalog->segments,
                                        catalog->segment_first, catalog->segment_end);
        catalog->segment_first = 0;
        return true;
    }
    capacity = capacity > 0 ? 2 * capacity : FIRST_CAPACITY;

    struct spool_catalog_segment *moved =
        realloc(catalog->segments, capacity * sizeof *catalog->segments);

    if (moved == NULL)
        return false;
    catalog->segments = moved;
    catalog->segment_capacity = capacity;
    return true;
}

static bool
reserve_run(struct spool_catalog *catalog)
{
    size_t capacity = catalog->run_capacity;

    if (catalog->run_end < capacity)
        return true;
    if (catalog->run_first > capacity / 2) {
        catalog->run_end =
            close_up(catalog->runs, sizeof *catalog->runs, catalog->run_first, catalog->run_end);
        catalog->run_first = 0;
        return true;
    }
    capacity = capacity > 0 ? 2 * capacity : FIRST_CAPACITY;

    struct spool_run *moved = realloc(catalog->runs, capacity * sizeof *catalog->runs);

    if (moved == NULL)
        return false;
    catalog->runs = moved;
    catalog->run_capacity = capacity;
    return true;
}

bool
spool_catalog_reserve(struct spool_catalog *catalog)
{
    return reserve_segment(catalog) && reserve_run(catalog);
}

void
spool_catalog_add_segment(struct spool_catalog *catalog, int64_t number)
{
    assert(catalog->segment_end < catalog->segment_capacity);
    catalog->segments[catalog->segment_end++] =
        (struct spool_catalog_segment){.number = number, .bytes = spool_segment_head_size()};
    atomic_fetch_add(&catalog->bytes, spool_segment_head_size());
}

void
spool_catalog_add_run(struct spool_catalog *catalog, const struct spool_run *run)
{
    struct spool_catalog_segment *newest = &catalog->segments[catalog->segment_end - 1];
    int64_t size = spool_segment_run_size(run->count);

    assert(catalog->run_end < catalog->run_capacity);
    assert(newest->number == run->segment && newest->bytes == run->offset);
    catalog->runs[catalog->run_end++] = *run;
    newest->run_count++;
    newest->bytes += size;
    atomic_fetch_add(&catalog->bytes, size);
    atomic_fetch_add(&catalog->records, run->count);
}

const struct spool_catalog_segment *
spool_catalog_oldest(const struct spool_catalog *catalog)
{
    return catalog->segment_first < catalog->segment_end
               ? &catalog->segments[catalog->segment_first]
               : NULL;
}

const struct spool_catalog_segment *
spool_catalog_newest(const struct spool_catalog *catalog)
{
    return catalog->segment_first < catalog->segment_end
               ? &catalog->segments[catalog->segment_end - 1]
               : NULL;
}

void
spool_catalog_drop_segment(struct spool_catalog *catalog)
{
    const struct spool_catalog_segment *oldest = spool_catalog_oldest(catalog);

    assert(oldest != NULL && oldest->run_count == 0);
    atomic_fetch_sub(&catalog->bytes, oldest->bytes);
    catalog->segment_first++;
}

size_t
spool_catalog_count(const struct spool_catalog *catalog)
{
    return catalog->run_end - catalog->run_first;
}

struct spool_run *
spool_catalog_run(const struct spool_catalog *catalog, size_t index)
{
    assert(index < spool_catalog_count(catalog));
    return &catalog->runs[catalog->run_first + index];
}

void
spool_catalog_void(struct spool_catalog *catalog, size_t index)
{
    struct spool_run *run = spool_catalog_run(catalog, index);

    atomic_fetch_sub(&catalog->records, run->count);
    run->count = 0;
}

/* Runs lie in the order of the segments: the oldest run is in the first segment that has any. */
void
spool_catalog_drop_run(struct spool_catalog *catalog)
{
    size_t at = catalog->segment_first;

    spool_catalog_void(catalog, 0);
    while (catalog->segments[at].run_count == 0)
        at++;
    assert(at < catalog->segment_end);
    catalog->segments[at].run_count--;
    catalog->run_first++;
}
