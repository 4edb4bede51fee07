/* low_disk_test.c - the disk has less room than is to stay free: the cache, which can be bought again, takes none of it. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <string.h>

#include "support/testbed_fixture.h"

#define FIRST  "/api/v1/properties?state=TX&limit=2"
#define SECOND "/api/v1/properties?state=TX&limit=3"
#define ROWS   "SELECT count(*) FROM cache_entries"

/* No disk has so much. */
static void
setup(void)
{
    static const char *const settings[] = {"MIN_FREE_DISK_BYTES=1125899906842624", NULL};

    testbed_start(&testbed, settings);
}

/* Rows are deleted as well when there is no room: the log alone tells that none is written. */
static void
expect_log(const char *text)
{
    static char log[1 << 20];
    FILE *file = fopen(testbed.log_path, "re");
    size_t size;

    ck_assert_ptr_nonnull(file);
    size = fread(log, 1, sizeof log - 1, file);
    log[size] = '\0';
    fclose(file);
    ck_assert_msg(strstr(log, text) != NULL, "nobody says \"%s\"", text);
}

START_TEST(what_is_paid_is_answered_and_kept_in_memory_alone)
{
    ck_assert_int_eq(testbed_expect(&testbed, FIRST, 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, FIRST, 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, SECOND, 200), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", ROWS), 0);
    expect_log("L2 stores no entries");
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 3, 60000);
}
END_TEST

/* Rows that are there already go first. */
START_TEST(rows_are_deleted_to_make_room)
{
    testbed_stop_server(&testbed);
    testbed.setting_count = 0;
    testbed_start_server(&testbed);
    ck_assert_int_eq(testbed_expect(&testbed, FIRST, 200), 0);
    testbed_await_query(&testbed, "cache.db", ROWS, 1, 60000);
    testbed_stop_server(&testbed);
    testbed.setting_count = 1;
    testbed_start_server(&testbed);
    ck_assert_int_eq(testbed_expect(&testbed, SECOND, 200), 0);
    testbed_await_query(&testbed, "cache.db", ROWS, 0, 60000);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("low_disk");
    TCase *test = tcase_create("low_disk");

    tcase_set_timeout(test, 120);
    tcase_add_checked_fixture(test, setup, testbed_teardown);
    tcase_add_test(test, what_is_paid_is_answered_and_kept_in_memory_alone);
    tcase_add_test(test, rows_are_deleted_to_make_room);
    suite_add_tcase(suite, test);
    return suite;
}
