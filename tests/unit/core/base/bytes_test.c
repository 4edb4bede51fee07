/* bytes_test.c - comparing, cutting and copying borrowed bytes. */
#include "base/bytes.h"

#include <check.h>

static const struct bytes nothing = {NULL, 0};

static struct bytes
text(const char *string)
{
    return bytes_of_text(string);
}

static const struct {
    const char *a;
    const char *b;
    bool is_equal;
    bool starts;
    bool ends;
} names[] = {
    {"ETag", "etag", true, true, true},
    {"ETag", "ETAG", true, true, true},
    {"ETags", "etag", false, true, false},
    {"x-etag", "ETag", false, false, true},
    {"ETa", "etag", false, false, false},
    {"", "", true, true, true},
    {"", "x", false, false, false},
    {"x", "", false, true, true},
    {"a-b", "a_b", false, false, false},
    {"k@", "k`", false, false, false},
    {"\xc3\xa4", "\xc3\x84", false, false, false},
};

START_TEST(names_are_the_same_in_either_case)
{
    struct bytes a = text(names[_i].a);

    ck_assert_int_eq(bytes_is_name(a, names[_i].b), names[_i].is_equal);
    ck_assert_int_eq(bytes_equal_ignoring_case(a, text(names[_i].b)), names[_i].is_equal);
    ck_assert_int_eq(bytes_starts_with_name(a, names[_i].b), names[_i].starts);
    ck_assert_int_eq(bytes_ends_with_name(a, names[_i].b), names[_i].ends);
}
END_TEST

START_TEST(nothing_is_an_empty_text)
{
    struct bytes rest = nothing;

    ck_assert(bytes_is_name(nothing, ""));
    ck_assert(bytes_equal(nothing, text("")));
    ck_assert(bytes_equal_ignoring_case(nothing, text("")));
    ck_assert(!bytes_is_name(nothing, "x"));
    ck_assert_uint_eq(bytes_skip(nothing, 0).size, 0);
    ck_assert_uint_eq(bytes_trim(nothing).size, 0);
    ck_assert_uint_eq(bytes_take_until(&rest, ',').size, 0);
    ck_assert_uint_eq(rest.size, 0);
}
END_TEST

START_TEST(a_list_is_taken_part_by_part)
{
    struct bytes rest = text("a,,bc,");

    ck_assert(bytes_equal_text(bytes_take_until(&rest, ','), "a"));
    ck_assert(bytes_equal_text(bytes_take_until(&rest, ','), ""));
    ck_assert(bytes_equal_text(bytes_take_until(&rest, ','), "bc"));
    ck_assert_uint_eq(rest.size, 0);
    rest = text("whole");
    ck_assert(bytes_equal_text(bytes_take_until(&rest, ','), "whole"));
    ck_assert_uint_eq(rest.size, 0);
}
END_TEST

START_TEST(the_words_of_a_list_whatever_stands_between)
{
    struct bytes rest = text(", a,bc ,, d\t,"), word;

    ck_assert(bytes_next_word(&rest, ", \t", &word));
    ck_assert(bytes_equal_text(word, "a"));
    ck_assert(bytes_next_word(&rest, ", \t", &word));
    ck_assert(bytes_equal_text(word, "bc"));
    ck_assert(bytes_next_word(&rest, ", \t", &word));
    ck_assert(bytes_equal_text(word, "d"));
    ck_assert(!bytes_next_word(&rest, ", \t", &word));
    ck_assert_uint_eq(rest.size, 0);
    rest = nothing;
    ck_assert(!bytes_next_word(&rest, ",", &word));
    rest = bytes_of("a\0b", 3); /* a NUL is part of a word */
    ck_assert(bytes_next_word(&rest, ",", &word));
    ck_assert_uint_eq(word.size, 3);
}
END_TEST

START_TEST(blanks_and_tabs_are_trimmed_and_nothing_else)
{
    ck_assert(bytes_equal_text(bytes_trim(text(" \t a b\t ")), "a b"));
    ck_assert(bytes_equal_text(bytes_trim(text("\na\r")), "\na\r"));
    ck_assert_uint_eq(bytes_trim(text(" \t ")).size, 0);
    ck_assert(bytes_equal_text(bytes_skip_blanks(text(" \ta ")), "a "));
    ck_assert(bytes_equal_text(bytes_skip(text("abc"), 2), "c"));
}
END_TEST

START_TEST(what_does_not_fit_is_cut_and_told)
{
    char copy[4];

    ck_assert(bytes_copy_text(text("abc"), copy, sizeof copy));
    ck_assert_str_eq(copy, "abc");
    ck_assert(!bytes_copy_text(text("abcd"), copy, sizeof copy));
    ck_assert_str_eq(copy, "abc");
    ck_assert(bytes_copy_text(nothing, copy, sizeof copy));
    ck_assert_str_eq(copy, "");
}
END_TEST

START_TEST(parts_are_placed_one_behind_the_other)
{
    uint8_t room[8] = "........", *end = room;
    struct bytes first = bytes_place(&end, text("ab"));
    struct bytes none = bytes_place(&end, nothing);
    struct bytes second = bytes_place(&end, text("cde"));

    ck_assert(bytes_equal_text(first, "ab"));
    ck_assert_ptr_eq(first.data, room);
    ck_assert_uint_eq(none.size, 0);
    ck_assert(bytes_equal_text(second, "cde"));
    ck_assert_ptr_eq(end, room + 5);
    ck_assert_mem_eq(room, "abcde...", 8);
}
END_TEST

static const struct {
    const char *text;
    int64_t number; /* -1: it is none */
} numbers[] = {
    {"0", 0},
    {"007", 7},
    {"999999999999999999", 999999999999999999},
    {"1000000000000000000", -1}, /* 19 digits */
    {"", -1},
    {"-1", -1},
    {"+1", -1},
    {" 1", -1},
    {"1 ", -1},
    {"1.", -1},
    {"0x1", -1},
    {":", -1},
    {"/", -1},
};

START_TEST(a_number_is_digits_and_nothing_else)
{
    int64_t number = 77;

    ck_assert_int_eq(bytes_read_number(text(numbers[_i].text), &number), numbers[_i].number >= 0);
    ck_assert_int_eq(number, numbers[_i].number >= 0 ? numbers[_i].number : 77);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/bytes");
    TCase *tcase = tcase_create("bytes");

    tcase_add_loop_test(tcase, names_are_the_same_in_either_case, 0, (int)COUNT(names));
    tcase_add_test(tcase, nothing_is_an_empty_text);
    tcase_add_test(tcase, a_list_is_taken_part_by_part);
    tcase_add_test(tcase, the_words_of_a_list_whatever_stands_between);
    tcase_add_test(tcase, blanks_and_tabs_are_trimmed_and_nothing_else);
    tcase_add_test(tcase, what_does_not_fit_is_cut_and_told);
    tcase_add_test(tcase, parts_are_placed_one_behind_the_other);
    tcase_add_loop_test(tcase, a_number_is_digits_and_nothing_else, 0, (int)COUNT(numbers));
    suite_add_tcase(suite, tcase);
    return suite;
}
