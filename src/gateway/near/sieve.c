/* sieve.c - SIEVE over nodes that stand in what is cached. */

#include "near/sieve.h"

#include <stdatomic.h>

/* After so many that were read the next one goes, so that no writer waits for a walk over millions.
 */
enum { LOOKS_MAX = 4096 };

void
sieve_init(struct sieve *sieve)
{
    TAILQ_INIT(&sieve->nodes);
    sieve->hand = NULL;
}

void
sieve_add(struct sieve *sieve, struct sieve_node *node)
{
    TAILQ_INSERT_TAIL(&sieve->nodes, node, link);
}

void
sieve_remove(struct sieve *sieve, struct sieve_node *node)
{
    if (sieve->hand == node)
        sieve->hand = TAILQ_NEXT(node, link);
    TAILQ_REMOVE(&sieve->nodes, node, link);
}

struct sieve_node *
sieve_pick(struct sieve *sieve, int64_t now_mono_ms)
{
    struct sieve_node *oldest = TAILQ_FIRST(&sieve->nodes);
    struct sieve_node *node = sieve->hand != NULL ? sieve->hand : oldest;

    for (int looks = 0; node != NULL && looks < LOOKS_MAX; looks++) {
        if (now_mono_ms >= node->expires_mono_ms ||
            atomic_load_explicit(&node->was_read, memory_order_relaxed) == 0)
            break;
        atomic_store_explicit(&node->was_read, 0, memory_order_relaxed);
        node = TAILQ_NEXT(node, link) != NULL ? TAILQ_NEXT(node, link) : oldest;
    }
    sieve->hand = node;
    return node;
}
