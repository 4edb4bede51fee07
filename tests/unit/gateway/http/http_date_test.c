/* http_date_test.c - three forms of one instant, days that do not exist, and the century of two digits. */
/* links: gateway/http/http_date.c core/base/text.c */
#include "http/http_date.h"

#include <check.h>
#include <stdlib.h>

#define NOW_S      1767225600 /* 2026-01-01T00:00:00Z */
#define EXAMPLE_S  784111777  /* RFC 9110 5.6.7 */
#define NOT_A_DATE INT64_MIN

struct example {
    const char *text;
    int64_t seconds;
};

static const struct example examples[] = {
    {"Sun, 06 Nov 1994 08:49:37 GMT", EXAMPLE_S},
    {"Sunday, 06-Nov-94 08:49:37 GMT", EXAMPLE_S},
    {"Sun Nov  6 08:49:37 1994", EXAMPLE_S},
    {"Sun Nov 06 08:49:37 1994", EXAMPLE_S},
    {"sun, 06 nOV 1994 08:49:37 gmt", EXAMPLE_S},
    {"SUNDAY, 06-NOV-94 08:49:37 GMT", EXAMPLE_S},
    {"Sun, 06 Nov 1994 08:49:37 GMT \t", EXAMPLE_S},
    {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Wed, 31 Dec 1969 23:59:59 GMT", -1},
    {"Tue, 19 Jan 2038 03:14:08 GMT", 2147483648},
    {"Thu, 29 Feb 2024 00:00:00 GMT", 1709164800},
    {"Sat, 31 Dec 2016 23:59:60 GMT", 1483228800},
    /* two digits: at most 50 years ahead of 2026 */
    {"Thursday, 01-Jan-76 00:00:00 GMT", 3345062400},
    {"Thursday, 01-Jan-77 00:00:00 GMT", 220924800},
    {"Thursday, 01-Jan-26 00:00:00 GMT", NOW_S},
    {"Saturday, 01-Jan-00 00:00:00 GMT", 946684800},
    /* none of the three */
    {"", NOT_A_DATE},
    {"0", NOT_A_DATE},
    {"784111777", NOT_A_DATE},
    {"1994-11-06T08:49:37Z", NOT_A_DATE},
    {"06 Nov 1994 08:49:37 GMT", NOT_A_DATE},
    {"Sun, 06 Nov 1994 08:49:37", NOT_A_DATE},
    {"Sun, 06 Nov 1994 08:49:37 UTC", NOT_A_DATE},
    {"Sun, 06 Nov 1994 08:49:37 +0000", NOT_A_DATE},
    {"Sun, 6 Nov 1994 08:49:37 GMT", NOT_A_DATE},
    {"Sun, 06 Nov 94 08:49:37 GMT", NOT_A_DATE},
    {"Sun, 06 Nov 1994 8:49:37 GMT", NOT_A_DATE},
    {"Sun, 06  Nov 1994 08:49:37 GMT", NOT_A_DATE},
    {"Sun 06 Nov 1994 08:49:37 GMT", NOT_A_DATE},
    {"Sun,06 Nov 1994 08:49:37 GMT", NOT_A_DATE},
    {"Sun, 06-Nov-1994 08:49:37 GMT", NOT_A_DATE},
    {"Sun, 06 Foo 1994 08:49:37 GMT", NOT_A_DATE},
    {"Foo, 06 Nov 1994 08:49:37 GMT", NOT_A_DATE},
    {"Sun, 06 Nov 1994 08.49.37 GMT", NOT_A_DATE},
    {"Sun, 06 Nov 1994 24:00:00 GMT", NOT_A_DATE},
    {"Sun, 06 Nov 1994 08:60:00 GMT", NOT_A_DATE},
    {"Sun, 06 Nov 1994 08:49:61 GMT", NOT_A_DATE},
    {"Sun, 00 Nov 1994 08:49:37 GMT", NOT_A_DATE},
    {"Sun, 31 Nov 1994 08:49:37 GMT", NOT_A_DATE},
    {"Wed, 29 Feb 2023 00:00:00 GMT", NOT_A_DATE},
    {"Sun, 06 Nov 1994 08:49:37 GMTx", NOT_A_DATE},
    {" Sun, 06 Nov 1994 08:49:37 GMT", NOT_A_DATE},
    {"Sun Nov 6 08:49:37 1994", NOT_A_DATE},
    {"Sun Nov  6 08:49:37 94", NOT_A_DATE},
};

START_TEST(a_text_means)
{
    const struct example *example = &examples[_i];
    int64_t seconds = NOT_A_DATE;
    bool is_read = http_date_read(bytes_of_text(example->text), NOW_S, &seconds);

    ck_assert_msg(is_read == (example->seconds != NOT_A_DATE) && seconds == example->seconds,
                  "\"%s\": %lld", example->text, (long long)seconds);
}
END_TEST

START_TEST(what_is_written_is_the_first_form)
{
    char buffer[64];
    struct text text = text_of(buffer, sizeof buffer);

    http_date_write(&text, EXAMPLE_S);
    ck_assert(bytes_equal_text(text_bytes(&text), "Sun, 06 Nov 1994 08:49:37 GMT"));
}
END_TEST

START_TEST(what_is_written_is_read_back)
{
    for (int64_t second = -2000000000; second < 5000000000; second += 86399 * 7 + 1) {
        char buffer[64];
        struct text text = text_of(buffer, sizeof buffer);
        int64_t seconds = 0;

        http_date_write(&text, second);
        ck_assert(http_date_read(text_bytes(&text), NOW_S, &seconds));
        ck_assert_int_eq(seconds, second);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("http_date");
    TCase *tests = tcase_create("dates");

    tcase_add_loop_test(tests, a_text_means, 0, (int)COUNT(examples));
    tcase_add_test(tests, what_is_written_is_the_first_form);
    tcase_add_test(tests, what_is_written_is_read_back);
    suite_add_tcase(suite, tests);
    return suite;
}
