/* l1_value_test.c - what is written is read again; anything else is no value. */
/* links: cache/tiers/l1_value.c */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "tiers/l1_value.h"

static const struct entry_row entry = {
    .meta = {.http_status = 404,
             .created_wall_ms = 1768478400000,
             .expires_wall_ms = 1768478400001,
             .stale_until_wall_ms = 1768478400002,
             .price_micro_usd = 2500000,
             .purge_number = 1768478400042,
             .fetched_by_key_id = 7},
};

static uint8_t *
write_value(const struct entry_row *row, size_t *size)
{
    uint8_t *value;

    *size = l1_value_size(row);
    value = malloc(*size);
    ck_assert_ptr_nonnull(value);
    l1_value_write(row, value);
    return value;
}

static struct entry_row
entry_with(const char *signature, const char *headers, const char *body)
{
    struct entry_row row = entry;

    row.signature = bytes_of_text(signature);
    row.headers = bytes_of_text(headers);
    row.body = bytes_of_text(body);
    return row;
}

START_TEST(what_is_written_is_read_again)
{
    struct entry_row row = entry_with("{\"a\": 1}", "ETag: \"x\"\r\n", _i > 0 ? "body" : "");
    struct entry_row seen;
    size_t size;
    uint8_t *value = write_value(&row, &size);

    ck_assert(l1_value_read(bytes_of(value, size), &seen));
    ck_assert_int_eq(seen.meta.http_status, 404);
    ck_assert_int_eq(seen.meta.price_micro_usd, 2500000);
    ck_assert_int_eq(seen.meta.created_wall_ms, 1768478400000);
    ck_assert_int_eq(seen.meta.expires_wall_ms, 1768478400001);
    ck_assert_int_eq(seen.meta.stale_until_wall_ms, 1768478400002);
    ck_assert_int_eq(seen.meta.fetched_by_key_id, 7);
    ck_assert_int_eq(seen.meta.purge_number, 1768478400042);
    ck_assert(bytes_equal(seen.signature, row.signature));
    ck_assert(bytes_equal(seen.headers, row.headers));
    ck_assert(bytes_equal(seen.body, row.body));
    free(value);
}
END_TEST

START_TEST(what_is_cut_or_longer_is_none)
{
    struct entry_row row = entry_with("{}", "A: b\r\n", "body"), seen;
    size_t size;
    uint8_t *value = write_value(&row, &size);
    uint8_t *longer = calloc(size + 1, 1);

    ck_assert_ptr_nonnull(longer);
    for (size_t cut = 0; cut < size; cut++)
        ck_assert(!l1_value_read(bytes_of(value, cut), &seen));
    memcpy(longer, value, size);
    ck_assert(!l1_value_read(bytes_of(longer, size + 1), &seen));
    free(longer);
    free(value);
}
END_TEST

/* Each word in turn says something that cannot be. */
START_TEST(sizes_that_lie_are_none)
{
    static const size_t words[] = {0, 1, 8, 9, 10}; /* version, status, three sizes */
    struct entry_row row = entry_with("{}", "A: b\r\n", "body"), seen;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size;
        uint8_t *value = write_value(&row, &size);

        memset(value + words[i] * 8, 0xff, 8);
        ck_assert(!l1_value_read(bytes_of(value, size), &seen));
        memset(value + words[i] * 8, 0x7f, 8);
        ck_assert(!l1_value_read(bytes_of(value, size), &seen));
        free(value);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/l1_value");
    TCase *tests = tcase_create("l1_value");

    tcase_add_loop_test(tests, what_is_written_is_read_again, 0, 2);
    tcase_add_test(tests, what_is_cut_or_longer_is_none);
    tcase_add_test(tests, sizes_that_lie_are_none);
    suite_add_tcase(suite, tests);
    return suite;
}
