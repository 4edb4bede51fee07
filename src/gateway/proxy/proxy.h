/* proxy.h - a request for a route: refuse it, answer it from the near cache, or hand it to the miss
 * path. */
#pragma once

#include "exchange.h"

void proxy_handle(struct exchange *exchange);
