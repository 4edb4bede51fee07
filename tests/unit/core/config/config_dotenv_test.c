/* config_dotenv_test.c - the lines of an .env file. */
/* links: @core */
#include <stdlib.h>

#include "config_text.h"

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
} good[] = {
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
    const char *value = read_name(&variables, good[_i].text);

    if (good[_i].value == NULL)
        ck_assert_ptr_null(value);
    else
        ck_assert_pstr_eq(value, good[_i].value);
    variables_fini(&variables);
}
END_TEST

static const struct {
    const char *text;
    size_t size;
    const char *error;
} bad[] = {
    {"A=1\nNAME\n", 9, ".env:2: expected NAME=VALUE\n"},
    {"=x", 2, ".env:1: expected NAME=VALUE\n"},
    {"A B=x", 5, ".env:1: expected NAME=VALUE\n"},
    {"export", 6, ".env:1: expected NAME=VALUE\n"},
    {"A='x", 4, ".env:1: a quote is not closed, or something follows it\n"},
    {"A=\"x\\\"", 6, ".env:1: a quote is not closed, or something follows it\n"},
    {"A='x' y", 7, ".env:1: a quote is not closed, or something follows it\n"},
    {"A=x\0y", 5, ".env:1: the line holds a NUL\n"},
};

START_TEST(what_is_no_line_is_told)
{
    FILE *out = fmemopen(errors, sizeof errors, "w");
    struct config_report report = {.errors = out};
    struct variables variables;

    variables_from_dotenv(&variables, bad[_i].text, bad[_i].size, &report);
    fclose(out);
    ck_assert_str_eq(errors, bad[_i].error);
    ck_assert_int_eq(report.count, 1);
    variables_fini(&variables);
}
END_TEST

START_TEST(a_bad_value_is_told_with_its_line)
{
    static const char text[] = "# ports\nPORT=99999\n";
    FILE *out = fmemopen(errors, sizeof errors, "w");
    struct config_report report = {.errors = out};
    struct variables dotenv;
    struct config_sources sources = {.yaml_name = "y", .yaml = "", .layers = {&dotenv, NULL}};

    variables_from_dotenv(&dotenv, text, sizeof text - 1, &report);
    ck_assert_ptr_null(config_build(&sources, &report));
    fclose(out);
    ck_assert_str_eq(errors, ".env:2: gateway.port (PORT): 99999 is not in 0..65535\n");
    variables_fini(&dotenv);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_dotenv");
    TCase *tcase = tcase_create("config_dotenv");

    tcase_add_loop_test(tcase, a_line_gives_a_variable, 0, (int)COUNT(good));
    tcase_add_loop_test(tcase, what_is_no_line_is_told, 0, (int)COUNT(bad));
    tcase_add_test(tcase, a_bad_value_is_told_with_its_line);
    suite_add_tcase(suite, tcase);
    return suite;
}
