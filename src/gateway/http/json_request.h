/* json_request.h - the JSON body of a request on the data listener. */
#pragma once

#include <jansson.h>

#include "server/exchange.h"

/* NULL: answered already: 415, 413, 408, or 400 for what is no JSON, repeats a name or is nested too deeply. The caller owns
 * it. */
json_t *json_request_read(struct exchange *exchange);
