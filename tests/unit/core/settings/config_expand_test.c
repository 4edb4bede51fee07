/* config_expand_test.c - ${NAME} in one text. */
/* links: core/settings/config_expand.c */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "settings/config_expand.h"

static char expanded[CONFIG_EXPANDED_SIZE];
static char why[CONFIG_WHY_SIZE];

static bool
look_up(void *context, const char *name, const char **value, char *reason)
{
    (void)context;
    if (strcmp(name, "forbidden") == 0) {
        snprintf(reason, CONFIG_WHY_SIZE, "not here");
        return false;
    }
    if (strcmp(name, "A") == 0)
        *value = "one";
    else if (strcmp(name, "_b2") == 0)
        *value = "${A}";
    else if (strcmp(name, "EMPTY") == 0)
        *value = "";
    return true;
}

static const struct {
    const char *text, *expanded;
} good[] = {
    {"", ""},
    {"plain $ $A $$ } {A}", "plain $ $A $$ } {A}"},
    {"${A}", "one"},
    {"<${A}${A}>", "<oneone>"},
    {"${_b2}", "${A}"}, /* what comes in is not looked at again */
    {"${EMPTY}", ""},
    {"${EMPTY:-two}", "two"},
    {"${NONE:-two}", "two"},
    {"${NONE:-}", ""},
    {"${A:-two}", "one"},
    {"${NONE:-$A {x:-y}", "$A {x:-y"},
    {"$${A}", "${A}"},
    {"$$${A}", "$${A}"},
    {"a$", "a$"},
};

START_TEST(variables_are_replaced_once)
{
    ck_assert_msg(config_expand(good[_i].text, look_up, NULL, expanded, why), "%s", why);
    ck_assert_str_eq(expanded, good[_i].expanded);
}
END_TEST

#define NOT_UNDERSTOOD "invalid ${, expected ${NAME} or ${NAME:-default}, or $${ for a literal ${"

static const struct {
    const char *text, *why;
} bad[] = {
    {"${NONE}", "the variable NONE is not set, and has no default"},
    {"${A}${NONE}", "the variable NONE is not set, and has no default"},
    {"${forbidden}", "not here"},
    {"${forbidden:-x}", "not here"},
    {"${", NOT_UNDERSTOOD},
    {"${}", NOT_UNDERSTOOD},
    {"${A", NOT_UNDERSTOOD},
    {"${A:-x", NOT_UNDERSTOOD},
    {"${A:x}", NOT_UNDERSTOOD},
    {"${1A}", NOT_UNDERSTOOD},
    {"${A B}", NOT_UNDERSTOOD},
    {"${:-x}", NOT_UNDERSTOOD},
};

START_TEST(what_is_wrong_is_told)
{
    ck_assert(!config_expand(bad[_i].text, look_up, NULL, expanded, why));
    ck_assert_str_eq(why, bad[_i].why);
}
END_TEST

START_TEST(names_and_results_are_bounded)
{
    static char text[CONFIG_EXPANDED_SIZE + 8];

    memset(text, 'x', CONFIG_EXPANDED_SIZE - 1);
    ck_assert(config_expand(text, look_up, NULL, expanded, why));
    ck_assert_str_eq(expanded, text);
    text[CONFIG_EXPANDED_SIZE - 1] = 'x';
    ck_assert(!config_expand(text, look_up, NULL, expanded, why));
    ck_assert_str_eq(why, "it is longer than 65535 bytes");
    memcpy(text + CONFIG_EXPANDED_SIZE - 3, "${A}", 5);
    ck_assert(!config_expand(text, look_up, NULL, expanded, why));
    ck_assert_str_eq(why, "it is longer than 65535 bytes with its variables");
    memset(text, 'x', 200);
    memcpy(text, "${", 2);
    memcpy(text + 130, "}", 2);
    ck_assert(!config_expand(text, look_up, NULL, expanded, why));
    memcpy(text + 129, ":-}", 4);
    ck_assert(config_expand(text, look_up, NULL, expanded, why));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_expand");
    TCase *tcase = tcase_create("config_expand");

    tcase_add_loop_test(tcase, variables_are_replaced_once, 0, (int)(sizeof good / sizeof *good));
    tcase_add_loop_test(tcase, what_is_wrong_is_told, 0, (int)(sizeof bad / sizeof *bad));
    tcase_add_test(tcase, names_and_results_are_bounded);
    suite_add_tcase(suite, tcase);
    return suite;
}
