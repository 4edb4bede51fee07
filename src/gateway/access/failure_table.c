/* failure_table.c - finding the bucket of a client in a shard. Pure. */
#include "access/failure_table.h"

/* The finaliser of splitmix64: every bit of the input moves half of the output's. */
static uint64_t
failure_table_mix(uint64_t value)
{
    value = (value ^ (value >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    value = (value ^ (value >> 27)) * UINT64_C(0x94d049bb133111eb);
    return value ^ (value >> 31);
}

size_t
failure_shard_of(uint64_t seed, uint8_t family, uint64_t client)
{
    return (size_t)(failure_table_mix(failure_table_mix(seed ^ client) + family + seed) %
                    FAILURE_SHARDS);
}

static bool
is_free(const struct failure_slot *slot, int64_t now_ns)
{
    return !slot->is_used ||
           atomic_load_explicit(&slot->bucket.full_at_ns, memory_order_relaxed) <= now_ns;
}

/* The client's own slot, or one that became it, or NULL: all are in use. */
static struct failure_slot *
failure_table_find(struct failure_shard *shard, uint8_t family, uint64_t client, int64_t now_ns)
{
    struct failure_slot *free_slot = NULL;

    for (size_t i = 0; i < FAILURE_SLOTS; i++) {
        struct failure_slot *slot = &shard->slots[i];

        if (slot->is_used && slot->family == family && slot->client == client)
            return slot;
        if (free_slot == NULL && is_free(slot, now_ns))
            free_slot = slot;
    }
    if (free_slot != NULL) {
        free_slot->client = client;
        free_slot->family = family;
        free_slot->is_used = true;
        atomic_store_explicit(&free_slot->bucket.full_at_ns, 0, memory_order_relaxed);
    }
    return free_slot;
}

struct bucket_result
failure_shard_take(struct failure_shard *shard, const struct rate *rate, uint8_t family,
                   uint64_t client, int64_t now_ns)
{
    struct failure_slot *slot = failure_table_find(shard, family, client, now_ns);

    return bucket_take(slot != NULL ? &slot->bucket : &shard->others, rate, 1, now_ns);
}
