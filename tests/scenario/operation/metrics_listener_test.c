/* metrics_listener_test.c - METRICS_PORT: metrics for who may not administrate. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "support/process/port_hold.h"
#include "support/testbed_fixture.h"

static int metrics_port;

static void
setup(void)
{
    static char setting[64];
    static const char *const settings[] = {setting, "ENABLE_METRICS=true", NULL};
    int held = port_hold_free(&metrics_port);

    ck_assert_int_ge(held, 0);
    snprintf(setting, sizeof setting, "METRICS_PORT=%d", metrics_port);
    testbed_start(&testbed, settings);
    close(held);
}

static void
expect(const char *method, const char *path, int status, const char *text)
{
    struct http_response response;

    http_call(metrics_port, method, path, testbed.admin_token, NULL, NULL, &response);
    ck_assert_msg(response.status == status, "%s %s: %d", method, path, response.status);
    ck_assert_msg(strstr(response.body, text) != NULL, "%s %s: %s", method, path, response.body);
    http_response_fini(&response);
}

START_TEST(metrics_are_there_in_both_forms)
{
    expect("GET", "/metrics/prometheus", 200, "\nrentcache_http_requests_total ");
    expect("GET", "/metrics", 200, "\"uptime_seconds\"");
    expect("GET", "/livez", 200, "");
    expect("HEAD", "/metrics/prometheus", 200, "");
}
END_TEST

/* The token of administration opens nothing here. */
START_TEST(nothing_else_is_there)
{
    static const char *const paths[] = {
        "/admin/api-keys",
        "/admin/stats",
        "/admin/cache/stats",
        "/health",
        "/readyz",
        "/docs",
        "/openapi.json",
        "/",
        "/metrics/",
        "/admin",
        "/api/v1/properties?state=TX&limit=1",
    };

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
        expect("GET", paths[i], 404, "urn:rentcache:problem:");
    expect("POST", "/admin/cache/clear", 404, "urn:rentcache:problem:");
    expect("POST", "/metrics", 405, "urn:rentcache:problem:");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("metrics_listener");
    TCase *tests = tcase_create("metrics_listener");

    tcase_add_checked_fixture(tests, setup, testbed_teardown);
    tcase_add_test(tests, metrics_are_there_in_both_forms);
    tcase_add_test(tests, nothing_else_is_there);
    suite_add_tcase(suite, tests);
    return suite;
}
