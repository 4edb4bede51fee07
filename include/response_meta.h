/* response_meta.h - what is known of a response beside its headers and its body, at every level that holds one.
 *
 * One struct goes all the way: cache actor -> L2's row and L1's value -> CACHE_REPLY -> the gateway's memory. A new member is
 * one row here; messages and L1 values have it by this list (give them a new version), a row of L2 needs a column
 * (storage/entries). Instants are wall-clock milliseconds since 1970. */
#pragma once

#include <stdint.h>

/*    member              meaning */
#define RESPONSE_META(X)                                                                           \
    X(http_status)         /* of the upstream's response */                                        \
    X(created_wall_ms)     /* when it was fetched */                                               \
    X(expires_wall_ms)     /* fresh until here */                                                  \
    X(stale_until_wall_ms) /* L2 keeps it until here; stale responses come out of this window */   \
    X(price_micro_usd)     /* of its billed call: what a hit saves */                              \
    X(purge_number)        /* the last purge that was known when its fetch started */              \
    X(fetched_by_key_id)   /* who paid; 0: the service */

struct response_meta {
#define RESPONSE_META_MEMBER(name) int64_t name;
    RESPONSE_META(RESPONSE_META_MEMBER)
#undef RESPONSE_META_MEMBER
};
