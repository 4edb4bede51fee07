/* json_pointer_test.c - the examples of RFC 6901 section 5, and texts that are not what a pointer expects. */
/* links: core/base/json_pointer.c core/base/json_scan.c */

#include "base/json_pointer.h"

#include <check.h>

static const char document[] =
    "{\"foo\": [\"bar\", \"baz\"], \"\": 0, \"a/b\": 1, \"c%d\": 2, \"e^f\": 3, \"g|h\": 4,"
    " \"k\\\"l\": 6, \" \": 7, \"m~n\": 8, \"usage\": {\"total_tokens\": 12, \"total_tokens\": 13},"
    " \"deep\": [[], [{\"x\": [true]}]]}";

static const struct {
    const char *pointer, *value; /* NULL: not found */
} rows[] = {
    {"/foo", "[\"bar\", \"baz\"]"},
    {"/foo/0", "\"bar\""},
    {"/foo/1", "\"baz\""},
    {"/", "0"},
    {"/a~1b", "1"},
    {"/c%d", "2"},
    {"/e^f", "3"},
    {"/g|h", "4"},
    {"/ ", "7"},
    {"/m~0n", "8"},
    {"/usage/total_tokens", "13"}, /* the last one */
    {"/deep/1/0/x/0", "true"},
    {"/foo/2", NULL},
    {"/foo/-", NULL},
    {"/foo/01", NULL},
    {"/foo/1000000000000", NULL},
    {"/foo/", NULL},
    {"/foo/bar", NULL},
    {"/none", NULL},
    {"/a~1b/c", NULL},
    {"/deep/0/0", NULL},
    {"foo", NULL},
};

START_TEST(values_by_pointer)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct bytes value;
        bool is_found = json_pointer_find(bytes_of_text(document), rows[i].pointer, &value);

        ck_assert_msg(is_found == (rows[i].value != NULL), "%s", rows[i].pointer);
        if (is_found)
            ck_assert_msg(bytes_equal_text(value, rows[i].value), "%s: %.*s", rows[i].pointer,
                          BYTES_ARG(value));
    }
}
END_TEST

START_TEST(the_empty_pointer_is_the_whole)
{
    struct bytes value;

    ck_assert(json_pointer_find(bytes_of_text("5"), "", &value));
    ck_assert(bytes_equal_text(value, "5"));
}
END_TEST

START_TEST(what_is_broken_has_no_value)
{
    struct bytes value;

    ck_assert(!json_pointer_find(bytes_of_text("{\"a\": "), "/a", &value));
    ck_assert(!json_pointer_find(bytes_of_text("{\"a\": [1, "), "/a/1", &value));
    ck_assert(!json_pointer_find(bytes_of_text(""), "/a", &value));
}
END_TEST

START_TEST(pointers_are_checked)
{
    ck_assert(json_pointer_is_well_formed(""));
    ck_assert(json_pointer_is_well_formed("/usage/total~1tokens/~0"));
    ck_assert(!json_pointer_is_well_formed("usage"));
    ck_assert(!json_pointer_is_well_formed("/a~2"));
    ck_assert(!json_pointer_is_well_formed("/a~"));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("json_pointer");
    TCase *cases = tcase_create("pointer");

    tcase_add_test(cases, values_by_pointer);
    tcase_add_test(cases, the_empty_pointer_is_the_whole);
    tcase_add_test(cases, what_is_broken_has_no_value);
    tcase_add_test(cases, pointers_are_checked);
    suite_add_tcase(suite, cases);
    return suite;
}
