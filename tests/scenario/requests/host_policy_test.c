/* host_policy_test.c - behind a proxy and in front of strangers: whose address counts, what must be HTTPS, which hosts, floods of bad keys. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

#define TARGET "/api/v1/properties?state=TX&limit=1"

static void
start(const char *first, const char *second)
{
    const char *const settings[] = {first, second, NULL};

    testbed_start(&testbed, settings);
}

static void
setup_plain(void)
{
    start(NULL, NULL);
}

static void
setup_proxied(void)
{
    start("TRUSTED_PROXIES=127.0.0.0/8, 10.0.0.0/8", "AUTH_FAILURE_RATE=5/hour");
}

static void
setup_https(void)
{
    start("TRUSTED_PROXIES=127.0.0.1", "REQUIRE_HTTPS=true");
}

static void
setup_guarded(void)
{
    start("AUTH_FAILURE_RATE=5/hour", NULL);
}

static void
setup_hosts(void)
{
    start("ALLOWED_HOSTS=api.example.com, *.example.org", NULL);
}

static int
status_of(int port, const char *target, const char *key, const char *fields)
{
    struct http_response response;
    int status;

    http_call(port, "GET", target, key, NULL, fields, &response);
    status = response.status;
    http_response_fini(&response);
    return status;
}

static int
status_with(const char *key, const char *fields)
{
    return status_of(testbed.port, TARGET, key, fields);
}

static void
await_rows(const char *ip, int count)
{
    char sql[128];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM usage_stats WHERE ip_address = '%s'", ip);
    testbed_await_query(&testbed, "rentcache.db", sql, count, 60000);
}

/* S7: a field that nobody vouches for. */
START_TEST(a_stranger_cannot_choose_its_address)
{
    row("R-001");
    ck_assert_int_eq(status_with(testbed.key, "X-Forwarded-For: 203.0.113.9\r\n"), 200);
    ck_assert_int_eq(status_with(testbed.key, "Forwarded: for=203.0.113.9\r\n"), 200);
    ck_assert_int_eq(status_with(testbed.key, "X-Real-IP: 203.0.113.9\r\n"), 200);
    await_rows("127.0.0.1", 3);
    await_rows("203.0.113.9", 0);
}
END_TEST

START_TEST(a_trusted_proxy_names_the_client)
{
    row("R-001");
    ck_assert_int_eq(status_with(testbed.key, "X-Forwarded-For: 203.0.113.9\r\n"), 200);
    ck_assert_int_eq(
        status_with(testbed.key, "X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.1.1.1\r\n"), 200);
    ck_assert_int_eq(
        status_with(testbed.key,
                    "X-Forwarded-For: 198.51.100.1\r\nX-Forwarded-For: 2001:db8::7\r\n"),
        200);
    ck_assert_int_eq(status_with(testbed.key, NULL), 200);
    await_rows("203.0.113.9", 2);
    await_rows("2001:db8::7", 1);
    await_rows("127.0.0.1", 1);
    await_rows("198.51.100.1", 0);
    ck_assert_int_eq(status_of(testbed.port, "/health", NULL, NULL), 200);
}
END_TEST

START_TEST(what_did_not_come_by_https_is_refused)
{
    struct http_response response;
    char field[64];

    row("R-094");
    ck_assert_int_eq(status_with(testbed.key, "X-Forwarded-Proto: https\r\n"), 200);
    ck_assert_int_eq(status_with(testbed.key, "X-Forwarded-Proto: http\r\n"), 403);
    ck_assert_int_eq(status_with(testbed.key, "X-Forwarded-Proto: https, http\r\n"), 403);
    http_call(testbed.port, "GET", TARGET, testbed.key, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 403);
    ck_assert_ptr_nonnull(strstr(response.body, "urn:rentcache:problem:https-required"));
    ck_assert(!http_field(&response, "Location", field, sizeof field)); /* no redirect */
    http_response_fini(&response);
    ck_assert_int_eq(status_of(testbed.port, "/livez", NULL, NULL), 200);
    ck_assert_int_eq(status_of(testbed.port, "/readyz", NULL, NULL), 200);
    ck_assert_int_eq(status_of(testbed.port, "/health", NULL, NULL), 200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

static int
count_until_throttled(int port, const char *target, const char *fields)
{
    int count = 0, status;

    while ((status = status_of(port, target, "rc_not_a_key", fields)) == 401 && count < 100)
        count++;
    ck_assert_int_eq(status, 429);
    return count;
}

static void
expect_throttled(void)
{
    struct http_response response;
    char field[64];

    http_call(testbed.port, "GET", TARGET, "rc_not_a_key", NULL, NULL, &response);
    ck_assert_int_eq(response.status, 429);
    ck_assert(http_field(&response, "Retry-After", field, sizeof field));
    ck_assert_int_gt(strtol(field, NULL, 10),
                     600); /* a twelfth of an hour, less what the test took */
    ck_assert_int_le(strtol(field, NULL, 10), 720);
    ck_assert_ptr_nonnull(strstr(response.body, "\"auth-failures\""));
    ck_assert_ptr_nonnull(strstr(response.body, "\"5/hour\""));
    http_response_fini(&response);
}

START_TEST(a_flood_of_bad_keys_is_throttled_and_good_keys_work_on)
{
    row("R-099");
    for (int i = 0; i < 20; i++) /* what succeeds takes nothing */
        ck_assert_int_eq(status_with(testbed.key, NULL), 200);
    ck_assert_int_eq(count_until_throttled(testbed.port, TARGET, NULL), 5);
    expect_throttled();
    ck_assert_int_eq(status_with(NULL, NULL), 429);
    ck_assert_int_eq(status_with(testbed.key, NULL), 200);
    /* the admin listener counts the same failures, and its good token works on too */
    ck_assert_int_eq(status_of(testbed.admin_port, "/admin/api-keys", "guess", NULL), 429);
    ck_assert_int_eq(status_of(testbed.admin_port, "/admin/api-keys", testbed.admin_token, NULL),
                     200);
    ck_assert_int_eq((int)testbed_metric(&testbed, "rentcache_auth_throttled_total"), 4);
    /* a claimed address is no way round */
    ck_assert_int_eq(status_with("rc_not_a_key", "X-Forwarded-For: 203.0.113.77\r\n"), 429);
}
END_TEST

START_TEST(failures_are_counted_by_client_behind_a_proxy)
{
    row("R-099");
    ck_assert_int_eq(
        count_until_throttled(testbed.port, TARGET, "X-Forwarded-For: 203.0.113.9\r\n"), 5);
    ck_assert_int_eq(status_with("bad", "X-Forwarded-For: 1.2.3.4, 203.0.113.9\r\n"), 429);
    ck_assert_int_eq(status_with("bad", "X-Forwarded-For: 203.0.113.10\r\n"), 401);
    /* an IPv6 client has its whole /64 */
    ck_assert_int_eq(
        count_until_throttled(testbed.port, TARGET, "X-Forwarded-For: 2001:db8:1:2::1\r\n"), 5);
    ck_assert_int_eq(status_with("bad", "X-Forwarded-For: 2001:db8:1:2:9:9:9:9\r\n"), 429);
    ck_assert_int_eq(status_with("bad", "X-Forwarded-For: 2001:db8:1:3::1\r\n"), 401);
}
END_TEST

static int
status_of_host(const char *target, const char *host_line)
{
    struct http http;
    struct http_response response;
    char request[512];
    int status, size;

    http_open(&http, testbed.port);
    size = snprintf(request, sizeof request,
                    "GET %s HTTP/1.1\r\n%sAuthorization: Bearer %s\r\nConnection: close\r\n\r\n",
                    target, host_line, testbed.key);
    ck_assert(http_send(&http, request, (size_t)size));
    ck_assert(http_receive(&http, &response, false, 60000));
    status = response.status;
    if (status == 400)
        ck_assert_ptr_nonnull(strstr(response.body, "urn:rentcache:problem:host-not-allowed"));
    http_response_fini(&response);
    http_close(&http);
    return status;
}

START_TEST(hosts_that_are_not_listed_are_refused)
{
    ck_assert_int_eq(status_of_host(TARGET, "Host: api.example.com\r\n"), 200);
    ck_assert_int_eq(status_of_host(TARGET, "Host: API.example.com:8443\r\n"), 200);
    ck_assert_int_eq(status_of_host(TARGET, "Host: deep.er.example.org\r\n"), 200);
    ck_assert_int_eq(status_of_host(TARGET, "Host: example.com\r\n"), 400);
    ck_assert_int_eq(status_of_host(TARGET, "Host: 127.0.0.1\r\n"), 400);
    ck_assert_int_eq(status_of_host("/api/v1/nothing", "Host: evil.test\r\n"), 400);
    ck_assert_int_eq(status_of_host("/readyz", "Host: 127.0.0.1\r\n"), 200);
}
END_TEST

static void
add_case(Suite *suite, const char *name, void (*setup)(void), const TTest *test)
{
    TCase *cases = tcase_create(name);

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, test);
    suite_add_tcase(suite, cases);
}

Suite *
test_suite(void)
{
    Suite *suite = suite_create("host_policy");

    add_case(suite, "plain", setup_plain, a_stranger_cannot_choose_its_address);
    add_case(suite, "proxied", setup_proxied, a_trusted_proxy_names_the_client);
    add_case(suite, "failures behind a proxy", setup_proxied,
             failures_are_counted_by_client_behind_a_proxy);
    add_case(suite, "https", setup_https, what_did_not_come_by_https_is_refused);
    add_case(suite, "guarded", setup_guarded,
             a_flood_of_bad_keys_is_throttled_and_good_keys_work_on);
    add_case(suite, "hosts", setup_hosts, hosts_that_are_not_listed_are_refused);
    return suite;
}
