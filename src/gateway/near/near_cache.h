/* near_cache.h - stored responses in the gateway's memory, read by every worker without a lock.
 *
 * Life of an entry: made by near_cache_put (immutable from then on) -> published in the index, if
 * no later purge matches it, in one step with that check -> evicted, replaced or purged: unlinked
 * and retired -> freed once no reader is pinned and the last reference is gone. While still
 * referenced by a writer of an answer an evicted entry counts against the byte budget. Readers pin
 * the epoch, find, take one reference, unpin; a hit sets one bit (SIEVE) and moves nothing. Writers
 * (a worker that got a miss answered, the listener) take the writer lock; readers never do. The
 * cache is believed only until valid_until, which the listener moves: a process that was frozen
 * takes the miss path until the listener lives again. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/queue.h"
#include "lockfree/epoch.h"
#include "purge.h"
#include "response/variant.h"
#include "response_meta.h"
#include "status.h"

struct near_cache;

struct near_entry {
    /* immutable */
    uint8_t cache_key[16];
    struct bytes signature;
    struct bytes route;
    struct content content;    /* heads and bodies, ready to be written */
    struct response_meta meta; /* its times are what purges ask */
    int64_t stored_mono_ms;    /* when it was put */
    int64_t age_ms;            /* at that moment */
    int64_t expires_mono_ms;   /* fresh until */
    /* shared, atomic */
    _Atomic uint32_t references;
    _Atomic uint8_t was_read;
    _Atomic uint8_t is_claimed; /* somebody makes the variant that is missing, or tried in vain */
    /* owned by the writer lock */
    TAILQ_ENTRY(near_entry) link; /* order of arrival: SIEVE's queue */
    size_t size_bytes;            /* all of it, for the budget */
    struct near_cache *cache;
};

struct near_entry_source {
    uint8_t cache_key[16];
    struct bytes signature, route;
    struct content content;
    struct response_meta meta;
    int64_t age_ms;
    int64_t fresh_for_ms;
};

/* budget_bytes 0: a cache that keeps nothing. */
struct near_cache *near_cache_create(struct epoch_domain *epochs, size_t budget_bytes);
void near_cache_destroy(struct near_cache **cache);

/* Reader, pinned. NULL: none, expired, or the cache is not believed now. The caller owns one
 * reference: near_entry_release. */
struct near_entry *near_cache_find(struct near_cache *cache, struct bytes signature,
                                   int64_t now_mono_ms);
void near_entry_release(struct near_entry **entry);
/* True for the first caller in the entry's life: it makes the variant that is missing, and puts the entry again. */
static inline bool
near_entry_claim(struct near_entry *entry)
{
    return atomic_exchange_explicit(&entry->is_claimed, 1, memory_order_relaxed) == 0;
}

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

/* The listener's sign of life. */
void near_cache_lease(struct near_cache *cache, int64_t mono_ms);

size_t near_cache_count(const struct near_cache *cache);
size_t near_cache_bytes(const struct near_cache *cache);
int64_t near_cache_evictions(const struct near_cache *cache);
