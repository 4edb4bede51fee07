/* key_json.h - a key as the admin API shows it: never its hash. */
#pragma once

#include <jansson.h>

#include "storage.h"

/* {id, key_name, daily_limit, monthly_limit (null: none), daily_usage, monthly_usage, is_active, expires_at, created_at,
 * last_used, limits, rights}. The caller's; NULL: no memory. */
json_t *key_as_json(const struct key_row *row);
