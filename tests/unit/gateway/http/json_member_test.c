/* json_member_test.c - a member's raw text: whatever stands around it, and text that ends anywhere. */
/* links: gateway/http/json_member.c */

#include "http/json_member.h"

#include <check.h>
#include <stdlib.h>

static const struct {
    const char *json, *value; /* NULL: not found */
} rows[] = {
    {"{\"m\": [1, 2]}", "[1, 2]"},
    {" \r\n\t{ \"a\" :1 , \"m\"\n:\t[ ] }  ", "[ ]"},
    {"{\"m\":{\"m\":{}}}", "{\"m\":{}}"},
    {"{\"a\":{\"m\":1},\"m\":2}", "2"},
    {"{\"a\":[{\"m\":1}]}", NULL},
    {"{\"a\":\"\\\"m\\\": 1\",\"m\":\"x\\\\\"}", "\"x\\\\\""},
    {"{\"a\":\"{[\",\"m\":-1.5e3}", "-1.5e3"},
    {"{\"m\":true}", "true"},
    {"{\"m\":null , \"b\":1}", "null"},
    {"{\"m\":[\"]\",{\"}\":\"[{\\\"\"}],\"b\":1}", "[\"]\",{\"}\":\"[{\\\"\"}]"},
    {"{\"m\":1,\"m\":[2]}", "[2]"}, /* as most parsers have it */
    {"{\"m\":\"\xc3\xa9 \xe2\x82\xac\"}", "\"\xc3\xa9 \xe2\x82\xac\""},
    {"{\"\\u006d\":1}", NULL},
    {"{\"mm\":1,\"M\":2,\"\":3}", NULL},
    {"{}", NULL},
    {"[{\"m\":1}]", NULL},
    {"\"m\"", NULL},
    {"17", NULL},
    {"", NULL},
    {"   ", NULL},
};

START_TEST(a_member_is_found_as_it_stands)
{
    const char *json = rows[_i].json;
    struct bytes value;
    bool is_found = json_member_find(bytes_of_text(json), "m", &value);

    ck_assert_int_eq(is_found, rows[_i].value != NULL);
    if (is_found) {
        ck_assert_msg(bytes_equal_text(value, rows[_i].value), "%.*s", BYTES_ARG(value));
        ck_assert(value.data >= (const uint8_t *)json &&
                  value.data + value.size <= (const uint8_t *)json + strlen(json));
    }
}
END_TEST

/* Exactly as large as the text is, so that a sanitizer sees a read behind it. */
START_TEST(text_that_ends_anywhere_is_read_within_its_bounds)
{
    const char *json = rows[_i].json;

    for (size_t size = 0; size <= strlen(json); size++) {
        char *copy = malloc(size + (size == 0));
        struct bytes value;

        ck_assert_ptr_nonnull(copy);
        memcpy(copy, json, size);
        if (json_member_find(bytes_of(copy, size), "m", &value))
            ck_assert(value.size > 0 && value.size <= size);
        free(copy);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("json_member");
    TCase *tcase = tcase_create("find");

    tcase_add_loop_test(tcase, a_member_is_found_as_it_stands, 0, COUNT(rows));
    tcase_add_loop_test(tcase, text_that_ends_anywhere_is_read_within_its_bounds, 0, COUNT(rows));
    suite_add_tcase(suite, tcase);
    return suite;
}
