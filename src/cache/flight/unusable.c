/* unusable.c - which keys had a response that was paid and could not be used. */
#include "flight/unusable.h"

#include <string.h>

#include "base/hash.h"

/* Where the n-th place of a key is. */
static size_t
unusable_place(const char *cache_key, size_t n)
{
    return (hash_fnv1a(bytes_of_text(cache_key), 0) + n) % UNUSABLE_SLOTS;
}

/* The key's own place, else one that is over, else the one that ends first. */
static struct unusable_slot *
unusable_choose(struct unusable *unusable, const char *cache_key, int64_t now_mono_ms)
{
    struct unusable_slot *chosen = &unusable->slots[unusable_place(cache_key, 0)];

    for (size_t n = 0; n < UNUSABLE_WAYS; n++) {
        struct unusable_slot *slot = &unusable->slots[unusable_place(cache_key, n)];

        if (strcmp(slot->cache_key, cache_key) == 0)
            return slot;
        if (slot->until_mono_ms < chosen->until_mono_ms && chosen->until_mono_ms > now_mono_ms)
            chosen = slot;
    }
    return chosen;
}

void
unusable_note(struct unusable *unusable, const char *cache_key, struct bytes cause,
              int64_t now_mono_ms, int64_t until_mono_ms)
{
    struct unusable_slot *slot = unusable_choose(unusable, cache_key, now_mono_ms);

    bytes_copy_text(bytes_of_text(cache_key), slot->cache_key, sizeof slot->cache_key);
    if (cause.size >= sizeof slot->cause)
        cause.size = sizeof slot->cause - 1;
    bytes_copy_text(cause, slot->cause, sizeof slot->cause);
    slot->until_mono_ms = until_mono_ms;
}

const struct unusable_slot *
unusable_find(const struct unusable *unusable, const char *cache_key, int64_t now_mono_ms)
{
    for (size_t n = 0; n < UNUSABLE_WAYS; n++) {
        const struct unusable_slot *slot = &unusable->slots[unusable_place(cache_key, n)];

        if (slot->until_mono_ms > now_mono_ms && strcmp(slot->cache_key, cache_key) == 0)
            return slot;
    }
    return NULL;
}
