/* purging.h - purges, from the request to the last confirmation. */
#pragma once

#include "cache_state.h"

void purging_start(struct cache *cache, const struct cache_purge *purge, const struct sender *from);
void purging_purged(void *state, const struct tier_purge *purge);
void purging_hello(struct cache *cache, const struct listener_hello *hello,
                   const struct sender *from);
void purging_confirmed(struct cache *cache, const struct purge_confirm *confirm);
void purging_tick(struct cache *cache);
/* Answers the purges that still wait; who has not confirmed is named. */
void purging_stop(struct cache *cache);
