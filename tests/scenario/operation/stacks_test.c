/* stacks_test.c - the deepest ways through the gateway use at most 48 KiB of a worker's 100 KiB of stack. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/sanitizer.h"
#include "support/testbed_fixture.h"

#define BODY_MOST 65536

static void
setup(void)
{
    static const char *const settings[] = {"LOG_LEVEL=DEBUG", "DEBUG=true", "GATEWAY_THREADS=8",
                                           NULL};

    testbed_start(&testbed, settings);
}

/* The testbed's own check is at each stop; here it must have measured something at all. */
static void
teardown(void)
{
    testbed_stop_server(&testbed);
    if (!SANITIZER_IS_ON) { /* its frames are not ours: nothing is measured */
        ck_assert_uint_gt(testbed_stack_used(&testbed, "data"), 2048);
        ck_assert_uint_gt(testbed_stack_used(&testbed, "admin"), 2048);
    }
    testbed_stop(&testbed);
}

static void
ask(int port, const char *method, const char *target, const char *key, const char *body,
    const char *further, int status)
{
    struct http_response response;

    http_call(port, method, target, key, body, further, &response);
    ck_assert_msg(status == 0 || response.status == status, "%s %.60s gave %d: %.300s", method,
                  target, response.status, response.body);
    http_response_fini(&response);
}

/* Sixteen problems, each with an input of 256 bytes that JSON must escape. */
static void
ask_for_many_problems(void)
{
    static const char *const names[] = {
        "limit",    "offset",        "latitude",     "longitude",     "radius",  "propertyType",
        "bedrooms", "bathrooms",     "zipCode",      "squareFootage", "lotSize", "yearBuilt",
        "state",    "saleDateRange", "ttl_override", "force_refresh"};
    char target[8192] = "/api/v1/properties?";
    size_t size = strlen(target);

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size += (size_t)snprintf(target + size, sizeof target - size, "%s%s=", i > 0 ? "&" : "",
                                 names[i]);
        for (int byte = 0; byte < 60; byte++)
            size += (size_t)snprintf(target + size, sizeof target - size, "%%C3%%A4");
    }
    ck_assert_uint_lt(size, sizeof target - 1);
    ask(testbed.port, "GET", target, testbed.key, NULL, NULL, 422);
}

START_TEST(refusals)
{
    char fields[16000] = "";
    size_t size = 0;

    ask_for_many_problems();
    ask(testbed.port, "GET", "/api/v1/properties", "rc_nobody", NULL, NULL, 401);
    ask(testbed.port, "GET", "/nothing", NULL, NULL, NULL, 404);
    ask(testbed.port, "DELETE", "/api/v1/properties", testbed.key, NULL, NULL, 405);
    for (int i = 0; i < 50; i++)
        size += (size_t)snprintf(fields + size, sizeof fields - size, "X-%d: %0200d\r\n", i, i);
    ask(testbed.port, "GET", "/api/v1/properties?state=TX", testbed.key, NULL, fields, 200);
    ask(testbed.port, "GET", "/health", NULL, NULL, NULL, 200);
}
END_TEST

/* Misses with big bodies, hits on them, and forced ones. */
START_TEST(large_answers)
{
    ask(testbed.port, "GET", "/api/v1/properties?limit=500", testbed.key, NULL, NULL, 200);
    ask(testbed.port, "GET", "/api/v1/properties?limit=500", testbed.key, NULL, NULL, 200);
    ask(testbed.port, "GET", "/api/v1/properties?limit=500&force_refresh=true", testbed.key, NULL,
        NULL, 200);
    ask(testbed.port, "HEAD", "/api/v1/properties?limit=499", testbed.key, NULL, NULL, 200);
}
END_TEST

START_TEST(errors_of_the_paid_api)
{
    static const int statuses[] = {400, 401, 403, 404, 429, 500, 503};
    char fault[128], target[128];

    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        snprintf(fault, sizeof fault, "{\"kind\": \"status\", \"status\": %d}", statuses[i]);
        testbed_fault(&testbed, fault);
        snprintf(target, sizeof target, "/api/v1/properties?limit=%zu", i + 1);
        ask(testbed.port, "GET", target, testbed.key, NULL, NULL, 0);
    }
    testbed_fault(&testbed, "");
}
END_TEST

START_TEST(admin_bodies_and_reports)
{
    char *body = malloc(BODY_MOST + 1);
    char members[4096] = "{\"key_name\": \"deep\", \"limits\": {";
    size_t size = strlen(members);

    ck_assert_ptr_nonnull(body);
    memset(body, '[', BODY_MOST);
    body[BODY_MOST] = '\0';
    ask(testbed.admin_port, "POST", "/admin/api-keys", testbed.admin_token, body, NULL, 400);
    memset(body, ' ', BODY_MOST - 2);
    memcpy(body + BODY_MOST - 2, "{}", 2);
    ask(testbed.admin_port, "POST", "/admin/cache/clear", testbed.admin_token, body, NULL, 200);
    for (int i = 0; i < 60; i++)
        size += (size_t)snprintf(members + size, sizeof members - size,
                                 "\"route_%d\": \"%d/hour\",", i, i + 1);
    snprintf(members + size, sizeof members - size, "\"*\": \"none\"}}");
    ask(testbed.admin_port, "POST", "/admin/api-keys", testbed.admin_token, members, NULL, 0);
    ask(testbed.admin_port, "GET", "/admin/api-keys?limit=100", testbed.admin_token, NULL, NULL,
        200);
    ask(testbed.admin_port, "GET", "/admin/stats?days=30", testbed.admin_token, NULL, NULL, 200);
    ask(testbed.admin_port, "GET", "/metrics", testbed.admin_token, NULL, NULL, 200);
    ask(testbed.admin_port, "GET", "/metrics", testbed.admin_token, NULL, "Accept: text/plain\r\n",
        200);
    ask(testbed.admin_port, "GET", "/health", NULL, NULL, NULL, 200);
    free(body);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("stacks");
    TCase *cases = tcase_create("deep");

    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, refusals);
    tcase_add_test(cases, large_answers);
    tcase_add_test(cases, errors_of_the_paid_api);
    tcase_add_test(cases, admin_bodies_and_reports);
    suite_add_tcase(suite, cases);
    return suite;
}
