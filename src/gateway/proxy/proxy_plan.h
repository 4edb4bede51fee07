/* proxy_plan.h - the plan of a request, made with what is known of its key. */
#pragma once

#include "exchange.h"

/* Makes the worker's plan of query; as request_plan_build. Also FORBIDDEN: the key may not do this; *why says it (static),
 * and is NULL otherwise. */
enum status proxy_plan(struct exchange *exchange, struct bytes query, const char **why);
