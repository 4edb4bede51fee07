/* mixture_long_test.c - each trouble and each fault of the paid API alone, and long mixtures: the bill is the ledger.
 *
 * RENTCACHE_MIXTURE_SEED repeats the mixture of that seed; what failed names it. */
/* links: @support */
/* topologies: one four */
/* label: long plain */
#include "scenario/faults/mixture_common.h"

#define STEPS 50
#define ALONE 4
#define SEEDS 5

START_TEST(a_trouble_alone)
{
    const struct trouble *chosen = &troubles[_i];
    unsigned seed = (unsigned)_i + 1;

    mixture_start(seed);
    for (int i = 0; i < ALONE; i++) {
        watch_clients(300);
        run_troubles(&chosen, 1, &seed);
    }
    expect_all_books();
    mixture_end();
}
END_TEST

START_TEST(a_fault_alone)
{
    size_t chosen = (size_t)_i;

    mixture_start((unsigned)_i + 1);
    for (int i = 0; i < ALONE; i++) {
        set_faults(&chosen, 1);
        watch_clients(500);
        set_faults(NULL, 0);
        watch_clients(200);
    }
    expect_all_books();
    mixture_end();
}
END_TEST

START_TEST(a_mixture)
{
    unsigned seed = 100 + (unsigned)_i;

    if (mixture_seed_is_given(&seed) && _i > 0)
        return;
    mixture_start(seed);
    for (int i = 0; i < STEPS; i++)
        run_step(&seed);
    expect_all_books();
    mixture_end();
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("mixture_long");
    TCase *troubles_alone = tcase_create("troubles"), *faults_alone = tcase_create("faults"),
          *mixtures = tcase_create("mixtures");

    tcase_set_timeout(troubles_alone, 240);
    tcase_add_loop_test(troubles_alone, a_trouble_alone, 0, TROUBLES);
    suite_add_tcase(suite, troubles_alone);
    tcase_set_timeout(faults_alone, 240);
    tcase_add_loop_test(faults_alone, a_fault_alone, 0, VENDOR_FAULTS);
    suite_add_tcase(suite, faults_alone);
    tcase_set_timeout(mixtures, 600);
    tcase_add_loop_test(mixtures, a_mixture, 0, SEEDS);
    suite_add_tcase(suite, mixtures);
    return suite;
}
