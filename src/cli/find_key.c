/* find_key.c - the list of keys, narrowed to one name. */
#include "find_key.h"

#include "api_key.h"
#include "base/bytes.h"
#include "messages.h"

json_t *
find_key(const struct config *config, const struct command *command, const char *name)
{
    char path[64 + API_KEY_NAME_MOST];
    struct message request = {
        .kind = MSG_REPORT_GET,
        .u.REPORT_GET = {.report = bytes_of_text("keys"), .key_name = bytes_of_text(name)}};
    struct operation operation = {.command = command,
                                  .call = {"GET", path, NULL},
                                  .direct = operation_direct_message,
                                  .argument = &request};
    json_t *answer, *row;

    snprintf(path, sizeof path, "/admin/api-keys?name=%s", name);
    answer = operation_run(config, &operation);
    row = json_incref(json_array_get(json_object_get(answer, "keys"), 0));
    if (answer != NULL && row == NULL)
        fprintf(stderr, "rentcache %s: there is no key \"%s\"\n", command->name, name);
    json_decref(answer);
    return row;
}
