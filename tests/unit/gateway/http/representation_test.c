/* representation_test.c - which fields clients get, in which variant, and which stay for a 304. */
/* links: gateway/http/representation.c gateway/http/entity_tag.c gateway/http/http_date.c core/base/text.c @core */
#include "http/representation.h"

#include <check.h>
#include <stdlib.h>

#define CREATED_S 784111777 /* Sun, 06 Nov 1994 08:49:37 GMT */
/* SHA-256 of "abc", FIPS 180-4's example, its first half */
#define TAG_ABC "ba7816bf8f01cfea414140de5dae2223"
#define LAST    "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
#define CACHING "Cache-Control: private, no-cache\r\n"

static struct representation representation;
static struct variant variant;
static char buffer[4096];

static void
read_as(const char *headers, const char *body, int http_status)
{
    representation_read(&representation, bytes_of_text(headers), bytes_of_text(body), http_status,
                        CREATED_S);
}

/* The head of body, with the text of something else before it. */
static void
write_plain(bool varies, const char *body)
{
    struct text text = text_of(buffer, sizeof buffer);

    text_add(&text, "other");
    representation_write(&representation, varies, bytes_of_text(body), &text, &variant);
    ck_assert(!text.is_cut);
    ck_assert_uint_eq(text.size, variant.head.size + 5);
}

/* The same of the gzip variant, made of the plain one. */
static void
write_gzip(bool varies, const char *packed)
{
    char plain_buffer[4096];
    struct text plain_text = text_of(plain_buffer, sizeof plain_buffer);
    struct text text = text_of(buffer, sizeof buffer);
    struct variant plain;

    representation_write(&representation, varies, bytes_of_text("abc"), &plain_text, &plain);
    text_add(&text, "other");
    representation_write_gzip(&plain, bytes_of_text(packed), &text, &variant);
    ck_assert(!text.is_cut);
    ck_assert_uint_eq(text.size, variant.head.size + 5);
}

static void
expect_head(const char *not_modified, const char *rest)
{
    size_t size = strlen(not_modified);

    ck_assert_msg(variant.head.size == size + strlen(rest) &&
                      memcmp(variant.head.data, not_modified, size) == 0 &&
                      memcmp(variant.head.data + size, rest, strlen(rest)) == 0,
                  "%.*s", BYTES_ARG(variant.head));
    ck_assert_uint_eq(variant.not_modified_size, size);
}

START_TEST(a_response_gets_validators_from_its_bytes_and_its_time)
{
    read_as("Content-Type: application/json\r\nX-Limit: 5\r\n", "abc", 200);
    write_plain(true, "abc");
    expect_head("X-Limit: 5\r\n"
                "Vary: Accept-Encoding\r\n" CACHING LAST "ETag: \"" TAG_ABC "\"\r\n",
                "Content-Type: application/json\r\nContent-Length: 3\r\n");
    ck_assert(bytes_equal_text(variant_tag(&variant), "\"" TAG_ABC "\""));
    write_gzip(true, "zz");
    expect_head(
        "X-Limit: 5\r\n"
        "Vary: Accept-Encoding\r\n" CACHING LAST "ETag: \"" TAG_ABC "-gz\"\r\n",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 2\r\n");
    ck_assert(bytes_equal_text(variant_tag(&variant), "\"" TAG_ABC "-gz\""));
}
END_TEST

START_TEST(the_upstreams_own_validators_stay)
{
    read_as("etag: W/\"v1\"\r\nLAST-MODIFIED: Thu, 01 Jan 1970 00:00:01 GMT\r\n", "abc", 200);
    ck_assert_int_eq(representation.last_modified_s, 1);
    write_plain(false, "abc");
    expect_head(CACHING "Last-Modified: Thu, 01 Jan 1970 00:00:01 GMT\r\nETag: W/\"v1\"\r\n",
                "Content-Length: 3\r\n");
    write_gzip(false, "zz");
    ck_assert(bytes_equal_text(variant_tag(&variant), "W/\"v1-gz\""));
}
END_TEST

START_TEST(validators_that_are_none_are_replaced)
{
    read_as("ETag: v1\r\nLast-Modified: yesterday\r\n", "abc", 200);
    write_plain(false, "abc");
    expect_head(CACHING LAST "ETag: \"" TAG_ABC "\"\r\n", "Content-Length: 3\r\n");
    /* nothing was changed after it was fetched */
    read_as("Last-Modified: Sun, 06 Nov 1994 08:49:38 GMT\r\n", "abc", 200);
    ck_assert_int_eq(representation.last_modified_s, CREATED_S);
}
END_TEST

START_TEST(what_the_gateway_says_itself_is_not_repeated)
{
    read_as("Cache-Control: public, max-age=60\r\nExpires: 0\r\nPragma: no-cache\r\n"
            "Access-Control-Allow-Origin: https://a\r\nX-Frame-Options: SAMEORIGIN\r\n"
            "Strict-Transport-Security: max-age=1\r\nAccept-Ranges: bytes\r\nContent-Length: 9\r\n"
            "Content-Location: /x\r\n",
            "abc", 200);
    write_plain(false, "abc");
    expect_head("Content-Location: /x\r\n" CACHING LAST "ETag: \"" TAG_ABC "\"\r\n",
                "Content-Length: 3\r\n");
}
END_TEST

START_TEST(what_is_no_200_has_no_validators_and_is_not_kept_by_clients)
{
    read_as("ETag: \"v1\"\r\nContent-Type: application/json\r\n", "abc", 404);
    ck_assert(!representation_may_gzip(&representation, 5000, 1000));
    write_plain(false, "abc");
    expect_head("Cache-Control: no-store\r\n",
                "Content-Type: application/json\r\nContent-Length: 3\r\n");
    ck_assert_uint_eq(variant.tag_size, 0);
}
END_TEST

START_TEST(a_head_read_again_says_the_same)
{
    static const char *const fields[] = {
        "Content-Type: text/plain\r\nX-Offset: 1\r\n",
        "ETag: W/\"v\"\r\nLast-Modified: Thu, 01 Jan 1970 00:00:01 GMT\r\n",
        "Cache-Control: no-transform\r\n",
    };
    char first[1024];

    for (size_t i = 0; i < COUNT(fields); i++) {
        size_t size;

        read_as(fields[i], "abc", 200);
        write_plain(true, "abc");
        size = variant.head.size;
        memcpy(first, variant.head.data, size);
        representation_read(&representation, bytes_of(first, size), bytes_of_text("abc"), 200,
                            representation.last_modified_s);
        write_plain(false, "abc");
        ck_assert_msg(bytes_equal(variant.head, bytes_of(first, size)), "%.*s",
                      BYTES_ARG(variant.head));
    }
}
END_TEST

struct example {
    const char *headers;
    size_t size;
    bool may_gzip;
};

static const struct example examples[] = {
    {"Content-Type: application/json\r\n", 1000, true},
    {"Content-Type: application/json\r\n", 999, false},
    {"content-type: Application/JSON; charset=utf-8\r\n", 1000, true},
    {"Content-Type: application/problem+json\r\n", 1000, true},
    {"Content-Type: image/svg+xml\r\n", 1000, true},
    {"Content-Type: text/html\r\n", 1000, true},
    {"Content-Type: application/xml\r\n", 1000, true},
    {"Content-Type: application/javascript\r\n", 1000, true},
    {"Content-Type: image/png\r\n", 1000, false},
    {"Content-Type: application/octet-stream\r\n", 1000, false},
    {"Content-Type: application/jsonx\r\n", 1000, false},
    {"Content-Type: text\r\n", 1000, false},
    {"", 1000, false},
    {"Content-Type: text/html\r\nContent-Encoding: br\r\n", 1000, false},
    {"Content-Type: text/html\r\nContent-Encoding: identity\r\n", 1000, true},
    {"Content-Type: text/html\r\nCache-Control: max-age=1, No-Transform\r\n", 1000, false},
};

START_TEST(gzip_is_worth_trying_for)
{
    const struct example *example = &examples[_i];

    read_as(example->headers, "abc", 200);
    ck_assert_msg(representation_may_gzip(&representation, example->size, 1000) ==
                      example->may_gzip,
                  "%s%zu", example->headers, example->size);
}
END_TEST

START_TEST(no_transform_is_told_to_clients)
{
    read_as("Cache-Control: no-transform\r\n", "abc", 200);
    write_plain(false, "abc");
    expect_head("Cache-Control: private, no-cache, no-transform\r\n" LAST "ETag: \"" TAG_ABC
                "\"\r\n",
                "Content-Length: 3\r\n");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("representation");
    TCase *tests = tcase_create("heads");

    tcase_add_test(tests, a_response_gets_validators_from_its_bytes_and_its_time);
    tcase_add_test(tests, the_upstreams_own_validators_stay);
    tcase_add_test(tests, validators_that_are_none_are_replaced);
    tcase_add_test(tests, what_the_gateway_says_itself_is_not_repeated);
    tcase_add_test(tests, what_is_no_200_has_no_validators_and_is_not_kept_by_clients);
    tcase_add_test(tests, a_head_read_again_says_the_same);
    tcase_add_loop_test(tests, gzip_is_worth_trying_for, 0, (int)COUNT(examples));
    tcase_add_test(tests, no_transform_is_told_to_clients);
    suite_add_tcase(suite, tests);
    return suite;
}
