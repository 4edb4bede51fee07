/* condition.c - the rules of condition.h. Pure. */
#include "call/condition.h"

void
condition_init(struct condition *condition)
{
    *condition = (struct condition){.call_us = -1, .probe_us = -1, .is_probe_fine = true};
    condition->cause = "";
}

void
condition_note_call(struct condition *condition, int64_t now_ms, enum condition_call call,
                    int64_t duration_us, const char *cause)
{
    condition->call = call;
    condition->called_at_ms = now_ms;
    if (duration_us >= 0)
        condition->call_us = duration_us;
    if (call != CONDITION_FINE)
        condition->cause = cause;
}

void
condition_note_probe(struct condition *condition, int64_t now_ms, bool is_fine, int64_t duration_us,
                     const char *cause)
{
    condition->is_probe_fine = is_fine;
    condition->probed_at_ms = now_ms;
    if (is_fine)
        condition->probe_us = duration_us;
    else
        condition->cause = cause;
}

static bool
is_call_held_against_it(const struct condition *condition, int64_t now_ms)
{
    if (condition->call == CONDITION_FINE ||
        now_ms - condition->called_at_ms >= CONDITION_FORGIVE_MS)
        return false;
    return condition->call == CONDITION_FAILED || !condition->is_probe_fine ||
           condition->probed_at_ms <= condition->called_at_ms;
}

bool
condition_is_well(const struct condition *condition, int64_t now_ms)
{
    bool probe_is_newer = condition->probed_at_ms > condition->called_at_ms;

    if (probe_is_newer && !condition->is_probe_fine)
        return false;
    return !is_call_held_against_it(condition, now_ms);
}

bool
condition_is_probe_due(const struct condition *condition, int64_t now_ms, int64_t interval_ms)
{
    int64_t heard_at_ms = condition->called_at_ms > condition->probed_at_ms
                              ? condition->called_at_ms
                              : condition->probed_at_ms;

    if (interval_ms == 0)
        return false;
    if (heard_at_ms == 0)
        return true;
    if (interval_ms > CONDITION_DOUBT_MS && !condition_is_well(condition, now_ms))
        interval_ms = CONDITION_DOUBT_MS;
    return now_ms - heard_at_ms >= interval_ms;
}

int64_t
condition_latency_us(const struct condition *condition)
{
    return condition->call_us >= 0 ? condition->call_us : condition->probe_us;
}

const char *
condition_detail(const struct condition *condition, int64_t now_ms)
{
    return condition_is_well(condition, now_ms) ? "" : condition->cause;
}
