/* stats_command.c - rentcache stats: requests, hits, money spent and saved. */
#include <getopt.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "messages.h"
#include "operation.h"

#define STATS_DAYS 7

struct wish {
    const char *endpoint, *config;
    long days;
    bool as_json;
};

static bool
is_name(const char *text)
{
    return text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")] ==
           '\0';
}

static bool
read_wish(int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {
        {"endpoint", required_argument, NULL, 'e'},
        {"days", required_argument, NULL, 'd'},
        {"json", no_argument, NULL, 'j'},
        {"config", required_argument, NULL, 'c'},
        {NULL, 0, NULL, 0},
    };
    char *end = NULL;
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'e' && is_name(optarg))
            wish->endpoint = optarg;
        else if (option == 'd' && (wish->days = strtol(optarg, &end, 10)) >= 1 && *end == '\0')
            continue;
        else if (option == 'j')
            wish->as_json = true;
        else if (option == 'c')
            wish->config = optarg;
        else
            return false;
    }
    return optind == argc;
}

/* From the server, or from the database where none runs. NULL: said on stderr. */
static json_t *
get_stats(const struct config *config, const struct wish *wish)
{
    char path[256];
    struct message request = {.kind = MSG_REPORT_GET,
                              .u.REPORT_GET = {.report = bytes_of_text("stats"),
                                               .endpoint = bytes_of_text(wish->endpoint),
                                               .days = wish->days}};
    struct operation operation = {.command = &command_stats,
                                  .call = {"GET", path, NULL},
                                  .direct = operation_direct_message,
                                  .argument = &request};

    snprintf(path, sizeof path, "/admin/stats?days=%ld&endpoint=%s", wish->days, wish->endpoint);
    return operation_run(config, &operation);
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
print_row(const char *name, const json_t *row)
{
    printf("%-20.20s %9lld %9lld %7lld %9lld %7lld %8lld %7lld %6.1f%% %9.2f\n", name,
           stats_command_number(row, "requests"), stats_command_number(row, "hits"),
           stats_command_number(row, "stale"), stats_command_number(row, "collapsed"),
           stats_command_number(row, "misses"), stats_command_number(row, "refused"),
           stats_command_number(row, "errors"), 100.0 * stats_command_real(row, "hit_ratio"),
           stats_command_real(row, "avg_response_time_ms"));
}

static void
print_table(const json_t *stats)
{
    const json_t *endpoints = json_object_get(stats, "endpoints");

    printf("%-20s %9s %9s %7s %9s %7s %8s %7s %7s %9s\n", "endpoint", "requests", "hits", "stale",
           "collapsed", "misses", "refused", "errors", "ratio", "avg ms");
    for (size_t i = 0; i < json_array_size(endpoints); i++) {
        const json_t *row = json_array_get(endpoints, i);

        print_row(json_string_value(json_object_get(row, "endpoint")), row);
    }
    print_row("all", json_object_get(stats, "totals"));
    printf("\nspent $%.6f, saved $%.6f\n",
           (double)stats_command_number(stats, "spent_micro_usd") / 1e6,
           (double)stats_command_number(stats, "saved_micro_usd") / 1e6);
}

static int
stats_command_run(int argc, char **argv)
{
    struct wish wish = {.endpoint = "", .days = STATS_DAYS};
    struct config *config;
    json_t *stats;

    if (!read_wish(argc, argv, &wish))
        return command_wrong(&command_stats, "an option is not understood");
    config = command_config(wish.config);
    if (config == NULL)
        return EXIT_USAGE;
    stats = get_stats(config, &wish);
    config_destroy(&config);
    if (stats == NULL)
        return EXIT_FAILED;
    if (wish.as_json)
        operation_print_json(stats);
    else
        print_table(stats);
    json_decref(stats);
    return EXIT_OK;
}

const struct command command_stats = {
    .name = "stats",
    .usage = "[--endpoint NAME] [--days N] [--json] [--config FILE]",
    .summary = "requests, hit ratio, money spent and saved",
    .example = "rentcache stats --endpoint properties --days 7",
    .run = stats_command_run,
};
