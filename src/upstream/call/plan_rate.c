/* plan_rate.c - a ring of starts. */
#include "call/plan_rate.h"

#include <string.h>

#define WINDOW_MS   1050 /* a second, and the provider's clock against ours */
#define PAUSE_MAX_S 300  /* a longer Retry-After is cut to this */

void
plan_rate_init(struct plan_rate *plan, int64_t per_second)
{
    memset(plan, 0, sizeof *plan);
    plan->per_second = per_second < PLAN_RATE_MAX ? per_second : PLAN_RATE_MAX;
}

int64_t
plan_rate_pause_left_ms(const struct plan_rate *plan, int64_t now_ms)
{
    return plan->paused_until_ms > now_ms ? plan->paused_until_ms - now_ms : 0;
}

int64_t
plan_rate_wait_ms(const struct plan_rate *plan, int64_t now_ms)
{
    int64_t wait_ms = plan_rate_pause_left_ms(plan, now_ms);
    int64_t oldest_ms, free_in_ms;

    if (plan->per_second == 0 || plan->count < plan->per_second)
        return wait_ms;
    oldest_ms = plan->starts_ms[plan->count % plan->per_second];
    free_in_ms = oldest_ms + WINDOW_MS - now_ms;
    return free_in_ms > wait_ms ? free_in_ms : wait_ms;
}

void
plan_rate_count(struct plan_rate *plan, int64_t now_ms)
{
    if (plan->per_second > 0)
        plan->starts_ms[plan->count++ % plan->per_second] = now_ms;
}

void
plan_rate_pause(struct plan_rate *plan, int64_t retry_after_s, int64_t now_ms)
{
    int64_t seconds = retry_after_s > 0 ? retry_after_s : 1;
    int64_t until_ms = now_ms + 1000 * (seconds < PAUSE_MAX_S ? seconds : PAUSE_MAX_S);

    if (until_ms > plan->paused_until_ms)
        plan->paused_until_ms = until_ms;
}
