/* sieve.c - SIEVE over the entries' own links. */

#include "near/sieve.h"

/* After so many that were read the next one goes, so that no writer waits for a walk over millions.
 */
enum { LOOKS_MAX = 4096 };

void
sieve_add(struct sieve *sieve, struct near_entry *entry)
{
    entry->newer = NULL;
    entry->older = sieve->newest;
    if (sieve->newest != NULL)
        sieve->newest->newer = entry;
    else
        sieve->oldest = entry;
    sieve->newest = entry;
}

void
sieve_remove(struct sieve *sieve, struct near_entry *entry)
{
    if (sieve->hand == entry)
        sieve->hand = entry->newer;
    if (entry->newer != NULL)
        entry->newer->older = entry->older;
    else
        sieve->newest = entry->older;
    if (entry->older != NULL)
        entry->older->newer = entry->newer;
    else
        sieve->oldest = entry->newer;
    entry->older = entry->newer = NULL;
}

struct near_entry *
sieve_pick(struct sieve *sieve, int64_t now_mono_ms)
{
    struct near_entry *entry = sieve->hand != NULL ? sieve->hand : sieve->oldest;

    for (int looks = 0; entry != NULL && looks < LOOKS_MAX; looks++) {
        if (now_mono_ms >= entry->expires_mono_ms ||
            atomic_load_explicit(&entry->was_read, memory_order_relaxed) == 0)
            break;
        atomic_store_explicit(&entry->was_read, 0, memory_order_relaxed);
        entry = entry->newer != NULL ? entry->newer : sieve->oldest;
    }
    sieve->hand = entry;
    return entry;
}
