/* accept_encoding_test.c - the list with weights: who gets gzip, who does not. */
/* links: gateway/http/accept_encoding.c */
#include "http/accept_encoding.h"

#include <check.h>
#include <stdlib.h>

struct example {
    const char *value;
    bool takes_gzip;
};

static const struct example examples[] = {
    /* what clients send */
    {"gzip", true},
    {"gzip, deflate", true},
    {"gzip, deflate, br", true},
    {"gzip, deflate, br, zstd", true},
    {"gzip,deflate;q=0.5", true},
    {"deflate, gzip", true},
    {"br;q=1.0, gzip;q=0.8, *;q=0.1", true},
    {"compress;q=0.5, gzip;q=1.0", true},
    {"deflate, gzip;q=1.0, *;q=0.5", true},
    {"*", true},
    {"*;q=0.001", true},
    {"identity;q=0, gzip", true},
    {"identity;q=0, *;q=0.5", true},
    {"x-gzip", true},
    {"GZip;Q=0.5", true},
    {"  gzip \t;\t q=1  , br", true},
    {"identity, gzip", true},
    {"gzip;q=0.001", true},
    {"gzip;q=1.000", true},
    {"gzip;q=1.", true},
    {",, gzip ,,", true},
    /* no gzip */
    {"", false},
    {" ", false},
    {",", false},
    {"br", false},
    {"identity", false},
    {"identity;q=0", false},
    {"gzip;q=0", false},
    {"gzip;q=0.0", false},
    {"gzip;q=0.000, br", false},
    {"gzip;q=0, *", false},
    {"*;q=0", false},
    {"br, *;q=0", false},
    {"identity, *;q=0.5", false},
    {"identity;q=1, gzip;q=0.5", false},
    {"gzipped", false},
    {"gzip2, br", false},
    {"xgzip", false},
    {"agzip, gzi", false},
    /* members that are not well-formed count as absent */
    {"gzip;q=2", false},
    {"gzip;q=1.001", false},
    {"gzip;q=0.1234", false},
    {"gzip;q=-1", false},
    {"gzip;q=", false},
    {"gzip;q", false},
    {"gzip;", false},
    {"gzip;level=9", false},
    {"gzip q=1", false},
    {"gzip;q=0.5;q=0.7", false},
    {"gzip;q=x, *", true},
};

START_TEST(a_list_means)
{
    const struct example *example = &examples[_i];

    ck_assert_msg(accept_encoding_takes_gzip(example->value) == example->takes_gzip, "\"%s\"",
                  example->value);
}
END_TEST

START_TEST(several_lines_are_one_list)
{
    struct accept_encoding accepted = accept_encoding_none();

    ck_assert(!accept_encoding_prefers_gzip(&accepted));
    accept_encoding_add(&accepted, "br, *");
    ck_assert(accept_encoding_prefers_gzip(&accepted));
    accept_encoding_add(&accepted, "gzip;q=0");
    ck_assert(!accept_encoding_prefers_gzip(&accepted));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("accept_encoding");
    TCase *tests = tcase_create("list");

    tcase_add_loop_test(tests, a_list_means, 0, (int)(sizeof examples / sizeof *examples));
    tcase_add_test(tests, several_lines_are_one_list);
    suite_add_tcase(suite, tests);
    return suite;
}
