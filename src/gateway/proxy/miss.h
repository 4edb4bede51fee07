/* miss.h - a request that the near cache cannot answer: ask the cache actor, keep what comes, answer. */
#pragma once

#include "exchange.h"

void miss_handle(struct exchange *exchange);
