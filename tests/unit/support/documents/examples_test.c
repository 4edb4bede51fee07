/* examples_test.c - what counts as a command block of a page, and what a mark means. */
/* links: @support */
#include <check.h>
#include <string.h>

#include "support/documents/examples.h"

static struct examples examples;
static char error[256];

static void
read_good(const char *page, size_t count)
{
    ck_assert_msg(examples_read(&examples, page, error), "%s", error);
    ck_assert_uint_eq(examples.count, count);
}

START_TEST(blocks_are_indented_or_fenced)
{
    read_good("# Page\n\ntext\n    that goes on\n\n    one\n    two\n\n    three\n\ntext\n\n"
              "```sh\nfour\n\n  five\n```\n\n```json\n{}\n```\n",
              2);
    ck_assert_str_eq(examples.entries[0].commands, "one\ntwo\n\nthree\n\n");
    ck_assert_int_eq(examples.entries[0].line, 6);
    ck_assert_str_eq(examples.entries[1].commands, "four\n\n  five\n");
    ck_assert_int_eq(examples.entries[1].line, 14);
    ck_assert(examples.entries[0].is_run);
    ck_assert_str_eq(examples.entries[0].expectation, "");
    examples_fini(&examples);
}
END_TEST

START_TEST(marks_belong_to_the_next_block)
{
    read_good("<!-- expect: 200 -->\n<!-- expect: no Age -->\n    one\n\n<!-- not run: slow -->\n\n"
              "```sh\ntwo\n```\n\n    three\n",
              3);
    ck_assert_str_eq(examples.entries[0].expectation, " 200 , no Age ");
    ck_assert(!examples.entries[1].is_run);
    ck_assert(examples.entries[2].is_run);
    ck_assert_str_eq(examples.entries[2].expectation, "");
    examples_fini(&examples);
}
END_TEST

static const struct {
    const char *page, *error;
} wrong_pages[] = {
    {"<!-- expect: 200 -->\ntext\n", "line 2: the mark above stands before no command block"},
    {"text\n\n<!-- expect: 200 -->\n", "line 3: the last mark stands before no block"},
    {"```sh\none\n", "line 2: a fence is not closed"},
};

START_TEST(wrong_pages_are_refused)
{
    ck_assert(!examples_read(&examples, wrong_pages[_i].page, error));
    ck_assert_str_eq(error, wrong_pages[_i].error);
    examples_fini(&examples);
}
END_TEST

#define HEADS                                                                                      \
    "HTTP/1.1 401 Unauthorized\r\nAge: 1\r\n\r\n"                                                  \
    "HTTP/1.1 200 OK\r\nX-Cache-Hit: true\r\nX-Limit: 1\r\n\r\n"

static const struct {
    const char *expectation, *error; /* "": it holds */
} checks[] = {
    {"", ""},
    {" 200 , X-Cache-Hit: true ", ""},
    {"x-cache-hit: true", ""},
    {"X-Limit: *, no Age, \"one, two\"", ""},
    {"\"three\"", "not as marked: \"three"},
    {"401", "status 200, expected 401"},
    {"X-Cache-Hit: false", "X-Cache-Hit is true, expected false"},
    {"Age: *", "Age is (none), expected *"},
    {"no X-Limit", "not as marked: no X-Limit"},
    {"exit 1", "exit status 0, expected 1"},
    {"whatever", "the mark is not understood: whatever"},
};

START_TEST(outcomes_are_compared_with_marks)
{
    struct example_outcome outcome = {.output = "say one, two", .heads = HEADS};

    error[0] = '\0';
    ck_assert_int_eq(examples_check(checks[_i].expectation, &outcome, error),
                     checks[_i].error[0] == '\0');
    if (checks[_i].error[0] != '\0')
        ck_assert_str_eq(error, checks[_i].error);
}
END_TEST

START_TEST(an_exit_status_counts)
{
    struct example_outcome outcome = {.exit_status = 3, .output = "", .heads = ""};

    ck_assert(!examples_check("", &outcome, error));
    ck_assert(examples_check("exit 3", &outcome, error));
    outcome.exit_status = 0;
    ck_assert(!examples_check("200", &outcome, error));
    ck_assert_str_eq(error, "status ---, expected 200");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("support/examples");
    TCase *cases = tcase_create("examples");

    tcase_add_test(cases, blocks_are_indented_or_fenced);
    tcase_add_test(cases, marks_belong_to_the_next_block);
    tcase_add_loop_test(cases, wrong_pages_are_refused, 0,
                        (int)(sizeof wrong_pages / sizeof *wrong_pages));
    tcase_add_loop_test(cases, outcomes_are_compared_with_marks, 0,
                        (int)(sizeof checks / sizeof *checks));
    tcase_add_test(cases, an_exit_status_counts);
    suite_add_tcase(suite, cases);
    return suite;
}
