/* l1.h - Redis as the level before L2: what is fresh, for at most cache.l1_max_ttl_s.
 *
 * Each tier worker has a connection of its own; what they share says whether L1 is asked at all. Keys:
 * rentcache:GENERATION:ENDPOINT:CACHE_KEY.
 * Life of L1: DOWN (nobody asks it) -> UP, by l1_probe, which gives it a new generation first: it may have missed what was
 * stored meanwhile, or Redis may have lost its last second -> DOWN, by any call that fails or is late. So a Redis that is
 * away costs one call's timeout, once. What L1 says is not trusted: a value of another form is none. */
#pragma once

#include <stdatomic.h>

#include "base/blob.h"
#include "storage.h"

/* One of the tiers. */
struct l1_state {
    const struct config *config; /* constant */
    bool is_used;                /* constant: configured */
    _Atomic bool is_up;
    _Atomic bool is_failure_said; /* since it was up last, or ever */
    _Atomic int64_t generation;
    _Atomic int64_t used_bytes; /* Redis' memory, as it said last; -1: not known */
};

struct l1; /* one connection, of one thread */

void l1_state_init(struct l1_state *state, const struct config *config);

/* Connects at the first call. NULL: no memory. state is borrowed. */
struct l1 *l1_create(struct l1_state *state);
void l1_destroy(struct l1 **l1);

/* OK: *row's bytes point into *owner (release it). NOT_FOUND; UNAVAILABLE: L1 is not used, or down, or went down by this. */
enum status l1_get(struct l1 *l1, const char *endpoint, const char *cache_key,
                   struct entry_row *row, struct blob **owner);
/* How: ALWAYS replaces what L1 has; IF_NONE leaves it, for what was read from L2 and may be older. */
enum l1_put_mode { L1_PUT_ALWAYS, L1_PUT_IF_NONE };
/* Kept until it expires, and cache.l1_max_ttl_s at most; what is too large or has expired is dropped. */
enum status l1_put(struct l1 *l1, const struct entry_row *row, int64_t now_wall_us,
                   enum l1_put_mode mode);
enum status l1_drop(struct l1 *l1, const char *endpoint, const char *cache_key);
/* Deletes the entries of an endpoint, "": all, for at most cache.redis_purge_ms. */
enum status l1_purge(struct l1 *l1, const char *endpoint);

/* DOWN: connects, and asks for a new generation with renew; UP when both worked. Then, and when UP: asks for Redis' memory.
 * For the one thread that may write to the database. */
typedef enum status l1_renew(void *context, int64_t *generation);
void l1_probe(struct l1 *l1, l1_renew *renew, void *context);
