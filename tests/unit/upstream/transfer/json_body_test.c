/* json_body_test.c - what is JSON by RFC 8259, and what only looks like it. */
/* links: upstream/transfer/json_body.c */

#include "transfer/json_body.h"

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
    result = json_body_is_well_formed(bytes_of(copy, size));
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
    ck_assert(!json_body_is_well_formed(bytes_of(NULL, 0)));
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
    char text[2 * JSON_BODY_DEPTH_MOST + 4];

    memset(text, '[', JSON_BODY_DEPTH_MOST);
    memset(text + JSON_BODY_DEPTH_MOST, ']', JSON_BODY_DEPTH_MOST);
    ck_assert(is_json(text, 2 * JSON_BODY_DEPTH_MOST));
    memset(text, '[', JSON_BODY_DEPTH_MOST + 1);
    memset(text + JSON_BODY_DEPTH_MOST + 1, ']', JSON_BODY_DEPTH_MOST + 1);
    ck_assert(!is_json(text, 2 * JSON_BODY_DEPTH_MOST + 2));
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

struct type_row {
    const char *headers;
    bool is_json;
};

static const struct type_row types[] = {
    {"", true},
    {"X: y\r\n", true},
    {"Content-Type: application/json\r\n", true},
    {"X: y\r\ncontent-type: Application/JSON; charset=utf-8\r\n", true},
    {"Content-Type: application/json;charset=utf-8\r\nX: y\r\n", true},
    {"Content-Type: application/problem+json\r\n", true},
    {"Content-Type: application/geo+json ; a=b\r\n", true},
    {"Content-Type: text/html\r\n", false},
    {"Content-Type: text/html; profile=application/json\r\n", false},
    {"Content-Type: application/jsonp\r\n", false},
    {"Content-Type: application/xjson\r\n", false},
    {"Content-Type: +json\r\n", false},
    {"Content-Type: \r\n", false},
};

START_TEST(types_that_announce_json)
{
    for (size_t i = 0; i < COUNT(types); i++)
        ck_assert_msg(json_body_is_announced(bytes_of_text(types[i].headers)) == types[i].is_json,
                      "%s", types[i].headers);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("json_body");
    TCase *cases = tcase_create("grammar");

    tcase_add_test(cases, values_of_every_kind);
    tcase_add_test(cases, what_only_looks_like_it);
    tcase_add_test(cases, no_beginning_of_a_document_is_one);
    tcase_add_test(cases, nesting_is_bounded);
    tcase_add_test(cases, levels_remember_what_they_are);
    tcase_add_test(cases, types_that_announce_json);
    suite_add_tcase(suite, cases);
    return suite;
}
