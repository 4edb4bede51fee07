/* analytics.h - the analytics actor: the only code that writes accounts. Its parts stand in src/analytics. */
#pragma once

#include <stdint.h>

#include "actor/actor.h"

/* Peer: cache (how often entries were read). Argument of actor_start: NULL. Messages: the routes at the end of
 * analytics_actor.c. */
extern const struct actor_class analytics_actor;

/* What the actor would answer, from the database itself: for commands without a server, which hold the lock of this
 * part. request: REPORT_GET, KEY_CREATE, KEY_UPDATE or KEY_DELETE. *json is the caller's (free). */
enum status analytics_answer(const struct config *config, const struct message *request,
                             char **json);
