/* near_cache.h - the near cache: responses in this gateway's own memory, in front of the cache actor and of what it stores
 * (L1, L2). It is the level `memory` of X-Cache-Level and of the metrics. Every worker reads it without a lock.
 */
/*-
 * Life of an entry:
 *
 *   phase       begins with                                    who can reach it
 *   MADE        near_cache_put                                 its maker
 *   PUBLISHED   in the index, unless a later purge matches     every reader: pinned, it finds the entry and takes one
 *               it; one step with that check                   reference; the cache holds one
 *   HIDDEN      evicted, replaced, purged or emptied:          readers that were pinned before
 *               out of the index, retired
 *   HELD        no reader is pinned any more: the cache's      who took a reference; it still counts against the budget
 *               reference goes
 *   freed       the last reference goes                        nobody
 *
 * An entry is immutable from PUBLISHED on, but for two things: a hit sets one bit (SIEVE) and moves nothing, and the gzip
 * variant is added once, by the first worker that claims it: readers see none or all of it.
 *
 * Writers (a worker whose miss was answered, the listener) take the writer lock; readers never do.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/queue.h"
#include "http/representation.h"
#include "lockfree/epoch.h"
#include "near/sieve.h"
#include "purge.h"
#include "response_meta.h"
#include "status.h"

struct near_cache;

struct near_entry {
    /* immutable */
    uint8_t cache_key[16];
    struct bytes signature;
    struct bytes route;
    struct content content;    /* the plain variant, ready to be written */
    struct response_meta meta; /* its times are what purges ask */
    int64_t stored_mono_ms;    /* when it was put */
    int64_t age_ms;            /* at that moment */
    /* shared, atomic */
    _Atomic uint32_t references;
    _Atomic(const struct variant *) gzip; /* near_entry_gzip; a variant that is not made: claimed */
    /* owned by the writer lock */
    struct sieve_node node; /* its expires_mono_ms: fresh until; was_read: shared, atomic */
    bool is_linked;         /* PUBLISHED */
    size_t size_bytes;      /* all of it, for the budget */
    struct near_cache *cache;
};

struct near_entry_source {
    uint8_t cache_key[16];
    struct bytes signature, route;
    struct content content;
    struct variant gzip; /* may be not made */
    struct response_meta meta;
    int64_t age_ms;
    int64_t fresh_for_ms;
};

/* budget_bytes 0: a cache that keeps nothing. */
struct near_cache *near_cache_create(struct epoch_domain *epochs, size_t budget_bytes);
void near_cache_destroy(struct near_cache **cache);

/* Reader, pinned. NULL: none, expired, or the lease has run out. The caller owns one
 * reference: near_entry_release. */
struct near_entry *near_cache_find(struct near_cache *cache, struct bytes signature,
                                   int64_t now_mono_ms);
void near_entry_release(struct near_entry **entry);

/* NULL: none, or not yet. */
static inline const struct variant *
near_entry_gzip(const struct near_entry *entry)
{
    const struct variant *gzip = atomic_load_explicit(&entry->gzip, memory_order_acquire);

    return gzip != NULL && variant_is_made(gzip) ? gzip : NULL;
}

/* True for one caller in the entry's life, if it has no gzip variant: who gets it makes one and adds it. */
bool near_entry_claim_gzip(struct near_entry *entry);
/* Copies the variant into the entry, whose reference the caller holds. An entry that is not PUBLISHED any more, or too
 * large for the budget with it, stays without. */
void near_entry_add_gzip(struct near_entry *entry, const struct variant *gzip, int64_t now_mono_ms);

/* Copies source and publishes it; an entry of the same signature that is fresh and was generated
 * later than source (now - age_ms) stays in its place, which is OK too. PURGED: a later purge
 * matches, or its purge number is older than what is remembered; NO_MEMORY: larger than an eighth
 * of the budget, or the budget is all referenced. */
enum status near_cache_put(struct near_cache *cache, const struct near_entry_source *source,
                           int64_t now_mono_ms);
/* A purge: drops what was fetched before it and matches, and remembers it for entries still under way. Numbers are
 * consecutive: a repeated one does nothing, after a gap everything fetched before it is dropped. */
void near_cache_purge(struct near_cache *cache, int64_t number, const struct purge_scope *scope);
/* Drops everything; from now on only entries with purge_number >= number are taken. */
void near_cache_empty(struct near_cache *cache, int64_t number);
int64_t near_cache_purge_number(struct near_cache *cache);

/* The listener vouches for what is here until mono_ms; after that nothing is found until it does again. So a gateway whose
 * listener stands still, and hears of no purge, asks the cache actor instead of answering with what was purged. */
void near_cache_lease(struct near_cache *cache, int64_t mono_ms);

size_t near_cache_count(const struct near_cache *cache);
size_t near_cache_bytes(const struct near_cache *cache);
int64_t near_cache_evictions(const struct near_cache *cache);
