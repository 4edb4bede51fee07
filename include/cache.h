/* cache.h - the cache actor: who may have what for how long. Its parts stand in src/cache. */
#pragma once

#include "actor/actor.h"

/* Peer: upstream. Argument of actor_start: NULL. Messages: the routes at the end of cache_actor.c. */
extern const struct actor_class cache_actor;
