/* auth_guard.h - answers failed authentications: 401, or 429 once an address had too many.
 *
 * Only failures come here and only they take tokens, so a good key works from any address, however many bad ones came from it. */
#pragma once

#include "exchange.h"

struct auth_guard;

/* rate: per address, none: no limit. NULL: no memory. */
struct auth_guard *auth_guard_create(const struct rate *rate);
void auth_guard_destroy(struct auth_guard **guard);

/* detail of the 401; NULL: the title. */
void auth_guard_refuse(struct exchange *exchange, const char *detail);
