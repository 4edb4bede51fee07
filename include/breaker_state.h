/* breaker_state.h - the states of a circuit breaker and the reasons for them, as they are told. */
#pragma once

#include <stdint.h>

#define BREAKER_STATES(X)                                                                          \
    X(CLOSED, "closed")                                                                            \
    X(OPEN, "open")                                                                                \
    X(HALF_OPEN, "half-open")

enum breaker_state {
#define BREAKER_STATE_ENUM(name, text) BREAKER_##name,
    BREAKER_STATES(BREAKER_STATE_ENUM)
#undef BREAKER_STATE_ENUM
        BREAKER_STATE_COUNT
};

/* Why it is in its state. */
#define BREAKER_REASONS(X)                                                                         \
    X(NONE, "no call has failed yet")                                                              \
    X(CONSECUTIVE_FAILURES, "too many calls failed in a row")                                      \
    X(FAILURE_RATE, "too many of the last calls failed")                                           \
    X(SLOW_CALL_RATE, "too many of the last calls were slow")                                      \
    X(PROBE_DUE, "the reset timeout is over: it is tried again")                                   \
    X(PROBE_FAILED, "a probe failed")                                                              \
    X(PROBES_SUCCEEDED, "the probes succeeded")                                                    \
    X(RESET, "it was reset by an administrator")

enum breaker_reason {
#define BREAKER_REASON_ENUM(name, text) BREAKER_REASON_##name,
    BREAKER_REASONS(BREAKER_REASON_ENUM)
#undef BREAKER_REASON_ENUM
        BREAKER_REASON_COUNT
};

/* Of a value that travelled; "" where it is none. */
const char *breaker_state_text(int64_t state);
const char *breaker_reason_text(int64_t reason);
