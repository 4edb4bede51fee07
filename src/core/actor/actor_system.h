/* actor_system.h - what the actors of one process share: the ZeroMQ context and who is where.
 *
 * All of it is constant between create and destroy, but for the generations, which are atomic. */
#pragma once

#include <stdint.h>

#include "actor/actor.h"
#include "actor/endpoint.h"
#include "wire/channel.h"

void *actor_system_context(const struct actor_system *system);
const struct config *actor_system_config(const struct actor_system *system);
/* Of an actor with an inbox. */
const struct endpoint *actor_system_endpoint(const struct actor_system *system, enum actor_id id);
struct channel_limits actor_system_limits(const struct actor_system *system);

/* Counts starts and stops of an actor in this process: odd while its inbox is bound. An inproc connection is made
 * for one generation: to connect before or to an older one would queue messages that nobody reads. */
uint64_t actor_system_generation(struct actor_system *system, enum actor_id id);
void actor_system_step_generation(struct actor_system *system, enum actor_id id);
