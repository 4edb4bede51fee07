/* warming_plan.h - one target of the warming list as a request that can be asked. Pure. */
#pragma once

#include "routing/request_plan.h"

#define WARMING_WHY_SIZE 256

/* Makes the plan of a target, as if a client had sent it. False: it cannot be asked, or nobody would be served by what
 * comes; why says so. */
bool warming_plan(const struct route_table *routes, const struct config *config, const char *target,
                  struct route_match *match, struct request_plan *plan, char why[WARMING_WHY_SIZE]);
