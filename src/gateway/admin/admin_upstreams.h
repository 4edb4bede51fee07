/* admin_upstreams.h - GET /admin/upstreams: how each upstream is, its breaker, and our key there. */
#pragma once

#include "exchange.h"

void admin_upstreams_list(struct exchange *exchange);
