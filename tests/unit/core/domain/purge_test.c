/* purge_test.c - what a purge matches: everything that it sets must hold. */
/* links: core/domain/purge.c */
#include "purge.h"

#include <check.h>
#include <stdlib.h>

/* An entry of "a", fetched at 1000, fresh until 2000. */
static const struct {
    struct purge_scope scope;
    bool matches;
} rows[] = {
    {{.endpoint = ""}, true},
    {{.endpoint = "a"}, true},
    {{.endpoint = "b"}, false},
    {{.endpoint = "ab"}, false},
    {{.fetched_before_wall_ms = 1000}, false},
    {{.fetched_before_wall_ms = 1001}, true},
    {{.expired_before_wall_ms = 2000}, false},
    {{.expired_before_wall_ms = 2001}, true},
    {{.endpoint = "a", .fetched_before_wall_ms = 1001, .expired_before_wall_ms = 2001}, true},
    {{.endpoint = "b", .fetched_before_wall_ms = 1001, .expired_before_wall_ms = 2001}, false},
    {{.endpoint = "a", .fetched_before_wall_ms = 1000, .expired_before_wall_ms = 2001}, false},
    {{.endpoint = "a", .fetched_before_wall_ms = 1001, .expired_before_wall_ms = 2000}, false},
};

START_TEST(all_that_is_set_must_hold)
{
    ck_assert_int_eq(purge_scope_matches(&rows[_i].scope, bytes_of_text("a"), 1000, 2000),
                     rows[_i].matches);
}
END_TEST

/* An answer that is still to come is younger than every time that a purge can name. */
START_TEST(what_is_to_come_is_matched_by_no_time)
{
    bool is_timed =
        rows[_i].scope.fetched_before_wall_ms != 0 || rows[_i].scope.expired_before_wall_ms != 0;

    ck_assert_int_eq(purge_scope_matches(&rows[_i].scope, bytes_of_text("a"), PURGE_TIME_TO_COME,
                                         PURGE_TIME_TO_COME),
                     rows[_i].matches && !is_timed);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("purge");
    TCase *cases = tcase_create("scope");

    tcase_add_loop_test(cases, all_that_is_set_must_hold, 0, (int)COUNT(rows));
    tcase_add_loop_test(cases, what_is_to_come_is_matched_by_no_time, 0, (int)COUNT(rows));
    suite_add_tcase(suite, cases);
    return suite;
}
