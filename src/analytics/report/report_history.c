/* report_history.c - how much was asked, hour by hour and day by day. */
#include "report/report_private.h"

#include <string.h>

#include "base/clock.h"

#define DAY_TEXT_SIZE 11 /* "2026-01-15" and NUL: how an instant's text begins */

/* Hours come oldest first; those of one day are added up before the next one begins. */
struct trend {
    json_t *rows;
    bool is_by_day;
    char moment[CLOCK_TEXT_SIZE]; /* of sum; empty: nothing came yet */
    struct usage_total sum;
};

static json_t *
moment_as_json(const struct trend *trend)
{
    const struct usage_total *sum = &trend->sum;

    return json_pack(
        "{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:f, s:f, s:I, s:I}",
        trend->is_by_day ? "day" : "hour", trend->moment, "requests", (json_int_t)sum->requests,
        "hits", (json_int_t)sum->hits, "stale", (json_int_t)sum->stale, "collapsed",
        (json_int_t)sum->collapsed, "misses", (json_int_t)sum->misses, "refused",
        (json_int_t)sum->refused, "errors", (json_int_t)sum->errors, "hit_ratio",
        report_hit_ratio(sum), "avg_response_time_ms",
        report_ratio(sum->response_time_us_sum, sum->requests) / 1000.0, "saved_micro_usd",
        (json_int_t)sum->saved_micro_usd, "cost_micro_usd", (json_int_t)sum->cost_micro_usd);
}

static void
end_moment(struct trend *trend)
{
    if (trend->moment[0] != '\0')
        json_array_append_new(trend->rows, moment_as_json(trend));
    memset(&trend->sum, 0, sizeof trend->sum);
}

static void
add_hour(void *context, int64_t hour_wall_us, const struct usage_total *total)
{
    struct trend *trend = context;
    char moment[CLOCK_TEXT_SIZE];

    clock_format_wall_us(hour_wall_us, moment);
    if (trend->is_by_day)
        moment[DAY_TEXT_SIZE - 1] = '\0';
    if (strcmp(moment, trend->moment) != 0) {
        end_moment(trend);
        memcpy(trend->moment, moment, sizeof moment);
    }
    report_add(&trend->sum, total);
}

static enum status
report_trend(const struct report_source *from, bool is_by_day, json_t **report)
{
    struct trend trend = {.rows = json_array(), .is_by_day = is_by_day};
    enum status status = usage_hours(from->accounts, from->wish->endpoint,
                                     report_since_wall_us(from), add_hour, &trend);

    end_moment(&trend);
    *report = json_pack("{s:I, s:o}", "of_days", (json_int_t)from->wish->days,
                        is_by_day ? "days" : "hours", trend.rows);
    return status;
}

enum status
report_hours(const struct report_source *from, json_t **report)
{
    return report_trend(from, false, report);
}

enum status
report_days(const struct report_source *from, json_t **report)
{
    return report_trend(from, true, report);
}
