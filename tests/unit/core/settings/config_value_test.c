/* config_value_test.c - the texts of a configuration as values. */
/* links: core/settings/config_value.c core/settings/config_report.c core/base/rate.c core/base/log.c */
/* links: core/settings/config_table.c core/base/log_line.c */
/* links: core/base/clock.c core/base/clock_text.c core/base/dates.c core/base/text.c */
#include <check.h>

#include "base/bytes.h"
#include "settings/config_report.h"
#include "settings/config_value.h"

static char why[CONFIG_WHY_SIZE];

START_TEST(whole_numbers)
{
    int64_t value = 0;

    ck_assert(config_value_int("0", 0, 9, &value, why) && value == 0);
    ck_assert(config_value_int("-9", -9, 9, &value, why) && value == -9);
    ck_assert(config_value_int("68719476736", 0, 68719476736, &value, why) && value == 68719476736);
    ck_assert(!config_value_int("99999", 0, 65535, &value, why));
    ck_assert_str_eq(why, "99999 is not in 0..65535");
    ck_assert(!config_value_int("99999999999999999999", 0, 65535, &value, why));
    ck_assert_str_eq(why, "99999999999999999999 is not in 0..65535");
    ck_assert_int_eq(value, 68719476736);
}
END_TEST

START_TEST(what_is_no_whole_number)
{
    static const char *const bad[] = {"",   "-",   "1.0", "1e3",   "0x10", " 1",      "1 ",
                                      "+1", "010", "-0",  "1_000", "ten",  "\xd9\xa1"};
    int64_t value = 42;

    for (size_t i = 0; i < COUNT(bad); i++) {
        ck_assert_msg(!config_value_int(bad[i], -9, 9999, &value, why), "%s", bad[i]);
        ck_assert_ptr_nonnull(strstr(why, "is not a whole number"));
    }
    ck_assert_int_eq(value, 42);
}
END_TEST

static const struct {
    const char *path, *text;
    int64_t value; /* -1: refused */
} times[] = {
    {"cache.default_ttl_s", "24h", 86400},
    {"cache.default_ttl_s", "90s", 90},
    {"cache.default_ttl_s", "90", 90},
    {"cache.default_ttl_s", "7d", 604800},
    {"cache.default_ttl_s", "5000ms", 5},
    {"cache.default_ttl_s", "1500ms", -1},
    {"cache.default_ttl_s", "0s", -1},
    {"cache.default_ttl_s", "366d", -1},
    {"cache.default_ttl_s", "010m", -1},
    {"cache.default_ttl_s", "1.5h", -1},
    {"cache.default_ttl_s", "h", -1},
    {"cache.default_ttl_s", "1 h", -1},
    {"cache.default_ttl_s", "1w", -1},
    {"cache.default_ttl_s", "99999999999999999999d", -1},
    {"cache.redis_timeout_ms", "2s", 2000},
    {"cache.redis_timeout_ms", "50ms", 50},
    {"analytics.usage_rows_days", "30d", 30},
    {"analytics.usage_rows_days", "12h", -1},
    {"gateway.port", "8000s", -1},
    {"gateway.threads", "4s", -1},
};

START_TEST(a_time_may_have_a_unit)
{
    size_t row = config_option_find(times[_i].path);
    struct config_row alone = option_rows[row];
    int64_t value = -1;

    alone.offset = 0;
    ck_assert_int_eq(config_value_read(&alone, times[_i].text, &value, why), times[_i].value != -1);
    ck_assert_int_eq(value, times[_i].value);
}
END_TEST

START_TEST(decimal_numbers)
{
    static const char *const bad[] = {"",    "-",   ".5",    "5.",  "1e3",
                                      "inf", "nan", "0x1p3", "1,5", "1 "};
    double value = 0;

    ck_assert(config_value_number("0.000001", &value, why) && value == 0.000001);
    ck_assert(config_value_number("-180", &value, why) && value == -180);
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(!config_value_number(bad[i], &value, why), "%s", bad[i]);
    ck_assert(value == -180);
}
END_TEST

START_TEST(flags_in_any_case)
{
    static const char *const bad[] = {"", "yes", "1", "on", "tru", "true "};
    bool value = false;

    ck_assert(config_value_flag("True", &value, why) && value);
    ck_assert(config_value_flag("FALSE", &value, why) && !value);
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert(!config_value_flag(bad[i], &value, why));
}
END_TEST

START_TEST(dollars_are_exact_micro_dollars)
{
    static const struct {
        const char *text;
        int64_t micro_usd;
    } good[] = {
        {"1.0", 1000000}, {"0.5", 500000},  {"10", 10000000}, {"0", 0},
        {"0.000001", 1},  {"0.074", 74000}, {"0.1", 100000},  {"999.999999", 999999999},
    };
    static const char *const bad[] = {"", ".5", "1.", "-1", "1.0000001", "1,0", "$1", "1e2", "1 "};
    int64_t micro_usd = 0;

    for (size_t i = 0; i < COUNT(good); i++) {
        ck_assert(config_value_money(good[i].text, &micro_usd, why));
        ck_assert_int_eq(micro_usd, good[i].micro_usd);
    }
    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(!config_value_money(bad[i], &micro_usd, why), "%s", bad[i]);
}
END_TEST

START_TEST(texts_fit_and_are_plain)
{
    char value[8] = "before";

    ck_assert(config_value_text("Ca\xc3\xb1on", false, value, sizeof value, why));
    ck_assert_str_eq(value, "Ca\xc3\xb1on");
    ck_assert(!config_value_text("12345678", false, value, sizeof value, why));
    ck_assert_str_eq(why, "8 bytes are too many, at most 7 fit");
    ck_assert(!config_value_text("a\nb", false, value, sizeof value, why));
    ck_assert(!config_value_text("a\xff", false, value, sizeof value, why));
    ck_assert_str_eq(value, "Ca\xc3\xb1on");
}
END_TEST

START_TEST(a_secret_is_not_told)
{
    char value[16];

    ck_assert(!config_value_text("hush\n", true, value, sizeof value, why));
    ck_assert_ptr_null(strstr(why, "hush"));
}
END_TEST

START_TEST(passwords_of_urls_are_hidden)
{
    static const struct {
        const char *text;
        const char *hidden;
    } cases[] = {
        {"postgresql://u:pa:ss@db/x", "postgresql://u:***@db/x"},
        {"postgresql://u@db/x?password=pass&a=b", "postgresql://u@db/x?password=***&a=b"},
        {"redis://:pass@h:1/0", "redis://:***@h:1/0"},
        {"https://api.rentcast.io", "https://api.rentcast.io"},
        {"http://h:80/a@b", "http://h:80/a@b"},
    };
    char hidden[128];

    for (size_t i = 0; i < COUNT(cases); i++) {
        config_hide_password(cases[i].text, hidden, sizeof hidden);
        ck_assert_str_eq(hidden, cases[i].hidden);
    }
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("core/config_value");
    TCase *tcase = tcase_create("config_value");

    tcase_add_test(tcase, whole_numbers);
    tcase_add_test(tcase, what_is_no_whole_number);
    tcase_add_test(tcase, decimal_numbers);
    tcase_add_loop_test(tcase, a_time_may_have_a_unit, 0, (int)COUNT(times));
    tcase_add_test(tcase, flags_in_any_case);
    tcase_add_test(tcase, dollars_are_exact_micro_dollars);
    tcase_add_test(tcase, texts_fit_and_are_plain);
    tcase_add_test(tcase, a_secret_is_not_told);
    tcase_add_test(tcase, passwords_of_urls_are_hidden);
    suite_add_tcase(suite, tcase);
    return suite;
}
