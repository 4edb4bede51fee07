/* clock_text.c - points in time as text, RFC 3339 in UTC. Pure. */
#include "base/clock.h"

#include <assert.h>
#include <string.h>

enum { SECONDS_OF_DAY = 86400 };

#define US_OF_SECOND 1000000LL
/* 0000-01-01T00:00:00Z and the last microsecond of 9999: four digits of a year. */
#define WALL_US_LEAST (-62167219200LL * US_OF_SECOND)
#define WALL_US_MOST  (253402300800LL * US_OF_SECOND - 1)

struct date {
    int64_t year; /* 0..9999 */
    int month;    /* 1..12 */
    int day;      /* 1..31 */
};

/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. Years are counted from
 * March, so that the leap day is the last of its year; 400 years are 146,097 days. */
static int64_t
days_of_date(const struct date *date)
{
    int64_t year = date->year - (date->month <= 2 ? 1 : 0);
    int64_t era = (year >= 0 ? year : year - 399) / 400;
    int64_t year_of_era = year - era * 400;
    int64_t day_of_year =
        (153 * (date->month + (date->month > 2 ? -3 : 9)) + 2) / 5 + date->day - 1;

    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year -
           719468;
}

static struct date
date_of_days(int64_t days)
{
    int64_t shifted = days + 719468;
    int64_t era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int64_t day_of_era = shifted - era * 146097;
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_of_year = (5 * day_of_year + 2) / 153;
    int month = (int)(month_of_year < 10 ? month_of_year + 3 : month_of_year - 9);

    return (struct date){
        .year = year_of_era + era * 400 + (month <= 2 ? 1 : 0),
        .month = month,
        .day = (int)(day_of_year - (153 * month_of_year + 2) / 5 + 1),
    };
}

static char *
write_digits(char *to, int64_t value, int count)
{
    for (int i = count - 1; i >= 0; i--, value /= 10)
        to[i] = (char)('0' + value % 10);
    return to + count;
}

static char *
write_byte(char *to, char byte)
{
    *to = byte;
    return to + 1;
}

/* An instant outside the years 0..9999 is shown as the nearest inside. */
void
clock_format_wall_us(int64_t wall_us, char *buffer)
{
    int64_t us = wall_us < WALL_US_LEAST  ? WALL_US_LEAST
                 : wall_us > WALL_US_MOST ? WALL_US_MOST
                                          : wall_us;
    int64_t seconds = (us >= 0 ? us : us - (US_OF_SECOND - 1)) / US_OF_SECOND;
    int64_t days = (seconds >= 0 ? seconds : seconds - (SECONDS_OF_DAY - 1)) / SECONDS_OF_DAY;
    int64_t second_of_day = seconds - days * SECONDS_OF_DAY;
    struct date date = date_of_days(days);
    char *to = write_digits(buffer, date.year, 4);

    to = write_digits(write_byte(to, '-'), date.month, 2);
    to = write_digits(write_byte(to, '-'), date.day, 2);
    to = write_digits(write_byte(to, 'T'), second_of_day / 3600, 2);
    to = write_digits(write_byte(to, ':'), second_of_day / 60 % 60, 2);
    to = write_digits(write_byte(to, ':'), second_of_day % 60, 2);
    to = write_digits(write_byte(to, '.'), us - seconds * US_OF_SECOND, 6);
    to = write_byte(to, 'Z');
    *to = '\0';
    assert(to - buffer == CLOCK_TEXT_SIZE - 1);
}

/* Takes exactly count digits; -1 when they are not there. */
static int64_t
read_digits(const char **text, int count)
{
    int64_t value = 0;

    for (int i = 0; i < count; i++, (*text)++) {
        if (**text < '0' || **text > '9')
            return -1;
        value = value * 10 + (**text - '0');
    }
    return value;
}

static bool
read_byte(const char **text, char byte)
{
    if (**text != byte)
        return false;
    (*text)++;
    return true;
}

static int
days_of_month(const struct date *date)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool is_leap = date->year % 4 == 0 && (date->year % 100 != 0 || date->year % 400 == 0);

    return date->month == 2 && is_leap ? 29 : days[date->month - 1];
}

static bool
read_date(const char **text, struct date *date)
{
    date->year = read_digits(text, 4);
    if (date->year < 0 || !read_byte(text, '-'))
        return false;
    date->month = (int)read_digits(text, 2);
    if (date->month < 1 || date->month > 12 || !read_byte(text, '-'))
        return false;
    date->day = (int)read_digits(text, 2);
    return date->day >= 1 && date->day <= days_of_month(date);
}

/* Reads hh:mm:ss; -1 when it is none. There is no leap second in what we write. */
static int64_t
read_second_of_day(const char **text)
{
    int64_t hour = read_digits(text, 2);
    int64_t minute = hour >= 0 && read_byte(text, ':') ? read_digits(text, 2) : -1;
    int64_t second = minute >= 0 && read_byte(text, ':') ? read_digits(text, 2) : -1;

    if (second < 0 || hour > 23 || minute > 59 || second > 59)
        return -1;
    return hour * 3600 + minute * 60 + second;
}

/* Reads the digits after the point, 1 to 6, as microseconds; -1 when there are none. */
static int64_t
read_fraction_us(const char **text)
{
    int64_t us = 0;
    int count = 0;

    for (; count < 6 && **text >= '0' && **text <= '9'; count++, (*text)++)
        us = us * 10 + (**text - '0');
    if (count == 0)
        return -1;
    for (; count < 6; count++)
        us *= 10;
    return us;
}

bool
clock_parse_wall_us(const char *text, int64_t *wall_us)
{
    struct date date;
    int64_t second = 0;
    int64_t us = 0;

    if (!read_date(&text, &date))
        return false;
    if (*text != '\0') {
        if (!read_byte(&text, 'T'))
            return false;
        second = read_second_of_day(&text);
        if (second >= 0 && read_byte(&text, '.'))
            us = read_fraction_us(&text);
        if (second < 0 || us < 0 || (strcmp(text, "Z") != 0 && strcmp(text, "+00:00") != 0))
            return false;
    }
    *wall_us = (days_of_date(&date) * SECONDS_OF_DAY + second) * US_OF_SECOND + us;
    return true;
}
