/* shipper.h - carries usage records from the spool to analytics, exactly once. */
#pragma once

#include "actor/actor.h"

/* argument: the gateway. The only reader of the spool. */
extern const struct actor_class gateway_shipper;
