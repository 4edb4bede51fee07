/* bulk_request.h - a bulk request's JSON body: its list of items, and an item as the query that a single request would
 * have. Pure. */
#pragma once

#include <jansson.h>
#include <stdbool.h>

#include "base/text.h"
#include "config.h"

/* The list: {"requests": [...]}, or a bare array. Borrowed from body; NULL with the reason in *why: neither, empty, or more
 * than most items. */
const json_t *bulk_request_list(const json_t *body, int64_t most, const char **why);

/* Appends item's members as name=value&..., encoded: texts, numbers, booleans; null counts as absent. Members that route
 * has no parameter for are passed over later, as unknown parameters are. False with the reason in *why: item is no
 * object, or a parameter's value is one, or a list; *name is the parameter, or NULL. out shows by is_cut that it is too
 * much. */
bool bulk_request_query(const struct route_config *route, const json_t *item, struct text *out,
                        const char **name, const char **why);
