/* near_purges_test.c - which entries a remembered purge keeps out. */
/* links: gateway/near/near_purges.c core/domain/purge.c */

#include "near/near_purges.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static struct near_purges purges;

static void
set_up(void)
{
    memset(&purges, 0, sizeof purges);
}

static bool
match(int64_t purge_number, const char *route)
{
    return near_purges_match(&purges,
                             &(struct near_purged){purge_number, bytes_of_text(route), 1000, 2000});
}

static void
add_scope(int64_t number, struct purge_scope scope)
{
    ck_assert(near_purges_is_next(&purges, number));
    near_purges_add(&purges, number, &scope);
}

static void
add(int64_t number, const char *endpoint)
{
    struct purge_scope scope = {0};

    bytes_copy_text(bytes_of_text(endpoint), scope.endpoint, sizeof scope.endpoint);
    add_scope(number, scope);
}

START_TEST(a_purge_matches_what_was_fetched_before_it)
{
    ck_assert(!match(0, "a"));
    add(1, "");
    ck_assert(match(0, "a"));
    ck_assert(!match(1, "a"));
    ck_assert(!match(2, "a"));
}
END_TEST

START_TEST(an_endpoint_matches_its_own_route_alone)
{
    add(1, "a");
    add(2, "b");
    ck_assert(match(0, "a"));
    ck_assert(match(0, "b"));
    ck_assert(!match(0, "c"));
    ck_assert(!match(0, "ab"));
    ck_assert(!match(1, "a"));
    ck_assert(match(1, "b"));
    ck_assert(!match(2, "b"));
}
END_TEST

/* The entry was fetched at 1000 and is fresh until 2000. */
START_TEST(a_purge_of_a_time_matches_what_is_older_alone)
{
    add_scope(1, (struct purge_scope){.fetched_before_wall_ms = 1000});
    ck_assert(!match(0, "a"));
    add_scope(2, (struct purge_scope){.expired_before_wall_ms = 2000});
    ck_assert(!match(0, "a"));
    add_scope(3, (struct purge_scope){.endpoint = "b", .fetched_before_wall_ms = 1001});
    ck_assert(!match(0, "a"));
    ck_assert(match(0, "b"));
    add_scope(4, (struct purge_scope){.fetched_before_wall_ms = 1001});
    ck_assert(match(0, "a"));
    ck_assert(!match(4, "a"));
}
END_TEST

START_TEST(what_is_older_than_all_that_is_remembered_is_refused)
{
    for (int64_t number = 1; number <= NEAR_PURGES_REMEMBERED; number++)
        add(number, "a");
    ck_assert(!match(0, "b"));
    add(NEAR_PURGES_REMEMBERED + 1, "a");
    ck_assert(match(0, "b"));
    ck_assert(!match(1, "b"));
    ck_assert(match(1, "a"));
}
END_TEST

START_TEST(numbers_are_consecutive)
{
    add(1, "a");
    ck_assert(!near_purges_is_next(&purges, 1));
    ck_assert(!near_purges_is_next(&purges, 0));
    ck_assert(!near_purges_is_next(&purges, 3));
    ck_assert(!near_purges_is_next(&purges, INT64_MIN));
    ck_assert(near_purges_is_next(&purges, 2));
}
END_TEST

START_TEST(a_reset_forgets_purges_and_takes_younger_entries_only)
{
    add(1, "");
    near_purges_reset(&purges, 500);
    ck_assert(match(499, "a"));
    ck_assert(!match(500, "a"));
    add(501, "a");
    ck_assert(match(500, "a"));
    ck_assert(!match(500, "b"));
    near_purges_reset(&purges, 3);
    ck_assert(!match(3, "a"));
    ck_assert(match(2, "a"));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("near_purges");
    TCase *tcase = tcase_create("near_purges");

    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, a_purge_matches_what_was_fetched_before_it);
    tcase_add_test(tcase, an_endpoint_matches_its_own_route_alone);
    tcase_add_test(tcase, a_purge_of_a_time_matches_what_is_older_alone);
    tcase_add_test(tcase, what_is_older_than_all_that_is_remembered_is_refused);
    tcase_add_test(tcase, numbers_are_consecutive);
    tcase_add_test(tcase, a_reset_forgets_purges_and_takes_younger_entries_only);
    suite_add_tcase(suite, tcase);
    return suite;
}
