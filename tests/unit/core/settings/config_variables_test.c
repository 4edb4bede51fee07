/* config_variables_test.c - the lines of an .env file, and how a variable is found by its name. */
/* links: @core */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "settings/config_variables.h"

static char errors[1024];

/* The value of NAME in text, which must hold no error; NULL: it is not there. Freed by the test's end. */
static const char *
read_name(struct variables *variables, const char *text)
{
    FILE *out = fmemopen(errors, sizeof errors, "w");
    struct config_report report = {.errors = out};
    const struct variable *variable;

    errors[0] = '\0';
    variables_from_dotenv(variables, text, strlen(text), &report);
    fclose(out);
    ck_assert_str_eq(errors, "");
    variable = variables_find(variables, "NAME");
    return variable != NULL ? variable_value(variable) : NULL;
}

static const struct {
    const char *text;
    const char *value;
} good_lines[] = {
    {"NAME=value", "value"},
    {"NAME=value\n", "value"},
    {"NAME=value\r\n", "value"},
    {"  export NAME = value  \n", "value"},
    {"NAME=", ""},
    {"NAME=a b", "a b"},
    {"NAME=a#b # comment", "a#b"},
    {"NAME=# comment", ""},
    {"NAME='a # b'", "a # b"},
    {"NAME=\"a # b\" # comment", "a # b"},
    {"NAME=\"a \\\"b\\\" \\\\ \\$ \\x\"", "a \"b\" \\ $ \\x"},
    {"NAME='a\\n'", "a\\n"},
    {"NAME=\"tab\\tline\\n\"", "tab\tline\n"},
    {"NAME=$HOME ${HOME}", "$HOME ${HOME}"},
    {"NAME=a=b", "a=b"},
    {"# NAME=x\n\n   \nNAME=y", "y"},
    {"NAME=first\nNAME=last\n", "last"},
    {"name=any case", "any case"},
    {"OTHER=x", NULL},
    {"", NULL},
};

START_TEST(a_line_gives_a_variable)
{
    struct variables variables;
    const char *value = read_name(&variables, good_lines[_i].text);

    if (good_lines[_i].value == NULL)
        ck_assert_ptr_null(value);
    else
        ck_assert_pstr_eq(value, good_lines[_i].value);
    variables_fini(&variables);
}
END_TEST

static const struct {
    const char *text;
    size_t size;
    const char *error;
} bad_lines[] = {
    {"A=1\nNAME\n", 9, ".env:2: expected NAME=VALUE\n"},
    {"=x", 2, ".env:1: expected NAME=VALUE\n"},
    {"A B=x", 5, ".env:1: expected NAME=VALUE\n"},
    {"export", 6, ".env:1: expected NAME=VALUE\n"},
    {"A='x", 4, ".env:1: a quote is not closed, or something follows it\n"},
    {"A=\"x\\\"", 6, ".env:1: a quote is not closed, or something follows it\n"},
    {"A='x' y", 7, ".env:1: a quote is not closed, or something follows it\n"},
    {"A=x\0y", 5, ".env:1: the line contains a NUL byte\n"},
};

START_TEST(what_is_no_line_is_told)
{
    FILE *out = fmemopen(errors, sizeof errors, "w");
    struct config_report report = {.errors = out};
    struct variables variables;

    variables_from_dotenv(&variables, bad_lines[_i].text, bad_lines[_i].size, &report);
    fclose(out);
    ck_assert_str_eq(errors, bad_lines[_i].error);
    ck_assert_int_eq(report.count, 1);
    variables_fini(&variables);
}
END_TEST

/* Names that nobody asked for mean nothing: an asked one is known in every spelling and in every line. */
START_TEST(what_was_asked_for_is_noted)
{
    static const char text[] = "NAME=1\nname=2\nOTHER=3\nNAME=4\n";
    static const bool is_asked[] = {true, true, false, true};
    struct config_report report = {.count = 0};
    struct variables variables;

    variables_from_dotenv(&variables, text, sizeof text - 1, &report);
    ck_assert_str_eq(variable_value(variables_find(&variables, "NAME")), "4");
    for (size_t i = 0; i < COUNT(is_asked); i++)
        ck_assert_int_eq(variables.entries[i].is_asked, is_asked[i]);
    variables_fini(&variables);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_variables");
    TCase *dotenv = tcase_create("dotenv");

    tcase_add_loop_test(dotenv, a_line_gives_a_variable, 0, (int)COUNT(good_lines));
    tcase_add_loop_test(dotenv, what_is_no_line_is_told, 0, (int)COUNT(bad_lines));
    tcase_add_test(dotenv, what_was_asked_for_is_noted);
    suite_add_tcase(suite, dotenv);
    return suite;
}
