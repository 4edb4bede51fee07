/* parameter_value_test.c - each type of parameter: what it takes, and its one form for the key and for the paid API. */
/* links: gateway/routing/parameter_value.c gateway/routing/filter_grammar.c core/base/number_text.c core/base/text.c */

#include "routing/parameter_value.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

static char buffer[4096];
static struct parameter_value value;
static struct parameter_problem problem;
static char json[2048], wire[2048];

static const struct parameter_config
    text = {.name = "city", .type = PARAMETER_TEXT},
    short_text = {.name = "state", .type = PARAMETER_TEXT, .max_length = 2},
    integer = {.name = "limit", .type = PARAMETER_INTEGER, .least = 1, .most = 500},
    number = {.name = "bathrooms", .type = PARAMETER_NUMBER, .least = -1e15, .most = 1e15},
    latitude = {.name = "latitude", .type = PARAMETER_NUMBER, .least = -90, .most = 90},
    flag = {.name = "includeTotalCount", .type = PARAMETER_FLAG},
    choice = {.name = "status", .type = PARAMETER_CHOICE, .values = "Active|Inactive"},
    choices = {.name = "propertyType",
               .type = PARAMETER_CHOICES,
               .values = "Single Family|Condo|Land|Multi-Family"},
    filter = {.name = "bedrooms", .type = PARAMETER_FILTER},
    days = {.name = "daysOld", .type = PARAMETER_DAYS},
    zip = {.name = "zipCode", .type = PARAMETER_DIGITS, .max_length = 5};

/* input stands in memory of exactly its size, so that a sanitizer sees a read past it. */
static void
check(const struct parameter_config *parameter, const char *input)
{
    size_t size = strlen(input);
    char *exact = malloc(size);
    struct text out = text_of(buffer, sizeof buffer);

    ck_assert_uint_gt(size, 0);
    ck_assert_ptr_nonnull(exact);
    memcpy(exact, input, size);
    memset(&value, 0xa5, sizeof value);
    memset(&problem, 0xa5, sizeof problem);
    parameter_check(parameter, bytes_of(exact, size), &out, &value, &problem);
    ck_assert(!out.is_cut);
    ck_assert(bytes_copy_text(value.json, json, sizeof json));
    ck_assert(bytes_copy_text(value.wire, wire, sizeof wire));
    free(exact);
}

static const struct {
    const struct parameter_config *parameter;
    const char *input, *json, *wire;
    bool is_text;
} good[] = {
    {&text, "Austin", "Austin", "Austin", true},
    {&text, "2.0", "2.0", "2.0", true},
    {&text, " a ", " a ", " a ", true},
    {&text, "\xC3\xA9\"\\", "\xC3\xA9\"\\", "\xC3\xA9\"\\", true},
    {&short_text, "TX", "TX", "TX", true},
    {&integer, "1", "1", "1", false},
    {&integer, "500", "500", "500", false},
    {&integer, "+007", "7", "7", false},
    {&number, "2", "2.0", "2", false},
    {&number, "2.0", "2.0", "2", false},
    {&number, "2.50", "2.5", "2.5", false},
    {&number, ".5", "0.5", "0.5", false},
    {&number, "5.", "5.0", "5", false},
    {&number, "-0.5", "-0.5", "-0.5", false},
    {&number, "-0", "0.0", "0", false},
    {&number, "-0.000", "0.0", "0", false},
    {&number, "0.1", "0.1", "0.1", false},
    {&number, "0.30000000000000004", "0.30000000000000004", "0.30000000000000004", false},
    {&number, "-97.743061", "-97.743061", "-97.743061", false},
    {&number, "0.0001", "0.0001", "0.0001", false},
    {&number, "0.00001", "1e-05", "0.00001", false},
    {&number, "-0.0000000123", "-1.23e-08", "-0.0000000123", false},
    {&number, "0.00000000000000000000000000000000001", "1e-35",
     "0.00000000000000000000000000000000001", false},
    {&number, "100000000", "100000000.0", "100000000", false},
    {&number, "123456789012345", "123456789012345.0", "123456789012345", false},
    {&latitude, "-90", "-90.0", "-90", false},
    {&latitude, "90.0", "90.0", "90", false},
    {&flag, "true", "true", "true", false},
    {&flag, "TRUE", "true", "true", false},
    {&flag, "1", "true", "true", false},
    {&flag, "False", "false", "false", false},
    {&flag, "0", "false", "false", false},
    {&choice, "Active", "Active", "Active", true},
    {&choice, "Inactive", "Inactive", "Inactive", true},
    {&choices, "Land", "Land", "Land", true},
    {&choices, "Single Family|Condo", "Condo|Single Family", "Condo|Single Family", true},
    {&choices, "Land|Condo|Land|Condo", "Condo|Land", "Condo|Land", true},
    {&choices,
     "Condo|Condo|Condo|Condo|Condo|Condo|Condo|Condo|Condo|Condo|Condo|Condo|Condo|Condo|"
     "Condo|Land",
     "Condo|Land", "Condo|Land", true},
    {&filter, "3|2.0", "2|3", "2|3", true},
    {&filter, "2.50:*", "2.5:*", "2.5:*", true},
    {&days, "270", "*:270", "*:270", true},
    {&zip, "01234", "01234", "01234", true},
};

START_TEST(values_have_one_form)
{
    check(good[_i].parameter, good[_i].input);
    ck_assert_msg(problem.type == NULL, "%s: %s", good[_i].input, problem.message);
    ck_assert_str_eq(json, good[_i].json);
    ck_assert_str_eq(wire, good[_i].wire);
    ck_assert_int_eq(value.is_text, good[_i].is_text);
    ck_assert(!value.is_absent);
}
END_TEST

START_TEST(a_filter_that_filters_nothing_is_absent)
{
    check(&filter, "*:*");
    ck_assert_ptr_null(problem.type);
    ck_assert(value.is_absent);
    check(&days, "*:*");
    ck_assert_ptr_null(problem.type);
    ck_assert(value.is_absent);
}
END_TEST

/* message NULL: any. */
static const struct {
    const struct parameter_config *parameter;
    const char *input, *type, *message;
} bad[] = {
    {&short_text, "TXX", "string_too_long", "String should have at most 2 characters"},
    {&integer, "0", "greater_than_equal", "Input should be greater than or equal to 1"},
    {&integer, "501", "less_than_equal", "Input should be less than or equal to 500"},
    {&integer, "-9", "greater_than_equal", NULL},
    {&integer, "x", "int_parsing",
     "Input should be a valid integer, unable to parse string as an integer"},
    {&integer, "1.5", "int_parsing", NULL},
    {&integer, "", "int_parsing", NULL},
    {&integer, "-", "int_parsing", NULL},
    {&integer, "+", "int_parsing", NULL},
    {&integer, "--1", "int_parsing", NULL},
    {&integer, "1 ", "int_parsing", NULL},
    {&integer, "1234567890123456789", "int_parsing", NULL},
    {&integer, "\xD9\xA1", "int_parsing", NULL},
    {&latitude, "90.0000001", "less_than_equal", "Input should be less than or equal to 90"},
    {&latitude, "-90.1", "greater_than_equal", "Input should be greater than or equal to -90"},
    {&latitude, "north", "float_parsing",
     "Input should be a valid number, unable to parse string as a number"},
    {&number, ".", "float_parsing", NULL},
    {&number, "-", "float_parsing", NULL},
    {&number, "-.", "float_parsing", NULL},
    {&number, "+1", "float_parsing", NULL},
    {&number, "1e3", "float_parsing", NULL},
    {&number, "0x10", "float_parsing", NULL},
    {&number, "1.2.3", "float_parsing", NULL},
    {&number, "1-2", "float_parsing", NULL},
    {&number, "nan", "float_parsing", NULL},
    {&number, "infinity", "float_parsing", NULL},
    {&number, "1,5", "float_parsing", NULL},
    {&number, "1000000000000001", "less_than_equal", NULL},
    {&number, "00000000000000000000000000000000000000001", "float_parsing", NULL}, /* 41 bytes */
    {&number, "999999999999999999999999999999999999999", "less_than_equal", NULL},
    {&number, ".000000000000000000000000000000000000015", "float_parsing", NULL}, /* 41 with a 0 */
    {&flag, "yes", "bool_parsing", "Input should be a valid boolean, unable to interpret input"},
    {&flag, "on", "bool_parsing", NULL},
    {&flag, "tru", "bool_parsing", NULL},
    {&flag, "truee", "bool_parsing", NULL},
    {&flag, "2", "bool_parsing", NULL},
    {&choice, "active", "enum", "Input should be one of: Active|Inactive"},
    {&choice, "Activ", "enum", NULL},
    {&choice, "Active|Inactive", "enum", NULL},
    {&choice, "|", "enum", NULL},
    {&choices, "Condo|", "enum", NULL},
    {&choices, "|Condo", "enum", NULL},
    {&choices, "Condo||Land", "enum", NULL},
    {&choices, "condo", "enum", NULL},
    {&choices, "Condo|Castle", "enum", NULL},
    {&filter, "3:1", "value_error", NULL},
    {&filter, "x", "value_error", NULL},
    {&days, "0", "value_error", NULL},
    {&days, "1|2", "value_error", NULL},
    {&zip, "1234", "string_pattern_mismatch", "String should match pattern '^[0-9]{5}$'"},
    {&zip, "123456", "string_pattern_mismatch", NULL},
    {&zip, "1234a", "string_pattern_mismatch", NULL},
    {&zip, "-1234", "string_pattern_mismatch", NULL},
};

START_TEST(anything_else_is_refused_in_the_words_of_the_original)
{
    if (bad[_i].input[0] == '\0') { /* never empty here; the reader of numbers may be asked so */
        int64_t read;

        ck_assert(!parameter_read_int((struct bytes){0}, &read));
        return;
    }
    check(bad[_i].parameter, bad[_i].input);
    ck_assert_msg(problem.type != NULL, "%s was taken as %s", bad[_i].input, json);
    ck_assert_str_eq(problem.type, bad[_i].type);
    if (bad[_i].message != NULL)
        ck_assert_str_eq(problem.message, bad[_i].message);
    else
        ck_assert_str_ne(problem.message, "");
}
END_TEST

START_TEST(texts_without_a_length_of_their_own_are_bounded)
{
    char long_text[258];

    memset(long_text, 'a', 257);
    long_text[257] = '\0';
    check(&text, long_text);
    ck_assert_str_eq(problem.type, "string_too_long");
    long_text[256] = '\0';
    check(&text, long_text);
    ck_assert_ptr_null(problem.type);
}
END_TEST

START_TEST(lists_of_choices_are_bounded)
{
    char list[5 * 65] = "Land";

    for (int i = 1; i < 64; i++)
        memcpy(list + strlen(list), "|Land", sizeof "|Land");
    check(&choices, list);
    ck_assert_ptr_null(problem.type);
    ck_assert_str_eq(wire, "Land");
    memcpy(list + strlen(list), "|Land", sizeof "|Land");
    check(&choices, list);
    ck_assert_str_eq(problem.type, "enum");
}
END_TEST

/* What is read back by strtod must be the number that was asked for, in both forms. */
START_TEST(numbers_keep_their_value)
{
    uint64_t state = 88172645463325252ULL;

    for (int i = 0; i < 20000; i++) {
        char input[32];
        double given;

        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        snprintf(input, sizeof input, "%s%u.%0*u", state & 1 ? "-" : "",
                 (unsigned)(state >> 40) % 1000, (int)(state >> 60) % 9 + 1,
                 (unsigned)(state >> 16) % 1000000000U);
        check(&number, input);
        ck_assert_msg(problem.type == NULL, "%s: %s", input, problem.message);
        given = strtod(input, NULL);
        ck_assert_double_eq(strtod(json, NULL), given);
        ck_assert_double_eq(strtod(wire, NULL), given);
        ck_assert_ptr_null(strpbrk(wire, "eE"));
        check(&number, wire);
        ck_assert_double_eq(strtod(json, NULL), given);
    }
}
END_TEST

START_TEST(integers_and_flags_are_read_whole)
{
    int64_t read = 0;

    ck_assert(parameter_read_int(bytes_of_text("999999999999999999"), &read));
    ck_assert_int_eq(read, 999999999999999999);
    ck_assert(parameter_read_int(bytes_of_text("-999999999999999999"), &read));
    ck_assert_int_eq(read, -999999999999999999);
    ck_assert(!parameter_read_int(bytes_of_text("1000000000000000000"), &read));
    ck_assert(parameter_read_int(bytes_of("12", 1), &read));
    ck_assert_int_eq(read, 1);
    ck_assert_int_eq(parameter_read_flag(bytes_of("true1", 4)), 1);
    ck_assert_int_eq(parameter_read_flag(bytes_of_text("fAlSe")), 0);
    ck_assert_int_eq(parameter_read_flag(bytes_of_text("10")), -1);
    ck_assert_int_eq(parameter_read_flag((struct bytes){0}), -1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("parameter_value");
    TCase *tcase = tcase_create("parameter_value");

    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, values_have_one_form, 0, (int)COUNT(good));
    tcase_add_test(tcase, a_filter_that_filters_nothing_is_absent);
    tcase_add_loop_test(tcase, anything_else_is_refused_in_the_words_of_the_original, 0,
                        (int)COUNT(bad));
    tcase_add_test(tcase, texts_without_a_length_of_their_own_are_bounded);
    tcase_add_test(tcase, lists_of_choices_are_bounded);
    tcase_add_test(tcase, numbers_keep_their_value);
    tcase_add_test(tcase, integers_and_flags_are_read_whole);
    suite_add_tcase(suite, tcase);
    return suite;
}
