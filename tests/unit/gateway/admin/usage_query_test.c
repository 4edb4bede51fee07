/* usage_query_test.c - parameters of GET /admin/usage/requests: what they mean, or what is wrong with them. */
/* links: gateway/admin/usage_query.c @core */
#include "usage_query.h"

#include <check.h>
#include <string.h>

#include "decision.h"
#include "support/row.h"

#define NOON_US 1768478400000000LL

static struct config *config;
static struct usage_query query;
static char why[USAGE_QUERY_WHY_SIZE];

static void
setup(void)
{
    config = config_parse("built-in", "", 0, NULL, stderr);
    ck_assert_ptr_nonnull(config);
    query = (struct usage_query){0};
    why[0] = '\0';
}

static void
teardown(void)
{
    config_destroy(&config);
}

static bool
take(const char *name, const char *value)
{
    return usage_query_take(&query, config, bytes_of_text(name), bytes_of_text(value), why);
}

static void
expect_taken(const char *name, const char *value)
{
    ck_assert_msg(take(name, value), "%s=%s: %s", name, value, why);
}

START_TEST(each_parameter_reaches_the_question)
{
    struct report_get get;

    row("R-087");
    expect_taken("key_id", "7");
    expect_taken("endpoint", "properties");
    expect_taken("status", "503");
    expect_taken("decision", "stale");
    expect_taken("from", "2026-01-15");
    expect_taken("to", "2026-01-15T12:00:00Z");
    expect_taken("min_ms", "250");
    expect_taken("limit", "1000");
    ck_assert(usage_query_check(&query, why));
    get = usage_query_as_report(&query);
    ck_assert(bytes_equal_text(get.report, "requests"));
    ck_assert(bytes_equal_text(get.endpoint, "properties"));
    ck_assert_int_eq(get.api_key_id, 7);
    ck_assert_int_eq(get.status_code, 503);
    ck_assert_int_eq(get.decision, 1 + DECISION_STALE);
    ck_assert_int_eq(get.from_wall_us, NOON_US - 12 * 3600000000LL);
    ck_assert_int_eq(get.before_wall_us, NOON_US);
    ck_assert_int_eq(get.before_id, 0);
    ck_assert_int_eq(get.least_ms, 250);
    ck_assert_int_eq(get.limit, 1000);
}
END_TEST

/* A later page begins where the one before it ended, not at the end of the range. */
START_TEST(a_page_goes_on_at_its_place)
{
    struct report_get get;

    expect_taken("to", "2026-01-15T12:00:00Z");
    expect_taken("before", "1768478300000001-42");
    expect_taken("name", "my_app-1");
    get = usage_query_as_report(&query);
    ck_assert_int_eq(get.before_wall_us, 1768478300000001);
    ck_assert_int_eq(get.before_id, 42);
    ck_assert(bytes_equal_text(get.key_name, "my_app-1"));
}
END_TEST

START_TEST(nothing_asks_for_everything)
{
    struct report_get get;

    expect_taken("status", "");
    expect_taken("endpoint", "");
    ck_assert(usage_query_check(&query, why));
    get = usage_query_as_report(&query);
    ck_assert_uint_eq(get.endpoint.size + get.key_name.size, 0);
    ck_assert_int_eq(get.api_key_id + get.status_code + get.decision + get.least_ms, 0);
    ck_assert_int_eq(get.from_wall_us + get.before_wall_us + get.limit, 0);
}
END_TEST

static const struct {
    const char *name, *value, *why;
} bad[] = {
    {"key_id", "0", "key_id: expected the id of a key: a whole number from 1"},
    {"key_id", "my_app", "key_id: expected the id of a key: a whole number from 1"},
    {"name", "a b", "name: expected the name of a key: letters, digits, '_' or '-'"},
    {"endpoint", "nothing", "nothing"},
    {"status", "99", "status: expected a whole number from 100 to 599"},
    {"status", "600", "status: expected a whole number from 100 to 599"},
    {"decision", "HIT", "decision: expected hit, stale, collapsed, miss, refused or error"},
    {"from", "yesterday",
     "from: expected a time after 1970 like 2026-01-15T12:00:00Z or a day like 2026-01-15 (UTC)"},
    {"to", "2026-13-01",
     "to: expected a time after 1970 like 2026-01-15T12:00:00Z or a day like 2026-01-15 (UTC)"},
    {"to", "1970-01-01", "to: expected a time after 1970"},
    {"from", "1969-12-31", "from: expected a time after 1970"},
    {"min_ms", "0", "min_ms: expected a whole number of milliseconds from 1 to 86400000"},
    {"min_ms", "1.5", "min_ms: expected a whole number of milliseconds from 1 to 86400000"},
    {"limit", "1001", "limit: expected a whole number from 1 to 1000"},
    {"before", "17", "before: expected next_before of an earlier answer"},
    {"before", "17-", "before: expected next_before of an earlier answer"},
    {"before", "-17", "before: expected next_before of an earlier answer"},
    {"before", "1-2-3", "before: expected next_before of an earlier answer"},
    {"endpoints", "properties", "endpoints: unknown parameter; expected name, "},
};

START_TEST(what_is_wrong_is_named)
{
    ck_assert(!take(bad[_i].name, bad[_i].value));
    ck_assert_msg(strstr(why, bad[_i].why) != NULL, "%s", why);
}
END_TEST

START_TEST(what_does_not_go_together_is_named)
{
    expect_taken("from", "2026-01-15");
    expect_taken("to", "2026-01-15");
    ck_assert(!usage_query_check(&query, why));
    ck_assert_ptr_nonnull(strstr(why, "from: "));
    query = (struct usage_query){0};
    expect_taken("name", "a");
    expect_taken("key_id", "1");
    ck_assert(!usage_query_check(&query, why));
    ck_assert_ptr_nonnull(strstr(why, "name: "));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("gateway/usage_query");
    TCase *tcase = tcase_create("usage_query");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, each_parameter_reaches_the_question);
    tcase_add_test(tcase, a_page_goes_on_at_its_place);
    tcase_add_test(tcase, nothing_asks_for_everything);
    tcase_add_loop_test(tcase, what_is_wrong_is_named, 0, COUNT(bad));
    tcase_add_test(tcase, what_does_not_go_together_is_named);
    suite_add_tcase(suite, tcase);
    return suite;
}
