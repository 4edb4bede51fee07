/* report_history_test.c - the reports by hour, day, status and duration, of rows that were stored. */
/* links: analytics/report/report.c analytics/report/report_money.c analytics/report/report_requests.c */
/* links: @storage @core */
#include "contract/storage_support.h"
#include "report/report.h"
#include "support/row.h"

#include <jansson.h>

static struct place place;
static struct accounts *accounts;

static void
setup(void)
{
    place_init(&place, 0);
    accounts = place_accounts(&place);
}

static void
teardown(void)
{
    accounts_close(&accounts);
    place_fini(&place);
}

static json_t *
report(const char *name, const char *endpoint, int64_t days)
{
    struct report_request request = {.days = days};
    char *text = NULL;
    json_t *object;

    snprintf(request.report, sizeof request.report, "%s", name);
    snprintf(request.endpoint, sizeof request.endpoint, "%s", endpoint);
    ck_assert_int_eq(report_make(accounts, &place.config, &request, NOON_US, &text), STATUS_OK);
    object = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(object);
    free(text);
    return object;
}

static int64_t
number(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);

    ck_assert_msg(json_is_integer(value), "%s is no number", name);
    return json_integer_value(value);
}

static const char *
text(const json_t *object, const char *name)
{
    return json_string_value(json_object_get(object, name));
}

static double
real(const json_t *object, const char *name)
{
    return json_real_value(json_object_get(object, name));
}

static struct usage_record
record(int64_t sequence, int64_t created_wall_us, const char *endpoint, enum decision decision,
       int status, uint32_t response_time_us)
{
    struct usage_record made = make_record(sequence, created_wall_us, 1, decision);

    snprintf(made.endpoint, sizeof made.endpoint, "%s", endpoint);
    made.status_code = (uint16_t)status;
    made.response_time_us = response_time_us;
    return made;
}

/* Today (noon): at 10 a miss, at 11 two hits and a refused one of a, a failed one of b; two days ago a hit. */
static void
store(void)
{
    const struct usage_record records[] = {
        record(1, NOON_US - 2 * DAY_US, "a", DECISION_HIT, 200, 20),
        record(2, NOON_US - 2 * HOUR_US + 1, "a", DECISION_MISS, 200, 40000),
        record(3, NOON_US - HOUR_US + 5, "a", DECISION_HIT, 200, 20),
        record(4, NOON_US - HOUR_US + 6, "a", DECISION_HIT, 200, 20),
        record(5, NOON_US - HOUR_US + 7, "a", DECISION_REFUSED, 429, 20),
        record(6, NOON_US - HOUR_US + 8, "b", DECISION_ERROR, 504, 31000000),
    };

    store_records(accounts, 1, records, COUNT(records));
}

START_TEST(hours_come_in_their_order)
{
    json_t *found, *hours;

    row("R-127");
    store();
    found = report("hours", "", 1);
    hours = json_object_get(found, "hours");
    ck_assert_uint_eq(json_array_size(hours), 2);
    ck_assert_str_eq(text(json_array_get(hours, 0), "hour"), "2026-01-15T10:00:00.000000Z");
    ck_assert_int_eq(number(json_array_get(hours, 0), "requests"), 1);
    ck_assert_int_eq(number(json_array_get(hours, 0), "cost_micro_usd"), 1000000);
    ck_assert_str_eq(text(json_array_get(hours, 1), "hour"), "2026-01-15T11:00:00.000000Z");
    ck_assert_int_eq(number(json_array_get(hours, 1), "requests"), 4);
    ck_assert_int_eq(number(json_array_get(hours, 1), "refused"), 1);
    ck_assert_int_eq(number(json_array_get(hours, 1), "saved_micro_usd"), 2000000);
    json_decref(found);
}
END_TEST

START_TEST(days_add_their_hours_up)
{
    json_t *found, *days;

    row("R-127");
    row("R-022");
    store();
    found = report("days", "", 7);
    days = json_object_get(found, "days");
    ck_assert_uint_eq(json_array_size(days), 2);
    ck_assert_str_eq(text(json_array_get(days, 0), "day"), "2026-01-13");
    ck_assert_int_eq(number(json_array_get(days, 0), "requests"), 1);
    ck_assert_str_eq(text(json_array_get(days, 1), "day"), "2026-01-15");
    ck_assert_int_eq(number(json_array_get(days, 1), "requests"), 5);
    ck_assert_int_eq(number(json_array_get(days, 1), "hits"), 2);
    ck_assert_int_eq(number(json_array_get(days, 1), "misses"), 1);
    ck_assert_double_eq_tol(real(json_array_get(days, 1), "hit_ratio"), 2.0 / 3.0, 1e-9);
    json_decref(found);
}
END_TEST

START_TEST(a_trend_can_be_of_one_endpoint)
{
    json_t *found;

    store();
    found = report("days", "b", 7);
    ck_assert_uint_eq(json_array_size(json_object_get(found, "days")), 1);
    ck_assert_int_eq(number(json_array_get(json_object_get(found, "days"), 0), "errors"), 1);
    json_decref(found);
    found = report("hours", "nothing", 7);
    ck_assert_uint_eq(json_array_size(json_object_get(found, "hours")), 0);
    json_decref(found);
}
END_TEST

START_TEST(errors_are_told_by_status_and_endpoint)
{
    json_t *found, *a, *b;

    row("R-128");
    store();
    found = report("statuses", "", 7);
    ck_assert_uint_eq(json_array_size(json_object_get(found, "endpoints")), 2);
    a = json_array_get(json_object_get(found, "endpoints"), 0);
    b = json_array_get(json_object_get(found, "endpoints"), 1);
    ck_assert_str_eq(text(a, "endpoint"), "a");
    ck_assert_int_eq(number(a, "requests"), 5);
    ck_assert_int_eq(number(a, "errors"), 1);
    ck_assert_double_eq_tol(real(a, "error_rate"), 0.2, 1e-9);
    ck_assert_int_eq(number(json_object_get(a, "statuses"), "200"), 4);
    ck_assert_int_eq(number(json_object_get(a, "statuses"), "429"), 1);
    ck_assert_str_eq(text(b, "endpoint"), "b");
    ck_assert_double_eq_tol(real(b, "error_rate"), 1.0, 1e-9);
    ck_assert_int_eq(number(json_object_get(b, "statuses"), "504"), 1);
    json_decref(found);
}
END_TEST

START_TEST(percentiles_are_told_by_endpoint_and_of_all)
{
    json_t *found, *endpoints;

    row("R-129");
    store();
    found = report("latencies", "", 7);
    endpoints = json_object_get(found, "endpoints");
    ck_assert_uint_eq(json_array_size(endpoints), 3);
    ck_assert_str_eq(text(json_array_get(endpoints, 0), "endpoint"), "a");
    ck_assert_int_eq(number(json_array_get(endpoints, 0), "requests"), 5);
    /* four of 20 us, between 10 and 25 us: half of the five is the 2.5th of these four */
    ck_assert_double_eq_tol(real(json_array_get(endpoints, 0), "p50_ms"),
                            (10 + 15 * 2.5 / 4) / 1000, 1e-9);
    /* the slowest, 40 ms, between 25 and 50 ms */
    ck_assert_double_eq_tol(real(json_array_get(endpoints, 0), "p99_ms"), 25 + 25 * 0.95, 1e-9);
    ck_assert_str_eq(text(json_array_get(endpoints, 2), "endpoint"), "all");
    ck_assert_int_eq(number(json_array_get(endpoints, 2), "requests"), 6);
    ck_assert_double_eq_tol(real(json_array_get(endpoints, 2), "p99_ms"), 30000.0, 1e-9);
    json_decref(found);
}
END_TEST

START_TEST(reports_of_nothing_are_empty)
{
    json_t *found = report("latencies", "", 7);

    ck_assert_uint_eq(json_array_size(json_object_get(found, "endpoints")), 1); /* all */
    json_decref(found);
    found = report("statuses", "", 7);
    ck_assert_uint_eq(json_array_size(json_object_get(found, "endpoints")), 0);
    json_decref(found);
    found = report("days", "", 7);
    ck_assert_uint_eq(json_array_size(json_object_get(found, "days")), 0);
    json_decref(found);
}
END_TEST

/* What the roll-ups say is what the rows say. */
START_TEST(reports_agree_with_the_rows)
{
    const char *by_row = "SELECT endpoint, status_code, count(*) FROM usage_stats"
                         " GROUP BY endpoint, status_code ORDER BY endpoint, status_code";
    const char *by_sum = "SELECT endpoint, status_code, sum(requests) FROM usage_statuses"
                         " GROUP BY endpoint, status_code ORDER BY endpoint, status_code";
    char rows[512];
    struct usage_record records[400];
    unsigned seed = 5;

    row("R-125");
    row("R-128");
    for (size_t i = 0; i < COUNT(records); i++) {
        static const int statuses[] = {200, 200, 200, 404, 422, 429, 502};
        static const char *const endpoints[] = {"a", "b", "c"};

        records[i] =
            record((int64_t)i + 1, NOON_US - rand_r(&seed) % 10 * HOUR_US,
                   endpoints[rand_r(&seed) % 3], (enum decision)(rand_r(&seed) % DECISION_COUNT),
                   statuses[rand_r(&seed) % 7], (uint32_t)rand_r(&seed) % 100000);
    }
    store_records(accounts, 1, records, 250);
    store_records(accounts, 1, records + 250, COUNT(records) - 250);
    snprintf(rows, sizeof rows, "%s", raw_rows(&place, "rentcache.db", by_row));
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", by_sum), rows);
    ck_assert_str_eq(raw_rows(&place, "rentcache.db", "SELECT sum(requests) FROM usage_durations"),
                     "400");
    snprintf(rows, sizeof rows, "%s",
             raw_rows(&place, "rentcache.db",
                      "SELECT endpoint, sum(decision IN ('hit', 'stale')) FROM usage_stats"
                      " GROUP BY endpoint ORDER BY endpoint"));
    ck_assert_str_eq(raw_rows(&place, "rentcache.db",
                              "SELECT endpoint, sum(hits + stale) FROM usage_hourly"
                              " GROUP BY endpoint ORDER BY endpoint"),
                     rows);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("analytics/report_history");
    TCase *tcase = tcase_create("report_history");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, hours_come_in_their_order);
    tcase_add_test(tcase, days_add_their_hours_up);
    tcase_add_test(tcase, a_trend_can_be_of_one_endpoint);
    tcase_add_test(tcase, errors_are_told_by_status_and_endpoint);
    tcase_add_test(tcase, percentiles_are_told_by_endpoint_and_of_all);
    tcase_add_test(tcase, reports_of_nothing_are_empty);
    tcase_add_test(tcase, reports_agree_with_the_rows);
    suite_add_tcase(suite, tcase);
    return suite;
}
