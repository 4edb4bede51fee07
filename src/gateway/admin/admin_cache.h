/* admin_cache.h - the routes of /admin/cache. */
#pragma once

#include "exchange.h"

void admin_cache_clear(struct exchange *exchange);
void admin_cache_stats(struct exchange *exchange);
