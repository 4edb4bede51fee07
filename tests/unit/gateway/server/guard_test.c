/* guard_test.c - what the door refuses, over heads as the server library would hand them on. */
/* links: gateway/server/guard.c gateway/server/request.c */

#include "server/guard.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/http/loose_head.h"
#include "support/row.h"

#define REFUSED_BY_LIBRARY (-1)

static const struct guard_limits limits = {
    .max_target_bytes = 300,
    .max_head_bytes = 4096,
    .max_body_bytes = 1000,
};

/* What becomes of these bytes: a status, or REFUSED_BY_LIBRARY. */
static int
guard_status_of(const char *head, size_t size)
{
    char *buffer = malloc(size + LOOSE_HEAD_SPARE);
    struct request request;
    int status = REFUSED_BY_LIBRARY;

    ck_assert_ptr_nonnull(buffer);
    memcpy(buffer, head, size);
    memset(buffer + size, 'Z', LOOSE_HEAD_SPARE); /* the next request, say */
    if (loose_head_parse(buffer, size, &request)) {
        struct guard_result result = guard_check(&request, &limits);

        ck_assert_int_eq(result.reason == NULL, result.status == STATUS_OK);
        status = (int)result.status;
    }
    free(buffer);
    return status;
}

struct head_row {
    const char *why;
    const char *head;
    int status; /* enum status */
};

static void
expect_rows(const struct head_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        int seen = guard_status_of(rows[i].head, strlen(rows[i].head));

        ck_assert_msg(seen == rows[i].status, "%s: %d, not %d", rows[i].why, seen, rows[i].status);
    }
}

#define G "GET / HTTP/1.1\r\nHost: a\r\n"
#define P "POST / HTTP/1.1\r\nHost: a\r\n"

static const struct head_row accepted[] = {
    {"plain", G "\r\n", STATUS_OK},
    {"a query", "GET /a/b?c=d&e HTTP/1.1\r\nHost: a.example:8000\r\n\r\n", STATUS_OK},
    {"an empty query", "GET /a? HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_OK},
    {"a second question mark", "GET /a?b?c HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_OK},
    {"the grammar raw", "GET /a?bedrooms=2|3&b=1:2&c=* HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_OK},
    {"IPv6 host", "GET / HTTP/1.1\r\nHost: [::1]:8000\r\n\r\n", STATUS_OK},
    {"HEAD", "HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_OK},
    {"HTTP/1.0 without Host", "GET / HTTP/1.0\r\nX: y\r\n\r\n", STATUS_OK},
    {"HTTP/1.0 without any field", "GET / HTTP/1.0\r\n\r\n", STATUS_OK},
    {"an empty value", G "X:\r\n\r\n", STATUS_OK},
    {"a value of blanks", G "X:   \r\n\r\n", STATUS_OK},
    {"no blank behind the colon", "GET / HTTP/1.1\r\nHost:a\r\n\r\n", STATUS_OK},
    {"every token character", G "!#$%&'*+-.^_`|~9aZ: x\r\n\r\n", STATUS_OK},
    {"bytes above 127 in a value", G "X: \xc3\xa4\r\n\r\n", STATUS_OK},
    {"an empty line first", "\r\n" G "\r\n", STATUS_OK},
    {"a length of zero with GET", G "Content-Length: 0\r\n\r\n", STATUS_OK},
    {"a length", P "Content-Length: 1000\r\n\r\n", STATUS_OK},
    {"a length with blanks behind", P "Content-Length: 3 \r\n\r\n", STATUS_OK},
    {"a length with leading zeros", P "Content-Length: 0003\r\n\r\n", STATUS_OK},
    {"chunked", P "Transfer-Encoding: chunked\r\n\r\n", STATUS_OK},
    {"chunked in capitals", P "TRANSFER-ENCODING: Chunked\r\n\r\n", STATUS_OK},
    {"PUT with a body", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n", STATUS_OK},
    {"Upgrade", G "Upgrade: websocket\r\nConnection: Upgrade\r\n\r\n", STATUS_OK},
    {"h2c", G "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAM\r\n\r\n",
     STATUS_OK},
    {"an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", STATUS_OK},
    {"IPv6 host without a port", "GET / HTTP/1.1\r\nHost: [::1]\r\n\r\n", STATUS_OK},
    {"Expect", P "Content-Length: 3\r\nExpect: 100-continue\r\n\r\n", STATUS_OK},
    {"absolute form", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_OK},
    {"absolute form with a port and a query",
     "GET HTTP://a.example:80/b?c=http://d/ HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_OK},
    {"absolute form by TLS", "GET https://[::1]:443/ HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_OK},
    {"asterisk", "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_OK},
};

START_TEST(what_is_well_formed_passes)
{
    expect_rows(accepted, COUNT(accepted));
}
END_TEST

/* RFC 9112 2.2, 3 and 5: lines. */
static const struct head_row lines[] = {
    {"bare LF behind the request line", "GET / HTTP/1.1\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"bare LF behind a field", G "X: y\nZ: z\r\n\r\n", STATUS_BAD_REQUEST},
    {"bare LF at the end", "GET / HTTP/1.1\r\nHost: a\r\nX: y\n\n", STATUS_BAD_REQUEST},
    {"bare LF everywhere", "GET / HTTP/1.1\nHost: a\n\n", STATUS_BAD_REQUEST},
    {"bare LF, then an empty line", G "X: y\n\r\n\r\n", STATUS_BAD_REQUEST},
    {"fold before the first field", "GET / HTTP/1.1\r\n X: y\r\nHost: a\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"fold in the middle", G "X: y\r\n z\r\nY: z\r\n\r\n", STATUS_BAD_REQUEST},
    {"fold at the end", G "X: y\r\n z\r\n\r\n", STATUS_BAD_REQUEST},
    {"a fold that hides a length", P "X: y\r\n z\r\nContent-Length: 30\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"a fold of nothing", G "X: y\r\n \r\n\r\n", STATUS_BAD_REQUEST},
    {"a blank before the colon", G "X : y\r\n\r\n", STATUS_BAD_REQUEST},
    {"blanks before the colon of a length", P "Content-Length  : 3\r\n\r\n", STATUS_BAD_REQUEST},
    {"an empty name", G ": y\r\n\r\n", STATUS_BAD_REQUEST},
    {"an empty name that hides a length", P ": y\r\nContent-Length: 30\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"an empty name first", "GET / HTTP/1.1\r\n: y\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"an empty name first in HTTP/1.0", "POST / HTTP/1.0\r\n: y\r\nContent-Length: 30\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"a fold first in HTTP/1.0", "GET / HTTP/1.0\r\n X: y\r\n\r\n", STATUS_BAD_REQUEST},
    {"a name of bytes above 127", G "\xc3\xa4: y\r\n\r\n", STATUS_BAD_REQUEST},
    {"a name with parentheses", G "X(y): y\r\n\r\n", STATUS_BAD_REQUEST},
    {"a name with a slash", G "X/y: y\r\n\r\n", STATUS_BAD_REQUEST},
    {"a name in quotes", G "\"X\": y\r\n\r\n", STATUS_BAD_REQUEST},
    {"no colon", G "X y\r\n\r\n", REFUSED_BY_LIBRARY},
    {"CR within a value", G "X: y\rz\r\n\r\n", REFUSED_BY_LIBRARY},
    {"a control character", G "X: y\x01z\r\n\r\n", REFUSED_BY_LIBRARY},
    {"DEL", G "X: y\x7f\r\n\r\n", REFUSED_BY_LIBRARY},
    {"two blanks before the target", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"two blanks before the version", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"a line end between method and target", "GET \r\n/ HTTP/1.1\r\nHost: a\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"no version", "GET /\r\nHost: a\r\n\r\n", REFUSED_BY_LIBRARY},
    {"a blank behind the version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", REFUSED_BY_LIBRARY},
    {"a lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", REFUSED_BY_LIBRARY},
    {"HTTP/2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", STATUS_VERSION_NOT_SUPPORTED},
    {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", STATUS_VERSION_NOT_SUPPORTED},
    {"HTTP/1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", STATUS_VERSION_NOT_SUPPORTED},
    {"HTTP/01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", STATUS_VERSION_NOT_SUPPORTED},
    {"http/1.1", "GET / http/1.1\r\nHost: a\r\n\r\n", REFUSED_BY_LIBRARY},
};

/* What stands before the request line: with an empty line in it, the library ends the head there. */
static const struct head_row starts[] = {
    {"a blank", " " G "\r\n", STATUS_BAD_REQUEST},
    {"LF", "\n" G "\r\n", STATUS_BAD_REQUEST},
    {"CR", "\r" G "\r\n", STATUS_BAD_REQUEST},
    {"two CR", "\r\r" G "\r\n", STATUS_BAD_REQUEST},
    {"two empty lines", "\r\n\r\n" G "\r\n", STATUS_BAD_REQUEST},
    {"two LF", "\n\n" G "\r\n", STATUS_BAD_REQUEST},
    {"CR LF LF", "\r\n\n" G "\r\n", STATUS_BAD_REQUEST},
    {"LF CR LF", "\n\r\n" G "\r\n", STATUS_BAD_REQUEST},
    {"an empty line and a blank", "\r\n " G "\r\n", STATUS_BAD_REQUEST},
    {"a blank and an empty line", " \r\n" G "\r\n", STATUS_BAD_REQUEST},
    {"a blank and two empty lines", " \r\n\r\n" G "\r\n", STATUS_BAD_REQUEST},
    {"two empty lines and a blank", "\r\n\r\n " G "\r\n", STATUS_BAD_REQUEST},
    {"three empty lines", "\r\n\r\n\r\n" G "\r\n", STATUS_BAD_REQUEST},
    {"two empty lines before a body", "\r\n\r\n" P "Content-Length: 3\r\n\r\nabc",
     STATUS_BAD_REQUEST},
    {"two empty lines before chunks", "\r\n\r\n" P "Transfer-Encoding: chunked\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"two LF before HTTP/1.0", "\n\nGET / HTTP/1.0\r\n\r\n", STATUS_BAD_REQUEST},
};

START_TEST(a_head_begins_at_the_first_byte)
{
    expect_rows(starts, COUNT(starts));
}
END_TEST

/* Every prefix of up to six characters: where the head is taken, it is the same to both readers. */
START_TEST(no_prefix_moves_the_end_of_a_head)
{
    static const char blanks[] = "\r\n ";
    static const char head[] = P "Content-Length: 3\r\n\r\nabc";
    char bytes[128];

    for (int number = 0; number < 3 * 3 * 3 * 3 * 3 * 3; number++) {
        for (size_t size = 0; size <= 6; size++) {
            bool is_one_line = size == 0 || (size == 2 && number % 9 == 3);

            for (size_t i = 0, rest = (size_t)number; i < size; i++, rest /= 3)
                bytes[i] = blanks[rest % 3];
            memcpy(bytes + size, head, sizeof head);
            ck_assert_int_eq(guard_status_of(bytes, size + sizeof head - 1),
                             is_one_line ? STATUS_OK : STATUS_BAD_REQUEST);
        }
    }
}
END_TEST

START_TEST(lines_that_two_parsers_may_read_in_two_ways)
{
    expect_rows(lines, COUNT(lines));
}
END_TEST

static const struct head_row targets[] = {
    {"no host in the absolute form", "GET http:///a HTTP/1.1\r\nHost: a\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"no path in the absolute form", "GET http://a HTTP/1.1\r\nHost: a\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"only a query in the absolute form", "GET http://a?/b HTTP/1.1\r\nHost: a\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"userinfo in the absolute form", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"a port of letters in the absolute form", "GET http://a:b/ HTTP/1.1\r\nHost: a\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"a backslash in the absolute form", "GET http://a\\/ HTTP/1.1\r\nHost: a\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"the absolute form without Host", "GET http://a/ HTTP/1.1\r\nX: y\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"another scheme", "GET ws://a/ HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"asterisk with GET", "GET * HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"more behind the asterisk", "OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"asterisk with a query", "OPTIONS *?a HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"authority", "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"a fragment", "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"a backslash", "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"a quote", "GET /\"a\" HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"braces", "GET /{a} HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"a backslash in the query", "GET /a?b=\\ HTTP/1.1\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"raw bytes above 127", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n", REFUSED_BY_LIBRARY},
    {"no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", STATUS_BAD_REQUEST},
    {"no field at all", "GET / HTTP/1.1\r\n\r\n", STATUS_BAD_REQUEST},
    {"two Hosts", G "Host: b\r\n\r\n", STATUS_BAD_REQUEST},
    {"the same Host twice", G "host: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", STATUS_BAD_REQUEST},
    {"an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", STATUS_BAD_REQUEST},
    {"a port of letters", "GET / HTTP/1.1\r\nHost: a:abc\r\n\r\n", STATUS_BAD_REQUEST},
    {"two ports", "GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n", STATUS_BAD_REQUEST},
    {"a port alone", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", STATUS_BAD_REQUEST},
    {"an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", STATUS_BAD_REQUEST},
    {"a closed bracket", "GET / HTTP/1.1\r\nHost: ::1]\r\n\r\n", STATUS_BAD_REQUEST},
    {"nothing in brackets", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", STATUS_BAD_REQUEST},
    {"letters behind brackets", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", STATUS_BAD_REQUEST},
    {"Host with userinfo", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", STATUS_BAD_REQUEST},
    {"Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", STATUS_BAD_REQUEST},
    {"Host with a blank", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", STATUS_BAD_REQUEST},
    {"a bad Host in HTTP/1.0", "GET / HTTP/1.0\r\nHost: a b\r\n\r\n", STATUS_BAD_REQUEST},
    {"another expectation", G "Expect: miracles\r\n\r\n", STATUS_EXPECTATION_FAILED},
    {"two expectations", P "Expect: 100-continue\r\nExpect: 100-continue\r\n\r\n",
     STATUS_EXPECTATION_FAILED},
};

START_TEST(targets_hosts_and_expectations)
{
    expect_rows(targets, COUNT(targets));
}
END_TEST

/* RFC 9112 6.1 and 6.3: where the body ends. */
static const struct head_row framing[] = {
    {"both", P "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", STATUS_BAD_REQUEST},
    {"a coding with an underscore", P "Transfer_Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"a length with an underscore", P "Content_Length: 5\r\nContent-Length: 3\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"both, the other way", P "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"both with identity", P "Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"two lengths", P "Content-Length: 3\r\nContent-Length: 4\r\n\r\n", STATUS_BAD_REQUEST},
    {"the same length twice", P "Content-Length: 3\r\nContent-Length: 3\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"a list", P "Content-Length: 3, 3\r\n\r\n", STATUS_BAD_REQUEST},
    {"a sign", P "Content-Length: +3\r\n\r\n", STATUS_BAD_REQUEST},
    {"a minus", P "Content-Length: -3\r\n\r\n", STATUS_BAD_REQUEST},
    {"minus zero", P "Content-Length: -0\r\n\r\n", STATUS_BAD_REQUEST},
    {"hexadecimal", P "Content-Length: 0x3\r\n\r\n", STATUS_BAD_REQUEST},
    {"letters behind", P "Content-Length: 3abc\r\n\r\n", STATUS_BAD_REQUEST},
    {"a fraction", P "Content-Length: 3.0\r\n\r\n", STATUS_BAD_REQUEST},
    {"a blank within", P "Content-Length: 3 3\r\n\r\n", STATUS_BAD_REQUEST},
    {"nothing", P "Content-Length:\r\n\r\n", STATUS_BAD_REQUEST},
    {"blanks", P "Content-Length:  \r\n\r\n", STATUS_BAD_REQUEST},
    {"beyond 64 bits", P "Content-Length: 18446744073709551617\r\n\r\n", STATUS_BAD_REQUEST},
    {"beyond the limit", P "Content-Length: 1001\r\n\r\n", STATUS_BODY_TOO_LARGE},
    {"far beyond the limit", P "Content-Length: 922337203685477580\r\n\r\n", STATUS_BODY_TOO_LARGE},
    {"two codings", P "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"identity and chunked", P "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"a list of codings", P "Transfer-Encoding: gzip, chunked\r\n\r\n", STATUS_NOT_IMPLEMENTED},
    {"chunked in the middle", P "Transfer-Encoding: chunked, gzip\r\n\r\n", STATUS_NOT_IMPLEMENTED},
    {"identity", P "Transfer-Encoding: identity\r\n\r\n", STATUS_NOT_IMPLEMENTED},
    {"an unknown coding", P "Transfer-Encoding: xchunked\r\n\r\n", STATUS_NOT_IMPLEMENTED},
    {"quoted", P "Transfer-Encoding: \"chunked\"\r\n\r\n", STATUS_NOT_IMPLEMENTED},
    {"a coding with a parameter", P "Transfer-Encoding: chunked;q=1\r\n\r\n",
     STATUS_NOT_IMPLEMENTED},
    {"an empty coding", P "Transfer-Encoding:\r\n\r\n", STATUS_NOT_IMPLEMENTED},
    {"a vertical tab",
     P "Transfer-Encoding: \x0b"
       "chunked\r\n\r\n",
     REFUSED_BY_LIBRARY},
    {"chunked in HTTP/1.0", "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"GET with a body", G "Content-Length: 3\r\n\r\n", STATUS_BAD_REQUEST},
    {"GET with chunks", G "Transfer-Encoding: chunked\r\n\r\n", STATUS_BAD_REQUEST},
    {"HEAD with a body", "HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
     STATUS_BAD_REQUEST},
    {"DELETE with a body", "DELETE / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\n",
     STATUS_BAD_REQUEST},
};

START_TEST(bodies_of_two_possible_lengths)
{
    expect_rows(framing, COUNT(framing));
}
END_TEST

/* A head of so many fields beside Host. */
static int
result_of_fields(int count, const char *last)
{
    char head[8192];
    size_t size = (size_t)snprintf(head, sizeof head, "POST / HTTP/1.1\r\nHost: a\r\n");

    for (int i = 0; i < count; i++)
        size += (size_t)snprintf(head + size, sizeof head - size, "X%d: y\r\n", i);
    size += (size_t)snprintf(head + size, sizeof head - size, "%s\r\n", last);
    return guard_status_of(head, size);
}

START_TEST(fields_are_counted)
{
    ck_assert_int_eq(result_of_fields(61, ""), STATUS_OK);
    ck_assert_int_eq(result_of_fields(62, ""), STATUS_OK);
    ck_assert_int_eq(result_of_fields(63, ""), STATUS_HEADERS_TOO_LARGE);
    ck_assert_int_eq(result_of_fields(64, ""), STATUS_HEADERS_TOO_LARGE);
    ck_assert_int_eq(result_of_fields(100, ""), STATUS_HEADERS_TOO_LARGE);
    /* what the library drops must not pass unseen */
    ck_assert_int_eq(result_of_fields(63, "Content-Length: 30\r\n"), STATUS_HEADERS_TOO_LARGE);
}
END_TEST

static int
result_of_sizes(int target_bytes, int value_bytes)
{
    char head[16384];
    int size = snprintf(head, sizeof head, "GET /%0*d HTTP/1.1\r\nHost: a\r\nX: %0*d\r\n\r\n",
                        target_bytes - 1, 0, value_bytes, 0);

    return guard_status_of(head, (size_t)size);
}

START_TEST(sizes_are_bounded)
{
    /* request line without CR LF 14 + 299, CR LF, "Host: a" CR LF, "X: ": what the value may have in 4096 */
    ck_assert_int_eq(result_of_sizes(300, 1), STATUS_OK);
    ck_assert_int_eq(result_of_sizes(301, 1), STATUS_TARGET_TOO_LONG);
    ck_assert_int_eq(result_of_sizes(10, 4000), STATUS_OK);
    ck_assert_int_eq(result_of_sizes(10, 4096), STATUS_HEADERS_TOO_LARGE);
}
END_TEST

START_TEST(the_query_counts_as_target)
{
    char head[1024];
    int size = snprintf(head, sizeof head, "GET /a?%0*d HTTP/1.1\r\nHost: a\r\n\r\n", 297, 0);

    ck_assert_int_eq(guard_status_of(head, (size_t)size), STATUS_OK);
    size = snprintf(head, sizeof head, "GET /a?%0*d HTTP/1.1\r\nHost: a\r\n\r\n", 298, 0);
    ck_assert_int_eq(guard_status_of(head, (size_t)size), STATUS_TARGET_TOO_LONG);
}
END_TEST

static bool
has_body(const char *head)
{
    char buffer[512];
    struct request request;

    memset(buffer, 'Z', sizeof buffer);
    memcpy(buffer, head, strlen(head));
    ck_assert(loose_head_parse(buffer, strlen(head), &request));
    return guard_has_body(&request);
}

START_TEST(a_body_is_known_by_its_framing)
{
    ck_assert(!has_body(G "\r\n"));
    ck_assert(!has_body(G "Content-Length: 0\r\n\r\n"));
    ck_assert(!has_body(G "Content-Length: 00 \r\n\r\n"));
    ck_assert(has_body(P "Content-Length: 1\r\n\r\n"));
    ck_assert(has_body(P "Content-Length: 10\r\n\r\n"));
    ck_assert(has_body(P "Transfer-Encoding: chunked\r\n\r\n"));
}
END_TEST

/* A head that passes ends where the library thinks it does: no field of it was dropped. What stands between the version
 * and the first field is overwritten by the library before anybody can look: two blanks of any kind pass there. */
static void
expect_nothing_dropped(const char *head, size_t size)
{
    size_t lines_seen = 1;
    char buffer[512];
    struct request request;

    memcpy(buffer, head, size);
    memset(buffer + size, 'Z', LOOSE_HEAD_SPARE);
    if (!loose_head_parse(buffer, size, &request) ||
        guard_check(&request, &limits).status != STATUS_OK)
        return;
    for (size_t i = (size_t)(request.version - buffer) + 5; i + 1 < size; i++) {
        lines_seen += head[i] == '\r' && head[i + 1] == '\n';
        if (i + 3 < size && memcmp(head + i, "\r\n\r\n", 4) == 0)
            break;
    }
    ck_assert_msg(lines_seen == request.header_count + 1, "%zu lines, %zu fields: %.*s", lines_seen,
                  request.header_count, (int)size, head);
}

START_TEST(no_byte_changed_makes_a_dropped_field_pass)
{
    static const char head[] =
        "POST /a?b=c HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nX-Y: z\r\nAccept: */*\r\n\r\n";
    static const char bytes[] = "\r\n \t:,aG0\x7f\x80?#";
    size_t size = sizeof head - 1;
    char changed[512];

    for (size_t at = 0; at < size; at++) {
        for (size_t i = 0; i < sizeof bytes; i++) { /* NUL as well */
            memcpy(changed, head, size);
            changed[at] = bytes[i];
            expect_nothing_dropped(changed, size);
            memcpy(changed + at + 1, head + at, size - at); /* inserted */
            expect_nothing_dropped(changed, size + 1);
        }
        memcpy(changed, head, at);
        memcpy(changed + at, head + at + 1, size - at - 1); /* left out */
        expect_nothing_dropped(changed, size - 1);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("guard");
    TCase *cases = tcase_create("heads");

    tcase_add_test(cases, what_is_well_formed_passes);
    tcase_add_test(cases, a_head_begins_at_the_first_byte);
    tcase_add_test(cases, no_prefix_moves_the_end_of_a_head);
    tcase_add_test(cases, lines_that_two_parsers_may_read_in_two_ways);
    tcase_add_test(cases, targets_hosts_and_expectations);
    tcase_add_test(cases, bodies_of_two_possible_lengths);
    tcase_add_test(cases, fields_are_counted);
    tcase_add_test(cases, sizes_are_bounded);
    tcase_add_test(cases, the_query_counts_as_target);
    tcase_add_test(cases, a_body_is_known_by_its_framing);
    tcase_add_test(cases, no_byte_changed_makes_a_dropped_field_pass);
    suite_add_tcase(suite, cases);
    return suite;
}
