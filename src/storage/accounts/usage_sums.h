/* usage_sums.h - adds up usage records per hour, endpoint and status, and per key and day, so that counters and roll-ups are
 * moved once per transaction and not once per record. Pure; no memory beyond the struct. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/duration.h"
#include "decision.h"
#include "usage_record.h"

#define USAGE_SUMS_HOURS 256  /* different hours, endpoints and statuses at once */
#define USAGE_SUMS_DAYS  4096 /* different keys and days at once */

struct hour_sum {
    int64_t hour_wall_us; /* when the hour began */
    char endpoint[sizeof((struct usage_record *)0)->endpoint];
    int64_t status_code;
    int64_t decisions[DECISION_COUNT];
    int64_t durations[DURATION_BUCKET_COUNT];
    int64_t response_time_us;
    int64_t cost_micro_usd;
    int64_t saved_micro_usd;
};

struct day_sum {
    int64_t api_key_id;
    int64_t day;      /* since 1970, UTC */
    int64_t requests; /* admitted ones: all but the refused */
    int64_t calls;    /* requests that caused a paid call */
    int64_t cost_micro_usd;
    int64_t saved_micro_usd;
    int64_t last_wall_us; /* of any of them */
};

/* Zeroed: empty. */
struct usage_sums {
    struct hour_sum hours[USAGE_SUMS_HOURS];
    struct day_sum days[USAGE_SUMS_DAYS];
    size_t hour_count;
    size_t day_count;
    uint16_t hour_slots[2 * USAGE_SUMS_HOURS]; /* hash table: index + 1 into hours, 0 free */
    uint16_t day_slots[2 * USAGE_SUMS_DAYS];
};

/* False: full, and nothing was added; use the sums, clear, add again. */
bool usage_sums_add(struct usage_sums *sums, const struct usage_record *record);
void usage_sums_clear(struct usage_sums *sums);
