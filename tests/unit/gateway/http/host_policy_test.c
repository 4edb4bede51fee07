/* host_policy_test.c - which hosts are served, and when HTTPS is missed. */
/* links: gateway/http/host_policy.c gateway/http/forwarded.c gateway/server/request.c core/base/network.c */

#include "http/host_policy.h"

#include <check.h>
#include <stdio.h>

#include "support/row.h"

static struct config config;
static struct host_policy host_policy;

static void
use(const char *hosts, const char *trusted, bool require_https)
{
    snprintf(config.gateway.allowed_hosts, sizeof config.gateway.allowed_hosts, "%s", hosts);
    snprintf(config.gateway.trusted_proxies, sizeof config.gateway.trusted_proxies, "%s", trusted);
    config.gateway.require_https = require_https;
    host_policy_init(&host_policy, &config);
}

static bool
allows(const char *hosts, const char *field)
{
    return host_policy_host_is_allowed(hosts, bytes_of_text(field));
}

START_TEST(hosts_are_compared_as_names)
{
    ck_assert(allows("api.example.com", "api.example.com"));
    ck_assert(allows("api.example.com", "API.Example.COM:8443"));
    ck_assert(allows("api.example.com", "api.example.com."));
    ck_assert(allows("a.example, b.example", "b.example"));
    ck_assert(allows("[::1]", "[::1]:8000"));
    ck_assert(allows("*", "anything"));
    ck_assert(!allows("api.example.com", "example.com"));
    ck_assert(!allows("api.example.com", "xapi.example.com"));
    ck_assert(!allows("api.example.com", "api.example.com.evil.test"));
    ck_assert(!allows("api.example.com", "api.example.co"));
    ck_assert(!allows("api.example.com", ""));
    ck_assert(!allows("api.example.com", ":80"));
    ck_assert(!allows("api.example.com", NULL));
    ck_assert(!allows("[::1]", "[::2]:8000"));
}
END_TEST

START_TEST(a_star_stands_for_names_below)
{
    ck_assert(allows("*.example.com", "api.example.com"));
    ck_assert(allows("*.example.com", "a.b.example.com:80"));
    ck_assert(!allows("*.example.com", "example.com"));
    ck_assert(!allows("*.example.com", "badexample.com"));
    ck_assert(!allows("*.example.com", ".example.com"));
}
END_TEST

START_TEST(the_defaults_check_nothing)
{
    use("*", "", false);
    ck_assert(host_policy.is_open);
    ck_assert_uint_eq(host_policy.trusted.count, 0);
    use("a.example", "", false);
    ck_assert(!host_policy.is_open);
    use("*", "10.0.0.1", true);
    ck_assert(!host_policy.is_open);
}
END_TEST

START_TEST(https_counts_only_from_a_trusted_peer)
{
    struct request request = {.headers = {{"Host", "a.example"}, {"X-Forwarded-Proto", "https"}},
                              .header_count = 2};

    row("R-094");
    use("a.example", "10.0.0.1", true);
    ck_assert_int_eq(host_policy_result(&host_policy, &request, true), STATUS_OK);
    ck_assert_int_eq(host_policy_result(&host_policy, &request, false), STATUS_HTTPS_REQUIRED);
    request.headers[1].value = "http";
    ck_assert_int_eq(host_policy_result(&host_policy, &request, true), STATUS_HTTPS_REQUIRED);
    request.headers[0].value = "b.example";
    ck_assert_int_eq(host_policy_result(&host_policy, &request, true), STATUS_HOST_NOT_ALLOWED);
    request.header_count = 0; /* HTTP/1.0 */
    ck_assert_int_eq(host_policy_result(&host_policy, &request, true), STATUS_HOST_NOT_ALLOWED);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("host_policy");
    TCase *cases = tcase_create("all");

    tcase_add_test(cases, hosts_are_compared_as_names);
    tcase_add_test(cases, a_star_stands_for_names_below);
    tcase_add_test(cases, the_defaults_check_nothing);
    tcase_add_test(cases, https_counts_only_from_a_trusted_peer);
    suite_add_tcase(suite, cases);
    return suite;
}
