/* limits_common.h - asking until a limit refuses, on clocks that the test moves. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/test_clock.h"
#include "support/world.h"

#define DAY_S      86400
#define PROPERTIES "/api/v1/properties?state=TX&limit=1"
#define BY_ID      "/api/v1/properties/Nowhere-1"
#define ESTIMATE   "/api/v1/estimates/value?latitude=30.27&longitude=-97.74"

static struct world world;

/* The 10th of next month at noon: two days later it is still the same month. */
static void
go_to_the_middle_of_a_month(void)
{
    time_t now = time(NULL);
    struct tm day;

    gmtime_r(&now, &day);
    day.tm_mon++;
    day.tm_mday = 10;
    day.tm_hour = 12;
    day.tm_min = day.tm_sec = 0;
    test_clock_move_wall(timegm(&day) - now);
}

static void
start(const char *setting)
{
    const char *settings[] = {test_clock_setting(), "ACTOR_SILENT_MS=60000", setting, NULL};

    go_to_the_middle_of_a_month();
    world_start(&world, settings);
}

static void
setup(void)
{
    start(NULL);
}

static void
teardown(void)
{
    world_stop(&world);
    test_clock_remove();
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

    http_open(&http, world.port);
    while (count < most && status_of(&http, key, target) != 429)
        count++;
    http_close(&http);
    return count;
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

    http_call(world.port, "GET", target, key, NULL, NULL, &response);
    for (int spent = 0; response.status != 429 && spent < 2; spent++) {
        http_response_fini(&response);
        http_call(world.port, "GET", target, key, NULL, NULL, &response);
    }
    ck_assert_msg(response.status == 429, "%s: %d", target, response.status);
    ck_assert(http_field(&response, "Retry-After", text, sizeof text));
    ck_assert_msg((int)strtol(text, NULL, 10) >= 1 && (int)strtol(text, NULL, 10) <= retry_most_s,
                  "Retry-After: %s", text);
    problem = json_loads(response.body, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(problem, "detail")), "Rate limit exceeded");
    violated = json_array_get(json_object_get(problem, "violated-policies"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(violated, "policy")), policy);
    if (rate != NULL)
        ck_assert_str_eq(json_string_value(json_object_get(violated, "limit")), rate);
    json_decref(problem);
    http_response_fini(&response);
}
