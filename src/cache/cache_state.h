/* cache_state.h - all state of the cache actor, owned by its thread.
 *
 * cache_actor.c turns messages, events and time into calls of the four flows that work on it: lookup.h, fetching.h,
 * delivery.h and purging.h. These five see messages and the framework; what they decide stands in the pure files. */
#pragma once

#include "actor/actor.h"
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
    int64_t next_unusable_warning_mono_ms;
    int64_t unwarned_unusable; /* since the last warning */
    int64_t started_mono_ms;
    int64_t next_count_mono_ms; /* of entries */
    int64_t next_clean_mono_ms;
    int64_t next_l1_mono_ms; /* of probes of L1 */
    bool upstream_is_down;   /* said by the framework; not known at start */
    bool was_upstream_ready; /* the upstream actor said, once, that it is ready */
    bool is_stopping;
};
