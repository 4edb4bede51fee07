/* refresh_backoff.c - which keys must not be refreshed now, their last refresh having failed. */

#include "flight/refresh_backoff.h"

#include <string.h>

#include "base/hash.h"

static size_t
slot_of(const char *cache_key)
{
    return hash_fnv1a(bytes_of_text(cache_key), 0) % REFRESH_BACKOFF_SLOTS;
}

void
refresh_backoff_note(struct refresh_backoff *backoff, const char *cache_key, int64_t until_mono_ms)
{
    size_t at = slot_of(cache_key);

    bytes_copy_text(bytes_of_text(cache_key), backoff->slots[at].cache_key, ENTRY_KEY_SIZE);
    backoff->slots[at].until_mono_ms = until_mono_ms;
}

bool
refresh_backoff_holds(const struct refresh_backoff *backoff, const char *cache_key,
                      int64_t now_mono_ms)
{
    size_t at = slot_of(cache_key);

    return strcmp(backoff->slots[at].cache_key, cache_key) == 0 &&
           now_mono_ms < backoff->slots[at].until_mono_ms;
}

void
refresh_backoff_forget(struct refresh_backoff *backoff, const char *cache_key)
{
    size_t at = slot_of(cache_key);

    if (strcmp(backoff->slots[at].cache_key, cache_key) == 0)
        backoff->slots[at].until_mono_ms = 0;
}
