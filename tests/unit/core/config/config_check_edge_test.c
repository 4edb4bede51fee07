/* config_check_edge_test.c - what trusted_proxies, allowed_hosts and require_https may be. */
/* links: @core */
#include "config_text.h"

#define NETWORKS " is not a list of at most 32 addresses and networks, as 10.0.0.0/8, ::1"
#define HOSTS    " is not a list of host names, as api.example.com, *.example.com"

static const struct {
    const char *yaml;
    const char *error; /* behind "test.yaml:1: " */
} bad[] = {
    {"gateway: {trusted_proxies: \"10.0.0.0/33\"}",
     "gateway.trusted_proxies: 10.0.0.0/33" NETWORKS},
    {"gateway: {trusted_proxies: \"::1, caddy\"}", "gateway.trusted_proxies: ::1, caddy" NETWORKS},
    {"gateway: {allowed_hosts: \"\"}", "gateway.allowed_hosts: an empty text" HOSTS},
    {"gateway: {allowed_hosts: \" , \"}", "gateway.allowed_hosts:  , " HOSTS},
    {"gateway: {allowed_hosts: \"a.example/x\"}", "gateway.allowed_hosts: a.example/x" HOSTS},
    {"gateway: {allowed_hosts: \"a.*.example\"}", "gateway.allowed_hosts: a.*.example" HOSTS},
    {"gateway: {allowed_hosts: \"*example\"}", "gateway.allowed_hosts: *example" HOSTS},
    {"gateway: {allowed_hosts: \"a, *.\"}", "gateway.allowed_hosts: a, *." HOSTS},
    {"gateway: {require_https: true}",
     "gateway.require_https: needs gateway.trusted_proxies: the proxy that takes HTTPS"},
    {"gateway: {require_https: true, trusted_proxies: \" ,\"}",
     "gateway.require_https: needs gateway.trusted_proxies: the proxy that takes HTTPS"},
};

START_TEST(what_cannot_be_is_refused)
{
    char expected[512];

    snprintf(expected, sizeof expected, "test.yaml:1: %s\n", bad[_i].error);
    parse_bad(bad[_i].yaml, NULL, expected);
}
END_TEST

START_TEST(what_can_be_is_taken)
{
    static const char *const environment[] = {"TRUSTED_PROXIES=10.0.0.0/8, 2001:db8::/32 ::1",
                                              "ALLOWED_HOSTS=api.example.com,*.example.org [::1]",
                                              "REQUIRE_HTTPS=true", "AUTH_FAILURE_RATE=5/minute",
                                              NULL};
    struct config *config = parse_good("", environment);

    ck_assert(config->gateway.require_https);
    ck_assert_int_eq(config->limits.auth_failures.count, 5);
    config_destroy(&config);
    config = parse_good("", NULL);
    ck_assert_str_eq(config->gateway.allowed_hosts, "*");
    ck_assert_str_eq(config->gateway.trusted_proxies, "");
    ck_assert(!config->gateway.require_https);
    ck_assert(!config->gateway.public_docs);
    ck_assert_int_eq(config->limits.auth_failures.count, 30);
    config_destroy(&config);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("config check edge");
    TCase *cases = tcase_create("all");

    tcase_add_loop_test(cases, what_cannot_be_is_refused, 0, (int)COUNT(bad));
    tcase_add_test(cases, what_can_be_is_taken);
    suite_add_tcase(suite, cases);
    return suite;
}
