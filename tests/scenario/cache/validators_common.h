/* validators_common.h - asking with further fields, and looking at the fields of the answer. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

#define TARGET     "/api/v1/properties?state=TX&limit=5"
#define FIELD_SIZE 512
#define GZIP       "Accept-Encoding: gzip, deflate, br\r\n"

/* A request with the testbed's key; the response is the caller's. */
static inline void
ask(const char *method, const char *target, const char *further, struct http_response *response)
{
    http_call(testbed.port, method, target, testbed.key, NULL, further, response);
}

/* One of the lines of that name is exactly this. */
static inline bool
has_line(const struct http_response *response, const char *line)
{
    char wanted[FIELD_SIZE];

    snprintf(wanted, sizeof wanted, "\r\n%s\r\n", line);
    return strstr(response->head, wanted) != NULL;
}

static inline void
read_field(const struct http_response *response, const char *name, char value[FIELD_SIZE])
{
    ck_assert_msg(http_field(response, name, value, FIELD_SIZE), "no field %s in:\n%s", name,
                  response->head);
}

/* Asks once with one field more and returns the status; the answer is looked at by `look`, if there is one. */
static inline int
status_with(const char *method, const char *target, const char *further,
            void (*look)(const struct http_response *))
{
    struct http_response response;
    int status;

    ask(method, target, further, &response);
    ck_assert_msg(response.status < 500, "%d: %s", response.status, response.body);
    if (look != NULL)
        look(&response);
    status = response.status;
    http_response_fini(&response);
    return status;
}
