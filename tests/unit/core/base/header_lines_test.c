/* header_lines_test.c - blocks of header lines taken apart. */
#include "base/header_lines.h"

#include <check.h>

START_TEST(line_after_line)
{
    struct bytes rest = bytes_of_text("ETag: \"a:b\"\r\nX-Empty:\r\nX-Bare: \t v \nrest");
    struct header_line line;

    ck_assert(header_lines_next(&rest, &line));
    ck_assert(bytes_equal_text(line.line, "ETag: \"a:b\"\r\n"));
    ck_assert(bytes_equal_text(line.name, "ETag"));
    ck_assert(bytes_equal_text(line.value, "\"a:b\""));
    ck_assert(header_lines_next(&rest, &line));
    ck_assert(bytes_equal_text(line.name, "X-Empty"));
    ck_assert_uint_eq(line.value.size, 0);
    ck_assert(header_lines_next(&rest, &line));
    ck_assert(bytes_equal_text(line.line, "X-Bare: \t v \n"));
    ck_assert(bytes_equal_text(line.value, "v "));
    ck_assert(!header_lines_next(&rest, &line));
    ck_assert(bytes_equal_text(rest, "rest"));
}
END_TEST

static const char *const ends[] = {"", "\r\n", "\n", "no colon\r\n", "no line end: x"};

START_TEST(what_is_no_line_ends_the_block)
{
    struct bytes rest = bytes_of_text(ends[_i]);
    struct header_line line;

    ck_assert(!header_lines_next(&rest, &line));
    rest = bytes_of(NULL, 0);
    ck_assert(!header_lines_next(&rest, &line));
}
END_TEST

START_TEST(the_first_of_a_name_is_found_in_either_case)
{
    struct bytes lines = bytes_of_text("A: 1\r\nContent-Type: text/x\r\ncontent-type: b\r\nE:\r\n");

    ck_assert(bytes_equal_text(header_lines_find(lines, "CONTENT-TYPE"), "text/x"));
    ck_assert_ptr_null(header_lines_find(lines, "Content").data);
    ck_assert_ptr_nonnull(header_lines_find(lines, "E").data);
    ck_assert_uint_eq(header_lines_find(lines, "E").size, 0);
}
END_TEST

START_TEST(a_media_type_ends_before_its_parameters)
{
    ck_assert(bytes_equal_text(header_media_type(bytes_of_text("a/b; c=d")), "a/b"));
    ck_assert(bytes_equal_text(header_media_type(bytes_of_text("a/b\t")), "a/b"));
    ck_assert(bytes_equal_text(header_media_type(bytes_of_text("a/b")), "a/b"));
    ck_assert_uint_eq(header_media_type(bytes_of(NULL, 0)).size, 0);
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
    {"Content-Type: text/json; charset=utf-8\r\n", true},
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
        ck_assert_msg(header_lines_announce_json(bytes_of_text(types[i].headers)) ==
                          types[i].is_json,
                      "%s", types[i].headers);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/header_lines");
    TCase *tcase = tcase_create("header_lines");

    tcase_add_test(tcase, line_after_line);
    tcase_add_loop_test(tcase, what_is_no_line_ends_the_block, 0, (int)COUNT(ends));
    tcase_add_test(tcase, the_first_of_a_name_is_found_in_either_case);
    tcase_add_test(tcase, a_media_type_ends_before_its_parameters);
    tcase_add_test(tcase, types_that_announce_json);
    suite_add_tcase(suite, tcase);
    return suite;
}
