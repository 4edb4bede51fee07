/* bulk.h - many requests of one route in one: each item from the same entries as the single request, fetched where it is
 * missing, several at once; a failing item fails alone. */
#pragma once

#include "exchange.h"

/* A request of a bulk route whose key is known. */
void bulk_handle(struct exchange *exchange);
