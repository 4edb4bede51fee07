/* upstream.h - the upstream actor: the only code that spends money. Its parts stand in src/upstream. */
#pragma once

#include "actor/actor.h"

/* Peer: analytics (the ledger). Argument of actor_start: NULL. Messages: the routes at the end of upstream_actor.c. */
extern const struct actor_class upstream_actor;
