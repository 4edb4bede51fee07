/* rejected_key_test.c - a key that the paid API rejects, or that nobody configured, is seen at once: log, health, metrics. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/testbed_fixture.h"

static void
keyless_setup(void)
{
    static const char *const settings[] = {"RENTCAST_API_KEY=", NULL};

    testbed_start(&testbed, settings);
}

/* Lines of the log with this text. */
static int
log_lines(const char *text)
{
    FILE *log = fopen(testbed.log_path, "re");
    char line[2048];
    int count = 0;

    ck_assert_ptr_nonnull(log);
    while (fgets(line, sizeof line, log) != NULL)
        count += strstr(line, text) != NULL;
    fclose(log);
    return count;
}

static json_t *
admin_get(const char *target)
{
    struct http_response response;
    json_t *document;

    http_call(testbed.admin_port, "GET", target, testbed.admin_token, NULL, NULL, &response);
    document = json_loadb(response.body, response.body_size, 0, NULL);
    ck_assert_ptr_nonnull(document);
    http_response_fini(&response);
    return document;
}

static bool
health_says_upstream(void)
{
    json_t *health = admin_get("/health");
    bool is_well = json_is_true(json_object_get(json_object_get(health, "checks"), "upstream"));

    json_decref(health);
    return is_well;
}

/* The only one. */
static json_t *
get_upstream(void)
{
    json_t *list = admin_get("/admin/upstreams");
    json_t *upstream = json_incref(json_array_get(json_object_get(list, "upstreams"), 0));

    ck_assert_ptr_nonnull(upstream);
    json_decref(list);
    return upstream;
}

static void
expect_key(const char *state, const char *key)
{
    json_t *upstream = get_upstream();

    ck_assert_str_eq(json_string_value(json_object_get(upstream, "state")), state);
    ck_assert_str_eq(json_string_value(json_object_get(upstream, "key")), key);
    json_decref(upstream);
}

static const int rejections[] = {401, 402, 403};

START_TEST(a_rejected_key_is_seen)
{
    char fault[64], code[16];
    json_t *upstream;

    ck_assert_int_eq(log_lines("check its credential"), 0);
    snprintf(fault, sizeof fault, "{\"kind\": \"status\", \"status\": %d}", rejections[_i]);
    snprintf(code, sizeof code, "(%d)", rejections[_i]);
    testbed_fault(&testbed, fault);
    for (int i = 0; i < 3; i++)
        testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 502);
    testbed_await_metric(&testbed, "rentcache_upstream_key_rejected_total{upstream=\"rentcast\"}",
                         3, 60000);
    testbed_await_metric(&testbed, "rentcache_upstream_key_state{upstream=\"rentcast\"}", -1,
                         60000);
    ck_assert(!health_says_upstream());
    ck_assert_int_eq(log_lines("check its credential"), 1); /* once a minute */
    expect_key("unhealthy", "rejected");
    upstream = get_upstream();
    ck_assert_ptr_nonnull(strstr(json_string_value(json_object_get(upstream, "detail")), code));
    ck_assert_int_eq(json_integer_value(
                         json_object_get(json_object_get(upstream, "last_failure"), "http_status")),
                     rejections[_i]);
    json_decref(upstream);

    testbed_fault(&testbed, "");
    testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200);
    testbed_await_metric(&testbed, "rentcache_upstream_key_state{upstream=\"rentcast\"}", 1, 60000);
    expect_key("healthy", "accepted");
    ck_assert(health_says_upstream());
}
END_TEST

START_TEST(a_missing_key_is_warned_of_at_the_start)
{
    ck_assert_int_eq(log_lines("has no credential"), 1);
    testbed_await_metric(&testbed, "rentcache_upstream_key_state{upstream=\"rentcast\"}", -2,
                         60000);
    expect_key("healthy", "not configured");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("rejected_key");
    TCase *rejected = tcase_create("rejected"), *missing = tcase_create("missing");

    tcase_add_checked_fixture(rejected, testbed_setup, testbed_teardown);
    tcase_set_timeout(rejected, 60);
    tcase_add_loop_test(rejected, a_rejected_key_is_seen, 0,
                        (int)(sizeof rejections / sizeof *rejections));
    suite_add_tcase(suite, rejected);
    tcase_add_checked_fixture(missing, keyless_setup, testbed_teardown);
    tcase_set_timeout(missing, 60);
    tcase_add_test(missing, a_missing_key_is_warned_of_at_the_start);
    suite_add_tcase(suite, missing);
    return suite;
}
