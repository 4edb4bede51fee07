/* usage.h - the one usage record of a request, committed before the first byte of its response. */
#pragma once

#include "exchange.h"

/* Counts the request and, when its key is known and analytics is on, commits its record to the
 * worker's ring. When the ring is full the request is only counted (SPOOL_FULL): misses were
 * refused before. */
void usage_commit(struct exchange *exchange, int http_status);
/* Whether one more record fits: asked before a call that may cost. */
bool usage_has_room(const struct exchange *exchange);
