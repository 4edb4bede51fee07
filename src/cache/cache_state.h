/* cache_state.h - all state of the cache actor, owned by its thread, and the four flows that share it.
 *
 * cache_actor.c turns messages, events and time into calls of these flows; with it they are the only files that
 * see messages and the framework. What they decide stands in the pure files. */
#pragma once

#include "actor/actor.h"
#include "flight/flight.h"
#include "flight/refresh_backoff.h"
#include "invalidation/listeners.h"
#include "invalidation/purges.h"
#include "tiers/tiers.h"

struct cache {
    struct actor *actor;
    const struct config *config;
    struct tiers *tiers;
    struct flights *flights;
    struct listeners listeners;
    struct purges purges;
    struct refresh_backoff refresh_backoff;
    int64_t started_mono_ms;
    int64_t next_count_mono_ms; /* of entries */
    int64_t next_clean_mono_ms;
    int64_t next_l1_mono_ms; /* of looks at L1 */
    bool upstream_is_down;   /* said by the framework; not known at start */
    bool could_fetch;        /* the upstream actor said, once, that it is ready */
    bool is_stopping;
};

/* An owned copy, to be freed; NULL: no memory. */
struct sender *cache_copy_sender(const struct sender *from);

/* lookup.c: a request's way until something answers it or a fetch begins. */
void lookup_get(struct cache *cache, const struct message *message, const struct sender *from);
void lookup_found(void *state, int64_t flight_id, enum status status, struct entry *entry,
                  enum level level);

/* fetching.c: a fetch, from the question to the answer. */

/* The first waiter (there is one) becomes payer. The flight fails where it may not fetch. */
void fetching_start(struct cache *cache, struct flight *flight);
/* Behind the stale answer that the first waiter gets, and pays with its key. Not OK: nothing was begun. */
enum status fetching_start_refresh(struct cache *cache, struct flight *flight);
/* Answers everybody: stale where a rule allows it, else the error. Ends the flight. */
void fetching_fail(struct cache *cache, struct flight *flight, enum status status);
void fetching_replied(struct cache *cache, const struct message *message);
void fetching_stored(void *state, int64_t flight_id, enum status status);
/* Every fetch under way fails with status. */
void fetching_fail_all(struct cache *cache, enum status status);
/* Waiters, fetches and pushes past their deadlines. */
void fetching_tick(struct cache *cache, int64_t now_mono_ms);

/* delivery.c: telling waiters; the body once for each gateway. */

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

/* purging.c: purges from the request to the last confirmation. */
void purging_ask(struct cache *cache, const struct cache_purge *purge, const struct sender *from);
void purging_purged(void *state, const struct tier_purge *purge);
void purging_hello(struct cache *cache, const struct listener_hello *hello,
                   const struct sender *from);
void purging_confirmed(struct cache *cache, const struct purge_confirm *confirm);
void purging_tick(struct cache *cache);
/* Answers the purges that still wait; who has not confirmed is named. */
void purging_stop(struct cache *cache);
