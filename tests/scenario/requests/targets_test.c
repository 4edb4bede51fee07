/* targets_test.c - the forms of a request target other than a path: what is for this server is answered, for others refused, and
 * nothing is closed without a response. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "support/now.h"
#include "support/testbed_fixture.h"

#define SOON_MS 60000
#define PATH    "/api/v1/properties?state=TX&limit=3"

static struct http http;
static struct http_response response;

static void
start(void)
{
    static const char *const settings[] = {"ALLOWED_HOSTS=localhost, 127.0.0.1, api.example.com",
                                           NULL};

    testbed_start(&testbed, settings);
}

/* One request on a connection of its own; response is filled. */
static void
send_target(int port, const char *method, const char *target, const char *host, const char *further)
{
    char head[1024];

    snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\n%s\r\n",
             method, target, host, testbed.key, further);
    http_open(&http, port);
    ck_assert(http_send(&http, head, strlen(head)));
    ck_assert_msg(http_receive(&http, &response, false, SOON_MS), "%s %s: no response", method,
                  target);
}

static void
finish(int status)
{
    ck_assert_msg(response.status == status, "%d: %s", response.status, response.body);
    http_response_fini(&response);
    http_close(&http);
}

static const char *
url(char text[256], const char *host, int port, const char *path)
{
    snprintf(text, 256, "http://%s:%d%s", host, port, path);
    return text;
}

/* RFC 9112 3.2.2. */
START_TEST(the_absolute_form_for_this_server_is_served)
{
    char text[256];

    send_target(testbed.port, "GET", url(text, "127.0.0.1", testbed.port, PATH), "127.0.0.1", "");
    http_expect_field(&response, "X-Cache-Hit", "false");
    finish(200);
    send_target(testbed.port, "GET", url(text, "LocalHost", testbed.port, PATH), "localhost", "");
    http_expect_field(&response, "X-Cache-Hit", "true");
    finish(200);
    send_target(testbed.admin_port, "GET", url(text, "127.0.0.1", testbed.admin_port, "/health"),
                "127.0.0.1", "");
    finish(200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

/* Behind a proxy the port is another one, and the host a name. */
START_TEST(a_name_that_is_allowed_is_this_server_on_any_port)
{
    send_target(testbed.port, "GET", "http://api.example.com" PATH, "ignored.example", "");
    http_expect_field(&response, "X-Cache-Hit", "false");
    http_expect_field(&response, "Connection", "close");
    finish(200);
    send_target(testbed.port, "GET", "HTTPS://API.example.com:8443" PATH, "ignored.example", "");
    http_expect_field(&response, "X-Cache-Hit", "true");
    finish(200);
    send_target(testbed.port, "POST", "http://api.example.com/api/v1/properties/bulk",
                "api.example.com", "Content-Length: 0\r\n");
    finish(405);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(a_body_is_read_behind_an_absolute_form)
{
    static const char body[] =
        "[{\"address\": \"5500 Grand Lake Dr, San Antonio, TX 78244\", \"squareFootage\": 1878}]";
    char further[64];

    snprintf(further, sizeof further, "Expect: 100-continue\r\nContent-Length: %zu\r\n",
             strlen(body));
    send_target(testbed.port, "POST", "http://api.example.com/api/v1/estimates/value/bulk", "a",
                further);
    ck_assert_int_eq(response.status, 100);
    http_response_fini(&response);
    ck_assert(http_send(&http, body, strlen(body)));
    ck_assert(http_receive(&http, &response, false, SOON_MS));
    finish(200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

/* Whether a line of the log has all of these. */
static bool
is_logged(const char *one, const char *two)
{
    FILE *log = fopen(testbed.log_path, "re");
    char line[4096];
    bool is_found = false;

    ck_assert_ptr_nonnull(log);
    while (!is_found && fgets(line, sizeof line, log) != NULL)
        is_found = strstr(line, one) != NULL && strstr(line, two) != NULL;
    fclose(log);
    return is_found;
}

static void
await_logged(const char *one, const char *two)
{
    long deadline_ms = now_ms() + SOON_MS;

    while (!is_logged(one, two))
        ck_assert_msg(now_ms() < deadline_ms, "no line with %s and %s", one, two);
}

START_TEST(another_server_s_url_is_refused_with_a_response_and_a_line_of_the_log)
{
    send_target(testbed.port, "GET", "http://paid.example" PATH, "paid.example",
                "X-Request-ID: as-a-proxy\r\n");
    ck_assert_ptr_nonnull(strstr(response.body, "urn:rentcache:problem:misdirected"));
    http_expect_field(&response, "Content-Type", "application/problem+json");
    http_expect_field(&response, "X-Request-ID", "as-a-proxy");
    finish(421);
    await_logged("as-a-proxy", "\"misdirected\"");
    send_target(testbed.admin_port, "GET", "http://api.example.com.evil.test/health", "a",
                "X-Request-ID: as-an-admin-proxy\r\n");
    finish(421);
    await_logged("as-an-admin-proxy", "\"misdirected\"");
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
}
END_TEST

START_TEST(an_asterisk_asks_for_the_server_as_a_whole)
{
    send_target(testbed.port, "OPTIONS", "*", "a", "");
    http_expect_field(&response, "Allow", "GET, HEAD, POST, OPTIONS");
    finish(204);
    send_target(testbed.port, "GET", "*", "a", "X-Request-ID: asterisk\r\n");
    finish(400);
    await_logged("asterisk", "\"bad-request\"");
    send_target(testbed.admin_port, "GET", "*", "a", "X-Request-ID: admin-star\r\n");
    finish(400);
    await_logged("admin-star", "\"bad-request\"");
}
END_TEST

/* RFC 9110 15.5.6 and 15.5.16. */
START_TEST(what_is_refused_names_what_would_be_taken)
{
    send_target(testbed.port, "TRACE", "/livez", "localhost", "");
    http_expect_field(&response, "Allow", "GET, HEAD, POST, OPTIONS");
    finish(405);
    send_target(testbed.port, "POST", "/api/v1/estimates/value/bulk", "localhost",
                "Content-Length: 0\r\nContent-Encoding: gzip\r\n");
    http_expect_field(&response, "Accept-Encoding", "identity");
    finish(415);
    send_target(testbed.port, "POST", "/api/v1/estimates/value/bulk", "localhost",
                "Content-Encoding: Identity\r\nContent-Length: 0\r\n");
    finish(400); /* no JSON */
}
END_TEST

/* RFC 9111 5.2.1.7. */
START_TEST(only_if_cached_never_makes_a_call)
{
    static const char only[] = "Cache-Control: max-age=60, Only-If-Cached\r\n";

    send_target(testbed.port, "GET", PATH, "localhost", only);
    ck_assert_ptr_nonnull(strstr(response.body, "urn:rentcache:problem:only-if-cached"));
    finish(504);
    send_target(testbed.port, "GET", PATH "&force_refresh=true", "localhost", only);
    finish(504);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
    send_target(testbed.port, "GET", PATH, "localhost", "");
    finish(200);
    send_target(testbed.port, "GET", PATH, "localhost", only);
    http_expect_field(&response, "X-Cache-Hit", "true");
    finish(200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(only_if_cached_counts_for_each_item_of_a_bulk_request)
{
    static const char body[] = "[{\"address\": \"5500 Grand Lake Dr, San Antonio, TX 78244\"}]";

    http_open(&http, testbed.port);
    ck_assert(http_call_on(&http, "POST", "/api/v1/estimates/value/bulk", testbed.key, body,
                           "Cache-Control: only-if-cached\r\n", &response));
    ck_assert_ptr_nonnull(strstr(response.body, "No stored response can be served"));
    finish(200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("targets");
    TCase *cases = tcase_create("targets");

    tcase_add_checked_fixture(cases, start, testbed_teardown);
    tcase_set_timeout(cases, 300);
    tcase_add_test(cases, the_absolute_form_for_this_server_is_served);
    tcase_add_test(cases, a_name_that_is_allowed_is_this_server_on_any_port);
    tcase_add_test(cases, a_body_is_read_behind_an_absolute_form);
    tcase_add_test(cases, another_server_s_url_is_refused_with_a_response_and_a_line_of_the_log);
    tcase_add_test(cases, what_is_refused_names_what_would_be_taken);
    tcase_add_test(cases, only_if_cached_never_makes_a_call);
    tcase_add_test(cases, only_if_cached_counts_for_each_item_of_a_bulk_request);
    tcase_add_test(cases, an_asterisk_asks_for_the_server_as_a_whole);
    suite_add_tcase(suite, cases);
    return suite;
}
