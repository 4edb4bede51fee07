/* mixture_test.c - a few troubles at random, with seeds that stay: the bill is the ledger. The long runs: mixture_long_test.c. */
/* links: @support */
/* topologies: one four */
#include "scenario/faults/mixture_common.h"

#define STEPS 8

static const unsigned seeds[] = {1, 4};

START_TEST(the_bill_is_the_ledger)
{
    unsigned seed = seeds[_i];

    (void)mixture_seed_is_given(&seed);
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
    Suite *suite = suite_create("mixture");
    TCase *cases = tcase_create("short");

    tcase_set_timeout(cases, 240);
    tcase_add_loop_test(cases, the_bill_is_the_ledger, 0, sizeof seeds / sizeof *seeds);
    suite_add_tcase(suite, cases);
    return suite;
}
