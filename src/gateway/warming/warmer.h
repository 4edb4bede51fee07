/* warmer.h - fetches the warming list once, after the start, and then rests. */
#pragma once

#include "actor/actor.h"

/* argument: the gateway. Started only where cache.warming says so. */
extern const struct actor_class gateway_warmer;
