/* analytics.h - the analytics actor: the only code that writes accounts. Its parts stand in src/analytics. */
#pragma once

#include <stdint.h>

#include "actor.h"

/* Peer: cache (how often entries were read). Argument of actor_start: NULL. Messages: the routes at the end of
 * analytics_actor.c. */
extern const struct actor_class analytics_actor;

/* The report "stats" from the database itself, for commands without a server. *json is the caller's (free). */
enum status analytics_report_stats(const struct config *config, const char *endpoint, int64_t days,
                                   char **json);
