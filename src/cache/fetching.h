/* fetching.h - a fetch, from the request to the upstream to what the waiters get; flight.h has the states. */
#pragma once

#include "cache_state.h"

/* The first waiter (there is one) becomes payer. The flight fails where it may not fetch. */
void fetching_start(struct cache *cache, struct flight *flight);
/* The last response for this key was paid and could not be used: it is not asked for now. */
bool fetching_is_held(const struct cache *cache, const char *cache_key);
/* Behind the stale response that the first waiter gets; its key pays. Not OK: nothing was begun. */
enum status fetching_start_refresh(struct cache *cache, struct flight *flight);
/* Answers everybody: stale where a rule allows it, else the error. The flight is ANSWERED, or over. */
void fetching_fail(struct cache *cache, struct flight *flight, enum status status);
void fetching_replied(struct cache *cache, const struct message *message);
void fetching_stored(void *state, int64_t flight_id, enum status status);
/* Every fetch under way fails with status. */
void fetching_fail_all(struct cache *cache, enum status status);
/* Waiters, fetches and pushes past their deadlines. */
void fetching_tick(struct cache *cache, int64_t now_mono_ms);
