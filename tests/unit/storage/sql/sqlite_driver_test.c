/* sqlite_driver_test.c - the words of the schema become those of the engine. */
/* links: @storage @core */
#include <check.h>

#include "sql/sql.h"

START_TEST(words_in_braces_are_replaced_and_the_rest_is_kept)
{
    char text[200];

    sql_expand("a {serial_key}, b {timestamp} DEFAULT {now})", text, sizeof text);
    ck_assert_str_eq(text, "a INTEGER PRIMARY KEY, b TEXT DEFAULT"
                           " (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')))");
    sql_expand("", text, sizeof text);
    ck_assert_str_eq(text, "");
    sql_expand("{bytes}{date}", text, sizeof text);
    ck_assert_str_eq(text, "BLOBTEXT");
}
END_TEST

START_TEST(a_text_may_fill_the_buffer)
{
    char text[5];

    sql_expand("{date}", text, sizeof text);
    ck_assert_str_eq(text, "TEXT");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("sqlite_driver");
    TCase *tcase = tcase_create("dialect");

    tcase_add_test(tcase, words_in_braces_are_replaced_and_the_rest_is_kept);
    tcase_add_test(tcase, a_text_may_fill_the_buffer);
    suite_add_tcase(suite, tcase);
    return suite;
}
