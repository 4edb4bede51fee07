/* clear_cache_command.c - rentcache clear-cache: marks entries as not valid, in the database and in every gateway. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "operation.h"
#include "purge_request.h"
#include "storage.h"

struct wish {
    json_t *body; /* owned */
    const char *config;
    bool is_agreed, as_json;
};

static bool
set_hours(json_t *body, const char *text)
{
    char *end;
    long long hours = strtoll(text, &end, 10);

    return *text != '\0' && *end == '\0' && hours > 0 &&
           json_object_set_new(body, "older_than_hours", json_integer(hours)) == 0;
}

static bool
take_option(struct wish *wish, int option)
{
    switch (option) {
    case 'e':
        return json_object_set_new(wish->body, "endpoint", json_string(optarg)) == 0;
    case 'o':
        return set_hours(wish->body, optarg);
    case 'i':
        return json_object_set_new(wish->body, "invalid_only", json_true()) == 0;
    case 'y':
        wish->is_agreed = true;
        return true;
    case 'j':
        wish->as_json = true;
        return true;
    case 'c':
        wish->config = optarg;
        return true;
    default:
        return false;
    }
}

static bool
read_wish(int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {{"endpoint", required_argument, NULL, 'e'},
                                            {"older-than", required_argument, NULL, 'o'},
                                            {"invalid-only", no_argument, NULL, 'i'},
                                            {"yes", no_argument, NULL, 'y'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"config", required_argument, NULL, 'c'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(wish, option))
            return false;
    return optind == argc;
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

/* The answer; NULL: said on stderr. */
static json_t *
clear_cache_command_clear(const struct config *config, const struct wish *wish)
{
    struct operation operation = {
        .command = &command_clear_cache,
        .call = {"POST", "/admin/cache/clear", wish->body},
        .part = "cache",
        .direct = clear_directly,
    };
    char *filters = json_dumps(wish->body, 0);
    char question[256];
    bool is_agreed;

    snprintf(question, sizeof question, "Clear %s of the cache?",
             json_object_size(wish->body) > 0 ? filters : "all");
    free(filters);
    is_agreed = operation_is_agreed(&command_clear_cache, wish->is_agreed, question);
    return is_agreed ? operation_run(config, &operation) : NULL;
}

static void
clear_cache_command_print(const json_t *answer, bool as_json)
{
    json_int_t unconfirmed = json_integer_value(json_object_get(answer, "unconfirmed_gateways"));

    if (as_json)
        operation_print_json(answer);
    else
        printf("%s (%s)\n", json_string_value(json_object_get(answer, "message")),
               json_string_value(json_object_get(answer, "pattern")));
    if (unconfirmed > 0)
        fprintf(stderr, "%lld gateways did not confirm it\n", (long long)unconfirmed);
}

static int
clear_cache_command_run(int argc, char **argv)
{
    struct wish wish = {.body = json_object()};
    bool is_understood = read_wish(argc, argv, &wish);
    struct config *config = is_understood ? command_config(wish.config) : NULL;
    json_t *answer = config != NULL ? clear_cache_command_clear(config, &wish) : NULL;
    int exit_status = answer != NULL ? EXIT_OK : config != NULL ? EXIT_FAILED : EXIT_USAGE;

    if (!is_understood)
        exit_status = command_wrong(&command_clear_cache, "an option is not understood");
    if (answer != NULL)
        clear_cache_command_print(answer, wish.as_json);
    config_destroy(&config);
    json_decref(wish.body);
    json_decref(answer);
    return exit_status;
}

const struct command command_clear_cache = {
    .name = "clear-cache",
    .usage = "[--endpoint NAME] [--older-than HOURS] [--invalid-only] [--yes] [--json] "
             "[--config FILE]",
    .summary = "mark cached answers as not valid; filters narrow together",
    .example = "rentcache clear-cache --endpoint properties --older-than 12 --yes",
    .run = clear_cache_command_run,
};
