/* quotas_test.c - so many requests a day and a month: exactly so many, in parallel, after a restart, at midnight. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>

#include "scenario/access/limits_common.h"
#include "support/row.h"

#define CLIENTS 8

START_TEST(a_new_key_has_the_usual_quotas)
{
    char key[80];

    row("R-078");
    testbed_make_key(&testbed, "usual", "", key);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT daily_limit FROM api_keys WHERE key_name = 'usual'"),
                     1000);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT monthly_limit FROM api_keys WHERE key_name = 'usual'"),
                     30000);
}
END_TEST

static char shared_key[80];

static void *
ask_forty_times(void *argument)
{
    int *admitted = argument;
    struct http http;

    http_open(&http, testbed.port);
    for (int i = 0; i < 40; i++)
        *admitted += status_of(&http, shared_key, PROPERTIES) == 200;
    http_close(&http);
    return NULL;
}

static int
admitted_in_parallel(void)
{
    pthread_t threads[CLIENTS];
    int admitted[CLIENTS] = {0}, sum = 0;

    for (int i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_forty_times, &admitted[i]), 0);
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(threads[i], NULL);
        sum += admitted[i];
    }
    return sum;
}

#define UNLIMITED "\"limits\": {\"global\": \"none\", \"*\": \"none\"}, "

START_TEST(five_a_day_are_exactly_five)
{
    char key[80];

    testbed_make_key(&testbed, "five", UNLIMITED "\"daily_limit\": 5", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
    expect_refusal(key, PROPERTIES, "daily-quota", NULL, DAY_S / 2);
    expect_refusal(key, ESTIMATE, "daily-quota", NULL, DAY_S / 2);
    ck_assert_int_ge((int)testbed_metric(&testbed, "rentcache_quota_exceeded_total"), 3);
}
END_TEST

START_TEST(a_refusal_says_which_quota_and_how_much_of_it_is_used)
{
    struct http_response response;
    json_t *problem, *violated;
    char key[80];

    testbed_make_key(&testbed, "five", UNLIMITED "\"daily_limit\": 5", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
    http_call(testbed.port, "GET", PROPERTIES, key, NULL, NULL, &response);
    ck_assert_int_eq(response.status, 429);
    problem = json_loads(response.body, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(problem, "title")), "Quota exceeded");
    ck_assert_str_eq(json_string_value(json_object_get(problem, "detail")),
                     "5 of the 5 requests of the daily quota are used");
    violated = json_array_get(json_object_get(problem, "violated-policies"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(violated, "policy")), "daily-quota");
    ck_assert_int_eq(json_integer_value(json_object_get(violated, "limit")), 5);
    ck_assert_int_eq(json_integer_value(json_object_get(violated, "used")), 5);
    json_decref(problem);
    http_response_fini(&response);
}
END_TEST

START_TEST(parallel_clients_get_no_more)
{
    testbed_expect(&testbed, PROPERTIES, 200);
    testbed_make_key(&testbed, "five", UNLIMITED "\"daily_limit\": 5", shared_key);
    ck_assert_int_eq(admitted_in_parallel(), 5);
    /* leases of more than one */
    testbed_make_key(&testbed, "many", UNLIMITED "\"daily_limit\": 250", shared_key);
    ck_assert_int_eq(admitted_in_parallel(), 250);
    expect_refusal(shared_key, PROPERTIES, "daily-quota", NULL, DAY_S / 2);
}
END_TEST

START_TEST(a_restart_gives_nothing_back_and_loses_nothing)
{
    char key[80];

    testbed_make_key(&testbed, "many", UNLIMITED "\"daily_limit\": 250", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 101), 101);
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 500), 149);
    testbed_stop_server(&testbed);
    testbed_start_server(&testbed);
    expect_refusal(key, PROPERTIES, "daily-quota", NULL, DAY_S / 2);
}
END_TEST

START_TEST(the_next_day_has_a_new_quota)
{
    char key[80];

    testbed_make_key(&testbed, "five", UNLIMITED "\"daily_limit\": 5", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
    test_clock_move_wall(DAY_S / 2 - 600); /* ten minutes before midnight */
    expect_refusal(key, PROPERTIES, "daily-quota", NULL, 600);
    test_clock_move_wall(1200);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
    /* a clock that steps back goes on with the old day's count */
    test_clock_move_wall(-1200);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 0);
}
END_TEST

START_TEST(a_month_is_counted_beside_the_day)
{
    char key[80];

    testbed_make_key(&testbed, "seven", UNLIMITED "\"daily_limit\": 5, \"monthly_limit\": 7", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
    test_clock_move_wall(DAY_S);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 2);
    test_clock_move_wall(DAY_S);
    expect_refusal(key, PROPERTIES, "monthly-quota", NULL, 31 * DAY_S);
    test_clock_move_wall(31 * DAY_S);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
}
END_TEST

static void
change_daily_limit(long long id, int limit)
{
    char path[64], body[64];
    struct http_response response;

    snprintf(path, sizeof path, "/admin/api-keys/%lld", id);
    snprintf(body, sizeof body, "{\"daily_limit\": %d}", limit);
    http_call(testbed.admin_port, "PUT", path, testbed.admin_token, body, NULL, &response);
    ck_assert_msg(response.status == 200, "%d %s", response.status, response.body);
    http_response_fini(&response);
}

/* Ten of a thousand were leased at the first request: nine of them are left of the new limit, too. */
START_TEST(a_limit_that_is_lowered_counts_what_was_used)
{
    char key[80];
    long long id;

    testbed_make_key(&testbed, "lowered", "\"limits\": {\"*\": \"none\"}, \"daily_limit\": 1000",
                     key);
    id = testbed_query(&testbed, "rentcache.db",
                       "SELECT id FROM api_keys WHERE key_name = 'lowered'");
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 1), 1);
    change_daily_limit(id, 9);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 8);
    change_daily_limit(id, 12);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 3);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("quotas");
    TCase *cases = tcase_create("quotas");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_test(cases, a_new_key_has_the_usual_quotas);
    tcase_add_test(cases, five_a_day_are_exactly_five);
    tcase_add_test(cases, a_refusal_says_which_quota_and_how_much_of_it_is_used);
    tcase_add_test(cases, parallel_clients_get_no_more);
    tcase_add_test(cases, a_restart_gives_nothing_back_and_loses_nothing);
    tcase_add_test(cases, the_next_day_has_a_new_quota);
    tcase_add_test(cases, a_limit_that_is_lowered_counts_what_was_used);
    tcase_add_test(cases, a_month_is_counted_beside_the_day);
    suite_add_tcase(suite, cases);
    return suite;
}
