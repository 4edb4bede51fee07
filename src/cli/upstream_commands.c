/* upstream_commands.c - rentcache upstreams, rentcache reset-breaker: how a running server's paid APIs are, and one breaker
 * closed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "operation.h"

/* The answer, the caller's; NULL: what went wrong is on stderr. */
static json_t *
ask_server(const struct config *config, const struct options *options, const char *command,
           const struct admin_call *call)
{
    struct admin_server server;
    json_t *answer = NULL;
    int http_status = 0;
    enum status status;

    if (!admin_server_find(config, options, &server))
        return NULL;
    status = admin_client_call(&server, call, &http_status, &answer);
    if (status != STATUS_OK || http_status != 200) {
        admin_client_complain(command, &server, status, http_status, answer);
        json_decref(answer);
        answer = NULL;
    }
    admin_server_forget(&server);
    return answer;
}

static const char *
text_of_member(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL ? text : "";
}

static long long
number_of_member(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void
print_upstreams(const json_t *answer)
{
    static const char row[] = "%-20s %-10s %-10s %-14s %7s %7s %8s  %s\n";
    const json_t *upstream;
    size_t i;

    printf(row, "NAME", "STATE", "BREAKER", "KEY", "ACTIVE", "QUEUED", "FAILED", "HOST, WHY");
    json_array_foreach(json_object_get(answer, "upstreams"), i, upstream)
    {
        const json_t *calls = json_object_get(upstream, "calls");
        const json_t *breaker = json_object_get(upstream, "breaker");
        bool is_closed = strcmp(text_of_member(breaker, "state"), "closed") == 0;
        const char *why =
            is_closed ? text_of_member(upstream, "detail") : text_of_member(breaker, "reason");

        printf("%-20s %-10s %-10s %-14s %7lld %7lld %8lld  %s%s%s\n",
               text_of_member(upstream, "name"), text_of_member(upstream, "state"),
               text_of_member(breaker, "state"), text_of_member(upstream, "key"),
               number_of_member(calls, "active"), number_of_member(calls, "queued"),
               number_of_member(calls, "failed"), text_of_member(upstream, "host"),
               why[0] != '\0' ? ", " : "", why);
    }
}

static int
show_upstreams(struct config *config, const struct options *options)
{
    const struct admin_call call = {"GET", "/admin/upstreams", NULL};

    return operation_show(options, ask_server(config, options, "upstreams", &call),
                          print_upstreams);
}

/* Letters, digits, "-", "." and "_", as the configuration has it: nothing of it has to be encoded. */
static bool
take_upstream(struct options *options)
{
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";

    if (options->argument_count != 1)
        return options_refuse(options, "expected the name of one upstream");
    return options->arguments[0][strspn(options->arguments[0], bytes)] == '\0' ||
           options_refuse(options, "\"%.100s\" is not the name of an upstream",
                          options->arguments[0]);
}

static void
print_reset(const json_t *answer)
{
    printf("%s: the breaker is closed\n", text_of_member(answer, "upstream"));
}

static int
reset_breaker(struct config *config, const struct options *options)
{
    json_t *body = json_object();
    char path[CONFIG_TEXT_SIZE];
    const struct admin_call call = {"POST", path, body};
    json_t *answer;

    snprintf(path, sizeof path, "/admin/upstreams/%.100s/reset", options->arguments[0]);
    answer = ask_server(config, options, "reset-breaker", &call);
    json_decref(body);
    return operation_show(options, answer, print_reset);
}

const struct command command_upstreams = {
    .name = "upstreams",
    .arguments = "",
    .summary = "ask a running server how its upstreams are: breaker, key, calls",
    .example = "rentcache upstreams",
    .takes = "jutc",
    .run = show_upstreams,
};

const struct command command_reset_breaker = {
    .name = "reset-breaker",
    .arguments = "NAME",
    .summary = "close the circuit breaker of an upstream of a running server",
    .example = "rentcache reset-breaker rentcast",
    .takes = "jutc",
    .accept = take_upstream,
    .run = reset_breaker,
};
