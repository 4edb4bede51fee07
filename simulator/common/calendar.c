/* calendar.c - days and dates of the Gregorian calendar, in UTC. */
#include "common/calendar.h"

#include <string.h>

enum {
    DAYS_IN_ERA = 146097, /* 400 years */
    EPOCH_SHIFT = 719468, /* days from 0000-03-01 to 1970-01-01 */
};

static int32_t
divide_down(int32_t value, int32_t by)
{
    return value >= 0 ? value / by : -((by - 1 - value) / by);
}

int32_t
calendar_day(struct date date)
{
    int32_t year = date.month <= 2 ? date.year - 1 : date.year;
    int32_t era = divide_down(year, 400);
    int32_t year_of_era = year - era * 400;
    int32_t month_from_march = (date.month + 9) % 12;
    int32_t day_of_year = (153 * month_from_march + 2) / 5 + date.day - 1;
    int32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_IN_ERA + day_of_era - EPOCH_SHIFT;
}

struct date
calendar_date(int32_t day)
{
    int32_t shifted = day + EPOCH_SHIFT;
    int32_t era = divide_down(shifted, DAYS_IN_ERA);
    int32_t of_era = shifted - era * DAYS_IN_ERA;
    int32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int32_t of_year = of_era - (365 * year + year / 4 - year / 100);
    int32_t month_from_march = (5 * of_year + 2) / 153;
    struct date date = {
        .year = year + era * 400,
        .month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9,
        .day = of_year - (153 * month_from_march + 2) / 5 + 1,
    };
    if (date.month <= 2)
        date.year++;
    return date;
}

int32_t
calendar_day_of(int64_t time_ms)
{
    int64_t day = time_ms / CALENDAR_DAY_MS;
    return (int32_t)(time_ms % CALENDAR_DAY_MS < 0 ? day - 1 : day);
}

static void
put_digits(char *out, int32_t value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        out[i] = (char)('0' + value % 10);
        value /= 10;
    }
}

static void
put_clock(char *out, int32_t seconds)
{
    put_digits(out, seconds / 3600, 2);
    put_digits(out + 3, seconds / 60 % 60, 2);
    put_digits(out + 6, seconds % 60, 2);
}

void
calendar_format(int64_t time_ms, char out[CALENDAR_INSTANT_SIZE])
{
    int32_t day = calendar_day_of(time_ms);
    struct date date = calendar_date(day);
    int32_t of_day_ms = (int32_t)(time_ms - day * CALENDAR_DAY_MS);
    memcpy(out, "0000-00-00T00:00:00.000Z", CALENDAR_INSTANT_SIZE);
    put_digits(out, date.year, 4);
    put_digits(out + 5, date.month, 2);
    put_digits(out + 8, date.day, 2);
    put_clock(out + 11, of_day_ms / 1000);
    put_digits(out + 20, of_day_ms % 1000, 3);
}

void
calendar_format_http(int64_t time_ms, char out[CALENDAR_HTTP_SIZE])
{
    static const char weekdays[] = "ThuFriSatSunMonTueWed";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    int32_t day = calendar_day_of(time_ms);
    struct date date = calendar_date(day);
    memcpy(out, "Thu, 00 Jan 0000 00:00:00 GMT", CALENDAR_HTTP_SIZE);
    memcpy(out, weekdays + 3 * (day - 7 * divide_down(day, 7)), 3);
    put_digits(out + 5, date.day, 2);
    memcpy(out + 8, months + 3 * (date.month - 1), 3);
    put_digits(out + 12, date.year, 4);
    put_clock(out + 17, (int32_t)((time_ms - day * CALENDAR_DAY_MS) / 1000));
}

/* Reads the digits that the form asks for with '0'; anything else must stand there as it is. */
static bool
read_form(const char *form, const char *text, int32_t numbers[7])
{
    int count = -1;
    char before = 'x';
    for (; *form != '\0'; form++, text++) {
        if (*form != '0' && *form != *text)
            return false;
        if (*form == '0' && (*text < '0' || *text > '9'))
            return false;
        if (*form == '0' && before != '0')
            numbers[++count] = 0;
        if (*form == '0')
            numbers[count] = numbers[count] * 10 + (*text - '0');
        before = *form;
    }
    return *text == '\0';
}

bool
calendar_parse(const char *text, int64_t *time_ms)
{
    static const char *const forms[] = {"0000-00-00", "0000-00-00T00:00:00Z",
                                        "0000-00-00T00:00:00.000Z"};
    for (int i = 0; i < 3; i++) {
        int32_t n[7] = {0};
        if (!read_form(forms[i], text, n))
            continue;
        struct date date = {n[0], n[1], n[2]};
        if (n[0] < 1970 || n[1] < 1 || n[1] > 12 || n[2] < 1 || n[3] > 23 || n[4] > 59 || n[5] > 59)
            return false;
        int32_t day = calendar_day(date);
        if (calendar_date(day).day != date.day)
            return false;
        *time_ms = day * CALENDAR_DAY_MS + (n[3] * 3600 + n[4] * 60 + n[5]) * INT64_C(1000) + n[6];
        return true;
    }
    return false;
}
