/* json_request.h - the JSON body of a request. */
#pragma once

#include <jansson.h>

#include "exchange.h"

/* Of a client's text; ours has 3. The library follows 2,048 levels, which takes more stack than a worker has. */
#define JSON_DEPTH_MOST 32

/* NULL: answered already: 415, or 400 for what is no JSON, repeats a name or is nested too deeply. The caller owns
 * it. */
json_t *json_request_read(struct exchange *exchange);
/* The same; also 422 for what is no object. */
json_t *json_request_read_object(struct exchange *exchange);
