/* delivery.h - telling waiters what became of their request; the body once for each gateway. */
#pragma once

#include "cache_state.h"

/* Takes *answer and gives it to every waiter; the flight is ANSWERED, and ends when the last one is told. */
void delivery_answer(struct cache *cache, struct flight *flight, struct flight_result *result);
/* Tells one waiter, with the body, and drops it. */
void delivery_tell(struct cache *cache, struct flight *flight, struct waiter *waiter,
                   const struct flight_result *result);
/* A request that never waited. */
void delivery_refuse(struct cache *cache, const struct sender *from, enum status status);
void delivery_held(struct cache *cache, const struct entry_held *held);
/* An ANSWERED flight whose listeners stayed silent: bodies for all who are left. */
void delivery_give_up(struct cache *cache, struct flight *flight);
