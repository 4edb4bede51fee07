/* limits_common.h - asking until a limit refuses, on clocks that the test moves. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/testbed_fixture.h"

#define DAY_S      86400
#define PROPERTIES "/api/v1/properties?state=TX&limit=1"
#define BY_ID      "/api/v1/properties/Nowhere-1"
#define ESTIMATE   "/api/v1/estimates/value?latitude=30.27&longitude=-97.74"

static inline void
start(const char *setting)
{
    const char *settings[] = {test_clock_setting(), "ACTOR_HEARTBEAT_TIMEOUT_MS=60000", setting,
                              NULL};

    test_clock_go_to_the_middle_of_a_month();
    testbed_start(&testbed, settings);
}

static inline void
setup(void)
{
    start(NULL);
}

static int
status_of(struct http *http, const char *key, const char *target)
{
    struct http_response response;
    int status;

    ck_assert(http_call_on(http, "GET", target, key, NULL, NULL, &response));
    status = response.status;
    http_response_fini(&response);
    return status;
}

/* How many of at most `most` requests are admitted before the first refusal. */
static int
count_admitted(const char *key, const char *target, int most)
{
    struct http http;
    int count = 0;

    http_open(&http, testbed.port);
    while (count < most && status_of(&http, key, target) != 429)
        count++;
    http_close(&http);
    return count;
}

static long
number_field(const struct http_response *response, const char *name)
{
    char text[64] = "";

    ck_assert_msg(http_field(response, name, text, sizeof text), "%s is missing:\n%s", name,
                  response->head);
    return strtol(text, NULL, 10);
}

/* What the fields say of a limit of `count` requests: nothing is left, and it is full again within its period; a window
 * within a part more. */
static void
expect_rate_fields(const struct http_response *response, const char *policy, const char *rate)
{
    long count = strtol(rate, NULL, 10), period_s = strstr(rate, "/hour") != NULL ? 3600 : 60;
    long most_s = strcmp(policy, "global") == 0 ? period_s + period_s / 30 : period_s;
    long reset_s = number_field(response, "X-RateLimit-Reset");
    char text[96], wanted[96];

    ck_assert_int_eq(number_field(response, "X-RateLimit-Limit"), count);
    ck_assert_int_eq(number_field(response, "X-RateLimit-Remaining"), 0);
    ck_assert_msg(reset_s >= 1 && reset_s <= most_s, "X-RateLimit-Reset: %ld", reset_s);
    snprintf(wanted, sizeof wanted, "\"%s\";q=%ld;w=%ld", policy, count, period_s);
    ck_assert(http_field(response, "RateLimit-Policy", text, sizeof text));
    ck_assert_str_eq(text, wanted);
    snprintf(wanted, sizeof wanted, "\"%s\";r=0;t=%ld", policy, reset_s);
    ck_assert(http_field(response, "RateLimit", text, sizeof text));
    ck_assert_str_eq(text, wanted);
}

/* The refusal that an exhausted limit gives: its policy, its rate, and when to come again. A token that came back
 * since the limit was seen exhausted is spent first. */
static void
expect_refusal(const char *key, const char *target, const char *policy, const char *rate,
               int retry_most_s)
{
    struct http_response response;
    char text[64];
    json_t *problem, *violated;

    http_call(testbed.port, "GET", target, key, NULL, NULL, &response);
    for (int spent = 0; response.status != 429 && spent < 2; spent++) {
        http_response_fini(&response);
        http_call(testbed.port, "GET", target, key, NULL, NULL, &response);
    }
    ck_assert_msg(response.status == 429, "%s: %d", target, response.status);
    ck_assert(http_field(&response, "Retry-After", text, sizeof text));
    ck_assert_msg((int)strtol(text, NULL, 10) >= 1 && (int)strtol(text, NULL, 10) <= retry_most_s,
                  "Retry-After: %s", text);
    problem = json_loads(response.body, 0, NULL);
    if (rate != NULL)
        ck_assert_str_eq(json_string_value(json_object_get(problem, "detail")),
                         "Rate limit exceeded");
    violated = json_array_get(json_object_get(problem, "violated-policies"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(violated, "policy")), policy);
    if (rate != NULL) {
        ck_assert_str_eq(json_string_value(json_object_get(violated, "limit")), rate);
        ck_assert_str_eq(json_string_value(json_object_get(violated, "algorithm")),
                         strcmp(policy, "global") == 0 ? "sliding-window" : "token-bucket");
        expect_rate_fields(&response, policy, rate);
    }
    json_decref(problem);
    http_response_fini(&response);
}
