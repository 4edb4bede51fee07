/* stats_command.c - rentcache stats: requests, hits, money spent and saved. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/dates.h"
#include "operation.h"

#define STATS_DAYS 7

static const char name_letters[] =
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";

/* It goes into a query as it is. */
static bool
take_endpoint(struct options *options)
{
    if (options->argument_count > 0)
        return options_refuse(options, "\"%.100s\" is not expected: --endpoint names one",
                              options->arguments[0]);
    if (options->month != NULL && options->by == NULL)
        return options_refuse(options, "--month: --by key, route or day is missing");
    if (options->by != NULL && (options->endpoint != NULL || options->days > 0))
        return options_refuse(options, "--by is about a month and all endpoints: --month, not "
                                       "--days or --endpoint");
    if (options->endpoint == NULL)
        options->endpoint = "";
    return options->endpoint[strspn(options->endpoint, name_letters)] == '\0' ||
           options_refuse(options, "--endpoint: \"%.100s\" is not the name of an endpoint",
                          options->endpoint);
}

static long long
stats_command_number(const json_t *object, const char *member)
{
    return (long long)json_integer_value(json_object_get(object, member));
}

static double
stats_command_real(const json_t *object, const char *member)
{
    return json_number_value(json_object_get(object, member));
}

static void
print_endpoint(const char *name, const json_t *row)
{
    printf("%-20.20s %9lld %9lld %7lld %9lld %7lld %8lld %7lld %6.1f%% %9.2f\n", name,
           stats_command_number(row, "requests"), stats_command_number(row, "hits"),
           stats_command_number(row, "stale"), stats_command_number(row, "collapsed"),
           stats_command_number(row, "misses"), stats_command_number(row, "refused"),
           stats_command_number(row, "errors"), 100.0 * stats_command_real(row, "hit_ratio"),
           stats_command_real(row, "avg_response_time_ms"));
}

static void
print_stats(const json_t *answer)
{
    const json_t *endpoints = json_object_get(answer, "endpoints");

    printf("%-20s %9s %9s %7s %9s %7s %8s %7s %7s %9s\n", "endpoint", "requests", "hits", "stale",
           "collapsed", "misses", "refused", "errors", "ratio", "avg ms");
    for (size_t i = 0; i < json_array_size(endpoints); i++) {
        const json_t *row = json_array_get(endpoints, i);

        print_endpoint(json_string_value(json_object_get(row, "endpoint")), row);
    }
    print_endpoint("all", json_object_get(answer, "totals"));
    printf("\nlast %lld days: spent $%.6f, saved $%.6f\n", stats_command_number(answer, "days"),
           (double)stats_command_number(answer, "spent_micro_usd") / 1e6,
           (double)stats_command_number(answer, "saved_micro_usd") / 1e6);
}

static void
print_money_row(const char *name, const json_t *row)
{
    printf("%-30.30s %10lld %9lld %14.6f %14.6f\n", name, stats_command_number(row, "requests"),
           stats_command_number(row, "calls"), stats_command_real(row, "spent_usd"),
           stats_command_real(row, "saved_usd"));
}

static void
print_money(const json_t *answer)
{
    static const char *const labels[] = {"key_name", "endpoint", "day"};
    const json_t *rows = json_object_get(answer, "rows");
    long long left_out = stats_command_number(answer, "rows_left_out");

    printf("%s, UTC\n%-30s %10s %9s %14s %14s\n",
           json_string_value(json_object_get(answer, "month")),
           json_string_value(json_object_get(answer, "by")), "requests", "calls", "spent $",
           "saved $");
    for (size_t i = 0; i < json_array_size(rows); i++) {
        const json_t *row = json_array_get(rows, i);
        const char *name = NULL;

        for (size_t j = 0; name == NULL && j < COUNT(labels); j++)
            name = json_string_value(json_object_get(row, labels[j]));
        print_money_row(name != NULL ? name : "", row);
    }
    if (left_out > 0)
        printf("(and %lld more)\n", left_out);
    print_money_row("all", json_object_get(answer, "total"));
}

static int64_t
month_day(const char *month)
{
    char day[sizeof "2026-01-01"];
    int64_t wall_us = 0;

    if (month == NULL)
        return 0;
    snprintf(day, sizeof day, "%.7s-01", month);
    return clock_parse_wall_us(day, &wall_us) ? dates_day_of(wall_us) : 0;
}

static int
show_money(struct config *config, const struct options *options)
{
    char path[128];
    const struct message message = {.kind = MSG_REPORT_GET,
                                    .u.REPORT_GET = {.report = bytes_of_text("money"),
                                                     .by = bytes_of_text(options->by),
                                                     .month_day = month_day(options->month)}};
    const struct operation operation = {.call = {"GET", path, NULL}, .message = &message};

    snprintf(path, sizeof path, "/admin/usage?by=%s&month=%s", options->by,
             options->month != NULL ? options->month : "");
    return operation_show(options, operation_run(config, options, &operation), print_money);
}

static int
show_stats(struct config *config, const struct options *options)
{
    char path[256];
    int64_t days = options->days > 0 ? options->days : STATS_DAYS;
    const struct message message = {.kind = MSG_REPORT_GET,
                                    .u.REPORT_GET = {.report = bytes_of_text("stats"),
                                                     .endpoint = bytes_of_text(options->endpoint),
                                                     .days = days}};
    const struct operation operation = {
        .call = {"GET", path, NULL}, .message = &message, .direct = operation_ask_about_endpoint};

    if (options->by != NULL)
        return show_money(config, options);
    snprintf(path, sizeof path, "/admin/stats?days=%lld&endpoint=%s", (long long)days,
             options->endpoint);
    return operation_show(options, operation_run(config, options, &operation), print_stats);
}

const struct command command_stats = {
    .name = "stats",
    .arguments = "",
    .summary = "requests, hit ratio, money spent and saved",
    .example = "rentcache stats --by key --month 2026-01",
    .takes = "edBmjutFc",
    .accept = take_endpoint,
    .run = show_stats,
};
