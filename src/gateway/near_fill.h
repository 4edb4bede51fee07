/* near_fill.h - from a cache actor's reply to an entry of the near cache. */
#pragma once

#include "gateway_state.h"
#include "text.h"

#define ENTRY_HEAD_SIZE 16384

/* Renders the replayed fields and the length: what hits are answered with. */
void near_fill_head(struct text *head, struct bytes headers, size_t body_size);
/* PURGED, NO_MEMORY as near_cache_put; MALFORMED: the reply allows no keeping, or its key is no
 * key. endpoint: what purges name. */
enum status near_fill_put(struct gateway *gateway, const struct cache_reply *reply,
                          struct bytes endpoint, struct bytes head, struct bytes body);
