/* upstream_health.c - the rules of condition.h. Pure. */
#include "call/upstream_health.h"

void
upstream_health_init(struct upstream_health *health)
{
    *health = (struct upstream_health){.call_us = -1, .probe_us = -1, .is_probe_fine = true};
    health->cause = "";
}

void
upstream_health_note_call(struct upstream_health *health, int64_t now_ms,
                          enum upstream_health_call call, int64_t duration_us, const char *cause)
{
    health->call = call;
    health->called_at_ms = now_ms;
    if (duration_us >= 0)
        health->call_us = duration_us;
    if (call != CONDITION_FINE)
        health->cause = cause;
}

void
upstream_health_note_probe(struct upstream_health *health, int64_t now_ms, bool is_fine,
                           int64_t duration_us, const char *cause)
{
    health->is_probe_fine = is_fine;
    health->probed_at_ms = now_ms;
    if (is_fine)
        health->probe_us = duration_us;
    else
        health->cause = cause;
}

static bool
is_call_held_against_it(const struct upstream_health *health, int64_t now_ms)
{
    if (health->call == CONDITION_FINE || now_ms - health->called_at_ms >= CONDITION_FORGIVE_MS)
        return false;
    return health->call == CONDITION_FAILED || !health->is_probe_fine ||
           health->probed_at_ms <= health->called_at_ms;
}

bool
upstream_health_is_well(const struct upstream_health *health, int64_t now_ms)
{
    bool probe_is_newer = health->probed_at_ms > health->called_at_ms;

    if (probe_is_newer && !health->is_probe_fine)
        return false;
    return !is_call_held_against_it(health, now_ms);
}

bool
upstream_health_is_probe_due(const struct upstream_health *health, int64_t now_ms,
                             int64_t interval_ms)
{
    int64_t heard_at_ms =
        health->called_at_ms > health->probed_at_ms ? health->called_at_ms : health->probed_at_ms;

    if (interval_ms == 0)
        return false;
    if (heard_at_ms == 0)
        return true;
    if (interval_ms > CONDITION_DOUBT_MS && !upstream_health_is_well(health, now_ms))
        interval_ms = CONDITION_DOUBT_MS;
    return now_ms - heard_at_ms >= interval_ms;
}

int64_t
upstream_health_latency_us(const struct upstream_health *health)
{
    return health->call_us >= 0 ? health->call_us : health->probe_us;
}

const char *
upstream_health_detail(const struct upstream_health *health, int64_t now_ms)
{
    return upstream_health_is_well(health, now_ms) ? "" : health->cause;
}
