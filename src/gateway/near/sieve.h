/* sieve.h - which entry to evict: SIEVE, a queue in order of arrival and a hand that passes over
 * it.
 *
 * A hit only sets the entry's was_read. The hand goes from the oldest to the newest: it clears the
 * bit of those that were read and evicts the first that was not. All calls under the cache's writer
 * lock. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "near/near_cache.h"

struct sieve {
    TAILQ_HEAD(near_queue, near_entry) entries; /* oldest first */
    struct near_entry *hand;                    /* looked at next; NULL: start at the oldest */
};

void sieve_init(struct sieve *sieve);
void sieve_add(struct sieve *sieve, struct near_entry *entry);
void sieve_remove(struct sieve *sieve, struct near_entry *entry);
/* The entry to evict, still in the queue; an expired one however often it was read. NULL: empty. */
struct near_entry *sieve_pick(struct sieve *sieve, int64_t now_mono_ms);
