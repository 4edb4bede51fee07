/* warming_test.c - entries fetched at start: once, paid by the service, in nobody's way. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

#define AWAIT_MS 60000
#define FETCHED  "rentcache_warming_fetched_total"
#define KEPT     "rentcache_warming_kept_total"
#define FAILED   "rentcache_warming_failed_total"

/* Three entries, as the RentCache document has them, whatever routes this configuration file is given. */
static const char three[] = "warming:\n"
                            "  - /api/v1/properties?city=Austin&state=TX\n"
                            "  - /api/v1/properties?city=Dallas&state=TX\n"
                            "  - /api/v1/properties?zipCode=78701\n";

static char config_path[128], config_setting[160];

static void
write_config(const char *yaml)
{
    FILE *file;

    snprintf(config_path, sizeof config_path, "/tmp/rentcache-warming-%d.yaml", (int)getpid());
    snprintf(config_setting, sizeof config_setting, "RENTCACHE_CONFIG=%s", config_path);
    file = fopen(config_path, "we");
    ck_assert_ptr_nonnull(file);
    fputs(yaml, file);
    ck_assert_int_eq(fclose(file), 0);
}

static void
begin(const char *yaml, const char *const *further)
{
    const char *settings[8] = {config_setting};

    for (size_t i = 0; further != NULL && further[i] != NULL; i++)
        settings[i + 1] = further[i];
    write_config(yaml);
    testbed_start(&testbed, settings);
}

static void
teardown(void)
{
    testbed_stop(&testbed);
    remove(config_path);
}

static int64_t
warm_calls(void)
{
    return testbed_query(&testbed, "rentcache.db",
                         "SELECT count(*) FROM ledger WHERE reason = 'warm' AND api_key_id IS NULL"
                         " AND status = 'billed'");
}

static const char *const on[] = {"ENABLE_CACHE_WARMING=true", NULL};

START_TEST(three_entries_after_the_start_and_none_is_paid_again)
{
    begin(three, on);
    row("R-156");
    testbed_await_metric(&testbed, FETCHED, 3, AWAIT_MS);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 3);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries"), 3);
    ck_assert_int_eq(
        testbed_query(&testbed, "cache.db",
                      "SELECT count(*) FROM cache_entries WHERE fetched_by_key_id IS NULL"),
        3);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'billed'", 3, AWAIT_MS);
    ck_assert_int_eq(warm_calls(), 3);
    /* A client of the first kind gets what lies there, whatever the order of its parameters. */
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&city=Austin", 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?city=Dallas&state=TX", 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?zipCode=78701", 200), 1);
    /* Nobody's usage. */
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 3, AWAIT_MS);

    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    testbed_await_metric(&testbed, KEPT, 3, AWAIT_MS);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 3);
    ck_assert_int_eq((int)testbed_metric(&testbed, FETCHED), 0);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM ledger"), 3);
}
END_TEST

START_TEST(comparables_are_warmed_as_the_estimate_they_stand_in)
{
    begin("warming:\n  - /api/v1/comparables?latitude=30.27&longitude=-97.74\n", on);
    testbed_await_metric(&testbed, FETCHED, 1, AWAIT_MS);
    ck_assert_int_eq(
        testbed_expect(&testbed, "/api/v1/estimates/value?latitude=30.27&longitude=-97.74", 200),
        1);
    ck_assert_int_eq(
        testbed_expect(&testbed, "/api/v1/comparables?latitude=30.27&longitude=-97.74", 200), 1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(the_built_in_list_is_the_documents)
{
    row("R-121");
    begin("server: {}\n", on);
    testbed_await_metric(&testbed, FETCHED, 3, AWAIT_MS);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 3);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?city=Austin&state=TX", 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?city=Dallas&state=TX", 200), 1);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/markets/stats?zipCode=78701", 200), 1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 3);
}
END_TEST

START_TEST(it_is_off_unless_it_is_asked_for)
{
    begin(three, NULL);
    row("R-156");
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?city=Austin&state=TX", 200), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    ck_assert_int_eq((int)testbed_metric(&testbed, FETCHED), 0);
    testbed_stop_server(&testbed);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM ledger WHERE reason = 'warm'"),
                     0);
}
END_TEST

/* testbed_start returns when the server is ready, and makes a key: both while warming hangs. */
START_TEST(a_start_does_not_wait_for_it)
{
    static const char *const settings[] = {"ENABLE_CACHE_WARMING=true",
                                           "CACHE_WARMING_CONCURRENCY=1", NULL};

    begin(three, NULL);
    testbed_fault(&testbed, "{\"kind\": \"hold\"}");
    testbed_stop_server(&testbed);
    for (size_t i = 0; settings[i] != NULL; i++)
        snprintf(testbed.settings[testbed.setting_count++], 256, "%s", settings[i]);
    testbed_start_server(&testbed);
    testbed_await_ready(&testbed, AWAIT_MS);
    testbed_await_upstream_calls(&testbed, 1);
    ck_assert_int_eq(testbed_expect(&testbed, "/livez", 200), -1);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1); /* one at once */
    testbed_fault(&testbed, "");
    testbed_await_metric(&testbed, FETCHED, 3, AWAIT_MS);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 3);
}
END_TEST

START_TEST(what_fails_is_given_up_and_not_paid_twice)
{
    static const char *const settings[] = {"ENABLE_CACHE_WARMING=true", "UPSTREAM_RETRIES=0", NULL};

    begin("warming: [\"/api/v1/properties/Nobody-Lives-Here\","
          " \"/api/v1/properties?city=Austin&state=TX\"]\n",
          settings);
    testbed_await_metric(&testbed, FETCHED, 1, AWAIT_MS);
    testbed_await_metric(&testbed, FAILED, 1, AWAIT_MS);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
}
END_TEST

START_TEST(check_config_refuses_what_cannot_be_asked)
{
    char output[512], log_path[128], log[1024] = "";
    const char *const arguments[] = {"check-config", "--config", config_path, NULL};
    FILE *file;

    write_config("warming:\n  - /api/v1/properties?limit=0\n");
    snprintf(log_path, sizeof log_path, "%s.log", config_path);
    ck_assert_int_eq(process_run("rentcache", arguments, NULL, output, sizeof output, log_path), 2);
    file = fopen(log_path, "re");
    ck_assert_ptr_nonnull(file);
    log[fread(log, 1, sizeof log - 1, file)] = '\0';
    fclose(file);
    remove(log_path);
    remove(config_path);
    ck_assert_ptr_nonnull(strstr(log, ".yaml:2: warming[0]: limit: "));
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("warming");
    TCase *cases = tcase_create("starts");
    TCase *lists = tcase_create("lists");

    tcase_add_checked_fixture(cases, NULL, teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, three_entries_after_the_start_and_none_is_paid_again);
    tcase_add_test(cases, comparables_are_warmed_as_the_estimate_they_stand_in);
    tcase_add_test(cases, the_built_in_list_is_the_documents);
    tcase_add_test(cases, it_is_off_unless_it_is_asked_for);
    tcase_add_test(cases, a_start_does_not_wait_for_it);
    tcase_add_test(cases, what_fails_is_given_up_and_not_paid_twice);
    suite_add_tcase(suite, cases);
    tcase_add_test(lists, check_config_refuses_what_cannot_be_asked);
    suite_add_tcase(suite, lists);
    return suite;
}
