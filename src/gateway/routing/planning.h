/* planning.h - the plan of a request on its way through the gateway: made with what is known of its key, and what is to be
 * said against it. */
#pragma once

#include "server/exchange.h"

/* Makes the worker's plan of query; as request_plan_build. */
enum status planning_make(struct exchange *exchange, struct bytes query);
/* Why the key may not do this, or NULL. */
const char *planning_objection(const struct exchange *exchange);
/* The list of {type, loc, msg, input} as JSON; the caller frees it. where: loc of what stands not in the path, NULL: the
 * query. NULL: no memory. */
char *planning_problems(const struct request_plan *plan, const char *where);
