/* delivery.h - answering waiters; the body once for each gateway. */
#pragma once

#include "cache_state.h"

/* *result becomes the flight's and every waiter's; the flight is ANSWERED, and ends when the last one is answered. */
void delivery_answer(struct cache *cache, struct flight *flight, struct flight_result *result);
/* Answers one waiter, with the body, and drops it. */
void delivery_answer_waiter(struct cache *cache, struct flight *flight, struct waiter *waiter,
                            const struct flight_result *result);
/* A request that never waited. */
void delivery_refuse(struct cache *cache, const struct sender *from, enum status status);
void delivery_held(struct cache *cache, const struct entry_held *held);
/* An ANSWERED flight whose listeners stayed silent: bodies for all that are left. */
void delivery_give_up(struct cache *cache, struct flight *flight);
