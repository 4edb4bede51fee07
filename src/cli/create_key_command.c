/* create_key_command.c - rentcache create-key: makes a client key and shows it this once, or takes the customer's own. */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analytics.h"
#include "api_key.h"
#include "base/bytes.h"
#include "key_options.h"
#include "key_request.h"
#include "operation.h"

/* From the first line of standard input, so that it stands in no list of processes. */
static bool
read_own_key(char key[API_KEY_OWN_MOST + 2])
{
    if (fgets(key, API_KEY_OWN_MOST + 2, stdin) == NULL)
        return false;
    key[strcspn(key, "\r\n")] = '\0';
    return true;
}

static bool
set_own_key(json_t *body, char *argument)
{
    char line[API_KEY_OWN_MOST + 2];
    bool is_set = strcmp(argument, "-") != 0
                      ? json_object_set_new(body, "rentcast_api_key", json_string(argument)) == 0
                      : read_own_key(line) &&
                            json_object_set_new(body, "rentcast_api_key", json_string(line)) == 0;

    OPENSSL_cleanse(line, sizeof line);
    OPENSSL_cleanse(argument, strlen(argument));
    return is_set;
}

static bool
read_options(int argc, char **argv, struct key_options *key)
{
    static const struct option options[] = {KEY_OPTIONS, {NULL, 0, NULL, 0}};
    int option;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!key_options_take(key, option))
            return false;
    if (optind != argc - 1 && optind != argc - 2)
        return false;
    return api_key_name_is_valid(argv[optind]) &&
           json_object_set_new(key->body, "key_name", json_string(argv[optind])) == 0 &&
           (optind == argc - 1 || set_own_key(key->body, argv[optind + 1]));
}

static enum status
create_key_command_insert(const struct config *config, const struct key_request *wish,
                          const char *key, const char *hash, json_t **answer)
{
    struct message request = {.kind = MSG_KEY_CREATE,
                              .u.KEY_CREATE = key_request_as_create(wish, hash)};
    struct operation inner = {.argument = &request};
    enum status status = operation_direct_message(config, &inner, answer);

    if (status == STATUS_OK && key[0] != '\0')
        json_object_set_new(*answer, "api_key", json_string(key));
    return status;
}

static enum status
create_directly(const struct config *config, const struct operation *operation, json_t **answer)
{
    struct key_request wish;
    struct key_request_problem problem;
    char key[API_KEY_SIZE] = "", hash[API_KEY_HEX_SIZE] = "";
    enum status status;

    if (!key_request_of_creation(config, operation->call.body, &wish, &problem)) {
        fprintf(stderr, "rentcache create-key: %s: %s\n", problem.member, problem.message);
        return STATUS_INVALID_PARAMETER;
    }
    if (wish.own_hash[0] == '\0' && !key_request_mint(key, hash))
        return STATUS_INTERNAL;
    status = create_key_command_insert(config, &wish, key,
                                       wish.own_hash[0] != '\0' ? wish.own_hash : hash, answer);
    OPENSSL_cleanse(key, sizeof key);
    return status;
}

static void
create_key_command_print(const json_t *answer)
{
    const char *key = json_string_value(json_object_get(answer, "api_key"));
    const char *name = json_string_value(json_object_get(answer, "key_name"));

    if (key == NULL) {
        printf("The customer's own key is that of \"%s\" now. Only its SHA-256 is stored.\n", name);
        return;
    }
    /* stdout has the key alone, so that a script can take it. */
    printf("%s\n", key);
    fflush(stdout);
    fprintf(stderr, "\nThis is the key of \"%s\". It is shown this once and stored nowhere.\n",
            name);
}

static int
create_key_command_create(struct key_options *options)
{
    struct config *config = command_config(options->config);
    struct operation operation = {
        .command = &command_create_key,
        .call = {"POST", "/admin/api-keys", options->body},
        .part = "analytics",
        .direct = create_directly,
    };
    json_t *answer;

    if (config == NULL)
        return EXIT_USAGE;
    answer = operation_run(config, &operation);
    config_destroy(&config);
    if (answer == NULL)
        return EXIT_FAILED;
    if (options->as_json)
        operation_print_json(answer);
    else
        create_key_command_print(answer);
    json_decref(answer);
    return EXIT_OK;
}

static int
create_key_command_run(int argc, char **argv)
{
    struct key_options options = {.body = json_object()};
    int exit_status;

    if (read_options(argc, argv, &options))
        exit_status = create_key_command_create(&options);
    else
        exit_status = command_wrong(
            &command_create_key,
            "a name of 1 to 100 letters, digits, '_' or '-' and valid options are expected");
    json_decref(options.body);
    return exit_status;
}

const struct command command_create_key = {
    .name = "create-key",
    .usage =
        "NAME [RENTCAST_KEY|-] [--daily-limit N|none] [--monthly-limit N|none] [--limits JSON] "
        "[--no-limits] [--no-quota] [--rights extend_ttl] [--expires YYYY-MM-DD] [--json] "
        "[--config FILE]",
    .summary = "make a client key and show it this once, or take a customer's own (\"-\": from "
               "standard input)",
    .example = "rentcache create-key my_app --daily-limit 1000 --limits '{\"properties\": "
               "\"100/minute\"}'",
    .run = create_key_command_run,
};
