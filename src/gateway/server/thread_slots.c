/* thread_slots.c - the table of threads, and the search for the connection that is given up. */
#include "server/thread_slots.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/socket.h>

struct thread_slot {
    _Alignas(64) _Atomic int64_t idle_since_ms; /* 0: it waits for no client */
    _Atomic bool is_answering;
    _Atomic bool is_given_up;
    int file; /* written by its thread under the lock; others read it under the lock */
};

struct thread_slots {
    pthread_mutex_t lock;
    int64_t count;
    _Atomic int64_t taken;
    _Atomic int64_t connected;
    struct thread_slot *items;
};

struct thread_slots *
thread_slots_create(int64_t count)
{
    struct thread_slots *slots = calloc(1, sizeof *slots);

    if (slots == NULL)
        return NULL;
    slots->items =
        aligned_alloc(_Alignof(struct thread_slot), (size_t)count * sizeof *slots->items);
    if (slots->items == NULL) {
        free(slots);
        return NULL;
    }
    slots->count = count;
    pthread_mutex_init(&slots->lock, NULL);
    for (int64_t i = 0; i < count; i++)
        slots->items[i] = (struct thread_slot){.file = -1};
    return slots;
}

void
thread_slots_destroy(struct thread_slots **slots)
{
    if (*slots == NULL)
        return;
    pthread_mutex_destroy(&(*slots)->lock);
    free((*slots)->items);
    free(*slots);
    *slots = NULL;
}

struct thread_slot *
thread_slots_take(struct thread_slots *slots)
{
    return &slots->items[atomic_fetch_add(&slots->taken, 1)];
}

void
thread_slot_connect(struct thread_slots *slots, struct thread_slot *slot, int file, int64_t now_ms)
{
    pthread_mutex_lock(&slots->lock);
    slot->file = file;
    atomic_store(&slot->is_given_up, false);
    atomic_store(&slot->idle_since_ms, now_ms);
    atomic_fetch_add(&slots->connected, 1);
    pthread_mutex_unlock(&slots->lock);
}

void
thread_slot_disconnect(struct thread_slots *slots, struct thread_slot *slot)
{
    pthread_mutex_lock(&slots->lock);
    slot->file = -1;
    atomic_store(&slot->idle_since_ms, 0);
    atomic_fetch_sub(&slots->connected, 1);
    pthread_mutex_unlock(&slots->lock);
}

void
thread_slot_begin(struct thread_slot *slot)
{
    atomic_store_explicit(&slot->is_answering, true, memory_order_relaxed);
    atomic_store_explicit(&slot->idle_since_ms, 0, memory_order_relaxed);
}

void
thread_slot_end(struct thread_slot *slot, int64_t now_ms)
{
    atomic_store_explicit(&slot->idle_since_ms, now_ms, memory_order_relaxed);
    atomic_store_explicit(&slot->is_answering, false, memory_order_release);
}

int
thread_slot_file(const struct thread_slot *slot)
{
    return slot->file;
}

bool
thread_slot_is_given_up(const struct thread_slot *slot)
{
    return atomic_load_explicit(&slot->is_given_up, memory_order_relaxed);
}

int64_t
thread_slots_connected(const struct thread_slots *slots)
{
    return atomic_load_explicit(&slots->connected, memory_order_relaxed);
}

bool
thread_slots_are_answering(const struct thread_slots *slots)
{
    for (int64_t i = 0; i < slots->count; i++)
        if (atomic_load_explicit(&slots->items[i].is_answering, memory_order_acquire))
            return true;
    return false;
}

static struct thread_slot *
find_longest_idle(struct thread_slots *slots, const struct thread_slot *except)
{
    struct thread_slot *found = NULL;
    int64_t found_since_ms = INT64_MAX;

    for (int64_t i = 0; i < slots->count; i++) {
        struct thread_slot *slot = &slots->items[i];
        int64_t since_ms = atomic_load(&slot->idle_since_ms);

        if (slot == except || slot->file < 0 || since_ms == 0 || since_ms >= found_since_ms ||
            atomic_load(&slot->is_given_up))
            continue;
        found = slot;
        found_since_ms = since_ms;
    }
    return found;
}

/* Only reading ends: a request that is there already is read and answered, and then the connection closes. The lock keeps the
 * descriptor open: its thread takes it before the library closes it. */
bool
thread_slots_give_up_idle(struct thread_slots *slots, const struct thread_slot *except)
{
    struct thread_slot *slot;

    pthread_mutex_lock(&slots->lock);
    slot = find_longest_idle(slots, except);
    if (slot != NULL) {
        atomic_store(&slot->is_given_up, true);
        (void)shutdown(slot->file, SHUT_RD);
    }
    pthread_mutex_unlock(&slots->lock);
    return slot != NULL;
}
