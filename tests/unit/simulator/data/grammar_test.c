/* grammar_test.c - the language of attribute filters, with the cases that the vendor leaves open. */
/* links: simulator/data/grammar.c simulator/http/query.c simulator/data/vocabulary.c simulator/data/draw.c */
#include "data/grammar.h"
#include "data/vocabulary.h"

#include <check.h>

struct match {
    const char *filter;
    double value;
    bool matches;
    const char *why;
};

static const struct match matches[] = {
    {"1:3", 1, true, "the lower bound is inside"},
    {"1:3", 3, true, "the upper bound is inside"},
    {"1:3", 0, false, "below"},
    {"1:3", 3.5, false, "above"},
    {"150000:250000", 200000, true, "a price"},
    {"*:3", 0, true, "open below"},
    {"*:3", 4, false, "open below, above the bound"},
    {"2000:*", 2024, true, "open above"},
    {"2000:*", 1999, false, "open above, below the bound"},
    {"*:*", 7, true, "open at both ends filters nothing"},
    {"2|3", 2, true, "first of a list"},
    {"2|3", 3, true, "last of a list"},
    {"2|3", 4, false, "not in the list"},
    {"2.5", 2.5, true, "a fraction"},
    {"2.5", 2, false, "not that fraction"},
    {"0", 0, true, "a studio"},
    {"1.5:2.5", 2, true, "fractions as bounds"},
    {"", 9, true, "an empty value is absent"},
};

START_TEST(numbers_match_as_specified)
{
    const struct match *row = &matches[_i];
    struct filter filter = {0};
    ck_assert_msg(filter_parse_numbers(row->filter, &filter), "%s", row->why);
    ck_assert_msg(filter_matches(&filter, true, row->value) == row->matches, "%s", row->why);
}
END_TEST

static const char *const wrong_numbers[] = {
    "3:1",  "1:2|4", "2|3:4", "abc", "1:",    ":3",    ":",   "1:2:3", "|",    "1|",
    "|2",   "*",     "*|2",   "-1",  "-1:3",  "1e3",   " 2",  "2 ",    "2.",   ".5",
    "1..2", "0x10",  "2,3",   "**",  "2:abc", "nan:3", "inf", "1;3",   "\xff", "5:4.9",
};

START_TEST(anything_else_is_refused)
{
    struct filter filter = {0};
    ck_assert_msg(!filter_parse_numbers(wrong_numbers[_i], &filter), "%s", wrong_numbers[_i]);
}
END_TEST

START_TEST(a_record_without_the_field_never_matches)
{
    struct filter filter = {0};
    ck_assert(filter_parse_numbers("0:*", &filter));
    ck_assert(!filter_matches(&filter, false, -1));
    ck_assert(filter_parse_numbers("*:*", &filter));
    ck_assert(filter_matches(&filter, false, -1));
    ck_assert(filter_parse_numbers(NULL, &filter));
    ck_assert(filter_matches(&filter, false, -1));
}
END_TEST

START_TEST(a_list_is_bounded)
{
    char text[2 * (FILTER_VALUES_MOST + 1)] = "1";
    struct filter filter = {0};
    size_t used = 1;
    for (int i = 1; i < FILTER_VALUES_MOST; i++, used += 2) {
        text[used] = '|';
        text[used + 1] = '1';
    }
    ck_assert(filter_parse_numbers(text, &filter));
    text[used] = '|';
    text[used + 1] = '1';
    ck_assert(!filter_parse_numbers(text, &filter));
}
END_TEST

static const struct match days[] = {
    {"270", 270, true, "a single value is a maximum"},
    {"270", 1, true, "a single value has no minimum"},
    {"270", 271, false, "above the maximum"},
    {"*:270", 3, true, "the same, spelled out"},
    {"30:60", 30, true, "a range"},
    {"30:60", 29, false, "below the range"},
    {"*:*", 5000, true, "no filter"},
};

START_TEST(days_are_always_a_range)
{
    const struct match *row = &days[_i];
    struct filter filter = {0};
    ck_assert_msg(filter_parse_days(row->filter, &filter), "%s", row->why);
    ck_assert_msg(filter_matches(&filter, true, row->value) == row->matches, "%s", row->why);
}
END_TEST

static const char *const wrong_days[] = {"0", "0:5", "1|2", "2.5", "5:1", "*", "abc", "1:2.5"};

START_TEST(days_refuse_lists_fractions_and_zero)
{
    struct filter filter = {0};
    ck_assert_msg(!filter_parse_days(wrong_days[_i], &filter), "%s", wrong_days[_i]);
}
END_TEST

START_TEST(types_are_exact_names)
{
    unsigned all = (1U << PROPERTY_TYPE_COUNT) - 1;
    unsigned types = all;
    ck_assert(filter_parse_types("Condo|Townhouse", all, &types));
    ck_assert_uint_eq(types, (1U << PROPERTY_CONDO) | (1U << PROPERTY_TOWNHOUSE));
    ck_assert(filter_parse_types("Single Family", all, &types));
    ck_assert_uint_eq(types, 1U << PROPERTY_SINGLE_FAMILY);
    types = 5;
    ck_assert(filter_parse_types("", all, &types));
    ck_assert_uint_eq(types, 5);
    ck_assert(!filter_parse_types("condo", all, &types));
    ck_assert(!filter_parse_types("Condo|", all, &types));
    ck_assert(!filter_parse_types("Condo:Land", all, &types));
    ck_assert(!filter_parse_types("Land", all & ~(1U << PROPERTY_LAND), &types));
}
END_TEST

#define COUNT(rows) ((int)(sizeof(rows) / sizeof(rows)[0]))

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("grammar");
    TCase *numbers = tcase_create("numbers");
    tcase_add_loop_test(numbers, numbers_match_as_specified, 0, COUNT(matches));
    tcase_add_loop_test(numbers, anything_else_is_refused, 0, COUNT(wrong_numbers));
    tcase_add_test(numbers, a_record_without_the_field_never_matches);
    tcase_add_test(numbers, a_list_is_bounded);
    suite_add_tcase(suite, numbers);
    TCase *others = tcase_create("days and types");
    tcase_add_loop_test(others, days_are_always_a_range, 0, COUNT(days));
    tcase_add_loop_test(others, days_refuse_lists_fractions_and_zero, 0, COUNT(wrong_days));
    tcase_add_test(others, types_are_exact_names);
    suite_add_tcase(suite, others);
    return suite;
}
