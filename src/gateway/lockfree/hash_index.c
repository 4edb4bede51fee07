/* hash_index.c - buckets of chained nodes, published with release, followed with acquire.
 *
 * Life of a node: filled in -> linked at the head of its chain -> unlinked by one store to the link
 * before it -> retired -> freed. Its hash never changes; its link and its value change by one store
 * each. Growing builds a new array with new nodes and publishes it; the old array keeps its chains
 * as they are for the readers in it, and is retired with its nodes as one object. */

#include "lockfree/hash_index.h"

#include <assert.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { FIRST_BUCKET_COUNT = 256, GROWTH = 2 };

struct node {
    _Atomic(struct node *) next;
    uint64_t hash;
    _Atomic(void *) value;
};

struct buckets {
    size_t count; /* a power of two */
    _Atomic(struct node *) heads[];
};

struct hash_index {
    _Atomic(struct buckets *) current;
    struct epoch_domain *epochs;
    _Atomic size_t count; /* written by the writer, read by anybody */
};

static struct buckets *
make_buckets(size_t count)
{
    struct buckets *buckets = calloc(1, sizeof *buckets + count * sizeof buckets->heads[0]);

    if (buckets != NULL)
        buckets->count = count;
    return buckets;
}

/* The low bits pick the bucket: callers mix their hashes. */
static _Atomic(struct node *) *
head_of(struct buckets *buckets, uint64_t hash)
{
    return &buckets->heads[hash & (buckets->count - 1)];
}

static struct node *
hash_index_follow(const _Atomic(struct node *) *link)
{
    return atomic_load_explicit(link, memory_order_acquire);
}

static void
free_buckets(void *object)
{
    struct buckets *buckets = object;

    for (size_t i = 0; i < buckets->count; i++) {
        struct node *node = hash_index_follow(&buckets->heads[i]);

        while (node != NULL) {
            struct node *next = hash_index_follow(&node->next);

            free(node);
            node = next;
        }
    }
    free(buckets);
}

static struct buckets *
buckets_of(const struct hash_index *index)
{
    return atomic_load_explicit(&index->current, memory_order_acquire);
}

struct hash_index *
hash_index_create(struct epoch_domain *epochs)
{
    struct hash_index *index = calloc(1, sizeof *index);
    struct buckets *buckets = make_buckets(FIRST_BUCKET_COUNT);

    if (index == NULL || buckets == NULL) {
        free(index);
        free(buckets);
        return NULL;
    }
    index->epochs = epochs;
    atomic_init(&index->current, buckets);
    return index;
}

void
hash_index_destroy(struct hash_index **index, hash_index_visit *visit, void *context)
{
    if (*index == NULL)
        return;
    if (visit != NULL)
        hash_index_each(*index, visit, context);
    free_buckets(buckets_of(*index));
    free(*index);
    *index = NULL;
}

void *
hash_index_find(const struct hash_index *index, uint64_t hash, hash_index_is_equal *is_equal,
                const void *key)
{
    struct node *node = hash_index_follow(head_of(buckets_of(index), hash));

    for (; node != NULL; node = hash_index_follow(&node->next)) {
        if (node->hash != hash)
            continue;

        void *value = atomic_load_explicit(&node->value, memory_order_acquire);

        if (is_equal(value, key))
            return value;
    }
    return NULL;
}

/* Links a new node into a chain; the release store publishes it. */
static bool
hash_index_add(struct buckets *buckets, uint64_t hash, void *value)
{
    _Atomic(struct node *) *head = head_of(buckets, hash);
    struct node *node = malloc(sizeof *node);

    if (node == NULL)
        return false;
    node->hash = hash;
    atomic_init(&node->value, value);
    atomic_init(&node->next, hash_index_follow(head));
    atomic_store_explicit(head, node, memory_order_release);
    return true;
}

/* Adds what a chain holds to other buckets. False: no memory. */
static bool
add_chain(struct buckets *buckets, const struct node *node)
{
    for (; node != NULL; node = hash_index_follow(&node->next))
        if (!hash_index_add(buckets, node->hash,
                            atomic_load_explicit(&node->value, memory_order_relaxed)))
            return false;
    return true;
}

/* All that old holds again, in a larger array. NULL: no memory. */
static struct buckets *
hash_index_rebuild(const struct buckets *old)
{
    struct buckets *larger = make_buckets(old->count * GROWTH);

    for (size_t i = 0; larger != NULL && i < old->count; i++) {
        if (!add_chain(larger, hash_index_follow(&old->heads[i]))) {
            free_buckets(larger);
            larger = NULL;
        }
    }
    return larger;
}

/* Without memory the chains just get longer. */
static void
hash_index_grow(struct hash_index *index)
{
    struct buckets *old = buckets_of(index);
    struct buckets *larger = hash_index_rebuild(old);

    if (larger == NULL)
        return;
    atomic_store_explicit(&index->current, larger, memory_order_release);
    epoch_retire(index->epochs, old, free_buckets);
}

bool
hash_index_insert(struct hash_index *index, uint64_t hash, void *value)
{
    if (!hash_index_add(buckets_of(index), hash, value))
        return false;
    if (atomic_fetch_add_explicit(&index->count, 1, memory_order_relaxed) >=
        buckets_of(index)->count)
        hash_index_grow(index);
    return true;
}

/* The link that leads to the node of a value. */
static _Atomic(struct node *) *
link_to(struct hash_index *index, uint64_t hash, const void *value)
{
    _Atomic(struct node *) *link = head_of(buckets_of(index), hash);
    struct node *node = hash_index_follow(link);

    while (node != NULL && atomic_load_explicit(&node->value, memory_order_relaxed) != value) {
        link = &node->next;
        node = hash_index_follow(link);
    }
    assert(node != NULL);
    return link;
}

void
hash_index_replace(struct hash_index *index, uint64_t hash, const void *old, void *value)
{
    atomic_store_explicit(&hash_index_follow(link_to(index, hash, old))->value, value,
                          memory_order_release);
}

void
hash_index_remove(struct hash_index *index, uint64_t hash, const void *value)
{
    _Atomic(struct node *) *link = link_to(index, hash, value);
    struct node *node = hash_index_follow(link);

    atomic_store_explicit(link, hash_index_follow(&node->next), memory_order_release);
    atomic_fetch_sub_explicit(&index->count, 1, memory_order_relaxed);
    epoch_retire(index->epochs, node, free);
}

void
hash_index_each(struct hash_index *index, hash_index_visit *visit, void *context)
{
    struct buckets *buckets = buckets_of(index);

    for (size_t i = 0; i < buckets->count; i++) {
        struct node *node = hash_index_follow(&buckets->heads[i]);

        while (node != NULL) {
            struct node *next = hash_index_follow(&node->next);

            visit(context, atomic_load_explicit(&node->value, memory_order_relaxed));
            node = next;
        }
    }
}

bool
hash_index_walk(const struct hash_index *index, size_t *cursor, hash_index_step *step,
                void *context)
{
    struct buckets *buckets = buckets_of(index);

    for (; *cursor < buckets->count; ++*cursor) {
        struct node *node = hash_index_follow(&buckets->heads[*cursor]);

        for (; node != NULL; node = hash_index_follow(&node->next))
            if (!step(context, atomic_load_explicit(&node->value, memory_order_relaxed)))
                return false;
    }
    return true;
}

size_t
hash_index_count(const struct hash_index *index)
{
    return atomic_load_explicit(&index->count, memory_order_relaxed);
}
