/* listener.h - the gateway's subscription: what other actors tell it (purges, key changes, entries for
 * several waiters). */
#pragma once

#include "actor/actor.h"

/* argument: the gateway. The only writer of the key table; moves the near cache's sign of life. */
extern const struct actor_class gateway_listener;
