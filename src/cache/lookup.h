/* lookup.h - a request's way until something answers it or a fetch begins. */
#pragma once

#include "cache_state.h"

void lookup_get(struct cache *cache, const struct message *message, const struct sender *from);
void lookup_found(void *state, int64_t flight_id, enum status status, struct entry *entry,
                  enum level level);
