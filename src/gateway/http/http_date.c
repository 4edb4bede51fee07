/* http_date.c - a cursor over the text; every form is a sequence of the same parts. */
#include "http/http_date.h"

#include <stdio.h>
#include <time.h>

#define YEARS_AHEAD_MOST 50
#define SECONDS_MOST     253402300799 /* the last one with four digits of a year */

static const char *const short_days[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
static const char *const long_days[] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                        "Thursday", "Friday", "Saturday"};
static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

/* Each take_* function moves over what it names, or fails. */
static bool
http_date_take(struct bytes *rest, const char *literal)
{
    if (!bytes_starts_with_name(*rest, literal))
        return false;
    *rest = bytes_skip(*rest, strlen(literal));
    return true;
}

static bool
take_one_of(struct bytes *rest, const char *const *names, size_t count, int *index)
{
    for (size_t i = 0; i < count; i++) {
        if (http_date_take(rest, names[i])) {
            *index = (int)i;
            return true;
        }
    }
    return false;
}

static bool
take_digits(struct bytes *rest, size_t count, int *value)
{
    int64_t number;

    if (rest->size < count || !bytes_read_number(bytes_of(rest->data, count), &number))
        return false;
    *value = (int)number;
    *rest = bytes_skip(*rest, count);
    return true;
}

static bool
take_time(struct bytes *rest, struct tm *parts)
{
    return take_digits(rest, 2, &parts->tm_hour) && http_date_take(rest, ":") &&
           take_digits(rest, 2, &parts->tm_min) && http_date_take(rest, ":") &&
           take_digits(rest, 2, &parts->tm_sec);
}

static bool
take_full_year(struct bytes *rest, struct tm *parts)
{
    if (!take_digits(rest, 4, &parts->tm_year))
        return false;
    parts->tm_year -= 1900;
    return true;
}

static bool
take_short_year(struct bytes *rest, int64_t now_s, struct tm *parts)
{
    time_t now = (time_t)now_s;
    struct tm today;

    if (!take_digits(rest, 2, &parts->tm_year) || gmtime_r(&now, &today) == NULL)
        return false;
    parts->tm_year += today.tm_year - today.tm_year % 100 + 100;
    while (parts->tm_year > today.tm_year + YEARS_AHEAD_MOST)
        parts->tm_year -= 100;
    return true;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" */
static bool
read_preferred(struct bytes rest, struct tm *parts)
{
    int day;

    return take_one_of(&rest, short_days, COUNT(short_days), &day) && http_date_take(&rest, ", ") &&
           take_digits(&rest, 2, &parts->tm_mday) && http_date_take(&rest, " ") &&
           take_one_of(&rest, months, COUNT(months), &parts->tm_mon) &&
           http_date_take(&rest, " ") && take_full_year(&rest, parts) &&
           http_date_take(&rest, " ") && take_time(&rest, parts) && http_date_take(&rest, " GMT") &&
           rest.size == 0;
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" */
static bool
read_rfc850(struct bytes rest, int64_t now_s, struct tm *parts)
{
    int day;

    return take_one_of(&rest, long_days, COUNT(long_days), &day) && http_date_take(&rest, ", ") &&
           take_digits(&rest, 2, &parts->tm_mday) && http_date_take(&rest, "-") &&
           take_one_of(&rest, months, COUNT(months), &parts->tm_mon) &&
           http_date_take(&rest, "-") && take_short_year(&rest, now_s, parts) &&
           http_date_take(&rest, " ") && take_time(&rest, parts) && http_date_take(&rest, " GMT") &&
           rest.size == 0;
}

/* "Sun Nov  6 08:49:37 1994" */
static bool
read_asctime(struct bytes rest, struct tm *parts)
{
    int day;

    return take_one_of(&rest, short_days, COUNT(short_days), &day) && http_date_take(&rest, " ") &&
           take_one_of(&rest, months, COUNT(months), &parts->tm_mon) &&
           http_date_take(&rest, " ") &&
           take_digits(&rest, http_date_take(&rest, " ") ? 1 : 2, &parts->tm_mday) &&
           http_date_take(&rest, " ") && take_time(&rest, parts) && http_date_take(&rest, " ") &&
           take_full_year(&rest, parts) && rest.size == 0;
}

/* No 30th of February, no 25th hour; a leap second counts as the next minute's first. */
static bool
is_real(const struct tm *parts)
{
    struct tm copy = *parts;

    if (parts->tm_hour > 23 || parts->tm_min > 59 || parts->tm_sec > 60)
        return false;
    copy.tm_hour = copy.tm_min = copy.tm_sec = 0;
    (void)timegm(&copy);
    return copy.tm_mday == parts->tm_mday && copy.tm_mon == parts->tm_mon;
}

bool
http_date_read(struct bytes text, int64_t now_s, int64_t *seconds)
{
    struct tm parts = {0};

    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t'))
        text.size--;
    if (!read_preferred(text, &parts) && !read_rfc850(text, now_s, &parts) &&
        !read_asctime(text, &parts))
        return false;
    if (!is_real(&parts))
        return false;
    *seconds = (int64_t)timegm(&parts);
    return *seconds <= SECONDS_MOST;
}

void
http_date_write(struct text *text, int64_t seconds)
{
    time_t second = (time_t)seconds;
    struct tm parts;
    char date[64];

    if (gmtime_r(&second, &parts) == NULL)
        return;
    snprintf(date, sizeof date, "%s, %02d %s %04d %02d:%02d:%02d GMT", short_days[parts.tm_wday],
             parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
             parts.tm_sec);
    text_add(text, date);
}
