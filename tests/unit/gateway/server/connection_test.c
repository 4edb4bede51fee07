/* connection_test.c - a body comes whole or not at all, within its bounds, and its text does not stay.
 *
 * The socket is played here: so many bytes, then the end or a failure. */
/* links: gateway/server/connection.c gateway/server/request.c @core */

#include "server/connection.h"

#include <check.h>
#include <openssl/crypto.h>
#include <string.h>

#define MOST 5000

static char sent[MOST + 2];
static size_t sent_size, taken;
static int last; /* what the socket says behind them */
static char written[64];
static size_t wiped_size;
static struct connection connection;
static struct request request;

int
connection_receive(struct connection *from, void *to, size_t size)
{
    ck_assert_ptr_eq(from, &connection);
    ck_assert_uint_ge(size, 1);
    if (taken == sent_size)
        return last;
    *(char *)to = sent[taken++];
    return 1;
}

bool
connection_write(struct connection *to, const void *data, size_t size)
{
    ck_assert_ptr_eq(to, &connection);
    ck_assert_uint_lt(size, sizeof written);
    memcpy(written, data, size);
    return true;
}

void
OPENSSL_cleanse(void *data, size_t size)
{
    memset(data, 0, size);
    wiped_size += size;
}

static enum status
read_body(size_t size, int64_t content_length)
{
    for (size_t i = 0; i < size; i++)
        sent[i] = (char)('a' + i % 26);
    sent_size = size;
    taken = wiped_size = 0;
    memset(written, 0, sizeof written);
    connection = (struct connection){.has_unread_body = true};
    request.content_length = content_length;
    return connection_read_body(&connection, &request, MOST, 60000);
}

static void
setup(void)
{
    last = 0;
    request = (struct request){0};
}

static const size_t sizes[] = {1, 1023, 1024, 1025, 2048, 4097, MOST};

START_TEST(a_body_comes_whole)
{
    size_t size = sizes[_i];

    for (int is_chunked = 0; is_chunked < 2; is_chunked++) {
        ck_assert_int_eq(read_body(size, is_chunked ? -1 : (int64_t)size), STATUS_OK);
        ck_assert_uint_eq(request.body.size, size);
        ck_assert_mem_eq(request.body.data, sent, size);
        ck_assert(!connection.must_close && !connection.has_unread_body);
        ck_assert_str_eq(written, "");
        connection_drop_body(&request);
    }
}
END_TEST

START_TEST(what_is_no_body_closes_the_connection)
{
    ck_assert_int_eq(read_body(MOST + 1, -1), STATUS_BODY_TOO_LARGE);
    ck_assert(connection.must_close && connection.is_too_large);
    connection_drop_body(&request);
    ck_assert_int_eq(read_body(9, 10), STATUS_BAD_REQUEST);
    ck_assert(connection.must_close && !connection.is_too_large);
    connection_drop_body(&request);
    last = -1;
    ck_assert_int_eq(read_body(9, 9), STATUS_BAD_REQUEST);
    ck_assert(connection.must_close);
    connection_drop_body(&request);
}
END_TEST

START_TEST(nothing_follows_chunks)
{
    request.headers[0] = (struct request_header){"Transfer-Encoding", "chunked"};
    request.header_count = 1;
    ck_assert_int_eq(read_body(2, -1), STATUS_OK);
    ck_assert(connection.must_close);
    connection_drop_body(&request);
}
END_TEST

START_TEST(a_late_body_is_told)
{
    sent_size = 1;
    taken = 0;
    connection = (struct connection){.has_unread_body = true};
    ck_assert_int_eq(connection_read_body(&connection, &request, MOST, 0), STATUS_REQUEST_TIMEOUT);
    ck_assert(connection.must_close);
    connection_drop_body(&request);
}
END_TEST

START_TEST(an_expectation_is_met_first)
{
    request.headers[0] = (struct request_header){"Expect", "100-continue"};
    request.header_count = 1;
    ck_assert_int_eq(read_body(2, 2), STATUS_OK);
    ck_assert_str_eq(written, "HTTP/1.1 100 Continue\r\n\r\n");
    connection_drop_body(&request);
}
END_TEST

/* Also what stood in the smaller places that it grew out of, and what did not come to its end. */
START_TEST(the_text_does_not_stay)
{
    ck_assert_int_eq(read_body(3000, -1), STATUS_OK);
    connection_drop_body(&request);
    ck_assert_uint_eq(wiped_size, 1024 + 2048 + 3000);
    ck_assert_uint_eq(request.body.size, 0);
    ck_assert_int_eq(read_body(MOST + 1, -1), STATUS_BODY_TOO_LARGE);
    connection_drop_body(&request);
    ck_assert_uint_eq(wiped_size, 1024 + 2048 + 4096 + MOST);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("connection");
    TCase *cases = tcase_create("bodies");

    tcase_add_checked_fixture(cases, setup, NULL);
    tcase_add_loop_test(cases, a_body_comes_whole, 0, (int)COUNT(sizes));
    tcase_add_test(cases, what_is_no_body_closes_the_connection);
    tcase_add_test(cases, nothing_follows_chunks);
    tcase_add_test(cases, a_late_body_is_told);
    tcase_add_test(cases, an_expectation_is_met_first);
    tcase_add_test(cases, the_text_does_not_stay);
    suite_add_tcase(suite, cases);
    return suite;
}
