/* decision.h - what became of a request and why, and what became of the money. The names are stored. */
#pragma once

#define DECISIONS(X)                                                                               \
    X(HIT, "hit")             /* fresh, from the near cache, L1 or L2 */                           \
    X(STALE, "stale")         /* past its TTL, served by a stale rule */                           \
    X(COLLAPSED, "collapsed") /* shared the one fetch that another request paid */                 \
    X(MISS, "miss")           /* caused a paid call */                                             \
    X(REFUSED, "refused")     /* limits, quota, budget, bad parameters */                          \
    X(ERROR, "error")         /* the upstream or we failed */

enum decision {
#define DECISION_ENUM(name, text) DECISION_##name,
    DECISIONS(DECISION_ENUM)
#undef DECISION_ENUM
        DECISION_COUNT
};

/* Why the upstream was called. */
#define FETCH_REASONS(X)                                                                           \
    X(MISS, "miss")                                                                                \
    X(REFRESH, "refresh")                                                                          \
    X(WARM, "warm")

enum fetch_reason {
#define FETCH_REASON_ENUM(name, text) FETCH_REASON_##name,
    FETCH_REASONS(FETCH_REASON_ENUM)
#undef FETCH_REASON_ENUM
        FETCH_REASON_COUNT
};

/* State of a ledger row. RESERVED moves forward once, to one of the others; what is UNKNOWN because its
 * process died may be decided later. */
#define CHARGES(X)                                                                                 \
    X(RESERVED, "reserved")                                                                        \
    X(BILLED, "billed")                                                                            \
    X(FREE, "free")                                                                                \
    X(UNKNOWN, "unknown")

enum charge {
#define CHARGE_ENUM(name, text) CHARGE_##name,
    CHARGES(CHARGE_ENUM)
#undef CHARGE_ENUM
        CHARGE_COUNT
};

/* Where a response came from; the X-Cache-Level header. */
#define LEVELS(X)                                                                                  \
    X(NONE, "")                                                                                    \
    X(NEAR, "near")                                                                                \
    X(L1, "L1")                                                                                    \
    X(L2, "L2")

enum level {
#define LEVEL_ENUM(name, text) LEVEL_##name,
    LEVELS(LEVEL_ENUM)
#undef LEVEL_ENUM
        LEVEL_COUNT
};

/* Why a request was a hit or was not: the access log's `reason`, the detail of Cache-Status, and a row of docs/usage.md.
 * Row: name, text, what Cache-Status says of it ("hit", or why it was forwarded: RFC 9211, 2.2), meaning.
 * The order is part of the wire format between actors: append only.
 * ABSENT claims no more than it knows: nothing lasting is kept of entries that are gone. */
#define CACHE_REASONS(X)                                                                           \
    X(NONE, "", "fwd=miss", "the cache was not asked")                                             \
    X(FRESH, "fresh", "hit", "an entry within its TTL")                                            \
    X(STALE_REVALIDATING, "stale-while-revalidate", "hit",                                         \
      "an entry past its TTL; a refresh runs, or waits after one that failed")                     \
    X(STALE_IF_ERROR, "stale-if-error", "hit",                                                     \
      "an entry past its TTL, because the paid API failed; the cause follows")                     \
    X(ABSENT, "absent", "fwd=uri-miss",                                                            \
      "no entry and no trace of one: never requested, or gone so long ago that it is forgotten")   \
    X(EXPIRED, "expired", "fwd=stale", "there was an entry; its TTL was over")                     \
    X(PURGED, "purged", "fwd=uri-miss", "there was an entry; a purge covers it")                   \
    X(EVICTED, "evicted", "fwd=uri-miss",                                                          \
      "there was an entry within its TTL; it made room for others, or its level was emptied")      \
    X(REFRESHED, "refreshed", "fwd=request",                                                       \
      "`force_refresh`, of this request or of the one that it joined")                             \
    X(NOT_CACHEABLE, "not-cacheable", "fwd=bypass", "the route keeps nothing: its `ttl_s` is 0")   \
    X(LOOKUP_FAILED, "lookup-failed", "fwd=miss", "Redis or the database could not be read")

enum cache_reason {
#define CACHE_REASON_ENUM(name, text, forward, meaning) CACHE_REASON_##name,
    CACHE_REASONS(CACHE_REASON_ENUM)
#undef CACHE_REASON_ENUM
        CACHE_REASON_COUNT
};

const char *cache_reason_text(enum cache_reason reason);
const char *cache_reason_forward(enum cache_reason reason);

const char *decision_text(enum decision decision);
const char *fetch_reason_text(enum fetch_reason reason);
const char *charge_text(enum charge charge);
const char *level_text(enum level level);
