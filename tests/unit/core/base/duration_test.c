/* duration_test.c - which bucket a duration belongs to, and quantiles out of counts. */
/* links: core/base/duration.c */
#include <check.h>
#include <stdlib.h>

#include "base/duration.h"
#include "support/row.h"

/* A duration belongs to the first bound that is not below it. */
START_TEST(a_bound_belongs_to_its_bucket)
{
    ck_assert_uint_eq(duration_bucket(0), 0);
    ck_assert_uint_eq(duration_bucket(-5), 0); /* a clock that went back */
    for (size_t i = 0; i < DURATION_BOUND_COUNT; i++) {
        ck_assert_uint_eq(duration_bucket(duration_bounds_us[i]), i);
        ck_assert_uint_eq(duration_bucket(duration_bounds_us[i] + 1), i + 1);
    }
    ck_assert_uint_eq(duration_bucket(INT64_MAX), DURATION_BOUND_COUNT);
}
END_TEST

START_TEST(bounds_rise)
{
    for (size_t i = 1; i < DURATION_BOUND_COUNT; i++)
        ck_assert_int_gt(duration_bounds_us[i], duration_bounds_us[i - 1]);
}
END_TEST

START_TEST(a_quantile_is_found_within_its_bucket)
{
    int64_t counts[DURATION_BUCKET_COUNT] = {0};

    row("R-129");
    counts[duration_bucket(1000)] = 90;  /* above 500 us, up to 1 ms */
    counts[duration_bucket(10000)] = 10; /* above 5 ms, up to 10 ms */
    ck_assert_double_eq_tol(duration_quantile_ms(counts, 0.45), 0.75, 1e-9);
    ck_assert_double_eq_tol(duration_quantile_ms(counts, 0.90), 1.0, 1e-9);
    ck_assert_double_eq_tol(duration_quantile_ms(counts, 0.95), 7.5, 1e-9);
    ck_assert_double_eq_tol(duration_quantile_ms(counts, 1.0), 10.0, 1e-9);
}
END_TEST

START_TEST(quantiles_of_nothing_and_of_too_much)
{
    int64_t counts[DURATION_BUCKET_COUNT] = {0};

    ck_assert_double_eq(duration_quantile_ms(counts, 0.99), 0.0);
    counts[DURATION_BOUND_COUNT] = 4;
    ck_assert_double_eq_tol(duration_quantile_ms(counts, 0.5), 30000.0, 1e-9);
}
END_TEST

/* Whatever the counts: not below the bucket of the true quantile, nor above it. */
START_TEST(a_quantile_lies_in_the_bucket_of_the_true_one)
{
    unsigned seed = 11;

    for (int round = 0; round < 200; round++) {
        int64_t counts[DURATION_BUCKET_COUNT] = {0}, below = 0;
        size_t bucket = 0;
        double found_us;

        for (int i = 0; i < 100; i++)
            counts[rand_r(&seed) % DURATION_BOUND_COUNT]++;
        while (below + counts[bucket] < 95)
            below += counts[bucket++];
        found_us = duration_quantile_ms(counts, 0.95) * 1000.0;
        ck_assert_double_le(found_us, (double)duration_bounds_us[bucket] + 1e-6);
        if (bucket > 0)
            ck_assert_double_ge(found_us, (double)duration_bounds_us[bucket - 1] - 1e-6);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/duration");
    TCase *tcase = tcase_create("duration");

    tcase_add_test(tcase, a_bound_belongs_to_its_bucket);
    tcase_add_test(tcase, bounds_rise);
    tcase_add_test(tcase, a_quantile_is_found_within_its_bucket);
    tcase_add_test(tcase, quantiles_of_nothing_and_of_too_much);
    tcase_add_test(tcase, a_quantile_lies_in_the_bucket_of_the_true_one);
    suite_add_tcase(suite, tcase);
    return suite;
}
