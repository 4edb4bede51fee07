/* test_main.c - the main of every test program: runs the suite of the file it is linked with. */

#include <check.h>
#include <stdio.h>

Suite *test_suite(void);

int
main(void)
{
    SRunner *runner = srunner_create(test_suite());

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
