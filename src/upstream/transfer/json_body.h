/* json_body.h - whether an answer is the JSON that was asked for: the last look before it is kept for hours. Pure.
 *
 * Nothing is built: one pass, no allocation, nesting bounded. RFC 8259. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

#define JSON_BODY_DEPTH_MOST 512

/* Content-Type is application/json or ends in +json, whatever its parameters; true when there is none. headers: lines
 * "Name: value\r\n". */
bool json_body_is_announced(struct bytes headers);
/* One value, blanks around it, UTF-8. */
bool json_body_is_well_formed(struct bytes body);
