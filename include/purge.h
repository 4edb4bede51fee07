/* purge.h - what a purge drops: the one rule that L2, flights and near caches all ask; and the newest purges, for what was
 * fetched before them and arrives after them. Pure.
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

/* The times of a response that is still to come: after every instant that a purge names. */
#define PURGE_TIME_TO_COME INT64_MAX

bool purge_scope_matches(const struct purge_scope *scope, struct bytes endpoint,
                         int64_t created_wall_ms, int64_t expires_wall_ms);

struct purge {
    int64_t number; /* from 1, growing */
    struct purge_scope scope;
};

/* The newest purges, as many as there is room for. What is not remembered cannot be judged: it may have matched. */
struct purge_ring {
    int64_t newest;       /* number; 0: there was none */
    size_t size;          /* of purges */
    struct purge *purges; /* the owner's; purge n at n modulo size, number 0: free */
};

/* Remembers none; those up to newest are over. */
void purge_ring_init(struct purge_ring *ring, struct purge *purges, size_t size, int64_t newest);
void purge_ring_add(struct purge_ring *ring, int64_t number, const struct purge_scope *scope);
/* NULL: not remembered. */
const struct purge *purge_ring_find(const struct purge_ring *ring, int64_t number);
/* All purges after number, up to the newest, are remembered. */
bool purge_ring_reaches_back_to(const struct purge_ring *ring, int64_t number);
/* A purge after number matches, or may have. */
bool purge_ring_matches(const struct purge_ring *ring, int64_t number, struct bytes endpoint,
                        int64_t created_wall_ms, int64_t expires_wall_ms);
