/* forwarded_test.c - a client is whom the nearest trusted proxy saw, whatever else the fields claim. */
/* links: gateway/http/forwarded.c gateway/server/request.c core/base/network.c */

#include "http/forwarded.h"

#include <arpa/inet.h>
#include <check.h>
#include <stdio.h>

#include "support/row.h"

static struct network_list trusted;

static void
setup(void)
{
    ck_assert(network_list_parse(bytes_of_text("10.0.0.0/8, 2001:db8:ff::/48"), &trusted, NULL));
}

static struct request
request_of(const char *name, const char *first, const char *second)
{
    struct request request = {
        .headers = {{"Host", "a"}, {name, first}, {"X-Forwarded-Foo", "9.9.9.9"}},
        .header_count = 3};

    if (second != NULL)
        request.headers[request.header_count++] = (struct request_header){name, second};
    return request;
}

static void
expect_client(const char *first, const char *second, const char *expected)
{
    struct request request = request_of("x-forwarded-FOR", first, second);
    struct address client;
    char text[INET6_ADDRSTRLEN] = "peer";

    if (forwarded_client(&request, &trusted, &client))
        inet_ntop(client.family == 4 ? AF_INET : AF_INET6, client.bytes, text, sizeof text);
    ck_assert_msg(strcmp(text, expected) == 0, "%s + %s: %s, not %s", first,
                  second != NULL ? second : "nothing", text, expected);
}

START_TEST(the_rightmost_untrusted_entry_is_the_client)
{
    row("R-001");
    expect_client("203.0.113.9", NULL, "203.0.113.9");
    expect_client("198.51.100.1, 203.0.113.9", NULL, "203.0.113.9"); /* the left one is a claim */
    expect_client("203.0.113.9, 10.1.1.1,10.2.2.2", NULL, "203.0.113.9");
    expect_client("198.51.100.1", "203.0.113.9, 10.1.1.1", "203.0.113.9"); /* one list */
    expect_client("203.0.113.9", "10.1.1.1", "203.0.113.9");
    expect_client("2001:db8:1::7, 2001:db8:ff:1::1", NULL, "2001:db8:1::7");
    expect_client("\t203.0.113.9 \t, 10.0.0.1\t", NULL, "203.0.113.9");
}
END_TEST

START_TEST(ports_and_brackets_are_read)
{
    expect_client("203.0.113.9:4711", NULL, "203.0.113.9");
    expect_client("[2001:db8:1::7]", NULL, "2001:db8:1::7");
    expect_client("[2001:db8:1::7]:443", NULL, "2001:db8:1::7");
    expect_client("203.0.113.9, [::ffff:10.0.0.1]:80", NULL, "203.0.113.9");
}
END_TEST

START_TEST(all_trusted_means_the_leftmost)
{
    expect_client("10.9.9.9, 10.1.1.1", NULL, "10.9.9.9");
}
END_TEST

START_TEST(what_is_no_address_ends_the_search)
{
    static const char *const bad[] = {"unknown",
                                      "_hidden",
                                      "1.2.3",
                                      "203.0.113.9:",
                                      "[::1",
                                      "[]",
                                      "[::1]x",
                                      "1.2.3.4:x",
                                      "1.2.3.4:123456",
                                      "203.0.113.9;",
                                      "::1:80:90:100:1:2:3:4:5",
                                      "\"203.0.113.9\""};
    char text[128];

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        expect_client(bad[i], NULL, "peer");
        snprintf(text, sizeof text, "198.51.100.1, %s, 10.1.1.1", bad[i]);
        expect_client(text, NULL, "10.1.1.1"); /* the hop that wrote it */
    }
    expect_client("", NULL, "peer");
    expect_client(",,", NULL, "peer");
    expect_client("203.0.113.9,", "", "203.0.113.9"); /* RFC 9110 5.6.1 */
}
END_TEST

START_TEST(hops_are_bounded)
{
    char text[FORWARDED_HOPS_MAX * 10 + 64];
    size_t used = (size_t)snprintf(text, sizeof text, "203.0.113.9");

    for (int i = 0; i < FORWARDED_HOPS_MAX; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, ",10.0.0.%d", i);
    expect_client(text, NULL, "10.0.0.0");
}
END_TEST

static void
expect_https(const char *first, const char *second, bool expected)
{
    struct request request = request_of("X-Forwarded-Proto", first, second);

    ck_assert_msg(forwarded_is_https(&request) == expected, "%s", first);
}

START_TEST(https_is_what_every_hop_says)
{
    struct request none = {.headers = {{"Host", "a"}}, .header_count = 1};

    row("R-094");
    expect_https("https", NULL, true);
    expect_https("HTTPS", NULL, true);
    expect_https("https, https", NULL, true);
    expect_https("https", "https", true);
    expect_https("http", NULL, false);
    expect_https("https, http", NULL, false);
    expect_https("http, https", NULL, false);
    expect_https("https", "http", false);
    expect_https("", NULL, false);
    expect_https("httpss", NULL, false);
    expect_https("https,", NULL, false);
    ck_assert(!forwarded_is_https(&none));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("forwarded");
    TCase *cases = tcase_create("all");

    tcase_add_unchecked_fixture(cases, setup, NULL);
    tcase_add_test(cases, the_rightmost_untrusted_entry_is_the_client);
    tcase_add_test(cases, ports_and_brackets_are_read);
    tcase_add_test(cases, all_trusted_means_the_leftmost);
    tcase_add_test(cases, what_is_no_address_ends_the_search);
    tcase_add_test(cases, hops_are_bounded);
    tcase_add_test(cases, https_is_what_every_hop_says);
    suite_add_tcase(suite, cases);
    return suite;
}
