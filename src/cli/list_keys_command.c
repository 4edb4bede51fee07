/* list_keys_command.c - rentcache list-keys: every key with its limits and usage, never a secret. */

#include "base/bytes.h"
#include "key_table_text.h"
#include "messages.h"
#include "operation.h"

#define PAGE_KEYS 1000

/* The next page's keys are moved to the end of keys. False: said on stderr. */
static bool
add_page(const struct config *config, json_t *keys, json_int_t *after)
{
    char path[96];
    struct message request = {.kind = MSG_REPORT_GET,
                              .u.REPORT_GET = {.report = bytes_of_text("keys"),
                                               .limit = PAGE_KEYS,
                                               .after_id = (int64_t)*after}};
    struct operation operation = {.command = &command_list_keys,
                                  .call = {"GET", path, NULL},
                                  .direct = operation_direct_message,
                                  .argument = &request};
    json_t *answer;

    snprintf(path, sizeof path, "/admin/api-keys?limit=%d&after=%lld", PAGE_KEYS,
             (long long)*after);
    answer = operation_run(config, &operation);
    if (answer == NULL)
        return false;
    json_array_extend(keys, json_object_get(answer, "keys"));
    *after = json_integer_value(json_object_get(answer, "next_after"));
    json_decref(answer);
    return true;
}

static int
list_keys_command_list(const struct config *config, bool as_json)
{
    json_t *keys = json_array(), *all;
    json_int_t after = 0;
    bool is_complete;

    do {
        is_complete = add_page(config, keys, &after);
    } while (is_complete && after > 0);
    all = json_pack("{s:o}", "keys", keys);
    if (is_complete && as_json)
        operation_print_json(all);
    else if (is_complete)
        key_table_print(keys);
    json_decref(all);
    return is_complete ? EXIT_OK : EXIT_FAILED;
}

static int
list_keys_command_run(int argc, char **argv)
{
    return command_run_plain(&command_list_keys, argc, argv, list_keys_command_list);
}

const struct command command_list_keys = {
    .name = "list-keys",
    .usage = "[--json] [--config FILE]",
    .summary = "the client keys with their limits and usage",
    .example = "rentcache list-keys",
    .run = list_keys_command_run,
};
