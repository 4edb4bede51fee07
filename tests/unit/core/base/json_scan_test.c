/* json_scan_test.c - what is JSON by RFC 8259 and what only looks like it; how deep it is; its members. */
/* links: core/base/json_scan.c */

#include "base/json_scan.h"

#include <check.h>
#include <stdlib.h>

/* In memory of exactly its size, so that a read past its end is seen. */
static bool
is_json(const char *text, size_t size)
{
    char *copy = malloc(size + (size == 0));
    bool result;

    ck_assert_ptr_nonnull(copy);
    memcpy(copy, text, size);
    result = json_is_well_formed(bytes_of(copy, size));
    free(copy);
    return result;
}

static const char *const good[] = {
    "[]",
    "{}",
    "0",
    "-0",
    "1",
    "-1.5",
    "1e5",
    "1E+5",
    "0.1e-7",
    "123456789012345678901234567890",
    "true",
    "false",
    "null",
    "\"\"",
    "\"a\"",
    " [ ] ",
    "\t{\r\n}\n",
    "[1,2,3]",
    "[[],[[]],{}]",
    "{\"a\":1,\"b\":[{\"c\":null}]}",
    "{\"a\":{},\"a\":{}}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e4\\uD83D\\uDE00\"",
    "\"\xc3\xa4 \xe2\x82\xac \xf0\x9f\x98\x80\"",
    "{\"\":0}",
    "[true , false , null]",
    "\"\x7f\"",
    "[0,\"]\",{\"}\":1}]",
};

START_TEST(values_of_every_kind)
{
    for (size_t i = 0; i < COUNT(good); i++)
        ck_assert_msg(is_json(good[i], strlen(good[i])), "%s", good[i]);
}
END_TEST

static const char *const bad[] = {
    "",
    " ",
    "[",
    "]",
    "{",
    "}",
    "[}",
    "{]",
    "[]]",
    "[] []",
    "[,]",
    "[1,]",
    "[,1]",
    "[1 2]",
    "[1,,2]",
    "{,}",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":1,}",
    "{\"a\" 1}",
    "{\"a\":1 \"b\":2}",
    "{a:1}",
    "{'a':1}",
    "{1:2}",
    "{\"a\":1]",
    "01",
    "-",
    "+1",
    "1.",
    ".5",
    "1e",
    "1e+",
    "0x1",
    "1.5.5",
    "--1",
    "Infinity",
    "NaN",
    "tru",
    "True",
    "truex",
    "nul",
    "nullnull",
    "\"",
    "\"a",
    "\"\\\"",
    "\"\\x\"",
    "\"\\u12\"",
    "\"\\u12g4\"",
    "\"\\",
    "\"a\nb\"",
    "\"a\tb\"",
    "\"\x01\"",
    "\"\xff\"",
    "\"\xc0\xaf\"",
    "\"\xed\xa0\x80\"",
    "\"\xe2\x82\"",
    "\xef\xbb\xbf[]",
    "<html></html>",
    "// c\n[]",
    "[1]x",
    "{\"id\": \"unfinished, \"price\": 25e, [}", /* the simulator's garbage */
};

START_TEST(what_only_looks_like_it)
{
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(!is_json(bad[i], strlen(bad[i])), "%s", bad[i]);
    ck_assert(!is_json("[]\0", 3));
    ck_assert(!is_json("\"a\0b\"", 5));
    ck_assert(!is_json("\0", 1));
    ck_assert(!json_is_well_formed(bytes_of(NULL, 0)));
}
END_TEST

/* Whatever is cut off, what is left is none: no cut answer can be kept. */
START_TEST(no_beginning_of_a_document_is_one)
{
    static const char whole[] =
        "[{\"id\": \"a\\u0041\", \"price\": -12.5e3, \"x\": [true, null, {\"y\": \"\xc3\xa4\"}]}]";

    ck_assert(is_json(whole, sizeof whole - 1));
    for (size_t size = 0; size < sizeof whole - 1; size++)
        ck_assert_msg(!is_json(whole, size), "%.*s", (int)size, whole);
}
END_TEST

START_TEST(nesting_is_bounded)
{
    char text[2 * JSON_SCAN_DEPTH_MOST + 4];

    memset(text, '[', JSON_SCAN_DEPTH_MOST);
    memset(text + JSON_SCAN_DEPTH_MOST, ']', JSON_SCAN_DEPTH_MOST);
    ck_assert(is_json(text, 2 * JSON_SCAN_DEPTH_MOST));
    memset(text, '[', JSON_SCAN_DEPTH_MOST + 1);
    memset(text + JSON_SCAN_DEPTH_MOST + 1, ']', JSON_SCAN_DEPTH_MOST + 1);
    ck_assert(!is_json(text, 2 * JSON_SCAN_DEPTH_MOST + 2));
}
END_TEST

START_TEST(levels_remember_what_they_are)
{
    static const char right[] = "{\"a\":[{\"b\":[0]},[{}]],\"c\":{}}";
    static const char wrong[] = "{\"a\":[{\"b\":[0]},[{}]},\"c\":{}}";
    static const char name_in_array[] = "[{\"a\":1},\"b\":2]";

    ck_assert(is_json(right, sizeof right - 1));
    ck_assert(!is_json(wrong, sizeof wrong - 1));
    ck_assert(!is_json(name_in_array, sizeof name_in_array - 1));
}
END_TEST

static bool
is_within(const char *json, int most)
{
    return json_depth_is_within(bytes_of_text(json), most);
}

START_TEST(brackets_are_counted)
{
    ck_assert(is_within("", 0));
    ck_assert(is_within("1", 0));
    ck_assert(!is_within("{}", 0));
    ck_assert(is_within("{\"a\": [1, {\"b\": []}]}", 4));
    ck_assert(!is_within("{\"a\": [1, {\"b\": []}]}", 3));
    ck_assert(is_within("[[],[],[],[],[]]", 2));
    ck_assert(!is_within("[[[[", 3));
}
END_TEST

START_TEST(strings_hold_no_brackets)
{
    ck_assert(is_within("{\"[[[[\": \"{{{{\"}", 1));
    ck_assert(is_within("[\"\\\"[[[\", \"\\\\\"]", 1));
    ck_assert(!is_within("[\"\\\\\"[[[", 3));
    ck_assert(is_within("[\"[[[\\", 1)); /* ends within an escape */
}
END_TEST

static const struct {
    const char *json, *value; /* NULL: not found */
} members[] = {
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
    const char *json = members[_i].json;
    struct bytes value;
    bool is_found = json_member_find(bytes_of_text(json), "m", &value);

    ck_assert_int_eq(is_found, members[_i].value != NULL);
    if (is_found) {
        ck_assert_msg(bytes_equal_text(value, members[_i].value), "%.*s", BYTES_ARG(value));
        ck_assert(value.data >= (const uint8_t *)json &&
                  value.data + value.size <= (const uint8_t *)json + strlen(json));
    }
}
END_TEST

/* Exactly as large as the text is, so that a sanitizer sees a read behind it. */
START_TEST(text_that_ends_anywhere_is_read_within_its_bounds)
{
    const char *json = members[_i].json;

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

START_TEST(members_come_one_after_the_other)
{
    struct bytes rest = bytes_of_text(" {\"a\" : [1] , \"\\\"b\":{\"c\":0},\"d\":x}");
    struct bytes name, value;

    ck_assert(json_members_open(&rest));
    ck_assert(json_members_next(&rest, &name, &value));
    ck_assert(bytes_equal_text(name, "a"));
    ck_assert(bytes_equal_text(value, "[1]"));
    ck_assert(json_members_next(&rest, &name, &value));
    ck_assert(bytes_equal_text(name, "\\\"b"));
    ck_assert(bytes_equal_text(value, "{\"c\":0}"));
    ck_assert(!json_members_next(&rest, &name, &value));
    rest = bytes_of_text("[]");
    ck_assert(!json_members_open(&rest));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/json_scan");
    TCase *cases = tcase_create("grammar");

    tcase_add_test(cases, values_of_every_kind);
    tcase_add_test(cases, what_only_looks_like_it);
    tcase_add_test(cases, no_beginning_of_a_document_is_one);
    tcase_add_test(cases, nesting_is_bounded);
    tcase_add_test(cases, levels_remember_what_they_are);
    suite_add_tcase(suite, cases);
    cases = tcase_create("depth");
    tcase_add_test(cases, brackets_are_counted);
    tcase_add_test(cases, strings_hold_no_brackets);
    suite_add_tcase(suite, cases);
    cases = tcase_create("members");
    tcase_add_loop_test(cases, a_member_is_found_as_it_stands, 0, COUNT(members));
    tcase_add_loop_test(cases, text_that_ends_anywhere_is_read_within_its_bounds, 0,
                        COUNT(members));
    tcase_add_test(cases, members_come_one_after_the_other);
    suite_add_tcase(suite, cases);
    return suite;
}
