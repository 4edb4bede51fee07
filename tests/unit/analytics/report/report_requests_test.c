/* report_requests_test.c - the report of single requests: its members, its pages, since when it knows any. */
/* links: analytics/report/report.c analytics/report/report_money.c analytics/report/report_requests.c */
/* links: @storage @core */
#include "contract/storage_support.h"
#include "report/report.h"
#include "support/row.h"

#include <jansson.h>

static struct place place;
static struct accounts *accounts;
static struct key_row key;

static void
setup(void)
{
    place_init(&place, 0);
    place.config.analytics.usage_rows_days = 90;
    accounts = place_accounts(&place);
    key = make_key(accounts, "a_key", 0, 0, NOON_US);
}

static void
teardown(void)
{
    accounts_close(&accounts);
    place_fini(&place);
}

static void
store(void)
{
    struct usage_record records[] = {
        make_record(1, NOON_US + 1, key.id, DECISION_HIT),
        make_record(2, NOON_US + 2, key.id, DECISION_MISS),
        make_record(3, NOON_US + 3, 77, DECISION_HIT),
    };

    records[1].user_agent_size = 0;
    records[1].ip_family = 0;
    store_records(accounts, 1, records, COUNT(records));
}

static enum status
ask(struct report_request request, json_t **report)
{
    char *text = NULL;
    enum status status;

    snprintf(request.report, sizeof request.report, "requests");
    status = report_make(accounts, &place.config, &request, NOON_US, &text);
    *report = text != NULL ? json_loads(text, 0, NULL) : NULL;
    free(text);
    return status;
}

static json_t *
ask_well(struct report_request request)
{
    json_t *report;

    ck_assert_int_eq(ask(request, &report), STATUS_OK);
    ck_assert_ptr_nonnull(report);
    return report;
}

static json_t *
request_of(const json_t *report, size_t index)
{
    return json_array_get(json_object_get(report, "requests"), index);
}

static const char *
text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

START_TEST(a_request_has_all_that_is_kept_of_it)
{
    json_t *report, *hit, *miss, *expected;

    row("R-087");
    store();
    report = ask_well((struct report_request){.api_key_id = key.id});
    ck_assert_uint_eq(json_array_size(json_object_get(report, "requests")), 2);
    miss = request_of(report, 0);
    hit = request_of(report, 1);
    expected =
        json_loads("{\"created_at\": \"2026-01-15T12:00:00.000001Z\", \"key_name\": \"a_key\","
                   " \"api_key_id\": 1, \"endpoint\": \"properties\", \"method\": \"GET\","
                   " \"status_code\": 200, \"decision\": \"hit\", \"level\": \"near\","
                   " \"response_time_ms\": 1.5, \"cost_micro_usd\": 0,"
                   " \"saved_micro_usd\": 1000000, \"user_agent\": \"curl/7.8\","
                   " \"ip_address\": \"192.0.2.17\"}",
                   0, NULL);
    ck_assert_msg(json_equal(hit, expected), "%s", json_dumps(hit, 0));
    ck_assert_str_eq(text(miss, "decision"), "miss");
    ck_assert(json_is_null(json_object_get(miss, "user_agent")));
    ck_assert(json_is_null(json_object_get(miss, "ip_address")));
    json_decref(expected);
    json_decref(report);
}
END_TEST

START_TEST(a_key_that_is_gone_leaves_its_rows)
{
    json_t *report;

    store();
    report = ask_well((struct report_request){.api_key_id = 77});
    ck_assert(json_is_null(json_object_get(request_of(report, 0), "key_name")));
    json_decref(report);
}
END_TEST

START_TEST(a_key_can_be_named)
{
    struct report_request request = {.key_name = "a_key"};
    json_t *report;

    row("R-087");
    store();
    report = ask_well(request);
    ck_assert_uint_eq(json_array_size(json_object_get(report, "requests")), 2);
    json_decref(report);
    snprintf(request.key_name, sizeof request.key_name, "nobody");
    ck_assert_int_eq(ask(request, &report), STATUS_NOT_FOUND);
}
END_TEST

START_TEST(a_report_says_since_when_it_knows_requests)
{
    json_t *report = ask_well((struct report_request){0});

    ck_assert(json_is_null(json_object_get(report, "rows_since")));
    ck_assert_int_eq(json_integer_value(json_object_get(report, "rows_kept_days")), 90);
    json_decref(report);
    store();
    place.config.analytics.usage_rows_days = 0;
    report = ask_well((struct report_request){.rows = {.status_code = 500}});
    ck_assert_uint_eq(json_array_size(json_object_get(report, "requests")), 0);
    ck_assert_str_eq(text(report, "rows_since"), "2026-01-15T12:00:00.000001Z");
    ck_assert(json_is_null(json_object_get(report, "rows_kept_days")));
    json_decref(report);
}
END_TEST

START_TEST(a_page_names_the_next_one)
{
    json_t *report;

    store();
    report = ask_well((struct report_request){.limit = 2});
    ck_assert_uint_eq(json_array_size(json_object_get(report, "requests")), 2);
    ck_assert_str_eq(text(report, "next_before"), "1768478400000002-2");
    json_decref(report);
    report = ask_well((struct report_request){
        .limit = 2, .rows = {.before_wall_us = 1768478400000002, .before_id = 2}});
    ck_assert_uint_eq(json_array_size(json_object_get(report, "requests")), 1);
    ck_assert(json_is_null(json_object_get(report, "next_before")));
    json_decref(report);
}
END_TEST

START_TEST(a_decision_that_there_is_not_is_refused)
{
    json_t *report;

    ck_assert_int_eq(
        ask((struct report_request){.rows = {.decision = DECISION_COUNT + 1}}, &report),
        STATUS_MALFORMED);
    ck_assert_int_eq(ask((struct report_request){.rows = {.decision = -1}}, &report),
                     STATUS_MALFORMED);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("analytics/report_requests");
    TCase *tcase = tcase_create("report_requests");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, a_request_has_all_that_is_kept_of_it);
    tcase_add_test(tcase, a_key_that_is_gone_leaves_its_rows);
    tcase_add_test(tcase, a_key_can_be_named);
    tcase_add_test(tcase, a_report_says_since_when_it_knows_requests);
    tcase_add_test(tcase, a_page_names_the_next_one);
    tcase_add_test(tcase, a_decision_that_there_is_not_is_refused);
    suite_add_tcase(suite, tcase);
    return suite;
}
