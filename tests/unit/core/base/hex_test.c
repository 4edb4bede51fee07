/* hex_test.c - bytes as hexadecimal digits, and back. */
#include "base/hex.h"

#include <check.h>
#include <ctype.h>

START_TEST(what_is_written_is_read)
{
    uint8_t bytes[256], back[256];
    char hex[513];

    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (uint8_t)i;
    hex_write(bytes, sizeof bytes, hex);
    ck_assert_uint_eq(strlen(hex), 512);
    ck_assert_int_eq(strncmp(hex, "000102030405060708090a0b0c0d0e0f10", 34), 0);
    ck_assert(hex_read(bytes_of_text(hex), back, sizeof back));
    ck_assert_mem_eq(back, bytes, sizeof bytes);
    ck_assert(hex_is_lower(bytes_of_text(hex)));
}
END_TEST

START_TEST(nothing_is_no_digits)
{
    char hex[1] = {'x'};

    hex_write(NULL, 0, hex);
    ck_assert_int_eq(hex[0], '\0');
    ck_assert(hex_read(bytes_of(NULL, 0), NULL, 0));
}
END_TEST

START_TEST(a_digit_of_either_case)
{
    for (int c = 0; c < 256; c++) {
        int expected = -1;

        if (isdigit(c))
            expected = c - '0';
        else if (isxdigit(c))
            expected = tolower(c) - 'a' + 10;
        ck_assert_int_eq(hex_digit((uint8_t)c), expected);
    }
}
END_TEST

static const struct {
    const char *hex;
    bool is_read;
    bool is_lower;
} cases[] = {
    {"00ff", true, true},   {"00fF", true, false},  {"00f", false, true},   {"00ff0", false, true},
    {"00fg", false, false}, {"g0ff", false, false}, {" 0ff", false, false}, {"0x0f", false, false},
    {"", false, true},      {"-1ff", false, false},
};

START_TEST(as_many_digits_as_asked_for_and_nothing_else)
{
    uint8_t bytes[2];

    ck_assert_int_eq(hex_read(bytes_of_text(cases[_i].hex), bytes, 2), cases[_i].is_read);
    ck_assert_int_eq(hex_is_lower(bytes_of_text(cases[_i].hex)), cases[_i].is_lower);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/hex");
    TCase *tests = tcase_create("hex");

    tcase_add_test(tests, what_is_written_is_read);
    tcase_add_test(tests, nothing_is_no_digits);
    tcase_add_test(tests, a_digit_of_either_case);
    tcase_add_loop_test(tests, as_many_digits_as_asked_for_and_nothing_else, 0, COUNT(cases));
    suite_add_tcase(suite, tests);
    return suite;
}
