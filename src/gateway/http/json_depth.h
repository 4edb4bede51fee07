/* json_depth.h - how deeply a JSON text is nested, before a recursive parser sees it. Pure.
 *
 * The library follows 2,048 levels, which takes more stack than a worker has. */
#pragma once

#include <stdbool.h>

#include "base/bytes.h"

#define JSON_DEPTH_MOST 32 /* of a client's text; ours has 3 */

/* Counts brackets outside of strings; whether it is JSON at all is for the parser to say. */
bool json_depth_is_within(struct bytes json, int most);
