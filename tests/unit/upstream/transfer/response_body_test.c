/* response_body_test.c - codings are undone within a bound, a byte order mark is found, a secret is replaced. */
/* links: upstream/transfer/response_body.c */
#include "transfer/response_body.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#define JSON "{\"a\":1}"
#define GZIP                                                                                       \
    "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff"                                                     \
    "\xab\x56\x4a\x54\xb2\x32\xac\x05\x00\xaf\xac\x1b\x56\x07\x00\x00\x00"
#define DEFLATE "\x78\x9c\xab\x56\x4a\x54\xb2\x32\xac\x05\x00\x08\x2a\x02\x09"
#define RAW     "\xab\x56\x4a\x54\xb2\x32\xac\x05\x00"

struct coded {
    const char *coding;
    const char *body;
    size_t size, most;
    enum body_decoding decoding;
};

#define CODED(coding, body, most, decoding)                                                        \
    {                                                                                              \
        coding, body, sizeof(body) - 1, most, decoding                                             \
    }

static const struct coded coded[] = {
    CODED("gzip", GZIP, 100, BODY_DECODED),
    CODED("GZip", GZIP, 100, BODY_DECODED),
    CODED("x-gzip", GZIP, 7, BODY_DECODED),
    CODED("deflate", DEFLATE, 7, BODY_DECODED),
    CODED("deflate", RAW, 7, BODY_DECODED),
    CODED("gzip", GZIP, 6, BODY_TOO_LARGE),
    CODED("deflate", RAW, 6, BODY_TOO_LARGE),
    CODED("gzip", JSON, 100, BODY_MALFORMED),
    CODED("gzip", GZIP "x", 100, BODY_MALFORMED),
    CODED("gzip", "", 100, BODY_MALFORMED),
    CODED("gzip", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\xab\x56", 100, BODY_MALFORMED),
    CODED("br", GZIP, 100, BODY_MALFORMED),
    CODED("gzip, gzip", GZIP, 100, BODY_MALFORMED),
};

START_TEST(a_coding_is_undone)
{
    const struct coded *row = &coded[_i];
    struct bytes decoded = bytes_of(NULL, 0);

    ck_assert_int_eq(response_body_decode(bytes_of_text(row->coding),
                                          bytes_of(row->body, row->size), row->most, &decoded),
                     row->decoding);
    ck_assert(row->decoding == BODY_DECODED ? bytes_equal_text(decoded, JSON)
                                            : decoded.data == NULL);
    free((void *)(uintptr_t)decoded.data);
}
END_TEST

START_TEST(a_byte_order_mark_is_found)
{
    ck_assert_uint_eq(response_body_mark(bytes_of_text("\xef\xbb\xbf{}")), 3);
    ck_assert_uint_eq(response_body_mark(bytes_of_text("\xef\xbb\xbf")), 3);
    ck_assert_uint_eq(response_body_mark(bytes_of_text("\xef\xbb")), 0);
    ck_assert_uint_eq(response_body_mark(bytes_of_text("{}")), 0);
    ck_assert_uint_eq(response_body_mark(bytes_of_text("")), 0);
}
END_TEST

struct secret_row {
    const char *text, *secret, *redacted;
};

static const struct secret_row secrets[] = {
    {"bad key s3cret!", "s3cret", "bad key ***!"},
    {"s3cret", "s3cret", "***"},
    {"s3crets3cret", "s3cret", "******"},
    {"s3cre s3cres3cret", "s3cret", "s3cre s3cre***"},
    {"a s3cret b s3cret c", "s3cret", "a *** b *** c"},
    {"keys abcd", "abcd", "keys ***"},
    {"nothing here", "s3cret", "nothing here"},
    {"", "s3cret", ""},
    {"abc", "abc", "abc"},
    {"abc", "", "abc"},
};

START_TEST(a_secret_is_replaced)
{
    uint8_t text[64];
    size_t size = strlen(secrets[_i].text);

    memcpy(text, secrets[_i].text, size);
    size = redact_secret(text, size, secrets[_i].secret);
    ck_assert_msg(bytes_equal_text(bytes_of(text, size), secrets[_i].redacted), "%.*s", (int)size,
                  (const char *)text);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("response_body");
    TCase *cases = tcase_create("bodies");

    tcase_add_loop_test(cases, a_coding_is_undone, 0, (int)COUNT(coded));
    tcase_add_test(cases, a_byte_order_mark_is_found);
    tcase_add_loop_test(cases, a_secret_is_replaced, 0, (int)COUNT(secrets));
    suite_add_tcase(suite, cases);
    return suite;
}
