/* near_cache.c - the near cache: a hash index for readers, a SIEVE queue and purges for writers.
 *
 * Lock rules: `lock` is taken by writers alone (put, add_gzip, purge, empty) and guards queue, purges
 * and every write to the index. Readers pin the epoch instead. Counters are atomic:
 * anybody frees, anybody asks.
 *
 * Bytes: every entry counts in total_bytes from before it is made until it is freed, in hidden_bytes while it is HIDDEN
 * (the phases stand in near_cache.h). Evicting makes up for what is PUBLISHED or HELD; what is hidden is gone in
 * microseconds, for that a sixteenth of the budget is kept free. So a reader that was descheduled while pinned costs no
 * entry, and total_bytes never passes the budget. */

#include "near/near_cache.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "lockfree/hash_index.h"

enum {
    CACHE_LINE_SIZE = 64,
    ALLOCATION_SIZE = 16, /* what malloc adds */
    LARGEST_SHARE = 8,    /* of the budget, for one entry */
    HIDDEN_SHARE = 16,    /* of the budget, for hidden entries */
    PURGES_REMEMBERED = 4096,
    OUTDATED_AFTER_MS = 100, /* ages are taken from clocks that tick in some milliseconds */
};

struct near_cache {
    /* read by every hit */
    struct hash_index *index;
    struct epoch_domain *epochs;
    uint64_t seed[2];
    size_t budget_bytes;
    _Atomic int64_t valid_until_mono_ms;
    /* writers */
    _Alignas(CACHE_LINE_SIZE) pthread_mutex_t lock;
    struct sieve queue;
    _Atomic int64_t purge_number; /* purges.newest, for those without the lock */
    struct purge_ring purges;
    struct purge remembered[PURGES_REMEMBERED];
    /* anybody */
    _Alignas(CACHE_LINE_SIZE) _Atomic size_t total_bytes;
    _Atomic size_t hidden_bytes;
    _Atomic int64_t evictions;
};

/* Seeded, so that nobody can aim at one bucket; what is found is compared whole. */
static uint64_t
hash_of(const struct near_cache *cache, struct bytes signature)
{
    __extension__ typedef unsigned __int128 uint128;
    uint64_t hash = cache->seed[0] ^ signature.size;
    uint64_t words[2];
    uint128 product;

    for (size_t at = 0; at < signature.size; at += sizeof words) {
        size_t rest = signature.size - at;

        words[0] = words[1] = 0;
        memcpy(words, signature.data + at, rest < sizeof words ? rest : sizeof words);
        product = (uint128)(words[0] ^ hash) * (words[1] ^ cache->seed[1]);
        hash = (uint64_t)product ^ (uint64_t)(product >> 64);
    }
    return hash;
}

static bool
is_named(const void *value, const void *signature)
{
    const struct near_entry *entry = value;

    return bytes_equal(entry->signature, *(const struct bytes *)signature);
}

struct near_cache *
near_cache_create(struct epoch_domain *epochs, size_t budget_bytes)
{
    struct near_cache *cache = aligned_alloc(CACHE_LINE_SIZE, sizeof *cache);

    if (cache == NULL)
        return NULL;
    memset(cache, 0, sizeof *cache);
    cache->epochs = epochs;
    cache->budget_bytes = budget_bytes;
    sieve_init(&cache->queue);
    purge_ring_init(&cache->purges, cache->remembered, PURGES_REMEMBERED, 0);
    cache->index = hash_index_create(epochs);
    if (cache->index == NULL || getrandom(cache->seed, sizeof cache->seed, 0) < 0) {
        hash_index_destroy(&cache->index, NULL, NULL);
        free(cache);
        return NULL;
    }
    pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

struct near_entry *
near_cache_find(struct near_cache *cache, struct bytes signature, int64_t now_mono_ms)
{
    if (now_mono_ms >= atomic_load_explicit(&cache->valid_until_mono_ms, memory_order_acquire))
        return NULL;

    struct near_entry *entry =
        hash_index_find(cache->index, hash_of(cache, signature), is_named, &signature);

    if (entry == NULL || now_mono_ms >= entry->node.expires_mono_ms)
        return NULL;
    /* Pinned: the cache's own reference cannot have been dropped yet. */
    atomic_fetch_add_explicit(&entry->references, 1, memory_order_relaxed);
    if (atomic_load_explicit(&entry->node.was_read, memory_order_relaxed) == 0)
        atomic_store_explicit(&entry->node.was_read, 1, memory_order_relaxed);
    return entry;
}

void
near_entry_release(struct near_entry **entry)
{
    struct near_entry *dropped = *entry;

    *entry = NULL;
    if (dropped == NULL ||
        atomic_fetch_sub_explicit(&dropped->references, 1, memory_order_acq_rel) != 1)
        return;
    atomic_fetch_sub(&dropped->cache->total_bytes, dropped->size_bytes);
    free((void *)(uintptr_t)near_entry_gzip(dropped));
    free(dropped);
}

/* No reader can find it any more: the cache's reference goes. */
static void
on_unseen(void *object)
{
    struct near_entry *entry = object;

    atomic_fetch_sub(&entry->cache->hidden_bytes, entry->size_bytes);
    near_entry_release(&entry);
}

static struct near_entry *
entry_of_node(struct sieve_node *node)
{
    return (struct near_entry *)((char *)node - offsetof(struct near_entry, node));
}

/* Locked. The entry is out of the index already. */
static void
near_cache_retire(struct near_cache *cache, struct near_entry *entry)
{
    sieve_remove(&cache->queue, &entry->node);
    entry->is_linked = false;
    atomic_fetch_add(&cache->hidden_bytes, entry->size_bytes);
    epoch_retire(cache->epochs, entry, on_unseen);
}

/* Locked. */
static void
near_cache_drop(struct near_cache *cache, struct near_entry *entry)
{
    hash_index_remove(cache->index, hash_of(cache, entry->signature), entry);
    near_cache_retire(cache, entry);
}

/* Locked. Bytes that evicting must make up for. */
static size_t
lasting_bytes(const struct near_cache *cache)
{
    size_t hidden = atomic_load(&cache->hidden_bytes);
    size_t total = atomic_load(&cache->total_bytes);

    return total > hidden ? total - hidden : 0;
}

/* Takes need bytes out of the budget, evicting for them. False: too much is referenced. */
static bool
near_cache_reserve(struct near_cache *cache, size_t need, int64_t now_mono_ms)
{
    size_t bound = cache->budget_bytes - cache->budget_bytes / HIDDEN_SHARE;
    struct sieve_node *victim;
    bool is_there;

    pthread_mutex_lock(&cache->lock);
    while (lasting_bytes(cache) + need > bound &&
           (victim = sieve_pick(&cache->queue, now_mono_ms)) != NULL) {
        near_cache_drop(cache, entry_of_node(victim));
        atomic_fetch_add_explicit(&cache->evictions, 1, memory_order_relaxed);
    }
    if (atomic_load(&cache->total_bytes) + need > cache->budget_bytes)
        epoch_reclaim(cache->epochs);
    is_there = atomic_load(&cache->total_bytes) + need <= cache->budget_bytes;
    if (is_there)
        atomic_fetch_add(&cache->total_bytes, need);
    pthread_mutex_unlock(&cache->lock);
    return is_there;
}

/* What a gzip variant takes. */
static size_t
gzip_size(const struct variant *gzip)
{
    return variant_is_made(gzip) ? sizeof *gzip + variant_size(gzip) + ALLOCATION_SIZE : 0;
}

/* With its bytes, in one allocation. NULL: no memory. */
static struct variant *
copy_gzip(const struct variant *gzip)
{
    struct variant *copy = malloc(sizeof *copy + variant_size(gzip));
    uint8_t *end;

    if (copy == NULL)
        return NULL;
    end = (uint8_t *)(copy + 1);
    *copy = *gzip;
    copy->head = bytes_place(&end, gzip->head);
    copy->body = bytes_place(&end, gzip->body);
    return copy;
}

/* All runs of bytes but gzip's stand behind the entry, in one allocation. NULL: no memory. */
static struct near_entry *
make_entry(struct near_cache *cache, const struct near_entry_source *source, size_t size,
           int64_t now_mono_ms)
{
    bool has_gzip = variant_is_made(&source->gzip);
    struct variant *gzip = has_gzip ? copy_gzip(&source->gzip) : NULL;
    struct near_entry *entry =
        malloc(size - gzip_size(&source->gzip) - ALLOCATION_SIZE - HASH_INDEX_ENTRY_SIZE);
    uint8_t *end;

    if (entry == NULL || (has_gzip && gzip == NULL)) {
        free(entry);
        free(gzip);
        return NULL;
    }
    end = (uint8_t *)(entry + 1);
    *entry = (struct near_entry){
        .meta = source->meta,
        .stored_mono_ms = now_mono_ms,
        .age_ms = source->age_ms,
        .node.expires_mono_ms = now_mono_ms + source->fresh_for_ms,
        .size_bytes = size,
        .content = source->content,
        .cache = cache,
    };
    memcpy(entry->cache_key, source->cache_key, sizeof entry->cache_key);
    atomic_init(&entry->references, 1);
    atomic_init(&entry->gzip, gzip);
    entry->signature = bytes_place(&end, source->signature);
    entry->route = bytes_place(&end, source->route);
    entry->content.plain.head = bytes_place(&end, source->content.plain.head);
    entry->content.plain.body = bytes_place(&end, source->content.plain.body);
    return entry;
}

/* There is a response that was made later than the new one, and it is still good. */
static bool
is_outdated(const struct near_entry *entry, const struct near_entry *than)
{
    return than->node.expires_mono_ms > entry->stored_mono_ms &&
           than->stored_mono_ms - than->age_ms >
               entry->stored_mono_ms - entry->age_ms + OUTDATED_AFTER_MS;
}

/* Locked. PURGED, NO_MEMORY, CONFLICT (a later response is there), or OK: published. */
static enum status
near_cache_publish(struct near_cache *cache, struct near_entry *entry)
{
    uint64_t hash = hash_of(cache, entry->signature);
    struct near_entry *old = hash_index_find(cache->index, hash, is_named, &entry->signature);

    if (purge_ring_matches(&cache->purges, entry->meta.purge_number, entry->route,
                           entry->meta.created_wall_ms, entry->meta.expires_wall_ms))
        return STATUS_PURGED;
    if (old != NULL && is_outdated(entry, old))
        return STATUS_CONFLICT;
    if (old == NULL && !hash_index_insert(cache->index, hash, entry))
        return STATUS_NO_MEMORY;
    if (old != NULL) {
        hash_index_replace(cache->index, hash, old, entry);
        near_cache_retire(cache, old);
    }
    sieve_add(&cache->queue, &entry->node);
    entry->is_linked = true;
    return STATUS_OK;
}

enum status
near_cache_put(struct near_cache *cache, const struct near_entry_source *source,
               int64_t now_mono_ms)
{
    size_t size = sizeof(struct near_entry) + source->signature.size + source->route.size +
                  variant_size(&source->content.plain) + gzip_size(&source->gzip) +
                  ALLOCATION_SIZE + HASH_INDEX_ENTRY_SIZE;

    if (size > cache->budget_bytes / LARGEST_SHARE || !near_cache_reserve(cache, size, now_mono_ms))
        return STATUS_NO_MEMORY;

    struct near_entry *entry = make_entry(cache, source, size, now_mono_ms);

    if (entry == NULL) {
        atomic_fetch_sub(&cache->total_bytes, size);
        return STATUS_NO_MEMORY;
    }

    pthread_mutex_lock(&cache->lock);
    enum status status = near_cache_publish(cache, entry);
    pthread_mutex_unlock(&cache->lock);
    if (status != STATUS_OK)
        near_entry_release(&entry);
    return status == STATUS_CONFLICT ? STATUS_OK : status;
}

/* What a claimed entry's gzip points to until there is one: a variant that is not made. */
static const struct variant claimed;

bool
near_entry_claim_gzip(struct near_entry *entry)
{
    const struct variant *none = NULL;

    return atomic_load_explicit(&entry->gzip, memory_order_relaxed) == NULL &&
           atomic_compare_exchange_strong_explicit(&entry->gzip, &none, &claimed,
                                                   memory_order_relaxed, memory_order_relaxed);
}

/* Locked. Whoever frees the entry now gives back the bytes of both. */
static bool
entry_take_gzip(struct near_entry *entry, const struct variant *gzip)
{
    if (gzip == NULL || !entry->is_linked)
        return false;
    entry->size_bytes += gzip_size(gzip);
    atomic_store_explicit(&entry->gzip, gzip, memory_order_release);
    return true;
}

/* size_bytes may be read without the lock: only who has the claim changes it. */
void
near_entry_add_gzip(struct near_entry *entry, const struct variant *gzip, int64_t now_mono_ms)
{
    struct near_cache *cache = entry->cache;
    size_t size = gzip_size(gzip);
    struct variant *copy;
    bool is_added;

    if (entry->size_bytes + size > cache->budget_bytes / LARGEST_SHARE ||
        !near_cache_reserve(cache, size, now_mono_ms))
        return;
    copy = copy_gzip(gzip);
    pthread_mutex_lock(&cache->lock);
    is_added = entry_take_gzip(entry, copy);
    pthread_mutex_unlock(&cache->lock);
    if (is_added)
        return;
    atomic_fetch_sub(&cache->total_bytes, size);
    free(copy);
}

/* Locked. */
static void
empty(struct near_cache *cache, int64_t number)
{
    struct sieve_node *node, *next;

    TAILQ_FOREACH_SAFE (node, &cache->queue.nodes, link, next)
        near_cache_drop(cache, entry_of_node(node));
    purge_ring_init(&cache->purges, cache->remembered, PURGES_REMEMBERED, number);
}

/* Locked. All purges before number have been applied to what is here. */
static void
purge(struct near_cache *cache, int64_t number, const struct purge_scope *scope)
{
    struct sieve_node *node, *next;

    purge_ring_add(&cache->purges, number, scope);
    TAILQ_FOREACH_SAFE (node, &cache->queue.nodes, link, next) {
        struct near_entry *entry = entry_of_node(node);

        if (entry->meta.purge_number < number &&
            purge_scope_matches(scope, entry->route, entry->meta.created_wall_ms,
                                entry->meta.expires_wall_ms))
            near_cache_drop(cache, entry);
    }
}

void
near_cache_purge(struct near_cache *cache, int64_t number, const struct purge_scope *scope)
{
    pthread_mutex_lock(&cache->lock);
    if (number > cache->purges.newest) {
        /* Purges in between were missed: whatever they named may be here. */
        if (number - 1 != cache->purges.newest)
            empty(cache, number - 1);
        purge(cache, number, scope);
    }
    atomic_store(&cache->purge_number, cache->purges.newest);
    pthread_mutex_unlock(&cache->lock);
    epoch_reclaim(cache->epochs);
}

void
near_cache_empty(struct near_cache *cache, int64_t number)
{
    pthread_mutex_lock(&cache->lock);
    empty(cache, number);
    atomic_store(&cache->purge_number, number);
    pthread_mutex_unlock(&cache->lock);
    epoch_reclaim(cache->epochs);
}

void
near_cache_destroy(struct near_cache **cache)
{
    if (*cache == NULL)
        return;
    near_cache_empty(*cache, 0);
    assert(atomic_load(&(*cache)->total_bytes) == 0);
    hash_index_destroy(&(*cache)->index, NULL, NULL);
    pthread_mutex_destroy(&(*cache)->lock);
    free(*cache);
    *cache = NULL;
}

int64_t
near_cache_purge_number(struct near_cache *cache)
{
    return atomic_load(&cache->purge_number);
}

void
near_cache_lease(struct near_cache *cache, int64_t mono_ms)
{
    atomic_store_explicit(&cache->valid_until_mono_ms, mono_ms, memory_order_release);
}

size_t
near_cache_count(const struct near_cache *cache)
{
    return hash_index_count(cache->index);
}

size_t
near_cache_bytes(const struct near_cache *cache)
{
    return atomic_load(&cache->total_bytes);
}

int64_t
near_cache_evictions(const struct near_cache *cache)
{
    return atomic_load_explicit(&cache->evictions, memory_order_relaxed);
}
