/* admin_upstreams.h - /admin/upstreams: how each upstream is, its breaker, and our key there; breakers reset, faults injected. */
#pragma once

#include "exchange.h"

void admin_upstreams_list(struct exchange *exchange);
/* POST /admin/upstreams/{name}/reset: its breaker is closed. */
void admin_upstreams_reset(struct exchange *exchange);
/* POST /admin/upstreams/{name}/faults: {"rate": 0.0..1.0, "latency_ms": n}; refused in production. */
void admin_upstreams_faults(struct exchange *exchange);
