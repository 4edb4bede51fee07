/* key_limits_test.c - a key's own limits: what is taken, what is refused, and with which words. */
/* links: gateway/access/key_limits.c core/base/rate.c */

#include "access/key_limits.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[] = {"properties", "value_estimate", "market"};
static struct rate global;
static struct rate rates[3];
static char why[160];
static const struct key_limits limits = {
    .names = names, .count = 3, .global = &global, .rates = rates};

static bool
parse(const char *json)
{
    global = (struct rate){.count = 1000, .period_ms = 3600000};
    rates[0] = (struct rate){.count = 60, .period_ms = 60000};
    rates[1] = (struct rate){.count = 30, .period_ms = 60000};
    rates[2] = (struct rate){.count = 100, .period_ms = 60000};
    why[0] = '\0';
    return key_limits_read(bytes_of_text(json), &limits, why, sizeof why);
}

static void
check_rate(const struct rate *rate, int64_t count, int64_t period_ms)
{
    ck_assert_int_eq(rate->count, count);
    if (count != 0)
        ck_assert_int_eq(rate->period_ms, period_ms);
}

static void
check_unchanged(void)
{
    check_rate(&global, 1000, 3600000);
    check_rate(&rates[0], 60, 60000);
    check_rate(&rates[1], 30, 60000);
    check_rate(&rates[2], 100, 60000);
}

START_TEST(nothing_given_changes_nothing)
{
    ck_assert(parse(""));
    check_unchanged();
    ck_assert(parse("{}"));
    check_unchanged();
}
END_TEST

START_TEST(named_limits_are_replaced)
{
    ck_assert(parse("{\"global\":\"none\",\"properties\":\"5000/second\"}"));
    check_rate(&global, 0, 0);
    check_rate(&rates[0], 5000, 1000);
    check_rate(&rates[1], 30, 60000);
    check_rate(&rates[2], 100, 60000);
}
END_TEST

START_TEST(a_star_is_for_all_that_are_not_named_in_any_order)
{
    ck_assert(parse("{\"market\":\"7/day\",\"*\":\"none\"}"));
    check_rate(&global, 1000, 3600000);
    check_rate(&rates[0], 0, 0);
    check_rate(&rates[1], 0, 0);
    check_rate(&rates[2], 7, 86400000);
    ck_assert(parse("{\"*\":\"none\",\"market\":\"7/day\"}"));
    check_rate(&rates[2], 7, 86400000);
}
END_TEST

static const struct {
    const char *json;
    const char *reason; /* a part of it */
} refused[] = {
    {"[]", "a JSON object"},
    {"null", "a JSON object"},
    {"{", "a JSON object"},
    {"{} x", "a JSON object"},
    {"{\"global\":\"1/second\",\"global\":\"2/second\"}", "a JSON object"},
    {"{\"global\":5}", "\"global\""},
    {"{\"global\":\"fast\"}", "\"global\""},
    {"{\"global\":\"-1/second\"}", "\"global\""},
    {"{\"properties\":null}", "\"properties\""},
    {"{\"propertys\":\"1/second\"}", "\"propertys\""},
    {"{\"\":\"1/second\"}", "\"\""},
    {"{\"market\":\"1/second\",\"market\\u0000\":\"1/second\"}", "a JSON object"},
    /* Valid parts before a fault are not applied. */
    {"{\"*\":\"none\",\"properties\":\"none\",\"global\":\"none\",\"market\":\"x\"}", "\"market\""},
};

START_TEST(anything_else_is_refused_and_changes_nothing)
{
    ck_assert(!parse(refused[_i].json));
    ck_assert_msg(strstr(why, refused[_i].reason) != NULL, "%s", why);
    check_unchanged();
}
END_TEST

START_TEST(limits_and_reasons_are_bounded)
{
    char json[KEY_LIMITS_SIZE + 64];
    char small[8];

    memset(json, ' ', sizeof json);
    memcpy(json, "{}", 2);
    json[KEY_LIMITS_SIZE] = '\0';
    ck_assert(!parse(json));
    ck_assert_ptr_nonnull(strstr(why, "longer than 1023"));
    json[KEY_LIMITS_SIZE - 1] = '\0';
    ck_assert(parse(json));
    ck_assert(
        !key_limits_read(bytes_of_text("{\"global\":\"fast\"}"), &limits, small, sizeof small));
    ck_assert_uint_eq(strlen(small), sizeof small - 1);
}
END_TEST

START_TEST(names_of_other_configurations_can_be_passed_over)
{
    struct key_limits skipping = {
        .names = names, .count = 3, .global = &global, .rates = rates, .skips_unknown = true};

    ck_assert(parse(""));
    ck_assert(key_limits_read(bytes_of_text("{\"gone\":\"1/second\",\"market\":\"2/second\"}"),
                              &skipping, why, sizeof why));
    check_rate(&rates[2], 2, 1000);
    ck_assert(!key_limits_read(bytes_of_text("{\"gone\":\"x\"}"), &skipping, why, sizeof why));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("key_limits");
    TCase *tcase = tcase_create("key_limits");

    tcase_add_test(tcase, nothing_given_changes_nothing);
    tcase_add_test(tcase, named_limits_are_replaced);
    tcase_add_test(tcase, a_star_is_for_all_that_are_not_named_in_any_order);
    tcase_add_loop_test(tcase, anything_else_is_refused_and_changes_nothing, 0,
                        (int)COUNT(refused));
    tcase_add_test(tcase, limits_and_reasons_are_bounded);
    tcase_add_test(tcase, names_of_other_configurations_can_be_passed_over);
    suite_add_tcase(suite, tcase);
    return suite;
}
