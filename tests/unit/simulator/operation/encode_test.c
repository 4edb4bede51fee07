/* encode_test.c - heads, chunks, gzip and JSON numbers, byte by byte. */
/* links: simulator/operation/encode.c simulator/http/field.c simulator/common/text.c simulator/common/calendar.c */
#include "http/field.h"
#include "operation/encode.h"

#include <check.h>
#include <string.h>
#include <zlib.h>

static const struct {
    const char *accept_encoding;
    bool accepts;
} codings[] = {
    {NULL, false},
    {"", false},
    {"gzip", true},
    {"deflate, gzip", true},
    {"GZIP;q=0.5", true},
    {"gzip;q=0", false},
    {"gzip; q=0.000", false},
    {"gzip;q=0.001", true},
    {"identity", false},
    {"gzipped", false},
    {"br;q=1.0, gzip;q=0.8, *;q=0.1", true},
};

START_TEST(gzip_is_used_when_asked_for)
{
    ck_assert(encode_accepts_gzip(codings[_i].accept_encoding) == codings[_i].accepts);
}
END_TEST

START_TEST(gzip_comes_back_and_is_always_the_same)
{
    struct text body = {0};
    struct text again = {0};
    for (int i = 0; i < 500; i++)
        text_print(&body, "line %d ", i);
    text_append(&again, body.data, body.size);
    size_t size = body.size;
    encode_gzip(&body);
    encode_gzip(&again);
    ck_assert_uint_eq(body.size, again.size);
    ck_assert_mem_eq(body.data, again.data, body.size);
    ck_assert_uint_lt(body.size, size);
    unsigned char plain[6000];
    z_stream stream = {.next_in = (unsigned char *)body.data,
                       .avail_in = (unsigned)body.size,
                       .next_out = plain,
                       .avail_out = sizeof plain};
    ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK);
    ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    ck_assert_uint_eq(stream.total_out, size);
    ck_assert_mem_eq(plain, "line 0 line 1 ", 14);
    inflateEnd(&stream);
    text_fini(&body);
    text_fini(&again);
}
END_TEST

START_TEST(a_head_says_how_its_page_was_cut)
{
    struct text text = {0};
    struct answer answer = {.status = 200,
                            .is_paged = true,
                            .is_counted = true,
                            .limit = 50,
                            .offset = 100,
                            .total = 2704,
                            .body = {.size = 2}};
    struct encode_head head = {.content_type = "application/json", .extra = "A: b\r\n"};
    encode_head(&answer, &head, &text);
    ck_assert_str_eq(text.data, "HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 1970 00:00:00 GMT\r\n"
                                "X-Limit: 50\r\nX-Offset: 100\r\nX-Total-Count: 2704\r\nA: b\r\n"
                                "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n");
    text_clear(&text);
    answer = (struct answer){.status = 405, .body = {.size = 9}};
    head = (struct encode_head){
        .content_type = "text/html", .extra = "", .is_chunked = true, .is_last = true};
    encode_head(&answer, &head, &text);
    ck_assert_str_eq(text.data, "HTTP/1.1 405 Method Not Allowed\r\n"
                                "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\nAllow: GET\r\n"
                                "Content-Type: text/html\r\nTransfer-Encoding: chunked\r\n"
                                "Connection: close\r\n\r\n");
    text_clear(&text);
    answer = (struct answer){.status = 304};
    head.is_chunked = false;
    head.is_last = false;
    encode_head(&answer, &head, &text);
    ck_assert_str_eq(text.data, "HTTP/1.1 304 Not Modified\r\n"
                                "Date: Thu, 01 Jan 1970 00:00:00 GMT\r\n\r\n");
    text_fini(&text);
}
END_TEST

START_TEST(chunks_are_framed)
{
    struct text text = {0};
    encode_chunk("0123456789abcdefXYZ", 19, &text);
    encode_chunk(NULL, 0, &text);
    ck_assert_str_eq(text.data, "13\r\n0123456789abcdefXYZ\r\n0\r\n\r\n");
    text_fini(&text);
}
END_TEST

START_TEST(numbers_are_as_short_as_can_be)
{
    static const struct {
        int64_t value;
        unsigned decimals;
        const char *json;
    } rows[] = {
        {25, 1, "2.5"},
        {20, 1, "2"},
        {0, 4, "0"},
        {3840, 4, "0.384"},
        {4359, 4, "0.4359"},
        {-98351454, 6, "-98.351454"},
        {29470460, 6, "29.47046"},
        {-5, 2, "-0.05"},
        {100, 2, "1"},
        {7, 0, "7"},
        {1000, 0, "1000"},
        {INT64_MIN, 0, "-9223372036854775808"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct text text = {0};
        field_scaled(&text, NULL, rows[i].value, rows[i].decimals);
        ck_assert_str_eq(text.data, rows[i].json);
        text_fini(&text);
    }
}
END_TEST

START_TEST(strings_are_escaped_and_valid_utf8)
{
    struct text text = {0};
    field_open(&text, NULL, '{');
    field_string(&text, "a\"", "x\\y\n\x7f\xc3\xb1");
    field_string(&text, "b", "\xed\xa0\x80|\xc0\xaf|\xf0\x9f\x8f\xa0|\xf5|\xe2\x82");
    field_string(&text, "c", NULL);
    field_open(&text, "d", '[');
    field_integer(&text, NULL, 1);
    field_boolean(&text, NULL, true);
    field_close(&text, ']');
    field_close(&text, '}');
    ck_assert_str_eq(text.data,
                     "{\"a\\\"\":\"x\\\\y\\u000a\x7f\xc3\xb1\",\"b\":\"\xef\xbf\xbd\xef\xbf\xbd"
                     "\xef\xbf\xbd|\xef\xbf\xbd\xef\xbf\xbd|\xf0\x9f\x8f\xa0|\xef\xbf\xbd|"
                     "\xef\xbf\xbd\xef\xbf\xbd\",\"c\":null,\"d\":[1,true]}");
    text_fini(&text);
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("encode");
    TCase *encode = tcase_create("encode");
    tcase_add_loop_test(encode, gzip_is_used_when_asked_for, 0, sizeof codings / sizeof codings[0]);
    tcase_add_test(encode, gzip_comes_back_and_is_always_the_same);
    tcase_add_test(encode, a_head_says_how_its_page_was_cut);
    tcase_add_test(encode, chunks_are_framed);
    tcase_add_test(encode, numbers_are_as_short_as_can_be);
    tcase_add_test(encode, strings_are_escaped_and_valid_utf8);
    suite_add_tcase(suite, encode);
    return suite;
}
