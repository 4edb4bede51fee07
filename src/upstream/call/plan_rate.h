/* plan_rate.h - what the paid plan allows: calls per second, and the pause that an upstream 429 asks for. Pure.
 *
 * The provider counts a sliding second: the starts of the last `per_second` calls are remembered, and a call may
 * start when the oldest of them is more than a second ago. */
#pragma once

#include <stdint.h>

#define PLAN_RATE_MAX 1024

struct plan_rate {
    int64_t per_second;      /* 0: no limit; at most PLAN_RATE_MAX are remembered */
    int64_t paused_until_ms; /* monotonic; 0: no pause */
    int64_t starts_ms[PLAN_RATE_MAX];
    int64_t count; /* starts since the beginning */
};

void plan_rate_init(struct plan_rate *plan, int64_t per_second);
/* 0: a call may start now; else milliseconds until it may. */
int64_t plan_rate_wait_ms(const struct plan_rate *plan, int64_t now_ms);
void plan_rate_count(struct plan_rate *plan, int64_t now_ms);
/* The upstream said 429: nothing starts for retry_after_s (0: one second). */
void plan_rate_pause(struct plan_rate *plan, int64_t retry_after_s, int64_t now_ms);
/* Milliseconds until the pause is over; 0: there is none. */
int64_t plan_rate_pause_left_ms(const struct plan_rate *plan, int64_t now_ms);
