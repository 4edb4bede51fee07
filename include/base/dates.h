/* dates.h - calendar days and months of instants, in UTC. Pure. */
#pragma once

#include <stdint.h>

#define DATES_US_OF_HOUR 3600000000LL
#define DATES_US_OF_DAY  86400000000LL

#define DATE_TEXT_SIZE   11 /* "2026-01-15" and NUL */

/* Of the proleptic Gregorian calendar. */
struct date {
    int64_t year;
    int month; /* 1..12 */
    int day;   /* 1..31 */
};

/* Days since 1970-01-01; what lies before it has negative days. */
struct date date_of_day(int64_t day);
int64_t day_of_date(struct date date);
int dates_month_size(struct date date);

int64_t dates_day_of(int64_t wall_us);
/* The instant at which the hour of wall_us began. */
int64_t dates_hour_start_us(int64_t wall_us);
/* The first day of the month of day, and of the month after it. */
int64_t dates_month_start(int64_t day);
int64_t dates_next_month_start(int64_t day);
/* day: in the years 0 to 9999. */
void dates_format(int64_t day, char text[DATE_TEXT_SIZE]);
