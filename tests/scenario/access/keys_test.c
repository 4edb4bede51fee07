/* keys_test.c - keys by the admin API: shown, changed, revoked, deleted; every answer is true everywhere at once. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/row.h"
#include "support/server/admin.h"
#include "support/testbed_fixture.h"

#define TARGET "/api/v1/properties?state=TX&limit=2"

START_TEST(a_key_is_shown_with_all_but_its_secret)
{
    char key[80], target[64];
    json_t *shown;

    row("R-078");
    testbed_make_key(&testbed, "shown", "", key);
    snprintf(target, sizeof target, "/admin/api-keys/%lld", admin_key_id(&testbed, "shown"));
    shown = admin_call(&testbed, "GET", target, NULL, 200);
    ck_assert_str_eq(json_string_value(json_object_get(shown, "key_name")), "shown");
    ck_assert(json_is_true(json_object_get(shown, "is_active")));
    ck_assert_int_eq(admin_integer(shown, "daily_limit"), 1000);
    ck_assert_int_eq(admin_integer(shown, "monthly_limit"), 30000);
    ck_assert_int_eq(admin_integer(shown, "daily_usage"), 0);
    ck_assert(json_is_null(json_object_get(shown, "expires_at")));
    ck_assert_ptr_nonnull(json_string_value(json_object_get(shown, "created_at")));
    ck_assert_ptr_null(json_object_get(shown, "api_key"));
    ck_assert_ptr_null(json_object_get(shown, "key_hash"));
    json_decref(shown);
    json_decref(admin_call(&testbed, "GET", "/admin/api-keys/999999", NULL, 404));
    json_decref(admin_call(&testbed, "GET", "/admin/api-keys/shown", NULL, 404));
    json_decref(admin_call(&testbed, "GET", "/admin/api-keys/", NULL, 404));
    json_decref(admin_call(&testbed, "GET", "/admin/api-keys?name=a%20b", NULL, 422));
    json_decref(admin_call(&testbed, "POST", target, "{}", 405));
}
END_TEST

/* No sleep, no second try: the answer of the change is the moment. */
START_TEST(a_revoked_key_is_refused_by_the_very_next_request)
{
    char key[80];

    row("R-096");
    testbed_make_key(&testbed, "revoked", "", key);
    for (int i = 0; i < 20; i++) {
        ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
        json_decref(admin_change_key(&testbed, "revoked", "{\"is_active\": false}", 200));
        ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 401);
        json_decref(admin_change_key(&testbed, "revoked", "{\"is_active\": true}", 200));
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
}
END_TEST

START_TEST(an_expiry_is_set_and_changed_and_taken_away)
{
    char key[80];
    json_t *answer;

    row("R-011");
    row("R-095");
    testbed_make_key(&testbed, "expiring", "\"expires_at\": \"2099-01-01\"", key);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
    answer =
        admin_change_key(&testbed, "expiring", "{\"expires_at\": \"2020-01-01T00:00:00Z\"}", 200);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "expires_at")),
                     "2020-01-01T00:00:00.000000Z");
    ck_assert_str_eq(json_string_value(json_object_get(answer, "state")), "expired");
    json_decref(answer);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 401);
    json_decref(admin_call(&testbed, "GET", "/admin/usage?by=hour", NULL, 422));
    json_decref(admin_call(&testbed, "GET", "/admin/usage?by=day&month=2026", NULL, 422));
    answer = admin_call(&testbed, "GET", "/admin/usage?by=day&month=2026-01", NULL, 200);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "month")), "2026-01");
    json_decref(answer);
    answer = admin_change_key(&testbed, "expiring", "{\"expires_at\": null}", 200);
    ck_assert(json_is_null(json_object_get(answer, "expires_at")));
    json_decref(answer);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
}
END_TEST

START_TEST(a_key_expires_by_time_alone)
{
    char key[80], members[96], text[32];
    time_t later = time(NULL) + 3600;
    struct tm parts;

    row("R-011");
    gmtime_r(&later, &parts);
    strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    snprintf(members, sizeof members, "\"expires_at\": \"%s\"", text);
    testbed_make_key(&testbed, "hour", members, key);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
    test_clock_move_wall(3601);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 401);
}
END_TEST

START_TEST(limits_are_changed_at_once_in_both_directions)
{
    char key[80];
    json_t *answer;

    row("R-011");
    testbed_make_key(&testbed, "limited", "\"daily_limit\": 3", key);
    for (int i = 0; i < 3; i++)
        ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 429);
    json_decref(admin_change_key(&testbed, "limited", "{\"daily_limit\": 5}", 200));
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 429);
    answer = admin_change_key(&testbed, "limited", "{\"daily_limit\": null}", 200);
    ck_assert(json_is_null(json_object_get(answer, "daily_limit")));
    ck_assert_int_eq(admin_integer(answer, "monthly_limit"), 30000); /* what is not named stays */
    json_decref(answer);
    for (int i = 0; i < 10; i++)
        ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
    json_decref(admin_change_key(&testbed, "limited", "{\"monthly_limit\": 4}", 200));
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 429);
    json_decref(admin_change_key(
        &testbed, "limited",
        "{\"monthly_limit\": \"none\", \"limits\": {\"properties\": \"1/hour\"}}", 200));
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET),
                     429); /* the bucket is not filled by a change */
}
END_TEST

START_TEST(a_right_is_given_and_taken)
{
    char key[80];
    struct http_response response;

    testbed_make_key(&testbed, "right", "", key);
    for (int i = 0; i < 3; i++) {
        http_call(testbed.port, "GET", TARGET "&ttl_override=172800", key, NULL, NULL, &response);
        ck_assert_int_eq(response.status, i == 1 ? 200 : 403);
        http_response_fini(&response);
        json_decref(admin_change_key(
            &testbed, "right", i == 0 ? "{\"rights\": [\"extend_ttl\"]}" : "{\"rights\": null}",
            200));
    }
}
END_TEST

START_TEST(bodies_that_mean_nothing_change_nothing)
{
    static const struct {
        const char *body;
        int status;
        const char *member;
    } rows[] = {
        {"{\"daily_limit\": 0}", 422, "daily_limit"},
        {"{\"daily_limit\": \"5\"}", 422, "daily_limit"},
        {"{\"daily_limit\": 1.5}", 422, "daily_limit"},
        {"{\"monthly_limit\": -1}", 422, "monthly_limit"},
        {"{\"is_active\": 1}", 422, "is_active"},
        {"{\"is_active\": null}", 422, "is_active"},
        {"{\"expires_at\": \"tomorrow\"}", 422, "expires_at"},
        {"{\"expires_at\": 5}", 422, "expires_at"},
        {"{\"limits\": {\"nothing\": \"1/hour\"}}", 422, "limits"},
        {"{\"rights\": \"extend_ttl\"}", 422, "rights"},
        {"{\"rights\": [\"everything\"]}", 422, "rights"},
        {"{\"key_name\": \"other\"}", 422, "key_name"},
        {"{\"rentcast_api_key\": \"other\"}", 422, "rentcast_api_key"},
        {"{\"daily_limt\": 5}", 422, "daily_limt"},
        {"{\"daily_limit\": 5, \"extra\": 1}", 422, "extra"},
        {"{}", 422, "*"},
        {"[]", 422, NULL},
        {"{", 400, NULL},
    };
    char key[80];
    json_t *answer, *loc;

    testbed_make_key(&testbed, "stays", "", key);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        answer = admin_change_key(&testbed, "stays", rows[i].body, rows[i].status);
        loc = json_object_get(json_array_get(json_object_get(answer, "detail"), 0), "loc");
        if (rows[i].member != NULL)
            ck_assert_str_eq(json_string_value(json_array_get(loc, 1)), rows[i].member);
        json_decref(answer);
    }
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM api_keys WHERE key_name = 'stays'"
                                   " AND daily_limit = 1000 AND is_active AND expires_at IS NULL"),
                     1);
    json_decref(admin_call(&testbed, "POST", "/admin/api-keys",
                           "{\"key_name\": \"x\", \"daily_limt\": 5}", 422));
    json_decref(admin_call(&testbed, "POST", "/admin/api-keys",
                           "{\"key_name\": \"x\", \"is_active\": false}", 422));
    json_decref(admin_call(&testbed, "POST", "/admin/api-keys", "{}", 422));
    json_decref(
        admin_call(&testbed, "PUT", "/admin/api-keys/999999", "{\"is_active\": false}", 404));
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
}
END_TEST

START_TEST(a_deleted_key_is_gone_its_rows_are_not_and_its_name_is_free)
{
    char key[80], again[80], target[64];
    json_t *answer;
    long long id;

    row("R-077");
    testbed_make_key(&testbed, "shop", "", key);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 200);
    answer = admin_call(&testbed, "POST", "/admin/api-keys", "{\"key_name\": \"shop\"}", 400);
    ck_assert_str_eq(json_string_value(json_object_get(answer, "detail")),
                     "API key name already exists");
    json_decref(answer);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 2, 60000);
    id = admin_key_id(&testbed, "shop");
    snprintf(target, sizeof target, "/admin/api-keys/%lld", id);
    answer = admin_call(&testbed, "DELETE", target, NULL, 200);
    ck_assert(json_is_true(json_object_get(answer, "is_deleted")));
    ck_assert_str_eq(json_string_value(json_object_get(answer, "key_name")), "shop");
    json_decref(answer);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 401);
    json_decref(admin_call(&testbed, "GET", target, NULL, 404));
    json_decref(admin_call(&testbed, "PUT", target, "{\"is_active\": true}", 404));
    json_decref(admin_call(&testbed, "DELETE", target, NULL, 404));
    ck_assert_int_eq(admin_key_id(&testbed, "shop"), 0);

    testbed_make_key(&testbed, "shop", "", again);
    ck_assert_int_ne(admin_key_id(&testbed, "shop"), id);
    ck_assert_int_eq(testbed_status(&testbed, again, TARGET), 200);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 401);
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", 3, 60000);
    snprintf(target, sizeof target, "SELECT count(*) FROM usage_stats WHERE api_key_id = %lld", id);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", target), 2);
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    ck_assert_int_eq(testbed_status(&testbed, key, TARGET), 401);
    ck_assert_int_eq(testbed_status(&testbed, again, TARGET), 200);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("keys");
    TCase *cases = tcase_create("admin");

    tcase_add_checked_fixture(cases, testbed_setup_with_clock, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_key_is_shown_with_all_but_its_secret);
    tcase_add_test(cases, a_revoked_key_is_refused_by_the_very_next_request);
    tcase_add_test(cases, an_expiry_is_set_and_changed_and_taken_away);
    tcase_add_test(cases, a_key_expires_by_time_alone);
    tcase_add_test(cases, limits_are_changed_at_once_in_both_directions);
    tcase_add_test(cases, a_right_is_given_and_taken);
    tcase_add_test(cases, bodies_that_mean_nothing_change_nothing);
    tcase_add_test(cases, a_deleted_key_is_gone_its_rows_are_not_and_its_name_is_free);
    suite_add_tcase(suite, cases);
    return suite;
}
