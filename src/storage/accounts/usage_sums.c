/* usage_sums.c - adds up usage records per hour, endpoint and status, and per key and day. Pure. */
#include "accounts/usage_sums.h"

#include <string.h>

#include "base/dates.h"
#include "base/hash.h"

/* The tables are twice the size of what they index: a free slot always ends a search. */
static size_t
usage_sums_mix(uint64_t value, size_t slot_count)
{
    return (size_t)((value * 0x9e3779b97f4a7c15u) >> 40) % slot_count;
}

static size_t
endpoint_size(const struct usage_record *record)
{
    return strnlen(record->endpoint, sizeof record->endpoint - 1);
}

static bool
is_hour(const struct hour_sum *sum, int64_t hour_wall_us, const struct usage_record *record,
        size_t size)
{
    return sum->hour_wall_us == hour_wall_us && sum->status_code == record->status_code &&
           memcmp(sum->endpoint, record->endpoint, size) == 0 && sum->endpoint[size] == '\0';
}

/* NULL: a new one is needed and there is no room. */
static struct hour_sum *
take_hour(struct usage_sums *sums, const struct usage_record *record)
{
    int64_t hour_wall_us = dates_hour_start_us(record->created_wall_us);
    size_t size = endpoint_size(record);
    uint64_t hash = hash_fnv1a(bytes_of(record->endpoint, size), 0) ^ (uint64_t)hour_wall_us ^
                    ((uint64_t)record->status_code << 20);
    size_t slot = usage_sums_mix(hash, COUNT(sums->hour_slots));

    for (; sums->hour_slots[slot] != 0; slot = (slot + 1) % COUNT(sums->hour_slots)) {
        struct hour_sum *sum = &sums->hours[sums->hour_slots[slot] - 1];

        if (is_hour(sum, hour_wall_us, record, size))
            return sum;
    }
    if (sums->hour_count == COUNT(sums->hours))
        return NULL;

    struct hour_sum *sum = &sums->hours[sums->hour_count++];

    memset(sum, 0, sizeof *sum);
    sum->hour_wall_us = hour_wall_us;
    sum->status_code = record->status_code;
    memcpy(sum->endpoint, record->endpoint, size);
    sums->hour_slots[slot] = (uint16_t)sums->hour_count;
    return sum;
}

static struct day_sum *
take_day(struct usage_sums *sums, const struct usage_record *record)
{
    int64_t day = dates_day_of(record->created_wall_us);
    size_t slot =
        usage_sums_mix((uint64_t)record->api_key_id * 31 + (uint64_t)day, COUNT(sums->day_slots));

    for (; sums->day_slots[slot] != 0; slot = (slot + 1) % COUNT(sums->day_slots)) {
        struct day_sum *sum = &sums->days[sums->day_slots[slot] - 1];

        if (sum->api_key_id == record->api_key_id && sum->day == day)
            return sum;
    }
    if (sums->day_count == COUNT(sums->days))
        return NULL;

    struct day_sum *sum = &sums->days[sums->day_count++];

    *sum = (struct day_sum){.api_key_id = record->api_key_id, .day = day};
    sums->day_slots[slot] = (uint16_t)sums->day_count;
    return sum;
}

bool
usage_sums_add(struct usage_sums *sums, const struct usage_record *record)
{
    struct hour_sum *hour = take_hour(sums, record);
    struct day_sum *day = hour != NULL ? take_day(sums, record) : NULL;

    if (day == NULL)
        return false;
    hour->decisions[record->decision]++;
    hour->durations[duration_bucket(record->response_time_us)]++;
    hour->response_time_us += record->response_time_us;
    hour->cost_micro_usd += record->cost_micro_usd;
    hour->saved_micro_usd += record->saved_micro_usd;
    day->requests += record->decision != DECISION_REFUSED ? 1 : 0;
    day->calls += record->cost_micro_usd > 0 ? 1 : 0;
    day->cost_micro_usd += record->cost_micro_usd;
    day->saved_micro_usd += record->saved_micro_usd;
    if (record->created_wall_us > day->last_wall_us)
        day->last_wall_us = record->created_wall_us;
    return true;
}

void
usage_sums_clear(struct usage_sums *sums)
{
    sums->hour_count = 0;
    sums->day_count = 0;
    memset(sums->hour_slots, 0, sizeof sums->hour_slots);
    memset(sums->day_slots, 0, sizeof sums->day_slots);
}
