/* admission.h - limits and quotas of a key: may this request go on. */
#pragma once

#include "server/exchange.h"

struct admission {
    enum status
        status; /* OK, RATE_LIMITED, QUOTA_EXCEEDED; UNAUTHORIZED from admission_take_many */
    const char *policy; /* which limit refused: "global", "endpoint", "daily" ... static */
    struct rate rate;   /* of the bucket that refused */
    int64_t remaining;  /* whole requests it still had: not enough for this one */
    bool exceeds_limit; /* this one asks for more than the bucket ever holds */
    int64_t reset_s;    /* until it is full */
    int64_t retry_after_s;
};

/* Takes one token of the global and of the endpoint's bucket (both or none), then one of the quota
 * lease. Comes with the epoch pinned by authenticate_key and always leaves it unpinned, also before
 * a lease is asked for. With analytics away a request under a quota is admitted: a hit costs
 * nothing, and a miss needs the ledger anyway. */
void admission_take(struct exchange *exchange, const struct key_entry *entry, int64_t now_ns,
                    struct admission *admission);
/* The same for a request that stands for `count` requests of another endpoint, all or nothing: one token of its own
 * endpoint's bucket, `count` of the other endpoint's and of the global one, and `count` of the quota; where count is 0 one
 * of the global bucket and of the quota. Unpinned; UNAUTHORIZED: the key is gone meanwhile. */
void admission_take_many(struct exchange *exchange, size_t limit_index, int64_t count,
                         int64_t now_ns, struct admission *admission);
/* The listener's thread, which writes the key table: gives unused leases of all keys back to
 * analytics, at most until timeout_ms, at a graceful stop. */
void admission_return_leases(struct gateway *gateway, int64_t timeout_ms);
