/* cache_size_test.c - cache.max_l2_bytes: the database of entries stays below it, and what is read stays in it. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>

#include "support/testbed_fixture.h"

#define MOST_BYTES 2097152
/* What may be stored between two looks, and one body more. */
#define SLACK_BYTES 786432

static void
setup(void)
{
    static const char *const settings[] = {"CACHE_MAX_L2_BYTES=2097152", "NEAR_CACHE_BYTES=0",
                                           NULL};

    testbed_start(&testbed, settings);
}

static int64_t
database_bytes(void)
{
    return testbed_query(&testbed, "cache.db",
                         "SELECT page_count * page_size FROM pragma_page_count,"
                         " pragma_page_size");
}

START_TEST(the_database_stays_below_its_bound)
{
    int64_t count;
    char target[128];

    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200), 0);
    for (int i = 0; i < 80; i++) {
        snprintf(target, sizeof target, "/api/v1/properties?limit=100&offset=%d", i);
        ck_assert_int_eq(testbed_expect(&testbed, target, 200), 0);
        ck_assert_int_le(database_bytes(), MOST_BYTES + SLACK_BYTES);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 81);
    count = testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries");
    ck_assert_int_lt(count, 80);
    ck_assert_int_gt(count, 5);
    ck_assert_int_eq(testbed_expect(&testbed, target, 200), 1); /* the youngest */
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200), 0);
}
END_TEST

START_TEST(a_lowered_bound_is_kept_at_the_next_start)
{
    char target[128];

    for (int i = 0; i < 20; i++) {
        snprintf(target, sizeof target, "/api/v1/properties?limit=100&offset=%d", i);
        ck_assert_int_eq(testbed_expect(&testbed, target, 200), 0);
    }
    ck_assert_int_gt(database_bytes(), 1048576);
    testbed_stop_server(&testbed);
    snprintf(testbed.settings[0], sizeof testbed.settings[0], "CACHE_MAX_L2_BYTES=1048576");
    testbed_start_server(&testbed);
    testbed_await_query(&testbed, "cache.db",
                        "SELECT page_count * page_size <= 1048576 FROM pragma_page_count,"
                        " pragma_page_size",
                        1, 60000);
    ck_assert_int_eq(testbed_expect(&testbed, target, 200), 1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache_size");
    TCase *cases = tcase_create("bounds");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, the_database_stays_below_its_bound);
    tcase_add_test(cases, a_lowered_bound_is_kept_at_the_next_start);
    suite_add_tcase(suite, cases);
    return suite;
}
