/* malformed_checks.h - what holds of every answer to a bad request, and of the servers behind it. */
#pragma once

#include <check.h>
#include <ctype.h>
#include <jansson.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "support/testbed_fixture.h"

#define ANSWER_MS 60000

static char smuggled[512]; /* a valid request with a valid key */
static pid_t pids[TESTBED_PROCESSES];

/* The timeouts are longer than a busy machine keeps this client from sending what it has begun. */
static inline void
setup(void)
{
    static const char *const settings[] = {"HEAD_TIMEOUT_MS=5000", "BODY_TIMEOUT_MS=5000", NULL};

    testbed_start(&testbed, settings);
    for (int i = 0; i < TESTBED_PROCESSES; i++)
        pids[i] = testbed.processes[i].pid;
    snprintf(smuggled, sizeof smuggled,
             "GET /api/v1/properties?state=TX&limit=77 HTTP/1.1\r\nHost: a\r\nAuthorization: "
             "Bearer %s\r\n\r\n",
             testbed.key);
}

/* Nothing was executed, and whoever lived lives. */
static inline void
teardown(void)
{
    static const char *const decisions[] = {"hit",  "stale",   "collapsed",
                                            "miss", "refused", "error"};
    char name[128];

    for (size_t i = 0; i < sizeof decisions / sizeof *decisions; i++) {
        snprintf(name, sizeof name,
                 "rentcache_requests_total{endpoint=\"properties\",decision=\"%s\"}", decisions[i]);
        ck_assert_int_eq((int)testbed_metric(&testbed, name), 0);
    }
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats"),
                     0);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM ledger"), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
    for (int i = 0; i < TESTBED_PROCESSES; i++)
        if (pids[i] != 0)
            ck_assert_int_eq(kill(pids[i], 0), 0);
    ck_assert_int_eq(testbed_expect(&testbed, "/livez", 200), -1);
    testbed_stop(&testbed);
}

/* Every line is "Name: value" of visible characters: nothing of a request came through raw. */
static inline void
expect_clean_head(const char *why, const char *head)
{
    const char *line = strstr(head, "\r\n") + 2;

    for (; strcmp(line, "\r\n") != 0; line = strstr(line, "\r\n") + 2) {
        size_t size = strcspn(line, "\r"), name = strcspn(line, ":");

        ck_assert_msg(name > 0 && name < size && line[size] == '\r' && line[size + 1] == '\n',
                      "%s: %s", why, head);
        for (size_t i = 0; i < size; i++)
            ck_assert_msg(isprint((unsigned char)line[i]) || line[i] == '\t', "%s: %s", why, head);
    }
}

static inline void
expect_problem(const char *why, const struct http_response *response)
{
    char type[128];
    json_t *problem;

    expect_clean_head(why, response->head);
    if (response->status < 400)
        return;
    ck_assert_msg(http_field(response, "Content-Type", type, sizeof type), "%s: %s", why,
                  response->head);
    ck_assert_str_eq(type, "application/problem+json");
    if (response->body_size == 0)
        return; /* HEAD */
    problem = json_loads(response->body, 0, NULL);
    ck_assert_msg(problem != NULL, "%s: %s", why, response->body);
    ck_assert_int_eq(json_integer_value(json_object_get(problem, "status")), response->status);
    ck_assert_ptr_nonnull(json_string_value(json_object_get(problem, "type")));
    json_decref(problem);
}

static inline bool
is_of_class(const char *statuses, int status)
{
    char text[16];

    snprintf(text, sizeof text, "%d", status);
    return strstr(statuses, status == 0 ? "close" : text) != NULL;
}
