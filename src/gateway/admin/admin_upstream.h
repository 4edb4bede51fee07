/* admin_upstream.h - GET /admin/upstream: how the paid API is, and our key there. */
#pragma once

#include "exchange.h"

void admin_upstream_show(struct exchange *exchange);
