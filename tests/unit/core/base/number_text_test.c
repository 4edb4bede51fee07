/* number_text_test.c - the one form of each number: Python's repr, and a plain one for the wire. */
/* links: core/base/number_text.c */

#include "base/number_text.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* repr as python3 -c 'print(repr(float("...")))' gives it. */
static const struct {
    const char *text, *repr, *plain;
} good[] = {
    {"2", "2.0", "2"},
    {"2.0", "2.0", "2"},
    {"2.50", "2.5", "2.5"},
    {"002", "2.0", "2"},
    {"0", "0.0", "0"},
    {"-0", "0.0", "0"},
    {"-0.000", "0.0", "0"},
    {"-97.7431", "-97.7431", "-97.7431"},
    {"0.1", "0.1", "0.1"},
    {".5", "0.5", "0.5"},
    {"5.", "5.0", "5"},
    {"-.25", "-0.25", "-0.25"},
    {"1000", "1000.0", "1000"},
    {"0.0001", "0.0001", "0.0001"},
    {"0.00012345", "0.00012345", "0.00012345"},
    {"0.00009", "9e-05", "0.00009"},
    {"0.000001", "1e-06", "0.000001"},
    {"-0.0000125", "-1.25e-05", "-0.0000125"},
    {"123456789012345", "123456789012345.0", "123456789012345"},
    {"1234567890123456", "1234567890123456.0", "1234567890123456"},
    {"9007199254740993", "9007199254740992.0", "9007199254740992"},
    {"9999999999999998", "9999999999999998.0", "9999999999999998"},
    {"10000000000000000", "1e+16", "10000000000000000"},
    {"123456789012345678", "1.2345678901234568e+17", "123456789012345680"},
    {"0.30000000000000004", "0.30000000000000004", "0.30000000000000004"},
    {"0.1000000000000000055511151231257827", "0.1", "0.1"},
    {"0.1234567890123456789", "0.12345678901234568", "0.12345678901234568"},
    {"2.675000000000000000000", "2.675", "2.675"},
};

START_TEST(a_number_has_one_form)
{
    struct number_text number;

    ck_assert(number_text_read(bytes_of_text(good[_i].text), &number));
    ck_assert_str_eq(number.repr, good[_i].repr);
    ck_assert_str_eq(number.plain, good[_i].plain);
}
END_TEST

START_TEST(both_forms_read_back_as_the_same_number)
{
    static const char *const digits = "9812357046";
    unsigned seed = 7;

    for (int round = 0; round < 20000; round++) {
        struct number_text number;
        char text[NUMBER_INPUT_MOST + 1];
        int size = 1 + rand_r(&seed) % 24;
        int point = rand_r(&seed) % (size + 2);

        for (int i = 0; i < size; i++)
            text[i] = i == point ? '.' : digits[rand_r(&seed) % 10];
        text[size] = '\0';
        if (size == 1 && text[0] == '.')
            continue;
        ck_assert_msg(number_text_read(bytes_of_text(text), &number), "%s", text);
        ck_assert_msg(strtod(text, NULL) == number.value, "%s", text);
        ck_assert_msg(strtod(number.repr, NULL) == number.value, "%s: %s", text, number.repr);
        ck_assert_msg(strtod(number.plain, NULL) == number.value, "%s: %s", text, number.plain);
    }
}
END_TEST

static const char *const bad[] = {
    "",    "-",     ".",   "-.", "+1", "1e3", "0x10", "inf",
    "nan", "1.2.3", "1,5", " 1", "1 ", "--1", "1-",   "12345678901234567890123456789012345678901",
};

START_TEST(anything_else_is_no_number)
{
    struct number_text number;

    ck_assert(!number_text_read(bytes_of_text(bad[_i]), &number));
}
END_TEST

/* Forty digits are the most: nothing overflows. */
START_TEST(the_longest_numbers)
{
    struct number_text number;

    ck_assert(number_text_read(bytes_of_text("-999999999999999999999999999999999999999"), &number));
    ck_assert_str_eq(number.repr, "-1e+39");
    ck_assert_str_eq(number.plain, "-1000000000000000000000000000000000000000");
    ck_assert(number_text_read(bytes_of_text("-0.0000000000000000000012345678901234567"), &number));
    ck_assert_str_eq(number.repr, "-1.2345678901234566e-21");
    ck_assert_str_eq(number.plain, "-0.0000000000000000000012345678901234566");
}
END_TEST

START_TEST(useless_zeros_are_trimmed)
{
    static const struct {
        const char *text, *trimmed;
    } cases[] = {
        {"100", "100"}, {"007.50", "7.5"}, {"0.0", "0"}, {"000", "0"}, {"1.", ""},
        {".1", ""},     {"1.2.3", ""},     {"-1", ""},   {"", ""},     {"10.010", "10.01"},
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct bytes trimmed = number_text_trim(bytes_of_text(cases[i].text));

        ck_assert_msg(bytes_equal_text(trimmed, cases[i].trimmed), "%s: %.*s", cases[i].text,
                      BYTES_ARG(trimmed));
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("gateway/number_text");
    TCase *tcase = tcase_create("number_text");

    tcase_add_loop_test(tcase, a_number_has_one_form, 0, (int)COUNT(good));
    tcase_add_test(tcase, both_forms_read_back_as_the_same_number);
    tcase_add_loop_test(tcase, anything_else_is_no_number, 0, (int)COUNT(bad));
    tcase_add_test(tcase, the_longest_numbers);
    tcase_add_test(tcase, useless_zeros_are_trimmed);
    suite_add_tcase(suite, tcase);
    return suite;
}
