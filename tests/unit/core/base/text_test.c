/* text_test.c - numbers printed by hand read like printed ones. */
/* links: core/base/text.c */

#include "base/text.h"

#include <check.h>
#include <inttypes.h>
#include <stdio.h>

static char buffer[64];

static const char *
whole(struct text *text)
{
    ck_assert(!text->is_cut);
    ck_assert_uint_lt(text->size, sizeof buffer);
    buffer[text->size] = '\0';
    return buffer;
}

START_TEST(integers_of_every_size)
{
    static const int64_t values[] = {
        0,   1,     -1,        9,         10,        -10,       99,
        100, 86400, INT32_MAX, INT32_MIN, INT64_MAX, INT64_MIN, 1000000000000000000};

    for (size_t i = 0; i < COUNT(values); i++) {
        struct text text = text_of(buffer, sizeof buffer);
        char expected[32];

        snprintf(expected, sizeof expected, "%" PRId64, values[i]);
        text_add_int(&text, values[i]);
        ck_assert_str_eq(whole(&text), expected);
    }
}
END_TEST

struct printed {
    int64_t value;
    const char *text;
};

START_TEST(milliseconds_have_one_decimal)
{
    static const struct printed rows[] = {
        {0, "0.0"},      {49, "0.0"},        {50, "0.1"},           {100, "0.1"},
        {999, "1.0"},    {1000, "1.0"},      {45200, "45.2"},       {45249, "45.2"},
        {45250, "45.3"}, {999950, "1000.0"}, {35000000, "35000.0"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text text = text_of(buffer, sizeof buffer);

        text_add_ms(&text, rows[i].value);
        ck_assert_str_eq(whole(&text), rows[i].text);
    }
}
END_TEST

START_TEST(dollars_have_the_decimals_they_need)
{
    static const struct printed rows[] = {
        {0, "0.0"},
        {1, "0.000001"},
        {1000000, "1.0"},
        {500000, "0.5"},
        {39800, "0.0398"},
        {2000000, "2.0"},
        {17960, "0.01796"},
        {10050000, "10.05"},
        {999999, "0.999999"},
        {123456789, "123.456789"},
        {1000000000000, "1000000.0"},
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct text text = text_of(buffer, sizeof buffer);

        text_add_usd(&text, rows[i].value);
        ck_assert_str_eq(whole(&text), rows[i].text);
    }
}
END_TEST

START_TEST(hex_has_as_many_digits_as_asked_for)
{
    struct text text = text_of(buffer, sizeof buffer);

    text_add_hex(&text, 0, 16);
    text_add_hex(&text, 0x0123456789abcdefU, 16);
    text_add_hex(&text, UINT64_MAX, 16);
    text_add_hex(&text, 0x0123456789abcdefU, 4);
    text_add_hex(&text, 1, 1);
    ck_assert_str_eq(whole(&text), "00000000000000000123456789abcdefffffffffffffffffcdef1");
}
END_TEST

START_TEST(a_text_that_does_not_fit_says_so_and_stays_inside)
{
    char small[9] = "........";
    struct text text = text_of(small, 4);

    text_add(&text, "abcd");
    ck_assert(!text.is_cut);
    text_add(&text, "");
    ck_assert(!text.is_cut);
    text_add(&text, "e");
    ck_assert(text.is_cut);
    ck_assert_uint_eq(text.size, 4);
    ck_assert_str_eq(small, "abcd....");

    text = text_of(small, 4);
    text_add(&text, "ab");
    text_add_int(&text, 123);
    ck_assert(text.is_cut);
    ck_assert_str_eq(small, "abcd....");
}
END_TEST

START_TEST(what_was_added_can_be_borrowed)
{
    struct text text = text_of(buffer, sizeof buffer);

    ck_assert_uint_eq(text_bytes(&text).size, 0);
    text_add_bytes(&text, bytes_of("a\0b", 3));
    ck_assert(bytes_equal(text_bytes(&text), bytes_of("a\0b", 3)));
    text_add_bytes(&text, bytes_of(NULL, 0));
    ck_assert_uint_eq(text_bytes(&text).size, 3);
    ck_assert(!text.is_cut);
}
END_TEST

START_TEST(a_text_without_memory_is_cut)
{
    struct text text = text_of(NULL, 0);

    text_add(&text, "x");
    ck_assert(text.is_cut);
    ck_assert_uint_eq(text.size, 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("text");
    TCase *cases = tcase_create("numbers");

    tcase_add_test(cases, integers_of_every_size);
    tcase_add_test(cases, milliseconds_have_one_decimal);
    tcase_add_test(cases, dollars_have_the_decimals_they_need);
    tcase_add_test(cases, hex_has_as_many_digits_as_asked_for);
    tcase_add_test(cases, a_text_that_does_not_fit_says_so_and_stays_inside);
    tcase_add_test(cases, what_was_added_can_be_borrowed);
    tcase_add_test(cases, a_text_without_memory_is_cut);
    suite_add_tcase(suite, cases);
    return suite;
}
