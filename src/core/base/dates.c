/* dates.c - calendar days and months of instants, in UTC. Pure.
 *
 * Years are counted from March, so that the leap day is the last of its year; 400 years are 146,097 days. */
#include "base/dates.h"

#include <assert.h>
#include <stdbool.h>

#include "base/text.h"

enum { DAYS_OF_ERA = 146097, DAYS_BEFORE_1970 = 719468 }; /* since 0000-03-01 */

static int64_t
divide_down(int64_t value, int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

struct date
date_of_day(int64_t day)
{
    int64_t shifted = day + DAYS_BEFORE_1970;
    int64_t era = divide_down(shifted, DAYS_OF_ERA);
    int64_t day_of_era = shifted - era * DAYS_OF_ERA;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;

    return (struct date){
        .year = year_of_era + era * 400 + (month >= 10 ? 1 : 0),
        .month = (int)(month < 10 ? month + 3 : month - 9),
        .day = (int)(day_of_year - (153 * month + 2) / 5 + 1),
    };
}

int64_t
day_of_date(struct date date)
{
    int64_t year = date.year - (date.month <= 2 ? 1 : 0);
    int64_t era = divide_down(year, 400);
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year = (153 * (date.month + (date.month > 2 ? -3 : 9)) + 2) / 5 + date.day - 1;

    return era * DAYS_OF_ERA + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 +
           day_of_year - DAYS_BEFORE_1970;
}

int
dates_month_size(struct date date)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = date.year % 4 == 0 && (date.year % 100 != 0 || date.year % 400 == 0);

    return date.month == 2 && is_leap ? 29 : days[date.month - 1];
}

int64_t
dates_day_of(int64_t wall_us)
{
    return divide_down(wall_us, DATES_US_OF_DAY);
}

int64_t
dates_hour_start_us(int64_t wall_us)
{
    return divide_down(wall_us, DATES_US_OF_HOUR) * DATES_US_OF_HOUR;
}

int64_t
dates_month_start(int64_t day)
{
    return day - date_of_day(day).day + 1;
}

int64_t
dates_next_month_start(int64_t day)
{
    /* No month has 32 days, none has fewer than 28. */
    return dates_month_start(dates_month_start(day) + 31);
}

void
dates_format(int64_t day, char text[DATE_TEXT_SIZE])
{
    struct date date = date_of_day(day);
    struct text out = text_of(text, DATE_TEXT_SIZE - 1);

    text_add_digits(&out, (uint64_t)date.year, 4);
    text_add(&out, "-");
    text_add_digits(&out, (uint64_t)date.month, 2);
    text_add(&out, "-");
    text_add_digits(&out, (uint64_t)date.day, 2);
    assert(out.size == DATE_TEXT_SIZE - 1);
    text[out.size] = '\0';
}
