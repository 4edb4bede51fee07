/* hash.h - the hash of tables in memory. Nothing that is stored or sent depends on its values. Pure. */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

/* FNV-1a, 64 bits; another seed gives another hash. Not against people who choose what is hashed. */
static inline uint64_t
hash_fnv1a(struct bytes bytes, uint64_t seed)
{
    uint64_t hash = UINT64_C(14695981039346656037) ^ seed;

    for (size_t i = 0; i < bytes.size; i++)
        hash = (hash ^ bytes.data[i]) * UINT64_C(1099511628211);
    return hash;
}
