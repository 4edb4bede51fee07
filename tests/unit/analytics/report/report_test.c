/* report_test.c - what the reports say of rows and calls that were stored. */
/* links: analytics/report/report.c analytics/report/report_money.c analytics/report/report_requests.c */
/* links: @storage @core */
#include "contract/storage_support.h"
#include "report/report.h"
#include "support/row.h"

#include <jansson.h>

static struct place place;
static struct accounts *accounts;
static struct route_config routes[2];

static void
setup(void)
{
    place_init(&place, 0);
    snprintf(routes[0].name, ROUTE_NAME_SIZE, "properties");
    snprintf(routes[0].endpoint, ROUTE_NAME_SIZE, "properties");
    snprintf(routes[1].name, ROUTE_NAME_SIZE, "property_by_id");
    snprintf(routes[1].endpoint, ROUTE_NAME_SIZE, "properties");
    place.config.routes = routes;
    place.config.route_count = 2;
    accounts = place_accounts(&place);
}

static void
teardown(void)
{
    accounts_close(&accounts);
    place_fini(&place);
}

static json_t *
report(const struct report_request *request)
{
    char *text = NULL;
    json_t *object;

    ck_assert_int_eq(report_make(accounts, &place.config, request, NOON_US, &text), STATUS_OK);
    object = json_loads(text, 0, NULL);
    ck_assert_ptr_nonnull(object);
    free(text);
    return object;
}

static void
expect_json(json_t *found, const char *expected)
{
    char *text = json_dumps(found, JSON_ENCODE_ANY | JSON_SORT_KEYS | JSON_COMPACT |
                                       JSON_REAL_PRECISION(15));

    ck_assert_str_eq(text, expected);
    free(text);
}

static void
reserve_and_settle(const char *call_id, const char *route, enum charge charge,
                   int64_t reserved_wall_us)
{
    struct ledger_row call = {.instance = "local",
                              .epoch = 1,
                              .price_micro_usd = 2300000,
                              .reserved_wall_us = reserved_wall_us};
    const struct ledger_end end = {
        .charge = charge,
        .http_status = 200,
        .cost_micro_usd = charge == CHARGE_FREE ? 0 : 2300000,
        .duration_us = 1,
        .settled_wall_us = reserved_wall_us,
    };

    snprintf(call.call_id, sizeof call.call_id, "%s", call_id);
    snprintf(call.route, sizeof call.route, "%s", route);
    ck_assert_int_eq(accounts_begin(accounts), STATUS_OK);
    ck_assert_int_eq(ledger_reserve(accounts, &call), STATUS_OK);
    if (charge != CHARGE_RESERVED)
        ck_assert_int_eq(ledger_settle(accounts, &call, &end), STATUS_OK);
    ck_assert_int_eq(accounts_commit(accounts), STATUS_OK);
}

/* Of today: two hits, a stale one, a collapsed one, a miss, a refused one and an error; ten days ago: one miss. */
static void
store_usage(void)
{
    struct key_row key = make_key(accounts, "a", 0, 0, NOON_US - 20 * DAY_US);
    struct usage_record records[8];

    records[0] = make_record(1, NOON_US - 10 * DAY_US, key.id, DECISION_MISS);
    snprintf(records[0].endpoint, sizeof records[0].endpoint, "value_estimate");
    for (int i = 0; i < DECISION_COUNT; i++)
        records[1 + i] = make_record(2 + i, NOON_US - HOUR_US + i, key.id, (enum decision)i);
    records[7] = make_record(8, NOON_US - 1, key.id, DECISION_HIT);
    store_records(accounts, 1, records, COUNT(records));
}

START_TEST(stats_say_what_became_of_requests_and_money)
{
    struct report_request request = {.report = "stats", .days = 7};
    json_t *stats;

    row("R-126");
    store_usage();
    reserve_and_settle("1", "properties", CHARGE_BILLED, NOON_US - HOUR_US);
    reserve_and_settle("2", "property_by_id", CHARGE_UNKNOWN, NOON_US - HOUR_US);
    reserve_and_settle("3", "properties", CHARGE_FREE, NOON_US - HOUR_US);
    reserve_and_settle("4", "properties", CHARGE_BILLED, NOON_US - 10 * DAY_US);
    stats = report(&request);
    expect_json(json_object_get(stats, "totals"),
                "{\"avg_response_time_ms\":1.5,\"collapsed\":1,\"endpoint\":\"all\",\"errors\":1,"
                "\"hit_ratio\":0.6,\"hits\":2,\"misses\":1,\"refused\":1,\"requests\":7,"
                "\"saved_micro_usd\":2000000,\"saved_usd\":2.0,\"stale\":1}");
    ck_assert_uint_eq(json_array_size(json_object_get(stats, "endpoints")), 1);
    expect_json(json_object_get(stats, "ledger"),
                "[{\"billed\":1,\"calls\":2,\"cost_micro_usd\":2300000,\"cost_usd\":2.3,\"free\":1,"
                "\"reserved\":0,\"route\":\"properties\",\"unknown\":0},"
                "{\"billed\":0,\"calls\":1,\"cost_micro_usd\":2300000,\"cost_usd\":2.3,\"free\":0,"
                "\"reserved\":0,\"route\":\"property_by_id\",\"unknown\":1}]");
    expect_json(json_object_get(stats, "spent_micro_usd"), "4600000");
    expect_json(json_object_get(stats, "saved_micro_usd"), "2000000");
    json_decref(stats);
}
END_TEST

START_TEST(stats_of_an_endpoint_count_the_calls_of_all_its_routes)
{
    struct report_request request = {.report = "stats", .endpoint = "properties"};
    json_t *stats;

    store_usage();
    reserve_and_settle("1", "properties", CHARGE_BILLED, NOON_US);
    reserve_and_settle("2", "property_by_id", CHARGE_BILLED, NOON_US);
    reserve_and_settle("3", "value_estimate", CHARGE_BILLED, NOON_US);
    stats = report(&request);
    expect_json(json_object_get(stats, "spent_micro_usd"), "4600000");
    ck_assert_uint_eq(json_array_size(json_object_get(stats, "endpoints")), 1);
    json_decref(stats);
    snprintf(request.endpoint, sizeof request.endpoint, "value_estimate");
    stats = report(&request);
    expect_json(json_object_get(stats, "spent_micro_usd"), "2300000");
    expect_json(json_object_get(json_object_get(stats, "totals"), "misses"), "1");
    json_decref(stats);
}
END_TEST

START_TEST(stats_of_nothing_are_zeros)
{
    static const int64_t days[] = {0, -5, 1, INT64_MAX, INT64_MIN};

    for (size_t i = 0; i < COUNT(days); i++) {
        struct report_request request = {.report = "stats", .days = days[i]};
        json_t *stats = report(&request);

        expect_json(json_object_get(stats, "endpoints"), "[]");
        expect_json(json_object_get(stats, "ledger"), "[]");
        expect_json(json_object_get(json_object_get(stats, "totals"), "hit_ratio"), "0.0");
        json_decref(stats);
    }
}
END_TEST

START_TEST(totals_are_those_of_the_metrics_page)
{
    struct report_request request = {.report = "totals"};
    json_t *totals;

    store_usage();
    reserve_and_settle("1", "properties", CHARGE_BILLED, NOON_US - HOUR_US);
    reserve_and_settle("2", "properties", CHARGE_BILLED, NOON_US - 10 * DAY_US);
    totals = report(&request);
    expect_json(
        totals,
        "{\"active_api_keys\":1,\"avg_response_time_ms\":1.5,\"cache_hit_ratio\":0.5,"
        "\"cache_hits\":3,\"cache_hits_24h\":3,\"cache_misses\":3,\"cost_24h\":2.3,"
        "\"requests_24h\":7,\"top_endpoints\":[{\"endpoint\":\"properties\",\"requests\":7},"
        "{\"endpoint\":\"value_estimate\",\"requests\":1}],\"total_cost_saved\":2.0,"
        "\"total_requests\":8}");
    json_decref(totals);
}
END_TEST

START_TEST(the_five_busiest_endpoints_stand_first)
{
    struct report_request request = {.report = "totals"};
    struct usage_record records[28];
    size_t count = 0;
    json_t *totals;

    for (int endpoint = 1; endpoint <= 7; endpoint++) /* e1 once, e2 twice, ... */
        for (int i = 0; i < endpoint; i++, count++) {
            records[count] = make_record((int64_t)count + 1, NOON_US, 1, DECISION_HIT);
            snprintf(records[count].endpoint, sizeof records[count].endpoint, "e%d", endpoint);
        }
    store_records(accounts, 1, records, count);
    totals = report(&request);
    expect_json(json_object_get(totals, "top_endpoints"),
                "[{\"endpoint\":\"e7\",\"requests\":7},{\"endpoint\":\"e6\",\"requests\":6},"
                "{\"endpoint\":\"e5\",\"requests\":5},{\"endpoint\":\"e4\",\"requests\":4},"
                "{\"endpoint\":\"e3\",\"requests\":3}]");
    json_decref(totals);
}
END_TEST

START_TEST(a_key_is_shown_without_its_hash)
{
    struct report_request request = {.report = "keys"};
    struct key_row key = {.key_name = "shop",
                          .key_hash = "secret-hash",
                          .is_active = true,
                          .daily_limit = 5,
                          .expires_wall_us = NOON_US + DAY_US,
                          .limits = "{\"global\":\"none\"}",
                          .rights = "extend_ttl,other"};
    json_t *keys;

    ck_assert_int_eq(key_create(accounts, &key, NOON_US), STATUS_OK);
    keys = report(&request);
    expect_json(json_array_get(json_object_get(keys, "keys"), 0),
                "{\"created_at\":\"2026-01-15T12:00:00.000000Z\",\"daily_limit\":5,"
                "\"daily_usage\":0,\"expires_at\":\"2026-01-16T12:00:00.000000Z\",\"id\":1,"
                "\"is_active\":true,\"key_name\":\"shop\",\"last_used\":null,"
                "\"limits\":{\"global\":\"none\"},\"monthly_calls\":0,\"monthly_limit\":null,"
                "\"monthly_saved_usd\":0.0,"
                "\"monthly_spent_usd\":0.0,\"monthly_usage\":0,"
                "\"previous_secret_until\":null,\"rights\":[\"extend_ttl\",\"other\"],\"state\":"
                "\"expired\"}");
    json_decref(keys);
}
END_TEST

START_TEST(keys_come_in_pages)
{
    struct report_request request = {.report = "keys", .limit = 2};
    size_t seen = 0;
    json_t *keys;

    for (char name[] = "a"; name[0] <= 'e'; name[0]++)
        make_key(accounts, name, 1, 1, NOON_US);
    do {
        keys = report(&request);
        seen += json_array_size(json_object_get(keys, "keys"));
        request.after_id = json_integer_value(json_object_get(keys, "next_after"));
        json_decref(keys);
    } while (request.after_id != 0);
    ck_assert_uint_eq(seen, 5);
    request.limit = -1; /* none given: as many as usual */
    keys = report(&request);
    ck_assert_uint_eq(json_array_size(json_object_get(keys, "keys")), 5);
    json_decref(keys);
}
END_TEST

START_TEST(there_is_no_other_report)
{
    struct report_request request = {.report = "secrets"};
    char *text = NULL;

    ck_assert_int_eq(report_make(accounts, &place.config, &request, NOON_US, &text),
                     STATUS_NOT_FOUND);
    ck_assert_ptr_null(text);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("report");
    TCase *tcase = tcase_create("reports");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, stats_say_what_became_of_requests_and_money);
    tcase_add_test(tcase, stats_of_an_endpoint_count_the_calls_of_all_its_routes);
    tcase_add_test(tcase, stats_of_nothing_are_zeros);
    tcase_add_test(tcase, totals_are_those_of_the_metrics_page);
    tcase_add_test(tcase, the_five_busiest_endpoints_stand_first);
    tcase_add_test(tcase, a_key_is_shown_without_its_hash);
    tcase_add_test(tcase, keys_come_in_pages);
    tcase_add_test(tcase, there_is_no_other_report);
    suite_add_tcase(suite, tcase);
    return suite;
}
