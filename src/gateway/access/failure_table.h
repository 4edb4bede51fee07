/* failure_table.h - how many failed authentications each client address has left. Pure; the caller locks a shard.
 *
 * Fixed size. A slot whose bucket is full again is free for another client; while every slot of a shard is in use, further
 * clients share one bucket: an attacker with many addresses gets that much more and no memory. */
#pragma once

#include "access/bucket.h"

#define FAILURE_SHARDS 64
#define FAILURE_SLOTS  64

struct failure_slot {
    uint64_t client; /* address_client */
    uint8_t family;
    bool is_used;
    struct bucket bucket;
};

struct failure_shard {
    struct failure_slot slots[FAILURE_SLOTS];
    struct bucket others;
};

/* Which shard a client belongs to; seed: random, so that nobody can choose addresses of one shard. */
size_t failure_shard_of(uint64_t seed, uint8_t family, uint64_t client);
/* Takes one failure. now_ns: monotonic, > 0. */
struct bucket_result failure_shard_take(struct failure_shard *shard, const struct rate *rate,
                                        uint8_t family, uint64_t client, int64_t now_ns);
