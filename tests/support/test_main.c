/* test_main.c - the main of every test program: runs the suite of the file it is linked with. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

Suite *test_suite(void);

/* The library gives a test 4 seconds where it asks for no others. Limits end a test that hangs; a busy machine misses none. */
#define DEFAULT_TIMEOUT_S  "30"
#define TIMEOUT_MULTIPLIER "4"

int
main(void)
{
    SRunner *runner;

    setenv("CK_DEFAULT_TIMEOUT", DEFAULT_TIMEOUT_S, 0);
    setenv("CK_TIMEOUT_MULTIPLIER", TIMEOUT_MULTIPLIER, 0);
    runner = srunner_create(test_suite());
    srunner_run_all(runner, CK_ENV);

    int run = srunner_ntests_run(runner);
    int failed = srunner_ntests_failed(runner);

    srunner_free(runner);
    if (run == 0) {
        fputs("the suite holds no test\n", stderr);
        return 1;
    }
    return failed > 0;
}
