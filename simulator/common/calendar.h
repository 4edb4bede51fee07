/* calendar.h - days and dates of the Gregorian calendar, in UTC. Pure.
 *
 * A day is the number of days since 1970-01-01; an instant is milliseconds since then.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define CALENDAR_DAY_MS INT64_C(86400000)

enum {
    CALENDAR_INSTANT_SIZE = 25, /* 2024-11-18T00:00:00.000Z and its NUL */
    CALENDAR_HTTP_SIZE = 30,    /* Mon, 18 Nov 2024 00:00:00 GMT and its NUL */
};

struct date {
    int32_t year;
    int32_t month; /* 1..12 */
    int32_t day;   /* 1..31 */
};

int32_t calendar_day(struct date date);
struct date calendar_date(int32_t day);
int32_t calendar_day_of(int64_t time_ms);

/* Years 0 to 9999, as ISO 8601 with milliseconds and Z. */
void calendar_format(int64_t time_ms, char out[CALENDAR_INSTANT_SIZE]);

/* The form of an HTTP Date (RFC 9110 5.6.7). */
void calendar_format_http(int64_t time_ms, char out[CALENDAR_HTTP_SIZE]);

/* 2026-01-15, 2026-01-15T12:00:00Z or 2026-01-15T12:00:00.000Z, years 1970 to 9999. */
bool calendar_parse(const char *text, int64_t *time_ms);
