/* refresh_backoff.h - which keys must not be refreshed now, their last refresh having failed. Pure.
 *
 * A fixed table of one slot per hash: where two keys meet, the newer failure wins, and the older
 * key may be refreshed a little early. Nothing here grows with the number of keys. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "object/entry.h"

#define REFRESH_BACKOFF_SLOTS 4096

struct refresh_backoff {
    struct {
        char cache_key[ENTRY_KEY_SIZE];
        int64_t until_mono_ms;
    } slots[REFRESH_BACKOFF_SLOTS];
};

void refresh_backoff_note(struct refresh_backoff *backoff, const char *cache_key,
                          int64_t until_mono_ms);
bool refresh_backoff_holds(const struct refresh_backoff *backoff, const char *cache_key,
                           int64_t now_mono_ms);
/* A refresh came through. */
void refresh_backoff_forget(struct refresh_backoff *backoff, const char *cache_key);
