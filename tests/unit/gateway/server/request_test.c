/* request_test.c - fields are found by name in any case, and counted. */
/* links: gateway/server/request.c */

#include "server/request.h"

#include <check.h>

static const struct request request = {
    .method = "GET",
    .headers =
        {
            {"Host", "a"},
            {"Authorization", "Bearer one"},
            {"X-Empty", ""},
            {"AUTHORIZATION", "Bearer two"},
        },
    .header_count = 4,
};

START_TEST(a_name_matches_in_any_case)
{
    size_t count;

    ck_assert_str_eq(request_header(&request, "host", &count), "a");
    ck_assert_uint_eq(count, 1);
    ck_assert_str_eq(request_header(&request, "HOST", NULL), "a");
    ck_assert_str_eq(request_header(&request, "x-empty", &count), "");
    ck_assert_uint_eq(count, 1);
}
END_TEST

START_TEST(a_field_given_twice_is_counted_and_the_first_is_given)
{
    size_t count;

    ck_assert_str_eq(request_header(&request, "authorization", &count), "Bearer one");
    ck_assert_uint_eq(count, 2);
}
END_TEST

START_TEST(what_is_not_there_is_not_found)
{
    size_t count = 9;

    ck_assert_ptr_null(request_header(&request, "Hos", &count));
    ck_assert_uint_eq(count, 0);
    ck_assert_ptr_null(request_header(&request, "Host2", NULL));
    ck_assert_ptr_null(request_header(&request, "", &count));
    ck_assert_uint_eq(count, 0);
}
END_TEST

START_TEST(methods_match_in_their_own_case_only)
{
    ck_assert(request_method_is(&request, "GET"));
    ck_assert(!request_method_is(&request, "get"));
    ck_assert(!request_method_is(&request, "GE"));
    ck_assert(!request_method_is(&request, "GETS"));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("request");
    TCase *cases = tcase_create("fields");

    tcase_add_test(cases, a_name_matches_in_any_case);
    tcase_add_test(cases, a_field_given_twice_is_counted_and_the_first_is_given);
    tcase_add_test(cases, what_is_not_there_is_not_found);
    tcase_add_test(cases, methods_match_in_their_own_case_only);
    suite_add_tcase(suite, cases);
    return suite;
}
