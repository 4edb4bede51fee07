/* decision.h - what became of a request, and what became of the money. The names are stored. */
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

const char *decision_text(enum decision decision);
const char *fetch_reason_text(enum fetch_reason reason);
const char *charge_text(enum charge charge);
const char *level_text(enum level level);
