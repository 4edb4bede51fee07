/* problem.c - why a request gets no data: the API's error answers. */
#include "http/problem.h"

#include "http/field.h"

#include <stdio.h>

static const struct problem_row {
    int status;
    const char *error;
    const char *message;
} rows[PROBLEM_COUNT] = {
    [PROBLEM_BAD_REQUEST] = {400, "resource/bad-request",
                             "The request has a missing or malformed parameter"},
    [PROBLEM_NO_KEY] = {401, "auth/api-key-invalid",
                        "No API key provided in request. An API key must be provided in the "
                        "'X-Api-Key' header"},
    [PROBLEM_BAD_KEY] = {401, "auth/api-key-invalid", "The provided API key is invalid"},
    [PROBLEM_INACTIVE] = {403, "billing/subscription-inactive",
                          "The provided API key is not associated with an active API "
                          "subscription. View subscription status on your API dashboard: "
                          "https://example.com/dashboard"},
    [PROBLEM_INACTIVE_401] = {401, "billing/subscription-inactive",
                              "The provided API key is not associated with an active API "
                              "subscription. View subscription status on your API dashboard: "
                              "https://example.com/dashboard"},
    [PROBLEM_RESTRICTED] = {403, "auth/api-key-restricted",
                            "The provided API key is not allowed to use this endpoint"},
    [PROBLEM_NOT_FOUND] = {404, "resource/not-found", "No data found for the provided parameters"},
    [PROBLEM_METHOD] = {405, "resource/method-not-allowed", "Only GET requests are supported"},
    [PROBLEM_RATE_LIMIT] = {429, "auth/rate-limit-exceeded",
                            "The rate limit of 20 requests per second has been exceeded"},
    [PROBLEM_INTERNAL] = {500, "server/internal-error", "An internal error occurred"},
    [PROBLEM_TIMEOUT] = {504, "server/timeout", "The request took too long"},
};

void
problem_set(struct problem *problem, enum problem_kind kind, const char *message)
{
    problem->status = rows[kind].status;
    problem->error = rows[kind].error;
    snprintf(problem->message, sizeof problem->message, "%s",
             message == NULL ? rows[kind].message : message);
}

void
problem_set_parameter(struct problem *problem, const char *name, const char *value)
{
    char message[sizeof problem->message];
    if (value == NULL)
        snprintf(message, sizeof message, "The parameter '%s' is missing", name);
    else
        snprintf(message, sizeof message, "The value '%.96s' of parameter '%s' is not valid", value,
                 name);
    problem_set(problem, PROBLEM_BAD_REQUEST, message);
}

void
problem_set_address(struct problem *problem, const char *address)
{
    char message[sizeof problem->message];
    snprintf(message, sizeof message,
             "The provided address '%.96s' could not be parsed or geolocated", address);
    problem_set(problem, PROBLEM_BAD_REQUEST, message);
}

void
problem_set_status(struct problem *problem, int status)
{
    for (int kind = 0; kind < PROBLEM_COUNT; kind++) {
        if (rows[kind].status == status) {
            problem_set(problem, (enum problem_kind)kind, NULL);
            return;
        }
    }
    problem->status = status;
    problem->error = "fault/injected";
    snprintf(problem->message, sizeof problem->message, "Injected by the simulator");
}

void
problem_write(const struct problem *problem, struct text *body)
{
    text_clear(body);
    field_open(body, NULL, '{');
    field_integer(body, "status", problem->status);
    field_string(body, "error", problem->error);
    field_string(body, "message", problem->message);
    field_close(body, '}');
}
