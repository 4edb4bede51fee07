/* storage_l1_test.c - a generation goes on only from an orderly end to the next begin. */
/* links: @core @storage */
#include "contract/storage_entries_fixture.h"

static void
setup_sqlite(void)
{
    open_backend(0);
}

static void
reopen(void)
{
    entries_close(&entries);
    entries = place_entries(&place);
}

static int64_t
begin_generation(void)
{
    int64_t generation = 0;

    ck_assert_int_eq(l1_generation_begin(entries, &generation), STATUS_OK);
    ck_assert_int_gt(generation, 0);
    return generation;
}

START_TEST(an_orderly_end_lets_it_go_on_once)
{
    int64_t first = begin_generation();

    ck_assert_int_eq(l1_generation_end(entries), STATUS_OK);
    reopen();
    ck_assert_int_eq(begin_generation(), first);
    /* killed */
    reopen();
    ck_assert_int_ne(begin_generation(), first);
}
END_TEST

START_TEST(a_renewed_one_is_what_goes_on)
{
    int64_t first = begin_generation(), renewed;

    ck_assert_int_eq(l1_generation_renew(entries, &renewed), STATUS_OK);
    ck_assert_int_ne(renewed, first);
    ck_assert_int_eq(l1_generation_end(entries), STATUS_OK);
    reopen();
    ck_assert_int_eq(begin_generation(), renewed);
}
END_TEST

START_TEST(two_databases_have_two)
{
    int64_t first = begin_generation();

    teardown();
    open_backend(0);
    ck_assert_int_ne(begin_generation(), first);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("storage_l1");
    TCase *tests = tcase_create("generation");

    tcase_add_checked_fixture(tests, setup_sqlite, teardown);
    tcase_add_test(tests, an_orderly_end_lets_it_go_on_once);
    tcase_add_test(tests, a_renewed_one_is_what_goes_on);
    tcase_add_test(tests, two_databases_have_two);
    suite_add_tcase(suite, tests);
    return suite;
}
