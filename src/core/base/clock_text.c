/* clock_text.c - points in time as text, RFC 3339 in UTC. Pure. */
#include "base/clock.h"

#include <string.h>

#include "base/dates.h"
#include "base/text.h"

#define US_OF_SECOND 1000000LL
/* 0000-01-01T00:00:00Z and the last microsecond of 9999: four digits of a year. */
#define WALL_US_LEAST (-62167219200LL * US_OF_SECOND)
#define WALL_US_MOST  (253402300800LL * US_OF_SECOND - 1)

/* An instant outside the years 0..9999 is shown as the nearest inside. */
void
clock_format_wall_us(int64_t wall_us, char *buffer)
{
    int64_t us = wall_us < WALL_US_LEAST  ? WALL_US_LEAST
                 : wall_us > WALL_US_MOST ? WALL_US_MOST
                                          : wall_us;
    int64_t day = dates_day_of(us);
    int64_t us_of_day = us - day * DATES_US_OF_DAY;
    uint64_t second = (uint64_t)(us_of_day / US_OF_SECOND);
    struct text text = text_of(buffer, CLOCK_TEXT_SIZE - 1);

    dates_format(day, buffer);
    text.size = DATE_TEXT_SIZE - 1;
    text_add(&text, "T");
    text_add_digits(&text, second / 3600, 2);
    text_add(&text, ":");
    text_add_digits(&text, second / 60 % 60, 2);
    text_add(&text, ":");
    text_add_digits(&text, second % 60, 2);
    text_add(&text, ".");
    text_add_digits(&text, (uint64_t)(us_of_day % US_OF_SECOND), 6);
    text_add(&text, "Z");
    buffer[text.size] = '\0';
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
    return date->day >= 1 && date->day <= dates_month_size(*date);
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
    *wall_us = day_of_date(date) * DATES_US_OF_DAY + second * US_OF_SECOND + us;
    return true;
}
