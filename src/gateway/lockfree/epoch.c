/* epoch.c - epoch-based reclamation: an object is freed when no reader can be at it any more.
 *
 * The domain's epoch counts retirements. A reader's slot holds the epoch it entered at, 0 while it
 * is out. An object retired at epoch e (the count before its retirement) was unlinked before the
 * count moved on, so a reader that entered at a later epoch cannot have found it: it is freed when
 * no slot holds 1..e.
 *
 * Life of an object: linked -> unlinked by its writer -> retired (in the list) -> freed. Any thread
 * pushes to the list, the one that reclaims takes it whole: there is no lock.
 *
 * Why no fence: entering stores the slot and then loads the epoch, retiring adds to the epoch and
 * then loads the slots, all sequentially consistent. Either the one who reclaims sees the slot
 * taken, or the reader's load sees the epoch moved on and with it everything that was unlinked
 * before. */

#include "lockfree/epoch.h"

#include <assert.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

enum { CACHE_LINE_SIZE = 64, RECLAIM_EVERY = 64 };

/* One cache line each: a reader's entering and leaving disturbs no other reader. */
struct epoch_slot {
    _Alignas(CACHE_LINE_SIZE) _Atomic uint64_t entered; /* 0: out */
    _Atomic bool is_taken;
    struct epoch_domain *domain;
};

struct retiree {
    struct retiree *next;
    void *object;
    void (*free_object)(void *);
    uint64_t epoch;
};

struct epoch_domain {
    _Alignas(CACHE_LINE_SIZE) _Atomic uint64_t epoch; /* from 1; written by retirements only */
    _Alignas(CACHE_LINE_SIZE) _Atomic(struct retiree *) retirees;
    size_t slot_count;
    struct epoch_slot *slots;
};

static void *
allocate_lines(size_t size)
{
    void *memory = aligned_alloc(CACHE_LINE_SIZE, size);

    if (memory == NULL)
        log_fatal("epoch: no memory for %zu bytes", size);
    memset(memory, 0, size);
    return memory;
}

struct epoch_domain *
epoch_domain_create(size_t slot_count)
{
    struct epoch_domain *domain = allocate_lines(sizeof *domain);

    assert(slot_count > 0 && slot_count < SIZE_MAX / sizeof *domain->slots);
    domain->slots = allocate_lines(slot_count * sizeof *domain->slots);
    domain->slot_count = slot_count;
    for (size_t i = 0; i < slot_count; i++)
        domain->slots[i].domain = domain;
    atomic_store(&domain->epoch, 1);
    return domain;
}

struct epoch_slot *
epoch_slot_take(struct epoch_domain *domain)
{
    for (size_t i = 0; i < domain->slot_count; i++) {
        bool is_taken = false;

        if (atomic_compare_exchange_strong(&domain->slots[i].is_taken, &is_taken, true))
            return &domain->slots[i];
    }
    return NULL;
}

void
epoch_slot_give(struct epoch_slot **slot)
{
    if (*slot == NULL)
        return;
    assert(atomic_load(&(*slot)->entered) == 0);
    atomic_store(&(*slot)->is_taken, false);
    *slot = NULL;
}

void
epoch_enter(struct epoch_slot *slot)
{
    struct epoch_domain *domain = slot->domain;

    assert(atomic_load_explicit(&slot->entered, memory_order_relaxed) == 0);
    atomic_store(&slot->entered, atomic_load(&domain->epoch));
    /* What was unlinked before an epoch seen here is out of this reader's sight; see the top. */
    (void)atomic_load(&domain->epoch);
}

void
epoch_leave(struct epoch_slot *slot)
{
    assert(atomic_load_explicit(&slot->entered, memory_order_relaxed) != 0);
    atomic_store_explicit(&slot->entered, 0, memory_order_release);
}

/* The oldest epoch that a reader is still in; UINT64_MAX when none is. */
static uint64_t
find_oldest(struct epoch_domain *domain)
{
    uint64_t oldest = UINT64_MAX;

    for (size_t i = 0; i < domain->slot_count; i++) {
        uint64_t entered = atomic_load(&domain->slots[i].entered);

        if (entered != 0 && entered < oldest)
            oldest = entered;
    }
    return oldest;
}

/* Pushes the chain first..last. */
static void
epoch_push(struct epoch_domain *domain, struct retiree *first, struct retiree *last)
{
    last->next = atomic_load_explicit(&domain->retirees, memory_order_relaxed);
    while (!atomic_compare_exchange_weak_explicit(&domain->retirees, &last->next, first,
                                                  memory_order_release, memory_order_relaxed))
        continue;
}

void
epoch_reclaim(struct epoch_domain *domain)
{
    struct retiree *taken = atomic_exchange(&domain->retirees, NULL);
    struct retiree *kept = NULL;
    struct retiree *kept_last = NULL;
    uint64_t oldest = taken != NULL ? find_oldest(domain) : 0;

    while (taken != NULL) {
        struct retiree *retiree = taken;

        taken = retiree->next;
        if (retiree->epoch < oldest) {
            retiree->free_object(retiree->object);
            free(retiree);
            continue;
        }
        retiree->next = kept;
        kept = retiree;
        if (kept_last == NULL)
            kept_last = retiree;
    }
    if (kept != NULL)
        epoch_push(domain, kept, kept_last);
}

void
epoch_retire(struct epoch_domain *domain, void *object, void (*free_object)(void *))
{
    struct retiree *retiree = malloc(sizeof *retiree);
    uint64_t epoch = atomic_fetch_add(&domain->epoch, 1);

    if (retiree == NULL) {
        /* The writer is no reader, and readers never stay: waiting for them needs no memory. */
        while (find_oldest(domain) <= epoch)
            sched_yield();
        free_object(object);
        return;
    }
    *retiree = (struct retiree){.object = object, .free_object = free_object, .epoch = epoch};
    epoch_push(domain, retiree, retiree);
    if (epoch % RECLAIM_EVERY == 0)
        epoch_reclaim(domain);
}

void
epoch_domain_destroy(struct epoch_domain **domain)
{
    if (*domain == NULL)
        return;
    assert(find_oldest(*domain) == UINT64_MAX);
    /* A free function may retire more. */
    while (atomic_load(&(*domain)->retirees) != NULL)
        epoch_reclaim(*domain);
    free((*domain)->slots);
    free(*domain);
    *domain = NULL;
}
