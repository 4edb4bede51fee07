/* gzip_test.c - what is packed comes out again; what would not shrink is refused. */
/* links: gateway/http/gzip.c */
#include "http/gzip.h"

#include <check.h>
#include <stdlib.h>
#include <zlib.h>

static uint8_t *
text_like(size_t size)
{
    uint8_t *body = malloc(size + 1);
    uint32_t state = 1;

    ck_assert_ptr_nonnull(body);
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525 + 1013904223;
        body[i] = (uint8_t) "etaoin shrdlu,{}"[state >> 28];
    }
    return body;
}

static void
expect_unpacked(struct bytes packed, struct bytes body)
{
    uint8_t *to = malloc(body.size + 1);
    z_stream stream = {
        .next_in = (Bytef *)(uintptr_t)packed.data,
        .avail_in = (uInt)packed.size,
        .next_out = to,
        .avail_out = (uInt)body.size + 1,
    };

    ck_assert_ptr_nonnull(to);
    ck_assert_int_eq(inflateInit2(&stream, 15 + 16), Z_OK); /* gzip's wrapping and nothing else */
    ck_assert_int_eq(inflate(&stream, Z_FINISH), Z_STREAM_END);
    ck_assert_uint_eq(stream.avail_in, 0);
    ck_assert(bytes_equal(bytes_of(to, stream.total_out), body));
    inflateEnd(&stream);
    free(to);
}

static const size_t sizes[] = {200, 1000, 65536, 65537, 1048576};

START_TEST(a_body_comes_out_as_it_was)
{
    uint8_t *body = text_like(sizes[_i]);
    struct bytes packed, again;

    ck_assert(gzip_pack(bytes_of(body, sizes[_i]), &packed));
    ck_assert_uint_lt(packed.size, sizes[_i]);
    expect_unpacked(packed, bytes_of(body, sizes[_i]));
    /* a strong tag promises the same bytes */
    ck_assert(gzip_pack(bytes_of(body, sizes[_i]), &again));
    ck_assert(bytes_equal(packed, again));
    free((void *)(uintptr_t)packed.data);
    free((void *)(uintptr_t)again.data);
    free(body);
}
END_TEST

START_TEST(what_does_not_shrink_is_refused)
{
    uint8_t noise[4096];
    uint64_t state = 88172645463325252u;
    struct bytes packed;

    for (size_t i = 0; i < sizeof noise; i++) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        noise[i] = (uint8_t)(state >> 40);
    }
    ck_assert(!gzip_pack(bytes_of(noise, sizeof noise), &packed));
    ck_assert(!gzip_pack(bytes_of("a", 1), &packed));
    ck_assert(!gzip_pack(bytes_of(NULL, 0), &packed));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("gzip");
    TCase *tests = tcase_create("bodies");

    tcase_add_loop_test(tests, a_body_comes_out_as_it_was, 0, (int)(sizeof sizes / sizeof *sizes));
    tcase_add_test(tests, what_does_not_shrink_is_refused);
    suite_add_tcase(suite, tests);
    return suite;
}
