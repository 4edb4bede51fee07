/* purge.h - what a purge drops: the one rule that L2, flights and near caches all ask. Pure.
 *
 * An entry that is fetched behind a purge is never matched by its times: a purge in time names instants that have passed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "config.h"

/* Everything that is set must hold. */
struct purge_scope {
    char endpoint[ROUTE_NAME_SIZE]; /* empty: all */
    int64_t fetched_before_wall_ms; /* only what was fetched before; 0: whenever */
    int64_t expired_before_wall_ms; /* only what had expired before; 0: fresh or not */
};

/* The times of an answer that is still to come: after every instant that a purge names. */
#define PURGE_TIME_TO_COME INT64_MAX

bool purge_scope_matches(const struct purge_scope *scope, struct bytes endpoint,
                         int64_t created_wall_ms, int64_t expires_wall_ms);
