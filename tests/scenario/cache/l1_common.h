/* l1_common.h - a testbed with a Redis as L1 and, unless a test wants it, no near cache before it. */
#pragma once

#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/process/redis.h"
#include "support/row.h"
#include "support/testbed_fixture.h"

#define PROPERTIES "/api/v1/properties?state=TX&limit=2"
#define LISTINGS   "/api/v1/listings/sale?state=TX&limit=1"
#define WAIT_MS    60000

static struct redis redis;

/* further: one more setting, or NULL. The timeout is one that a Redis on a busy machine does not miss, and that a frozen one
 * costs once. */
static inline void
start(const char *near, const char *further)
{
    char url[160];
    const char *settings[] = {url,
                              "ACTOR_HEARTBEAT_TIMEOUT_MS=60000",
                              "REDIS_ENABLED=true",
                              "REDIS_TIMEOUT_MS=5000",
                              "REDIS_RETRY_MS=100",
                              near,
                              further,
                              NULL};

    redis_start(&redis, NULL);
    snprintf(url, sizeof url, "REDIS_URL=%s", redis.url);
    testbed_start(&testbed, settings);
}

static inline void
teardown(void)
{
    testbed_stop(&testbed);
    redis_stop(&redis);
}

/* A 200, from that level ("": no hit). */
static inline void
expect_level(const char *target, const char *level)
{
    struct http_response response;
    char seen[64], hit[16];

    testbed_get(&testbed, target, &response);
    ck_assert_msg(response.status == 200, "%d: %s", response.status, response.body);
    http_field(&response, "X-Cache-Level", seen, sizeof seen);
    http_field(&response, "X-Cache-Hit", hit, sizeof hit);
    ck_assert_msg(strcmp(seen, level) == 0, "%s came from \"%s\", not \"%s\"", target, seen, level);
    ck_assert_str_eq(hit, level[0] != '\0' ? "true" : "false");
    if (level[0] != '\0')
        ck_assert(!http_field(&response, "X-Estimated-Cost", seen, sizeof seen));
    http_response_fini(&response);
}

static inline void
clear_all(void)
{
    struct http_response response;

    http_call(testbed.admin_port, "POST", "/admin/cache/clear", testbed.admin_token, "{}", NULL,
              &response);
    ck_assert_msg(response.status == 200, "%d %s", response.status, response.body);
    http_response_fini(&response);
}

static inline void
await_l1(bool is_up)
{
    testbed_await_metric(&testbed, "rentcache_cache_l1_up", is_up, WAIT_MS);
}

/* The status of /health, and what it says of L1. */
static inline void
expect_health(const char *status, const char *state)
{
    struct http_response response;
    json_t *health, *l1;

    http_call(testbed.port, "GET", "/health", NULL, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 200);
    health = json_loads(response.body, 0, NULL);
    l1 = json_object_get(json_object_get(health, "details"), "l1");
    ck_assert_str_eq(json_string_value(json_object_get(health, "status")), status);
    ck_assert_str_eq(json_string_value(json_object_get(l1, "state")), state);
    if (strcmp(state, "up") == 0)
        ck_assert_int_gt(json_integer_value(json_object_get(l1, "used_bytes")), 100000);
    json_decref(health);
    http_response_fini(&response);
}
