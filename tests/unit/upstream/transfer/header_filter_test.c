/* header_filter_test.c - what of an upstream's head reaches clients, and what makes it malformed. */
/* links: upstream/transfer/header_filter.c */

#include "transfer/header_filter.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#define LIMIT 4096

static struct header_filter filter;

static bool
add(const char *line)
{
    return header_filter_add(&filter, bytes_of_text(line));
}

/* A head of these lines, NULL at the end, each without its CR LF; whether all were taken. */
static bool
read_head(const char *const *lines)
{
    bool is_taken = true;

    header_filter_init(&filter, LIMIT);
    for (; *lines != NULL && is_taken; lines++) {
        char line[1024];

        snprintf(line, sizeof line, "%s\r\n", *lines);
        is_taken = add(line);
    }
    return is_taken && add("\r\n");
}

static void
expect_result(const char *text)
{
    struct bytes result = header_filter_result(&filter);

    ck_assert_msg(bytes_equal_text(result, text), "%.*s", BYTES_ARG(result));
}

START_TEST(end_to_end_fields_stay_as_they_are)
{
    static const char *const head[] = {"HTTP/1.1 200 OK",
                                       "Content-Type: application/json",
                                       "X-Total-Count:  17 ",
                                       "ETag: \"a:b\"",
                                       "X-Empty:",
                                       NULL};

    ck_assert(read_head(head));
    ck_assert_int_eq(filter.http_status, 200);
    ck_assert_int_eq(filter.content_length, -1);
    ck_assert(!filter.is_chunked);
    expect_result("Content-Type: application/json\r\nX-Total-Count: 17\r\nETag: \"a:b\"\r\n"
                  "X-Empty: \r\n");
}
END_TEST

/* RFC 9110 7.6.1 */
START_TEST(hop_by_hop_fields_are_dropped)
{
    static const char *const head[] = {"HTTP/1.1 200 OK",
                                       "Connection: keep-alive, X-Hop",
                                       "Keep-Alive: timeout=5",
                                       "Proxy-Authenticate: Basic",
                                       "Proxy-Authorization: Basic x",
                                       "proxy-connection: close",
                                       "TE: trailers",
                                       "Trailer: X-Later",
                                       "Transfer-Encoding: chunked",
                                       "Upgrade: h2c",
                                       "x-hop: secret",
                                       "X-End: kept",
                                       NULL};

    ck_assert(read_head(head));
    ck_assert(filter.is_chunked);
    expect_result("X-End: kept\r\n");
}
END_TEST

START_TEST(a_name_in_connection_may_come_before_or_behind_its_field)
{
    static const char *const head[] = {"HTTP/1.1 200 OK", "X-A: 1",          "X-B: 2", "X-AB: 3",
                                       "Connection: X-a", "connection: x-b", NULL};

    ck_assert(read_head(head));
    expect_result("X-AB: 3\r\n");
}
END_TEST

START_TEST(fields_that_the_gateway_writes_itself_are_dropped)
{
    static const char *const head[] = {"HTTP/1.1 200 OK",
                                       "Content-Length: 2",
                                       "Date: Thu, 01 Jan 1970 00:00:00 GMT",
                                       "Age: 100",
                                       "Cache-Status: other; hit",
                                       "Set-Cookie: a=b",
                                       "X-Cache-Hit: true",
                                       "X-Cache-Level: L1",
                                       "X-Cache-Stale: true",
                                       "RateLimit: \"theirs\";r=5;t=1",
                                       "RateLimit-Policy: \"theirs\";q=20;w=1",
                                       "X-RateLimit-Limit: 20",
                                       "X-RateLimit-Remaining: 5",
                                       "X-RateLimit-Reset: 1",
                                       "X-Response-Time-MS: 1",
                                       "X-Estimated-Cost: 0",
                                       "X-Request-ID: forged",
                                       "Alt-Svc: h3",
                                       "Retry-After: 9",
                                       "Content-MD5: x",
                                       "Content-Digest: x",
                                       "Digest: x",
                                       NULL};

    ck_assert(read_head(head));
    ck_assert_int_eq(filter.content_length, 2);
    expect_result("");
}
END_TEST

struct bad_line {
    const char *why;
    const char *line;
    size_t size;
};

#define LINE(why, text)                                                                            \
    {                                                                                              \
        why, text, sizeof(text) - 1                                                                \
    }

static const struct bad_line bad_lines[] = {
    LINE("no colon", "X-Field value\r\n"),
    LINE("an empty name", ": value\r\n"),
    LINE("a blank in the name", "X Field: value\r\n"),
    LINE("a blank before the colon", "X-Field : value\r\n"),
    LINE("a folded line", " value\r\n"),
    LINE("a folded line with a tab", "\tX: value\r\n"),
    LINE("NUL in the value", "X-Field: a\0b\r\n"),
    LINE("NUL in the name", "X-\0Field: a\r\n"),
    LINE("NUL at the end of the value", "X-Field: a\0\r\n"),
    LINE("CR in the value", "X-Field: a\rb\r\n"),
    LINE("CR at the end of the value", "X-Field: a\r\r\n"),
    LINE("LF in the value", "X-Field: a\nSet-Cookie: b\r\n"),
    LINE("CR LF in the value", "X-Field: a\r\nX-Forged: b\r\n"),
    LINE("a control character", "X-Field: a\x01\r\n"),
    LINE("DEL", "X-Field: a\x7f\r\n"),
    LINE("a name of bytes above 127", "\xc3\xa4: a\r\n"),
    LINE("a length that is no number", "Content-Length: abc\r\n"),
    LINE("a length with a sign", "Content-Length: +3\r\n"),
    LINE("a negative length", "Content-Length: -3\r\n"),
    LINE("a list of lengths", "Content-Length: 3, 4\r\n"),
    LINE("no length", "Content-Length:\r\n"),
    LINE("a length beyond 18 digits", "Content-Length: 9999999999999999999\r\n"),
};

/* U14: nothing of such a head goes on. */
START_TEST(a_bad_line_makes_the_head_malformed)
{
    for (size_t i = 0; i < COUNT(bad_lines); i++) {
        header_filter_init(&filter, LIMIT);
        ck_assert(add("HTTP/1.1 200 OK\r\n"));
        ck_assert_msg(!header_filter_add(&filter, bytes_of(bad_lines[i].line, bad_lines[i].size)),
                      "%s", bad_lines[i].why);
        ck_assert_msg(filter.is_malformed, "%s", bad_lines[i].why);
        /* it stays so */
        ck_assert_msg(!add("X-Fine: 1\r\n"), "%s", bad_lines[i].why);
    }
}
END_TEST

START_TEST(lengths_must_agree)
{
    static const char *const same[] = {"HTTP/1.1 200 OK", "Content-Length: 3", "Content-Length: 3",
                                       NULL};
    static const char *const different[] = {"HTTP/1.1 200 OK", "Content-Length: 3",
                                            "Content-Length: 4", NULL};

    ck_assert(read_head(same));
    ck_assert_int_eq(filter.content_length, 3);
    ck_assert(!read_head(different));
    ck_assert(filter.is_malformed);
}
END_TEST

START_TEST(status_lines_are_read_or_refused)
{
    static const char *const good[] = {"HTTP/1.1 200 OK\r\n", "HTTP/1.1 404\r\n",
                                       "HTTP/1.0 500 x\r\n", "HTTP/2 304\r\n"};
    static const int statuses[] = {200, 404, 500, 304};
    static const char *const bad[] = {
        "HTTP/1.1 OK\r\n",      "HTTP/1.1\r\n",         "HTTP/1.1 20\r\n", "HTTP/1.1 -200\r\n",
        "HTTP/1.1 2000 OK\r\n", "HTTPS/1.1 200 OK\r\n", "HTTP/ 200\r\n"};

    for (size_t i = 0; i < COUNT(good); i++) {
        header_filter_init(&filter, LIMIT);
        ck_assert_msg(add(good[i]), "%s", good[i]);
        ck_assert_int_eq(filter.http_status, statuses[i]);
    }
    for (size_t i = 0; i < COUNT(bad); i++) {
        header_filter_init(&filter, LIMIT);
        ck_assert_msg(!add(bad[i]), "%s", bad[i]);
    }
}
END_TEST

START_TEST(interim_heads_are_forgotten)
{
    static const char *const head[] = {"HTTP/1.1 100 Continue",
                                       "X-Interim: 1",
                                       "",
                                       "HTTP/1.1 103 Early Hints",
                                       "Link: <x>",
                                       "Content-Length: 9",
                                       "Connection: X-Final",
                                       "",
                                       "HTTP/1.1 200 OK",
                                       "X-Final: 2",
                                       NULL};

    ck_assert(read_head(head));
    ck_assert_int_eq(filter.http_status, 200);
    ck_assert_int_eq(filter.content_length, -1);
    expect_result("X-Final: 2\r\n");
}
END_TEST

START_TEST(a_name_is_dropped_afterwards)
{
    static const char *const head[] = {"HTTP/1.1 200 OK", "X-A: 1",       "x-api-key: k",
                                       "X-B: 2",          "X-Api-Key: l", NULL};

    ck_assert(read_head(head));
    (void)header_filter_result(&filter);
    header_filter_drop(&filter, "X-Api-Key");
    expect_result("X-A: 1\r\nX-B: 2\r\n");
}
END_TEST

START_TEST(a_head_over_its_limit_is_too_large)
{
    bool is_taken = true;
    int lines = 0;

    header_filter_init(&filter, 100);
    ck_assert(add("HTTP/1.1 200 OK\r\n")); /* 17 */
    while (is_taken && lines < 100) {
        is_taken = add("X: 78\r\n"); /* 7 */
        lines++;
    }
    ck_assert_int_eq(lines, 12); /* 17 + 11 * 7 = 94 fit, 101 do not */
    ck_assert(filter.is_too_large);
    ck_assert(!filter.is_malformed);
}
END_TEST

START_TEST(kept_fields_are_bounded_whatever_the_limit)
{
    bool is_taken = true;
    int lines = 0;

    header_filter_init(&filter, 1048576);
    ck_assert(add("HTTP/1.1 200 OK\r\n"));
    while (is_taken && lines < 10000) {
        is_taken = add("X-Field: 0123456789012345678901234567890123456789\r\n");
        lines++;
    }
    ck_assert(!is_taken);
    ck_assert(filter.is_too_large);
    ck_assert_uint_le(filter.size, HEADER_FILTER_BYTES);
}
END_TEST

/* A name in Connection that is not dropped would tell clients what was meant for the gateway alone. */
START_TEST(more_names_in_connection_than_can_be_remembered_are_refused)
{
    char line[1024] = "Connection: ";

    header_filter_init(&filter, LIMIT);
    ck_assert(add("HTTP/1.1 200 OK\r\n"));
    for (int i = 0; i < CONNECTION_NAMES_MAX + 1; i++)
        snprintf(line + strlen(line), sizeof line - strlen(line), "%sX-%d", i > 0 ? ", " : "", i);
    snprintf(line + strlen(line), sizeof line - strlen(line), "\r\n");
    ck_assert(!add(line));
    ck_assert(filter.is_malformed);
}
END_TEST

START_TEST(a_name_in_connection_that_is_too_long_is_refused)
{
    char line[256];

    header_filter_init(&filter, LIMIT);
    ck_assert(add("HTTP/1.1 200 OK\r\n"));
    snprintf(line, sizeof line, "Connection: %0*d\r\n", CONNECTION_NAME_SIZE - 1, 0);
    ck_assert(add(line));
    snprintf(line, sizeof line, "Connection: %0*d\r\n", CONNECTION_NAME_SIZE, 0);
    ck_assert(!add(line));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("header_filter");
    TCase *cases = tcase_create("heads");

    tcase_add_test(cases, end_to_end_fields_stay_as_they_are);
    tcase_add_test(cases, hop_by_hop_fields_are_dropped);
    tcase_add_test(cases, a_name_in_connection_may_come_before_or_behind_its_field);
    tcase_add_test(cases, fields_that_the_gateway_writes_itself_are_dropped);
    tcase_add_test(cases, a_bad_line_makes_the_head_malformed);
    tcase_add_test(cases, lengths_must_agree);
    tcase_add_test(cases, status_lines_are_read_or_refused);
    tcase_add_test(cases, interim_heads_are_forgotten);
    tcase_add_test(cases, a_name_is_dropped_afterwards);
    tcase_add_test(cases, a_head_over_its_limit_is_too_large);
    tcase_add_test(cases, kept_fields_are_bounded_whatever_the_limit);
    tcase_add_test(cases, more_names_in_connection_than_can_be_remembered_are_refused);
    tcase_add_test(cases, a_name_in_connection_that_is_too_long_is_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
