/* clear_cache_command.c - rentcache clear-cache: marks entries as not valid, in the database and in every gateway. */
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "operation.h"
#include "purge_request.h"
#include "storage.h"

static bool
take_filters(struct options *options)
{
    if (options->argument_count > 0)
        return options_refuse(options,
                              "\"%.100s\" is not expected: --endpoint names what is cleared",
                              options->arguments[0]);
    return options->endpoint == NULL ||
           json_object_set_new(options->body, "endpoint", json_string(options->endpoint)) == 0;
}

static enum status
clear_directly(const struct config *config, const struct operation *operation, json_t **answer)
{
    struct entries *entries = NULL;
    struct purge_scope scope;
    struct purge_request_problem problem;
    int64_t now_wall_us = clock_wall_us(), number = 0, cleared = 0;
    enum status status;

    if (!purge_request_read(config, operation->call.body, now_wall_us / 1000, &scope, &problem)) {
        fprintf(stderr, "rentcache clear-cache: %s: %s\n", problem.member, problem.message);
        return STATUS_INVALID_PARAMETER;
    }
    status = entries_open(config, STORAGE_READ_WRITE, &entries);
    if (status == STATUS_OK)
        status = entry_purge(entries, &scope, now_wall_us, &number, &cleared);
    if (status == STATUS_OK)
        *answer = purge_request_answer(&scope, cleared, number, 0);
    entries_close(&entries);
    return status;
}

static void
print_cleared(const json_t *answer)
{
    printf("%s (%s)\n", json_string_value(json_object_get(answer, "message")),
           json_string_value(json_object_get(answer, "pattern")));
}

static bool
is_agreed(const struct options *options)
{
    char *filters = json_dumps(options->body, 0);
    char question[256];

    snprintf(question, sizeof question, "Clear %s of the cache?",
             json_object_size(options->body) > 0 ? filters : "all");
    free(filters);
    return operation_is_agreed(options, question);
}

static int
clear_cache(struct config *config, const struct options *options)
{
    const struct operation operation = {.call = {"POST", "/admin/cache/clear", options->body},
                                        .part = "cache",
                                        .direct = clear_directly};
    json_t *answer = is_agreed(options) ? operation_run(config, options, &operation) : NULL;
    json_int_t unconfirmed = json_integer_value(json_object_get(answer, "unconfirmed_gateways"));
    int exit_status = operation_show(options, answer, print_cleared);

    if (unconfirmed > 0)
        fprintf(stderr, "%lld gateways did not confirm it\n", (long long)unconfirmed);
    return exit_status;
}

const struct command command_clear_cache = {
    .name = "clear-cache",
    .arguments = "",
    .summary = "mark cached answers as not valid; filters narrow together",
    .example = "rentcache clear-cache --endpoint properties --older-than 12 --yes",
    .takes = "eoiyjutFc",
    .accept = take_filters,
    .run = clear_cache,
};
