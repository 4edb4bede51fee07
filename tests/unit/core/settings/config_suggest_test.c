/* config_suggest_test.c - which known word a wrong one meant, and when none. */
/* links: core/settings/config_suggest.c */
#include <check.h>

#include "base/bytes.h"
#include "settings/config_suggest.h"

static const char *const known[] = {"host", "port", "admin_port", "cors_origins", "threads"};

static const struct {
    const char *word;
    const char *meant; /* NULL: none */
} words[] = {
    {"prot", "port"},
    {"por", "port"},
    {"ports", "port"},
    {"PORT", "port"},
    {"admin-port", "admin_port"},
    {"adminport", "admin_port"},
    {"thread", "threads"},
    {"cors_orgins", "cors_origins"},
    {"cors", NULL},
    {"x", NULL},
    {"", NULL},
    {"pxxt", NULL},
    {"a_word_that_is_longer_than_everything_that_is_known_and_than_the_bound", NULL},
};

START_TEST(the_nearest_is_meant)
{
    struct suggestion suggestion = {.word = words[_i].word};

    for (size_t i = 0; i < COUNT(known); i++)
        suggestion_offer(&suggestion, known[i]);
    if (words[_i].meant == NULL)
        ck_assert_ptr_null(suggestion_best(&suggestion));
    else
        ck_assert_pstr_eq(suggestion_best(&suggestion), words[_i].meant);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_suggest");
    TCase *tcase = tcase_create("config_suggest");

    tcase_add_loop_test(tcase, the_nearest_is_meant, 0, (int)COUNT(words));
    suite_add_tcase(suite, tcase);
    return suite;
}
