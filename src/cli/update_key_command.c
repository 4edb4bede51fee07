/* update_key_command.c - rentcache update-key: changes a key's limits, expiry, rights or state, at once everywhere. */
#include <stdlib.h>

#include "api_key.h"
#include "find_key.h"
#include "key_options.h"
#include "key_request.h"
#include "key_table_text.h"

static bool
take_option(struct key_options *key, int option)
{
    if (option == 'a' || option == 'i')
        return json_object_set_new(key->body, "is_active", json_boolean(option == 'a')) == 0;
    return key_options_take(key, option);
}

/* The name; NULL: not understood. */
static const char *
read_options(int argc, char **argv, struct key_options *key)
{
    static const struct option options[] = {KEY_OPTIONS,
                                            {"active", no_argument, NULL, 'a'},
                                            {"inactive", no_argument, NULL, 'i'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!take_option(key, option))
            return NULL;
    if (optind != argc - 1 || !api_key_name_is_valid(argv[optind]) ||
        json_object_size(key->body) == 0)
        return NULL;
    return argv[optind];
}

static enum status
update_directly(const struct config *config, const struct operation *operation, json_t **answer)
{
    const int64_t *api_key_id = operation->argument;
    struct key_request wish;
    struct key_request_problem problem;
    struct message request = {.kind = MSG_KEY_UPDATE};
    struct operation inner = {.argument = &request};

    if (!key_request_of_update(config, operation->call.body, &wish, &problem)) {
        fprintf(stderr, "rentcache update-key: %s: %s\n", problem.member, problem.message);
        return STATUS_INVALID_PARAMETER;
    }
    request.u.KEY_UPDATE = key_request_as_update(&wish, *api_key_id);
    return operation_direct_message(config, &inner, answer);
}

/* The changed row; NULL: said on stderr. */
static json_t *
update_key_command_update(const struct config *config, const char *name, const json_t *body)
{
    json_t *row = find_key(config, &command_update_key, name);
    int64_t api_key_id = json_integer_value(json_object_get(row, "id"));
    char path[64];
    struct operation operation = {.command = &command_update_key,
                                  .call = {"PUT", path, body},
                                  .part = "analytics",
                                  .direct = update_directly,
                                  .argument = &api_key_id};

    if (row == NULL)
        return NULL;
    json_decref(row);
    snprintf(path, sizeof path, "/admin/api-keys/%lld", (long long)api_key_id);
    return operation_run(config, &operation);
}

static void
update_key_command_print(json_t *answer, bool as_json)
{
    json_t *keys;

    if (as_json) {
        operation_print_json(answer);
        return;
    }
    keys = json_pack("[O]", answer);
    key_table_print(keys);
    json_decref(keys);
}

static int
update_key_command_run(int argc, char **argv)
{
    struct key_options options = {.body = json_object()};
    const char *name = read_options(argc, argv, &options);
    struct config *config = name != NULL ? command_config(options.config) : NULL;
    json_t *answer = config != NULL ? update_key_command_update(config, name, options.body) : NULL;
    int exit_status = answer != NULL ? EXIT_OK : config != NULL ? EXIT_FAILED : EXIT_USAGE;

    if (name == NULL)
        exit_status = command_wrong(&command_update_key, "a name and something to change are "
                                                         "expected");
    if (answer != NULL)
        update_key_command_print(answer, options.as_json);
    config_destroy(&config);
    json_decref(options.body);
    json_decref(answer);
    return exit_status;
}

const struct command command_update_key = {
    .name = "update-key",
    .usage = "NAME [--daily-limit N|none] [--monthly-limit N|none] [--active|--inactive] "
             "[--expires YYYY-MM-DD|never] [--limits JSON] [--no-limits] [--no-quota] "
             "[--rights extend_ttl|none] [--json] [--config FILE]",
    .summary = "change a key; the next request in every process sees it",
    .example = "rentcache update-key my_app --daily-limit 5000 --expires 2030-01-01",
    .run = update_key_command_run,
};
