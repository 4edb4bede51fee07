/* cache_state.h - all state of the cache actor, owned by its thread.
 *
 * cache_actor.c turns messages, events and time into calls of the flows that work on it, declared below: lookup.c,
 * fetching.c, leaving.c, delivery.c and purging.c. These see messages and the framework; what they decide stands in the pure
 * files. */
#pragma once

#include "actor/actor.h"
#include "flight/entry_traces.h"
#include "flight/flight.h"
#include "flight/refresh_backoff.h"
#include "flight/unusable.h"
#include "invalidation/purges.h"
#include "subscribers.h"
#include "tiers/tiers.h"

struct cache {
    struct actor *actor;
    const struct config *config;
    struct tiers *tiers;
    struct flight_table *flights;
    struct subscribers listeners;
    struct purges purges;
    struct refresh_backoff refresh_backoff;
    struct unusable unusable;
    struct entry_traces traces;
    int64_t next_unusable_warning_mono_ms;
    int64_t unwarned_unusable; /* since the last warning */
    int64_t started_mono_ms;
    int64_t next_count_mono_ms; /* of entries */
    int64_t next_clean_mono_ms;
    int64_t next_l1_mono_ms; /* of probes of L1 */
    bool upstream_is_down;   /* said by the framework; not known at start */
    bool was_upstream_ready; /* the upstream actor said, once, that it is ready */
};

/* lookup.c: a request's way until something answers it or a fetch begins. */
void lookup_get(struct cache *cache, const struct message *message, const struct sender *from);
void lookup_found(void *state, int64_t flight_id, enum status status, struct entry *entry,
                  enum level level);

/* fetching.c: a fetch, from the request to the upstream to what the waiters get; flight.h has the states.
 * The first waiter (there is one) becomes payer. The flight fails where it may not fetch. */
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

/* leaving.c: clients that went away, and calls that nobody wants any more.
 * Whatever this sender waits for. */
void leaving_gone(struct cache *cache, const struct sender *from);
/* A fetch that nobody wants is cancelled, unless it was. */
void leaving_cancel_unwanted(struct cache *cache, struct flight *flight);
/* It was cancelled, or it was not: the upstream replied. True: it was, and the flight is fetching again or over. */
bool leaving_replied(struct cache *cache, struct flight *flight, enum status status);

/* delivery.c: answering waiters; the body once for each gateway.
 * *result becomes the flight's and every waiter's; the flight is ANSWERED, and ends when the last one is answered. */
void delivery_answer(struct cache *cache, struct flight *flight, struct flight_result *result);
/* Answers one waiter, with the body, and drops it. */
void delivery_answer_waiter(struct cache *cache, struct flight *flight, struct waiter *waiter,
                            const struct flight_result *result);
/* A request that never waited. */
void delivery_refuse(struct cache *cache, const struct sender *from, enum status status);
void delivery_held(struct cache *cache, const struct entry_held *held);
/* An ANSWERED flight whose listeners stayed silent: bodies for all that are left. */
void delivery_give_up(struct cache *cache, struct flight *flight);

/* purging.c: purges, from the request to the last confirmation. */
void purging_start(struct cache *cache, const struct cache_purge *purge, const struct sender *from);
void purging_purged(void *state, const struct tier_purge *purge);
void purging_hello(struct cache *cache, const struct listener_hello *hello,
                   const struct sender *from);
void purging_confirmed(struct cache *cache, const struct purge_confirm *confirm);
void purging_tick(struct cache *cache);
/* Answers the purges that still wait; who has not confirmed is named. */
void purging_stop(struct cache *cache);
