/* days.c - what a listing says of its time on the market, seen from a given day. */
#include "data/days.h"

/* The clock can be set back before a listing began. */
static int32_t
not_negative(int32_t days)
{
    return days < 0 ? 0 : days;
}

int32_t
days_on_market(const struct span *span, int32_t today)
{
    int32_t end = span->removed_day == UNKNOWN ? today : span->removed_day;
    return not_negative(end - span->listed_day);
}

int32_t
days_last_seen(const struct span *span, int32_t today)
{
    return (span->removed_day == UNKNOWN ? today : span->removed_day) - 1;
}

int32_t
days_old(const struct span *span, int32_t today)
{
    return not_negative(today - days_last_seen(span, today));
}

int32_t
days_since_listed(const struct span *span, int32_t today)
{
    return not_negative(today - span->listed_day);
}
