/* admission.h - limits and quotas of a key: may this request go on. */
#pragma once

#include "exchange.h"

struct admission {
    /* OK, RATE_LIMITED, QUOTA_EXCEEDED; UNAUTHORIZED: the key is gone meanwhile */
    enum status status;
    bool is_window; /* what refused is a sliding window, else a token bucket */
    const char
        *policy; /* which refused: "global", "endpoint", "daily-quota", "monthly-quota"; static */
    struct rate rate;   /* of the bucket that refused */
    int64_t remaining;  /* whole requests it still had: not enough for this one */
    bool exceeds_limit; /* this one asks for more than the bucket ever holds */
    int64_t reset_s;    /* until it is full */
    int64_t retry_after_s;
    int64_t quota_limit, quota_used; /* of the quota that refused */
};

#define ADMISSION_GLOBAL SIZE_MAX

/* So many tokens of one of the key's buckets. */
struct admission_claim {
    size_t limit_index; /* of an endpoint (route_table.h), or ADMISSION_GLOBAL */
    int64_t tokens;     /* 0: nothing is claimed */
};

/* Takes what is claimed of the buckets of exchange's key, in their order, and then `requests` (>= 1) of its quota: all or
 * nothing. Admitted: exchange says what is left of the rate limits. Looks the key up itself: unpinned before and after. With analytics away a request under a quota is admitted: a
 * hit costs nothing, and a miss needs the ledger anyway. */
struct admission admission_take(struct exchange *exchange, const struct admission_claim *claims,
                                size_t count, int64_t requests);
/* The listener's thread, which writes the key table: gives unused leases of all keys back to
 * analytics, at most until timeout_ms, at a graceful stop. */
void admission_return_leases(struct gateway *gateway, int64_t timeout_ms);
