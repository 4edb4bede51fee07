/* breaker.c - counting the ends of calls, and changing state over them. */
#include "call/breaker.h"

#include <string.h>

#define PROBES_OUT_WAIT_MS 1000 /* all probes are under way: none of them says when it ends */

/* What was counted in the state before means nothing in the next one. */
static void
breaker_enter(struct breaker *breaker, enum breaker_state state, enum breaker_reason reason,
              int64_t now_ms)
{
    breaker->state = state;
    breaker->reason = reason;
    breaker->since_ms = now_ms;
    breaker->generation++;
    breaker->consecutive_failures = 0;
    breaker->probes_out = 0;
    breaker->probes_succeeded = 0;
    breaker->entered[state]++;
    memset(breaker->slices, 0, sizeof breaker->slices);
}

void
breaker_init(struct breaker *breaker, const struct breaker_settings *settings, int64_t now_ms)
{
    *breaker = (struct breaker){
        .settings = *settings,
        .state = BREAKER_CLOSED,
        .reason = BREAKER_REASON_NONE,
        .since_ms = now_ms,
        .generation = 1,
    };
}

void
breaker_reset(struct breaker *breaker, int64_t now_ms)
{
    breaker_enter(breaker, BREAKER_CLOSED, BREAKER_REASON_RESET, now_ms);
}

int64_t
breaker_wait_ms(const struct breaker *breaker, int64_t now_ms)
{
    int64_t left_ms = breaker->since_ms + breaker->settings.reset_timeout_ms - now_ms;

    switch (breaker->state) {
    case BREAKER_OPEN:
        return left_ms > 0 ? left_ms : 0;
    case BREAKER_HALF_OPEN:
        return breaker->probes_out + breaker->probes_succeeded < breaker->settings.probes
                   ? 0
                   : PROBES_OUT_WAIT_MS;
    default:
        return 0;
    }
}

bool
breaker_permit(struct breaker *breaker, int64_t now_ms, struct breaker_permit *permit)
{
    *permit = (struct breaker_permit){0};
    if (breaker_wait_ms(breaker, now_ms) > 0)
        return false;
    if (breaker->state == BREAKER_OPEN)
        breaker_enter(breaker, BREAKER_HALF_OPEN, BREAKER_REASON_PROBE_DUE, now_ms);
    if (breaker->state == BREAKER_HALF_OPEN)
        breaker->probes_out++;
    permit->generation = breaker->generation;
    return true;
}

/* The slice of now, emptied where it still holds one of an earlier turn. */
static struct breaker_slice *
slice_at(struct breaker *breaker, int64_t now_ms)
{
    int64_t number = now_ms / (breaker->settings.window_ms / BREAKER_SLICES);
    struct breaker_slice *slice = &breaker->slices[number % BREAKER_SLICES];

    if (slice->number != number)
        *slice = (struct breaker_slice){.number = number};
    return slice;
}

struct breaker_slice
breaker_window(const struct breaker *breaker, int64_t now_ms)
{
    int64_t number = now_ms / (breaker->settings.window_ms / BREAKER_SLICES);
    struct breaker_slice sum = {0};

    for (int i = 0; i < BREAKER_SLICES; i++) {
        const struct breaker_slice *slice = &breaker->slices[i];

        if (slice->number <= number - BREAKER_SLICES)
            continue;
        sum.calls += slice->calls;
        sum.failures += slice->failures;
        sum.slow += slice->slow;
    }
    return sum;
}

static bool
is_reached(int64_t percent, int64_t part, int64_t calls)
{
    return percent > 0 && part * 100 >= percent * calls;
}

static void
open_if_due(struct breaker *breaker, int64_t now_ms)
{
    const struct breaker_settings *settings = &breaker->settings;
    struct breaker_slice window = breaker_window(breaker, now_ms);
    enum breaker_reason reason = BREAKER_REASON_NONE;

    if (settings->failures > 0 && breaker->consecutive_failures >= settings->failures)
        reason = BREAKER_REASON_CONSECUTIVE_FAILURES;
    else if (window.calls < settings->minimum_calls)
        return;
    else if (is_reached(settings->failure_percent, window.failures, window.calls))
        reason = BREAKER_REASON_FAILURE_RATE;
    else if (is_reached(settings->slow_percent, window.slow, window.calls))
        reason = BREAKER_REASON_SLOW_CALL_RATE;
    if (reason != BREAKER_REASON_NONE)
        breaker_enter(breaker, BREAKER_OPEN, reason, now_ms);
}

static void
record_closed(struct breaker *breaker, bool is_failure, bool is_slow, int64_t now_ms)
{
    struct breaker_slice *slice = slice_at(breaker, now_ms);

    slice->calls++;
    slice->failures += is_failure;
    slice->slow += is_slow;
    breaker->consecutive_failures = is_failure ? breaker->consecutive_failures + 1 : 0;
    open_if_due(breaker, now_ms);
}

static void
record_probe(struct breaker *breaker, bool is_failure, int64_t now_ms)
{
    breaker->probes_out--;
    if (is_failure)
        breaker_enter(breaker, BREAKER_OPEN, BREAKER_REASON_PROBE_FAILED, now_ms);
    else if (++breaker->probes_succeeded >= breaker->settings.probes)
        breaker_enter(breaker, BREAKER_CLOSED, BREAKER_REASON_PROBES_SUCCEEDED, now_ms);
}

/* True: it was given in this state. */
static bool
take_back(const struct breaker *breaker, struct breaker_permit *permit)
{
    bool is_current = permit->generation == breaker->generation;

    permit->generation = 0;
    return is_current;
}

void
breaker_record(struct breaker *breaker, struct breaker_permit *permit, bool is_failure,
               int64_t duration_ms, int64_t now_ms)
{
    const struct breaker_settings *settings = &breaker->settings;
    bool is_slow = settings->slow_call_ms > 0 && duration_ms >= settings->slow_call_ms;

    if (!take_back(breaker, permit))
        return;
    if (breaker->state == BREAKER_HALF_OPEN)
        record_probe(breaker, is_failure || (is_slow && settings->slow_percent > 0), now_ms);
    else
        record_closed(breaker, is_failure, is_slow, now_ms);
}

void
breaker_return(struct breaker *breaker, struct breaker_permit *permit)
{
    if (take_back(breaker, permit) && breaker->state == BREAKER_HALF_OPEN)
        breaker->probes_out--;
}
