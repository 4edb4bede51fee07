/* upstream_health.c - what a call and a probe say, and which of the two counts. */
#include "call/upstream_health.h"

void
upstream_health_init(struct upstream_health *health)
{
    *health = (struct upstream_health){.call_us = -1, .probe_us = -1, .is_probe_ok = true};
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
    if (call != UPSTREAM_CALL_OK)
        health->cause = cause;
}

void
upstream_health_note_probe(struct upstream_health *health, int64_t now_ms, bool is_fine,
                           int64_t duration_us, const char *cause)
{
    health->is_probe_ok = is_fine;
    health->probed_at_ms = now_ms;
    if (is_fine)
        health->probe_us = duration_us;
    else
        health->cause = cause;
}

static bool
last_call_says_unhealthy(const struct upstream_health *health, int64_t now_ms)
{
    if (health->call == UPSTREAM_CALL_REJECTED)
        return true;
    if (health->call == UPSTREAM_CALL_OK ||
        now_ms - health->called_at_ms >= UPSTREAM_FAILURE_MAX_AGE_MS)
        return false;
    return health->call == UPSTREAM_CALL_FAILED || !health->is_probe_ok ||
           health->probed_at_ms <= health->called_at_ms;
}

bool
upstream_health_is_healthy(const struct upstream_health *health, int64_t now_ms)
{
    bool probe_is_newer = health->probed_at_ms > health->called_at_ms;

    if (probe_is_newer && !health->is_probe_ok)
        return false;
    return !last_call_says_unhealthy(health, now_ms);
}

bool
upstream_health_is_probe_due(const struct upstream_health *health, int64_t now_ms,
                             int64_t interval_ms)
{
    int64_t last_contact_ms =
        health->called_at_ms > health->probed_at_ms ? health->called_at_ms : health->probed_at_ms;

    if (interval_ms == 0)
        return false;
    if (last_contact_ms == 0)
        return true;
    if (interval_ms > UPSTREAM_UNHEALTHY_PROBE_MS && !upstream_health_is_healthy(health, now_ms))
        interval_ms = UPSTREAM_UNHEALTHY_PROBE_MS;
    return now_ms - last_contact_ms >= interval_ms;
}

int64_t
upstream_health_latency_us(const struct upstream_health *health)
{
    return health->call_us >= 0 ? health->call_us : health->probe_us;
}

const char *
upstream_health_detail(const struct upstream_health *health, int64_t now_ms)
{
    return upstream_health_is_healthy(health, now_ms) ? "" : health->cause;
}
