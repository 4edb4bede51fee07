/* spool_ring.c - committing records to a ring, and finding them again after a kill. */

#include "spool/spool_ring.h"

#include <assert.h>
#include <stdatomic.h>
#include <string.h>

static struct usage_record *
place_of(const struct spool_ring *ring, int64_t sequence)
{
    return &ring->records[(sequence - 1) & (ring->capacity - 1)];
}

/* A record that was committed at this place; a torn one or an empty place is none. */
static bool
is_committed(const struct spool_ring *ring, const struct usage_record *place)
{
    return place->sequence >= 1 && place->sequence <= SPOOL_SEQUENCE_MAX &&
           place_of(ring, place->sequence) == place &&
           place->checksum == usage_record_checksum(place);
}

static int64_t
find_newest(const struct spool_ring *ring)
{
    int64_t newest = 0;

    for (int64_t i = 0; i < ring->capacity; i++)
        if (ring->records[i].sequence > newest && is_committed(ring, &ring->records[i]))
            newest = ring->records[i].sequence;
    return newest;
}

/* Records that head does not reach must not be taken for later ones. */
static void
clear_behind(struct spool_ring *ring, int64_t head)
{
    for (int64_t i = 0; i < ring->capacity; i++)
        if (ring->records[i].sequence > head)
            memset(&ring->records[i], 0, sizeof ring->records[i]);
}

static void
find_head(struct spool_ring *ring)
{
    int64_t released = atomic_load_explicit(&ring->page->released, memory_order_relaxed);
    int64_t newest = find_newest(ring);
    int64_t head;

    if (released < 0 || released > SPOOL_SEQUENCE_MAX)
        released = 0;
    /* A place is written again only after its record was released. */
    if (newest - ring->capacity > released)
        released = newest - ring->capacity;
    head = released;
    while (head < released + ring->capacity && place_of(ring, head + 1)->sequence == head + 1 &&
           is_committed(ring, place_of(ring, head + 1)))
        head++;
    clear_behind(ring, head);
    atomic_store_explicit(&ring->page->released, released, memory_order_relaxed);
    atomic_store_explicit(&ring->head, head, memory_order_release);
}

/* Where no record was ever written there is none to be found. */
static void
keep_released(struct spool_ring *ring)
{
    int64_t released = atomic_load_explicit(&ring->page->released, memory_order_relaxed);

    if (released < 0 || released > SPOOL_SEQUENCE_MAX)
        released = 0;
    atomic_store_explicit(&ring->page->released, released, memory_order_relaxed);
    atomic_store_explicit(&ring->head, released, memory_order_release);
}

void
spool_ring_recover(struct spool_ring *ring, const struct spool_file *file, size_t index)
{
    ring->file = file;
    ring->page = &file->pages[index];
    ring->records = file->records + index * file->shape.ring_records;
    ring->capacity = (int64_t)file->shape.ring_records;
    atomic_init(&ring->is_taken, false);
    atomic_init(&ring->head, 0);
    /* Reading places that were never written would fill memory with their zeros. */
    if (atomic_load_explicit(&ring->page->is_used, memory_order_relaxed) != 0)
        find_head(ring);
    else
        keep_released(ring);
}

int64_t
spool_ring_head(const struct spool_ring *ring)
{
    return atomic_load_explicit(&ring->head, memory_order_acquire);
}

int64_t
spool_ring_released(const struct spool_ring *ring)
{
    return atomic_load_explicit(&ring->page->released, memory_order_acquire);
}

/* Before the first record of a writer. */
static bool
ring_reserve(struct spool_ring *ring)
{
    if (ring->is_reserved)
        return true;
    ring->is_reserved = spool_file_reserve(ring->file, ring->records);
    if (ring->is_reserved)
        atomic_store(&ring->page->is_used, 1);
    return ring->is_reserved;
}

bool
spool_ring_has_room(struct spool_ring *ring)
{
    return ring_reserve(ring) &&
           atomic_load_explicit(&ring->head, memory_order_relaxed) - spool_ring_released(ring) <
               ring->capacity;
}

bool
spool_ring_append(struct spool_ring *ring, struct usage_record *record)
{
    int64_t sequence = atomic_load_explicit(&ring->head, memory_order_relaxed) + 1;

    if (!spool_ring_has_room(ring))
        return false;
    record->sequence = sequence;
    record->checksum = usage_record_checksum(record);
    *place_of(ring, sequence) = *record;
    atomic_store_explicit(&ring->head, sequence, memory_order_release);
    return true;
}

void
spool_ring_release(struct spool_ring *ring, int64_t sequence)
{
    assert(sequence <= spool_ring_head(ring));
    if (sequence > spool_ring_released(ring))
        atomic_store_explicit(&ring->page->released, sequence, memory_order_release);
}

const struct usage_record *
spool_ring_run(const struct spool_ring *ring, int64_t first, size_t *count)
{
    const struct usage_record *start = place_of(ring, first);
    int64_t waiting = spool_ring_head(ring) - first + 1;
    int64_t to_end = ring->capacity - (start - ring->records);
    int64_t most = waiting < to_end ? waiting : to_end;

    assert(most > 0);
    if (*count > (size_t)most)
        *count = (size_t)most;
    return start;
}
