/* gateway.h - the gateway as a whole: HTTP in, HTTP out.
 *
 * Life: gateway_start (spool, near cache, key table, listener, shipper, then both HTTP listeners) -> serving ->
 * gateway_stop (readiness falls, answers under way end, threads join, unused quota goes back, the spool is
 * shipped as far as it goes and closed). */
#pragma once

#include "actor/actor.h"
#include "config.h"

struct gateway;

/* NULL: the reason is logged; nothing is left behind. Returns when both listeners accept. */
struct gateway *gateway_start(struct actor_system *system, const struct config *config);
/* Graceful, at most server.stop_timeout_ms; NULL-safe; sets *gateway to NULL. */
void gateway_stop(struct gateway **gateway);

/* The ports that are listened on. */
int gateway_port(const struct gateway *gateway);
int gateway_admin_port(const struct gateway *gateway);
/* A request can be answered: the keys are loaded, the cache actor is there, ready to fetch, and told
 * where the purges stand, every actor was seen once, and the gateway is not stopping. */
bool gateway_is_ready(struct gateway *gateway);

/* Whether every target of the warming list can be asked; else errors say which cannot, and why. */
bool gateway_check_warming(const struct config *config, FILE *errors);

/* Whether a key's limits can be used with these routes; the reason in why. For commands without a server. */
bool gateway_check_limits(const struct config *config, const char *limits_json, char *why,
                          size_t why_size);
