/* delete_key_command.c - rentcache delete-key: revokes and hides a key and frees its name; its rows stay. */
#include <getopt.h>

#include "api_key.h"
#include "base/bytes.h"
#include "find_key.h"
#include "messages.h"

struct wish {
    const char *name, *config;
    bool is_agreed, as_json;
};

static bool
read_wish(int argc, char **argv, struct wish *wish)
{
    static const struct option options[] = {{"yes", no_argument, NULL, 'y'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"config", required_argument, NULL, 'c'},
                                            {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'y')
            wish->is_agreed = true;
        else if (option == 'j')
            wish->as_json = true;
        else if (option == 'c')
            wish->config = optarg;
        else
            return false;
    }
    wish->name = optind == argc - 1 ? argv[optind] : NULL;
    return api_key_name_is_valid(wish->name);
}

/* What the key was; NULL: said on stderr. */
static json_t *
delete_row(const struct config *config, const json_t *row)
{
    int64_t api_key_id = json_integer_value(json_object_get(row, "id"));
    char path[64];
    struct message request = {.kind = MSG_KEY_DELETE, .u.KEY_DELETE = {.api_key_id = api_key_id}};
    struct operation operation = {.command = &command_delete_key,
                                  .call = {"DELETE", path, NULL},
                                  .part = "analytics",
                                  .direct = operation_direct_message,
                                  .argument = &request};

    snprintf(path, sizeof path, "/admin/api-keys/%lld", (long long)api_key_id);
    return operation_run(config, &operation);
}

static json_t *
ask_and_delete(const struct config *config, const struct wish *wish)
{
    char question[64 + API_KEY_NAME_MOST];
    json_t *row = find_key(config, &command_delete_key, wish->name);
    json_t *answer = NULL;

    snprintf(question, sizeof question, "Delete the key \"%s\"? Its rows stay.", wish->name);
    if (row != NULL && operation_is_agreed(&command_delete_key, wish->is_agreed, question))
        answer = delete_row(config, row);
    json_decref(row);
    return answer;
}

static int
delete_key_command_run(int argc, char **argv)
{
    struct wish wish = {0};
    struct config *config;
    json_t *answer;

    if (!read_wish(argc, argv, &wish))
        return command_wrong(&command_delete_key, "the name of a key is expected");
    config = command_config(wish.config);
    if (config == NULL)
        return EXIT_USAGE;
    answer = ask_and_delete(config, &wish);
    config_destroy(&config);
    if (answer == NULL)
        return EXIT_FAILED;
    if (wish.as_json)
        operation_print_json(answer);
    else
        printf("\"%s\" is deleted.\n", wish.name);
    json_decref(answer);
    return EXIT_OK;
}

const struct command command_delete_key = {
    .name = "delete-key",
    .usage = "NAME [--yes] [--json] [--config FILE]",
    .summary = "revoke and hide a key and free its name; its rows stay",
    .example = "rentcache delete-key my_app --yes",
    .run = delete_key_command_run,
};
