/* link.h - the connection to one actor, wherever it is. Owned by one thread. */
#pragma once

#include <stdbool.h>

#include "actor/actor_system.h"

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
