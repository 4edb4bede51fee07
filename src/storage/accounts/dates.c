/* dates.c - calendar days and months of instants, in UTC. Pure. */
#include "accounts/dates.h"

#include <assert.h>

struct date {
    int64_t year;
    int64_t month; /* 1..12 */
    int64_t day;   /* 1..31 */
};

static int64_t
divide_down(int64_t value, int64_t by)
{
    return value / by - (value % by < 0 ? 1 : 0);
}

/* Years run from March, so that the leap day ends them; 400 years are 146,097 days. */
static struct date
date_of(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = divide_down(shifted, 146097);
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month = (5 * day_of_year + 2) / 153;

    return (struct date){
        .year = year_of_era + era * 400 + (month >= 10 ? 1 : 0),
        .month = month < 10 ? month + 3 : month - 9,
        .day = day_of_year - (153 * month + 2) / 5 + 1,
    };
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
    return day - date_of(day).day + 1;
}

int64_t
dates_next_month_start(int64_t day)
{
    /* No month has 32 days, none has fewer than 28. */
    return dates_month_start(dates_month_start(day) + 31);
}

static char *
write_digits(char *to, int64_t value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        to[i] = (char)('0' + value % 10);
    return to + count;
}

void
dates_format(int64_t day, char text[DATE_TEXT_SIZE])
{
    struct date date = date_of(day);
    char *to = text;

    to = write_digits(to, date.year, 4);
    *to++ = '-';
    to = write_digits(to, date.month, 2);
    *to++ = '-';
    to = write_digits(to, date.day, 2);
    *to = '\0';
    assert(to - text == DATE_TEXT_SIZE - 1);
}
