/* sieve.h - which entry to evict: SIEVE, a queue in order of arrival and a hand that passes over
 * it.
 *
 * A hit only sets was_read of its node. The hand goes from the oldest to the newest: it clears the
 * bit of those that were read and evicts the first that was not. All calls under the cache's writer
 * lock. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/queue.h"

/* Part of what is cached. */
struct sieve_node {
    TAILQ_ENTRY(sieve_node) link;
    int64_t expires_mono_ms; /* immutable */
    _Atomic uint8_t was_read;
};

struct sieve {
    TAILQ_HEAD(sieve_queue, sieve_node) nodes; /* oldest first */
    struct sieve_node *hand;                   /* looked at next; NULL: start at the oldest */
};

void sieve_init(struct sieve *sieve);
void sieve_add(struct sieve *sieve, struct sieve_node *node);
void sieve_remove(struct sieve *sieve, struct sieve_node *node);
/* The node to evict, still in the queue; an expired one however often it was read. NULL: empty. */
struct sieve_node *sieve_pick(struct sieve *sieve, int64_t now_mono_ms);
