/* status_set_test.c - statuses, ranges and classes of a setting; what is none of them. */
/* links: core/domain/status_set.c */

#include "status_set.h"

#include <check.h>

#include "base/bytes.h"

START_TEST(statuses_ranges_and_classes)
{
    struct status_set set;

    ck_assert(status_set_read("200|404|5xx|201-203", &set));
    for (int status = 0; status < 1000; status++) {
        bool is_in =
            (status >= 200 && status <= 203) || status == 404 || (status >= 500 && status <= 599);

        ck_assert_msg(status_set_has(&set, status) == is_in, "%d", status);
    }
    ck_assert(!status_set_has(&set, -200));
}
END_TEST

START_TEST(empty_is_the_empty_set)
{
    struct status_set set;

    ck_assert(status_set_read("", &set));
    for (int status = 0; status < 1000; status++)
        ck_assert(!status_set_has(&set, status));
}
END_TEST

static const char *const bad[] = {"2",       "20",   "2000", "099",     "600",  "6xx",
                                  "0xx",     "2x",   "|",    "200|",    "|200", "200||404",
                                  "404-200", "200 ", "abc",  "200-2xx", "-200", "200-"};

START_TEST(anything_else_is_refused)
{
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct status_set set;

        ck_assert_msg(!status_set_read(bad[i], &set), "%s", bad[i]);
        ck_assert(!status_set_has(&set, 200));
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("status_set");
    TCase *cases = tcase_create("status_set");

    tcase_add_test(cases, statuses_ranges_and_classes);
    tcase_add_test(cases, empty_is_the_empty_set);
    tcase_add_test(cases, anything_else_is_refused);
    suite_add_tcase(suite, cases);
    return suite;
}
