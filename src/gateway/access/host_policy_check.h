/* host_policy_check.h - refuses what did not come to an allowed host, or not by HTTPS where that is required. */
#pragma once

#include "exchange.h"

/* False: refused and answered. */
bool host_policy_admits(struct exchange *exchange);
