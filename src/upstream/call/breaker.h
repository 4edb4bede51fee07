/* breaker.h - a circuit breaker: whether an upstream may be called at all. Pure: times are arguments, monotonic.
 *
 * States, and who may be called:
 *   CLOSED     everybody. It opens after `failures` in a row, or when enough of the calls that ended in the window
 *              failed or were slow.
 *   OPEN       nobody, for reset_timeout_ms. The first permit after that makes it HALF_OPEN.
 *   HALF_OPEN  `probes` calls and no more, but for those whose permit came back unused. When all have succeeded it closes;
 *              the first that fails, or is slow, opens it again.
 *
 * Each call has a permit, and gives it back exactly once: with breaker_record when it says something about the upstream,
 * with breaker_return when it does not (it was never sent, or was cancelled). What ends after the state has changed counts
 * no more: a call from before the opening is no probe. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "breaker_state.h"

#define BREAKER_SLICES 10 /* of the window: it slides in steps of a tenth */

struct breaker_settings {
    int64_t failures;         /* in a row; 0: they do not open it */
    int64_t reset_timeout_ms; /* that it stays open */
    int64_t window_ms;        /* at least BREAKER_SLICES */
    int64_t minimum_calls;    /* ended in the window, before a rate means anything; at least 1 */
    int64_t failure_percent;  /* 1..100; 0: the rate does not open it */
    int64_t slow_call_ms;     /* a call that takes so long is slow; 0: none is */
    int64_t slow_percent;     /* 1..100; 0: the rate does not open it */
    int64_t probes;           /* at least 1 */
};

struct breaker_slice {
    int64_t number; /* since the clock's start: which slice it holds */
    int64_t calls;
    int64_t failures;
    int64_t slow;
};

struct breaker {
    struct breaker_settings settings;
    enum breaker_state state;
    enum breaker_reason reason;
    int64_t since_ms;             /* when it came into its state */
    int64_t generation;           /* one more with each change of state */
    int64_t consecutive_failures; /* in CLOSED */
    int64_t probes_out;           /* in HALF_OPEN: permits that are not back */
    int64_t probes_succeeded;
    int64_t entered[BREAKER_STATE_COUNT]; /* how often each state was come into */
    struct breaker_slice slices[BREAKER_SLICES];
};

/* Of one call; generation 0: there is none. */
struct breaker_permit {
    int64_t generation;
};

void breaker_init(struct breaker *breaker, const struct breaker_settings *settings, int64_t now_ms);
/* False: it must not be called now. */
bool breaker_permit(struct breaker *breaker, int64_t now_ms, struct breaker_permit *permit);
/* How long nobody may call, at least: 0 where breaker_permit would say yes; for Retry-After. */
int64_t breaker_wait_ms(const struct breaker *breaker, int64_t now_ms);
/* Both empty the permit; one that is empty already changes nothing. */
void breaker_record(struct breaker *breaker, struct breaker_permit *permit, bool is_failure,
                    int64_t duration_ms, int64_t now_ms);
void breaker_return(struct breaker *breaker, struct breaker_permit *permit);
/* Closed, and everything forgotten but the counts of changes. */
void breaker_reset(struct breaker *breaker, int64_t now_ms);
/* Of the calls that ended in the window before now: how many, how many failed, how many were slow. number: not used. */
struct breaker_slice breaker_window(const struct breaker *breaker, int64_t now_ms);
