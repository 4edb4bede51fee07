/* faults_test.c - how many calls are hit, and what is no fault. */
/* links: upstream/call/faults.c */
#include <check.h>

#include "call/faults.h"

START_TEST(none_some_and_all_are_hit)
{
    struct faults faults = {0};

    ck_assert(!faults_hit(&faults, 0));
    ck_assert(faults_set(&faults, FAULTS_PPM_MOST, 0));
    ck_assert(faults_hit(&faults, UINT32_MAX));
    ck_assert(faults_set(&faults, FAULTS_PPM_MOST / 2, 0));
    ck_assert(faults_hit(&faults, UINT32_MAX / 2 - 5000));
    ck_assert(!faults_hit(&faults, UINT32_MAX / 2 + 5000));
    ck_assert(faults_set(&faults, 1, 0));
    ck_assert(faults_hit(&faults, 0));
    ck_assert(!faults_hit(&faults, 5000));
}
END_TEST

START_TEST(what_is_out_of_bounds_changes_nothing)
{
    struct faults faults = {.ppm = 7, .latency_ms = 8};

    ck_assert(!faults_set(&faults, -1, 0));
    ck_assert(!faults_set(&faults, FAULTS_PPM_MOST + 1, 0));
    ck_assert(!faults_set(&faults, 0, -1));
    ck_assert(!faults_set(&faults, 0, FAULTS_LATENCY_MOST_MS + 1));
    ck_assert_int_eq(faults.ppm, 7);
    ck_assert_int_eq(faults.latency_ms, 8);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("upstream/faults");
    TCase *tcase = tcase_create("faults");

    tcase_add_test(tcase, none_some_and_all_are_hit);
    tcase_add_test(tcase, what_is_out_of_bounds_changes_nothing);
    suite_add_tcase(suite, tcase);
    return suite;
}
