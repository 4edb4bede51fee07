/* query_test.c - queries and paths as they come over the wire. */
/* links: simulator/http/query.c */
#include "http/query.h"

#include <check.h>
#include <stdio.h>

static void
assert_value(const char *raw, const char *name, const char *expected)
{
    struct query query;
    query_parse(raw, &query);
    ck_assert_pstr_eq(query_value(&query, name), expected);
    ck_assert(!query.malformed);
    query_fini(&query);
}

START_TEST(every_spelling_of_the_grammar_reads_alike)
{
    assert_value("propertyType=Condo|Townhouse", "propertyType", "Condo|Townhouse");
    assert_value("propertyType=Condo%7CTownhouse", "propertyType", "Condo|Townhouse");
    assert_value("propertyType=Condo%7cTownhouse", "propertyType", "Condo|Townhouse");
    assert_value("bedrooms=%2A%3A3", "bedrooms", "*:3");
    assert_value("city=San+Antonio&x=1", "city", "San Antonio");
    assert_value("city=San%20Antonio", "city", "San Antonio");
    assert_value("cit%79=A%2BB", "city", "A+B");
}
END_TEST

START_TEST(the_first_value_counts_and_an_empty_one_is_absent)
{
    assert_value("a=1&a=2", "a", "1");
    assert_value("a=", "a", NULL);
    assert_value("a", "a", NULL);
    assert_value("b=1", "a", NULL);
    assert_value("&&a=1&", "a", "1");
    assert_value(NULL, "a", NULL);
    assert_value("", "a", NULL);
}
END_TEST

static const char *const malformed[] = {"a=%", "a=%2", "a=%zz", "a=%00", "%g0=1", "a=1&b=%-1"};

START_TEST(bad_escapes_are_noticed)
{
    struct query query;
    query_parse(malformed[_i], &query);
    ck_assert(query.malformed);
    query_fini(&query);
}
END_TEST

START_TEST(too_many_parameters_are_noticed)
{
    char raw[4 * QUERY_MOST + 8] = "";
    struct query query;
    size_t used = 0;
    for (int i = 0; i <= QUERY_MOST; i++)
        used += (size_t)snprintf(raw + used, sizeof raw - used, "a=1&");
    query_parse(raw, &query);
    ck_assert(query.malformed);
    ck_assert_uint_eq(query.count, QUERY_MOST);
    query_fini(&query);
}
END_TEST

START_TEST(integers_are_plain_and_in_range)
{
    static const struct {
        const char *raw;
        bool good;
        int64_t value;
    } rows[] = {
        {"limit=1", true, 1},     {"limit=500", true, 500}, {"limit=0", false, 50},
        {"limit=501", false, 50}, {"limit=-1", false, 50},  {"limit=10.0", false, 50},
        {"limit=1e2", false, 50}, {"limit=abc", false, 50}, {"limit=%201", false, 50},
        {"limit=", true, 50},     {"", true, 50},           {"limit=9999999999999999", false, 50},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct query query;
        int64_t value = 50;
        query_parse(rows[i].raw, &query);
        ck_assert_msg(query_integer(&query, "limit", 1, 500, &value) == rows[i].good, "%s",
                      rows[i].raw);
        ck_assert_int_eq(value, rows[i].value);
        query_fini(&query);
    }
}
END_TEST

START_TEST(numbers_may_be_negative_and_long)
{
    struct query query;
    double value = 0;
    query_parse("a=-98.35145399999999&b=181&c=--1&d=", &query);
    ck_assert(query_number(&query, "a", -180, 180, &value));
    ck_assert_double_eq_tol(value, -98.351454, 1e-9);
    ck_assert(!query_number(&query, "b", -180, 180, &value));
    ck_assert(!query_number(&query, "c", -180, 180, &value));
    ck_assert(query_number(&query, "d", -180, 180, &value));
    ck_assert_double_eq_tol(value, -98.351454, 1e-9);
    query_fini(&query);
}
END_TEST

START_TEST(booleans_are_true_or_false)
{
    struct query query;
    bool value = false;
    query_parse("a=true&b=false&c=TRUE&d=1", &query);
    ck_assert(query_boolean(&query, "a", &value) && value);
    ck_assert(query_boolean(&query, "b", &value) && !value);
    ck_assert(!query_boolean(&query, "c", &value));
    ck_assert(!query_boolean(&query, "d", &value));
    query_fini(&query);
}
END_TEST

START_TEST(paths_are_decoded_without_plus)
{
    char out[32];
    ck_assert(query_decode_path("5500-Grand%2CSan+A", out, sizeof out));
    ck_assert_str_eq(out, "5500-Grand,San+A");
    ck_assert(!query_decode_path("a%0", out, sizeof out));
    ck_assert(!query_decode_path("a%00b", out, sizeof out));
    ck_assert(!query_decode_path("12345678", out, 8));
    ck_assert(query_decode_path("1234567", out, 8));
}
END_TEST

Suite *test_suite(void);

Suite *
test_suite(void)
{
    Suite *suite = suite_create("query");
    TCase *query = tcase_create("query");
    tcase_add_test(query, every_spelling_of_the_grammar_reads_alike);
    tcase_add_test(query, the_first_value_counts_and_an_empty_one_is_absent);
    tcase_add_loop_test(query, bad_escapes_are_noticed, 0, sizeof malformed / sizeof malformed[0]);
    tcase_add_test(query, too_many_parameters_are_noticed);
    tcase_add_test(query, integers_are_plain_and_in_range);
    tcase_add_test(query, numbers_may_be_negative_and_long);
    tcase_add_test(query, booleans_are_true_or_false);
    tcase_add_test(query, paths_are_decoded_without_plus);
    suite_add_tcase(suite, query);
    return suite;
}
