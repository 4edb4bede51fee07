/* actor_system.h - what the actors of one process share: the ZeroMQ context and who is where; and the way to one of them.
 *
 * All of the system is constant between create and destroy, but for the generations, which are atomic. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "actor/actor.h"
#include "actor/endpoint.h"
#include "wire/channel.h"

void *actor_system_context(const struct actor_system *system);
const struct config *actor_system_config(const struct actor_system *system);
/* Of an actor with an inbox. */
const struct endpoint *actor_system_endpoint(const struct actor_system *system, enum actor_id id);
struct channel_limits actor_system_limits(const struct actor_system *system);
/* INT64_MAX: nobody said. */
int64_t actor_system_stops_by(const struct actor_system *system);

/* Counts starts and stops of an actor in this process: odd while its inbox is bound. An inproc connection is made
 * for one generation: to connect before or to an older one would queue messages that nobody reads. */
uint64_t actor_system_generation(struct actor_system *system, enum actor_id id);
void actor_system_step_generation(struct actor_system *system, enum actor_id id);

/* The connection to one actor, wherever it is. Owned by one thread. */
struct link {
    struct actor_system *system;
    enum actor_id self;
    enum actor_id to;
    uint64_t generation;     /* of an inproc actor: which start of it this is connected to */
    struct channel *channel; /* NULL: never connected. Receive from it as it is */
};

/* False: no memory. An actor in another process may come and go; ZeroMQ reconnects. */
bool link_init(struct link *link, struct actor_system *system, enum actor_id self,
               enum actor_id to);
void link_fini(struct link *link, int linger_ms);
/* The channel to send by. NULL: its actor is not there. */
struct channel *link_usable(const struct link *link);
/* The same; where the actor started in this process since, the channel is made anew: not to be called while
 * a message received from it is in use. */
struct channel *link_open(struct link *link);
