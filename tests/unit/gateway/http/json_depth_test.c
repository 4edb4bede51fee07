/* json_depth_test.c - nesting is counted as a JSON parser would count it. */
/* links: gateway/http/json_depth.c */
#include <check.h>

#include "http/json_depth.h"

static bool
is_within(const char *json, int most)
{
    return json_depth_is_within(bytes_of_text(json), most);
}

START_TEST(brackets_are_counted)
{
    ck_assert(is_within("", 0));
    ck_assert(is_within("1", 0));
    ck_assert(!is_within("{}", 0));
    ck_assert(is_within("{\"a\": [1, {\"b\": []}]}", 4));
    ck_assert(!is_within("{\"a\": [1, {\"b\": []}]}", 3));
    ck_assert(is_within("[[],[],[],[],[]]", 2));
    ck_assert(!is_within("[[[[", 3));
}
END_TEST

START_TEST(strings_hold_no_brackets)
{
    ck_assert(is_within("{\"[[[[\": \"{{{{\"}", 1));
    ck_assert(is_within("[\"\\\"[[[\", \"\\\\\"]", 1));
    ck_assert(!is_within("[\"\\\\\"[[[", 3));
    ck_assert(is_within("[\"[[[\\", 1)); /* ends within an escape */
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("json_depth");
    TCase *cases = tcase_create("texts");

    tcase_add_test(cases, brackets_are_counted);
    tcase_add_test(cases, strings_hold_no_brackets);
    suite_add_tcase(suite, cases);
    return suite;
}
