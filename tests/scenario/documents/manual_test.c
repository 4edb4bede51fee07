/* manual_test.c - the manual pages: every command, option and setting is there, and groff has nothing to say against them. */
/* links: @support */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/process/shell.h"

#define PAGE_MOST (256 << 10)

static char page[PAGE_MOST], words[PAGE_MOST];

/* $PAGE stands for a page's name. */
static int
run(char *output, size_t size, const char *page_name, const char *commands)
{
    char command[768];

    snprintf(command, sizeof command, "PATH='%s':\"$PATH\"; PAGE=%s; %s",
             getenv("RENTCACHE_BIN_DIR"), page_name, commands);
    return shell_run(command, output, size);
}

/* Every line of words stands somewhere in the page. */
static void
expect_words(const char *what)
{
    int count = 0;
    char *rest = NULL;

    for (char *word = strtok_r(words, "\n", &rest); word != NULL;
         word = strtok_r(NULL, "\n", &rest)) {
        ck_assert_msg(strstr(page, word) != NULL, "%s: %s is not there", what, word);
        count++;
    }
    ck_assert_int_gt(count, 10);
}

/* As help has them: two blanks before each; roff has every hyphen escaped. */
START_TEST(every_command_and_option_is_there)
{
    ck_assert_int_eq(run(page, sizeof page, "rentcache.1", "rentcache describe $PAGE"), 0);
    ck_assert_int_eq(
        run(words, sizeof words, "",
            "rentcache help | sed -n 's/^  \\([a-z-]*\\) .*/.SS \\1/p' | sed 's/-/\\\\-/g'"),
        0);
    expect_words("commands");
    ck_assert_int_eq(
        run(words, sizeof words, "",
            "for c in $(rentcache help | sed -n 's/^  \\([a-z-]*\\) .*/\\1/p'); do "
            "rentcache $c --help; done | sed -n 's/^  \\(--[a-z-]*\\).*/\\1/p' | sort -u | "
            "sed 's/-/\\\\-/g'"),
        0);
    expect_words("options");
}
END_TEST

START_TEST(every_setting_is_there)
{
    ck_assert_int_eq(run(page, sizeof page, "rentcache.yaml.5", "rentcache describe $PAGE"), 0);
    ck_assert_int_eq(run(words, sizeof words, "",
                         "rentcache describe configuration | "
                         "sed -n 's/^| `\\([a-z_A-Z]*\\)`.*/\\1/p'"),
                     0);
    expect_words("settings");
}
END_TEST

static const char *const pages[] = {"rentcache.1", "rentcache.yaml.5"};

/* Without groff their structure is all that is looked at. */
START_TEST(the_page_is_well_formed)
{
    ck_assert_int_eq(run(page, sizeof page, pages[_i], "rentcache describe $PAGE"), 0);
    ck_assert_int_eq(strncmp(page, ".TH RENTCACHE", 13), 0);
    ck_assert_ptr_nonnull(strstr(page, "\n.SH NAME\nrentcache"));
    ck_assert_ptr_nonnull(strstr(page, "\n.SH SEE ALSO\n"));
    ck_assert_int_eq(run(words, sizeof words, pages[_i],
                         "command -v groff > /dev/null || exit 0; "
                         "rentcache describe $PAGE | groff -man -ww -z -Tutf8 2>&1"),
                     0);
    ck_assert_str_eq(words, "");
}
END_TEST

START_TEST(another_page_is_refused)
{
    ck_assert_int_eq(run(page, sizeof page, "rentcache.2", "rentcache describe $PAGE 2>&1"), 2);
    ck_assert_ptr_nonnull(strstr(page, "rentcache.yaml.5"));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("manual");
    TCase *tcase = tcase_create("manual");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_command_and_option_is_there);
    tcase_add_test(tcase, every_setting_is_there);
    tcase_add_loop_test(tcase, the_page_is_well_formed, 0, 2);
    tcase_add_test(tcase, another_page_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
