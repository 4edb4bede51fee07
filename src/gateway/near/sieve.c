/* sieve.c - SIEVE over the entries' own links. */

#include "near/sieve.h"

/* After so many that were read the next one goes, so that no writer waits for a walk over millions.
 */
enum { LOOKS_MAX = 4096 };

void
sieve_init(struct sieve *sieve)
{
    TAILQ_INIT(&sieve->entries);
    sieve->hand = NULL;
}

void
sieve_add(struct sieve *sieve, struct near_entry *entry)
{
    TAILQ_INSERT_TAIL(&sieve->entries, entry, link);
}

void
sieve_remove(struct sieve *sieve, struct near_entry *entry)
{
    if (sieve->hand == entry)
        sieve->hand = TAILQ_NEXT(entry, link);
    TAILQ_REMOVE(&sieve->entries, entry, link);
}

struct near_entry *
sieve_pick(struct sieve *sieve, int64_t now_mono_ms)
{
    struct near_entry *oldest = TAILQ_FIRST(&sieve->entries);
    struct near_entry *entry = sieve->hand != NULL ? sieve->hand : oldest;

    for (int looks = 0; entry != NULL && looks < LOOKS_MAX; looks++) {
        if (now_mono_ms >= entry->expires_mono_ms ||
            atomic_load_explicit(&entry->was_read, memory_order_relaxed) == 0)
            break;
        atomic_store_explicit(&entry->was_read, 0, memory_order_relaxed);
        entry = TAILQ_NEXT(entry, link) != NULL ? TAILQ_NEXT(entry, link) : oldest;
    }
    sieve->hand = entry;
    return entry;
}
