/* unusable.h - which keys had a response that was paid and could not be used: nothing is paid again for them for a while. Pure.
 *
 * A fixed table; a key has UNUSABLE_WAYS places. Where they are all taken the one that ends first gives way, and its key may
 * be asked again a little early. Nothing here grows with the number of keys. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "object/entry.h"

#define UNUSABLE_SLOTS      4096
#define UNUSABLE_WAYS       8
#define UNUSABLE_CAUSE_SIZE 96

struct unusable {
    struct unusable_slot {
        char cache_key[ENTRY_KEY_SIZE];
        int64_t until_mono_ms;           /* 0: empty */
        char cause[UNUSABLE_CAUSE_SIZE]; /* for people; cut */
    } slots[UNUSABLE_SLOTS];
};

void unusable_note(struct unusable *unusable, const char *cache_key, struct bytes cause,
                   int64_t now_mono_ms, int64_t until_mono_ms);
/* NULL: the key may be asked for. Valid until the next note. */
const struct unusable_slot *unusable_find(const struct unusable *unusable, const char *cache_key,
                                          int64_t now_mono_ms);
