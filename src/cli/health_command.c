/* health_command.c - rentcache health: whether the server is well; made for scripts: the exit status says it. */
#include <stdio.h>
#include <stdlib.h>

#include "operation.h"

static void
print_health(const json_t *answer)
{
    const json_t *checks = json_object_get(answer, "checks");
    const char *name;
    json_t *value;

    printf("%-12s %s\n", "status", json_string_value(json_object_get(answer, "status")));
    json_object_foreach((json_t *)(uintptr_t)checks, name, value)
    {
        char *text = json_is_string(value) ? NULL : json_dumps(value, JSON_ENCODE_ANY);

        printf("%-12s %s\n", name, text != NULL ? text : json_string_value(value));
        free(text);
    }
}

static int
show_health(struct config *config, const struct options *options)
{
    const struct admin_call call = {"GET", "/health", NULL};
    struct admin_server server;
    json_t *answer = NULL;
    int http_status = 0;
    enum status status;

    if (!admin_server_find(config, options, &server))
        return EXIT_FAILED;
    status = admin_client_call(&server, &call, &http_status, &answer);
    if (status == STATUS_OK && answer != NULL)
        fprintf(stderr, "rentcache health: server %s\n", server.url);
    else
        admin_client_complain("health", &server, status, http_status, answer);
    admin_server_forget(&server);
    (void)operation_show(options, answer, print_health);
    return status == STATUS_OK && http_status == 200 ? EXIT_OK : EXIT_FAILED;
}

const struct command command_health = {
    .name = "health",
    .arguments = "",
    .summary = "ask a running server how it is; exit status 1 where it is not well",
    .example = "rentcache health",
    .takes = "jutc",
    .run = show_health,
};
