/* requests_command.c - rentcache requests: single requests as they are kept, newest first. */
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "operation.h"
#include "usage_query.h"

#define REQUESTS_PATH "/admin/usage/requests?"

/* Each option is a parameter of the query; the endpoint needs the configuration and is looked at later. */
static bool
take_parameters(struct options *options)
{
    struct usage_query query = {0};
    char why[USAGE_QUERY_WHY_SIZE];
    bool is_taken = true;
    const char *name;
    json_t *value;

    if (options->argument_count > 0)
        return options_refuse(options, "\"%.100s\" is not expected: requests takes no argument",
                              options->arguments[0]);
    if (options->endpoint == NULL)
        options->endpoint = "";
    json_object_foreach(options->body, name, value)
    {
        is_taken =
            is_taken &&
            usage_query_take(&query, NULL, bytes_of_text(name),
                             bytes_of(json_string_value(value), json_string_length(value)), why);
    }
    if (is_taken && usage_query_check(&query, why))
        return true;
    for (char *c = why; *c != ':' && *c != '\0'; c++) /* as the option is called */
        if (*c == '_')
            *c = '-';
    return options_refuse(options, "--%s", why);
}

/* As usage_query.c took them: nothing but '+' means anything else in a query. */
static void
add_parameter(struct text *path, const char *name, const char *value)
{
    text_add(path, name);
    text_add(path, "=");
    for (; *value != '\0'; value++)
        text_add_bytes(path, *value == '+' ? bytes_of_text("%2B") : bytes_of(value, 1));
    text_add(path, "&");
}

static const char *
request_text(const json_t *row, const char *member)
{
    const char *text = json_string_value(json_object_get(row, member));

    return text != NULL ? text : "-";
}

static void
print_request(const json_t *row)
{
    printf(
        "%-27s  %-20.20s %-20.20s %-6s %3lld  %-9s %10.2f  %s\n", request_text(row, "created_at"),
        request_text(row, "key_name"), request_text(row, "endpoint"), request_text(row, "method"),
        (long long)json_integer_value(json_object_get(row, "status_code")),
        request_text(row, "decision"), json_number_value(json_object_get(row, "response_time_ms")),
        request_text(row, "ip_address"));
}

static void
print_requests(const json_t *answer)
{
    const json_t *requests = json_object_get(answer, "requests");
    const json_t *days = json_object_get(answer, "rows_kept_days");
    const char *next = json_string_value(json_object_get(answer, "next_before"));

    printf("%-27s  %-20s %-20s %-6s %3s  %-9s %10s  %s\n", "time", "key", "endpoint", "method", "",
           "decision", "ms", "address");
    for (size_t i = 0; i < json_array_size(requests); i++)
        print_request(json_array_get(requests, i));
    if (json_is_integer(days))
        printf("\nkept for %lld days; ", (long long)json_integer_value(days));
    else
        printf("\nkept for ever; ");
    printf("the oldest: %s\n", request_text(answer, "rows_since"));
    if (next != NULL)
        printf("more: the same with --before %s\n", next);
}

static int
show_requests(struct config *config, const struct options *options)
{
    char buffer[1024] = "", why[USAGE_QUERY_WHY_SIZE];
    struct text path = text_of(buffer, sizeof buffer - 1);
    struct usage_query query = {0};
    struct message message = {.kind = MSG_REPORT_GET};
    const struct operation operation = {
        .call = {"GET", buffer, NULL}, .message = &message, .direct = operation_ask_about_endpoint};
    const char *name;
    json_t *value;

    text_add(&path, REQUESTS_PATH);
    json_object_foreach(options->body, name, value)
    {
        (void)usage_query_take(&query, config, bytes_of_text(name),
                               bytes_of_text(json_string_value(value)), why);
        add_parameter(&path, name, json_string_value(value));
    }
    add_parameter(&path, "endpoint", options->endpoint);
    message.u.REPORT_GET = usage_query_as_report(&query);
    message.u.REPORT_GET.endpoint = bytes_of_text(options->endpoint);
    if (path.is_cut) {
        fputs("rentcache requests: the parameters are too long\n", stderr);
        return EXIT_USAGE;
    }
    return operation_show(options, operation_run(config, options, &operation), print_requests);
}

const struct command command_requests = {
    .name = "requests",
    .arguments = "",
    .summary = "single requests as they are kept, newest first",
    .example = "rentcache requests --name my_app --status 503 --from 2026-01-15 --min-ms 500",
    .takes = "NkeSWfTsIbjutFc",
    .accept = take_parameters,
    .run = show_requests,
};
