/* limits_test.c - rates per key and endpoint, rates per key over all, quotas per day and month. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/row.h"
#include "support/test_clock.h"
#include "support/world.h"

#define CLIENTS    8
#define DAY_S      86400
#define PROPERTIES "/api/v1/properties?state=TX&limit=1"
#define BY_ID      "/api/v1/properties/Nowhere-1"
#define ESTIMATE   "/api/v1/estimates/value?latitude=30.27&longitude=-97.74"

static struct world world;

/* The 10th of next month at noon: two days later it is still the same month. */
static void
go_to_the_middle_of_a_month(void)
{
    time_t now = time(NULL);
    struct tm day;

    gmtime_r(&now, &day);
    day.tm_mon++;
    day.tm_mday = 10;
    day.tm_hour = 12;
    day.tm_min = day.tm_sec = 0;
    test_clock_move_wall(timegm(&day) - now);
}

static void
start(const char *setting)
{
    const char *settings[] = {test_clock_setting(), "ACTOR_SILENT_MS=60000", setting, NULL};

    go_to_the_middle_of_a_month();
    world_start(&world, settings);
}

static void
setup(void)
{
    start(NULL);
}

static void
setup_without_limiter(void)
{
    start("ENABLE_RATE_LIMITING=false");
}

static void
teardown(void)
{
    world_stop(&world);
    test_clock_remove();
}

static double
now_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int
status_of(struct http *http, const char *key, const char *target)
{
    struct http_response response;
    int status;

    ck_assert(http_call_on(http, "GET", target, key, NULL, NULL, &response));
    status = response.status;
    http_response_fini(&response);
    return status;
}

/* How many of at most `most` requests are admitted before the first refusal. */
static int
count_admitted(const char *key, const char *target, int most)
{
    struct http http;
    int count = 0;

    http_open(&http, world.port);
    while (count < most && status_of(&http, key, target) != 429)
        count++;
    http_close(&http);
    return count;
}

/* So many are admitted, and one more for each refill_s that went by meanwhile. */
static void
expect_admitted(const char *key, const char *target, int count, double refill_s)
{
    double started_s = now_s();
    int seen = count_admitted(key, target, count * 2 + 10);
    int most = count + (int)((now_s() - started_s) / refill_s) + 1;

    ck_assert_msg(seen >= count && seen <= most, "%s: %d admitted, not %d to %d", target, seen,
                  count, most);
}

/* The refusal that an exhausted limit gives: its policy, its rate, and when to come again. */
static void
expect_refusal(const char *key, const char *target, const char *policy, const char *rate,
               int retry_most_s)
{
    struct http_response response;
    char text[64];
    json_t *problem, *violated;

    http_call(world.port, "GET", target, key, NULL, NULL, &response);
    ck_assert_msg(response.status == 429, "%s: %d", target, response.status);
    ck_assert(http_field(&response, "Retry-After", text, sizeof text));
    ck_assert_msg(atoi(text) >= 1 && atoi(text) <= retry_most_s, "Retry-After: %s", text);
    problem = json_loads(response.body, 0, NULL);
    ck_assert_str_eq(json_string_value(json_object_get(problem, "detail")), "Rate limit exceeded");
    violated = json_array_get(json_object_get(problem, "violated-policies"), 0);
    ck_assert_str_eq(json_string_value(json_object_get(violated, "policy")), policy);
    if (rate != NULL)
        ck_assert_str_eq(json_string_value(json_object_get(violated, "limit")), rate);
    json_decref(problem);
    http_response_fini(&response);
}

START_TEST(properties_have_sixty_a_minute)
{
    char key[80];

    world_make_key(&world, "plain", "", key);
    row("R-068");
    expect_admitted(key, PROPERTIES, 60, 1);
    row("R-027");
    expect_refusal(key, PROPERTIES, "endpoint", "60/minute", 1);
    /* routes of one endpoint share its bucket */
    expect_refusal(key, BY_ID, "endpoint", "60/minute", 1);
    row("R-067");
    row("R-069");
    expect_admitted(key, ESTIMATE, 30, 2);
    expect_refusal(key, ESTIMATE, "endpoint", "30/minute", 2);
    /* another key has its own */
    ck_assert_int_eq(world_expect(&world, PROPERTIES, 200), 1);
}
END_TEST

START_TEST(tokens_come_back_with_time)
{
    char key[80];

    row("R-063");
    world_make_key(&world, "plain", "", key);
    expect_admitted(key, PROPERTIES, 60, 1);
    test_clock_move_mono(10);
    expect_admitted(key, PROPERTIES, 10, 1);
    test_clock_move_mono(3600);
    expect_admitted(key, PROPERTIES, 60, 1);
}
END_TEST

START_TEST(a_key_may_have_limits_of_its_own)
{
    char key[80];

    world_make_key(&world, "five", "\"limits\": {\"properties\": \"5/hour\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
    expect_refusal(key, PROPERTIES, "endpoint", "5/hour", 720);
    expect_admitted(key, ESTIMATE, 30, 2);

    world_make_key(&world, "others",
                   "\"limits\": {\"*\": \"3/hour\", \"value_estimate\": \"4/hour\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 3);
    ck_assert_int_eq(count_admitted(key, ESTIMATE, 100), 4);

    world_make_key(&world, "free", "\"limits\": {\"properties\": \"none\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 300), 300);
}
END_TEST

START_TEST(limits_that_mean_nothing_are_refused)
{
    static const char *const limits[] = {
        "{\"nothing\": \"5/hour\"}",
        "{\"properties\": \"five\"}",
        "{\"properties\": 5}",
        "{\"properties\": \"5/fortnight\"}",
        "{\"properties\": \"-1/hour\"}",
        "[]",
        "\"none\"",
    };
    struct http_response response;
    char body[256];

    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        snprintf(body, sizeof body, "{\"key_name\": \"wrong\", \"limits\": %s}", limits[i]);
        http_call(world.admin_port, "POST", "/admin/api-keys", world.admin_token, body, NULL,
                  &response);
        ck_assert_msg(response.status == 422, "%s: %d", limits[i], response.status);
        http_response_fini(&response);
    }
    ck_assert_int_eq(world_query(&world, "rentcache.db",
                                 "SELECT count(*) FROM api_keys WHERE key_name = 'wrong'"),
                     0);
}
END_TEST

START_TEST(one_limit_counts_over_all_endpoints)
{
    char key[80];

    row("R-066");
    world_make_key(&world, "twenty", "\"limits\": {\"global\": \"20/hour\", \"*\": \"none\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 8), 8);
    ck_assert_int_eq(count_admitted(key, ESTIMATE, 8), 8);
    ck_assert_int_eq(count_admitted(key, BY_ID, 100), 4);
    expect_refusal(key, PROPERTIES, "global", "20/hour", 180);
    expect_refusal(key, ESTIMATE, "global", "20/hour", 180);
}
END_TEST

START_TEST(a_thousand_an_hour_where_nothing_is_said)
{
    char key[80];

    row("R-151");
    world_make_key(&world, "usual", "\"limits\": {\"*\": \"none\"}, \"daily_limit\": \"none\"",
                   key);
    expect_admitted(key, PROPERTIES, 1000, 3.6);
    expect_refusal(key, PROPERTIES, "global", "1000/hour", 4);
}
END_TEST

START_TEST(what_one_limit_refuses_costs_the_other_nothing)
{
    char key[80];

    world_make_key(&world, "both",
                   "\"limits\": {\"global\": \"10/hour\", \"properties\": \"3/hour\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 3);
    for (int i = 0; i < 20; i++)
        expect_refusal(key, PROPERTIES, "endpoint", "3/hour", 1200);
    ck_assert_int_eq(count_admitted(key, ESTIMATE, 100), 7);
    expect_refusal(key, ESTIMATE, "global", "10/hour", 360);
}
END_TEST

START_TEST(refusals_are_counted_and_itemised)
{
    char key[80];

    world_make_key(&world, "two", "\"limits\": {\"properties\": \"2/hour\"}", key);
    count_admitted(key, PROPERTIES, 100);
    expect_refusal(key, PROPERTIES, "endpoint", "2/hour", 1800);
    world_await_query(
        &world, "rentcache.db",
        "SELECT count(*) FROM usage_stats WHERE status_code = 429 AND decision = 'refused'", 2,
        10000);
    ck_assert_int_eq((int)world_metric(&world, "rentcache_rate_limited_total"), 2);
}
END_TEST

START_TEST(without_the_limiter_nobody_is_refused)
{
    char key[80];

    row("R-150");
    world_make_key(&world, "plain", "\"limits\": {\"global\": \"1/hour\"}", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 200), 200);
    ck_assert_int_eq((int)world_metric(&world, "rentcache_rate_limited_total"), 0);
}
END_TEST

START_TEST(a_new_key_has_the_usual_quotas)
{
    char key[80];

    row("R-078");
    world_make_key(&world, "usual", "", key);
    ck_assert_int_eq(world_query(&world, "rentcache.db",
                                 "SELECT daily_limit FROM api_keys WHERE key_name = 'usual'"),
                     1000);
    ck_assert_int_eq(world_query(&world, "rentcache.db",
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

    http_open(&http, world.port);
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

    world_make_key(&world, "five", UNLIMITED "\"daily_limit\": 5", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
    expect_refusal(key, PROPERTIES, "quota", NULL, DAY_S / 2);
    expect_refusal(key, ESTIMATE, "quota", NULL, DAY_S / 2);
    ck_assert_int_ge((int)world_metric(&world, "rentcache_quota_exceeded_total"), 3);
}
END_TEST

START_TEST(parallel_clients_get_no_more)
{
    world_expect(&world, PROPERTIES, 200);
    world_make_key(&world, "five", UNLIMITED "\"daily_limit\": 5", shared_key);
    ck_assert_int_eq(admitted_in_parallel(), 5);
    /* leases of more than one */
    world_make_key(&world, "many", UNLIMITED "\"daily_limit\": 250", shared_key);
    ck_assert_int_eq(admitted_in_parallel(), 250);
    expect_refusal(shared_key, PROPERTIES, "quota", NULL, DAY_S / 2);
}
END_TEST

START_TEST(a_restart_gives_nothing_back_and_loses_nothing)
{
    char key[80];

    world_make_key(&world, "many", UNLIMITED "\"daily_limit\": 250", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 101), 101);
    world_stop_server(&world);
    world_start_server(&world);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 500), 149);
    world_stop_server(&world);
    world_start_server(&world);
    expect_refusal(key, PROPERTIES, "quota", NULL, DAY_S / 2);
}
END_TEST

START_TEST(the_next_day_has_a_new_quota)
{
    char key[80];

    world_make_key(&world, "five", UNLIMITED "\"daily_limit\": 5", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
    test_clock_move_wall(DAY_S / 2 - 600); /* ten minutes before midnight */
    expect_refusal(key, PROPERTIES, "quota", NULL, 600);
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

    world_make_key(&world, "seven", UNLIMITED "\"daily_limit\": 5, \"monthly_limit\": 7", key);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
    test_clock_move_wall(DAY_S);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 2);
    test_clock_move_wall(DAY_S);
    expect_refusal(key, PROPERTIES, "quota", NULL, 31 * DAY_S);
    test_clock_move_wall(31 * DAY_S);
    ck_assert_int_eq(count_admitted(key, PROPERTIES, 100), 5);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("limits");
    TCase *rates = tcase_create("rates"), *quotas = tcase_create("quotas"),
          *off = tcase_create("off");

    tcase_add_checked_fixture(rates, setup, teardown);
    tcase_set_timeout(rates, 120);
    tcase_add_test(rates, properties_have_sixty_a_minute);
    tcase_add_test(rates, tokens_come_back_with_time);
    tcase_add_test(rates, a_key_may_have_limits_of_its_own);
    tcase_add_test(rates, limits_that_mean_nothing_are_refused);
    tcase_add_test(rates, one_limit_counts_over_all_endpoints);
    tcase_add_test(rates, a_thousand_an_hour_where_nothing_is_said);
    tcase_add_test(rates, what_one_limit_refuses_costs_the_other_nothing);
    tcase_add_test(rates, refusals_are_counted_and_itemised);
    suite_add_tcase(suite, rates);
    tcase_add_checked_fixture(quotas, setup, teardown);
    tcase_set_timeout(quotas, 120);
    tcase_add_test(quotas, a_new_key_has_the_usual_quotas);
    tcase_add_test(quotas, five_a_day_are_exactly_five);
    tcase_add_test(quotas, parallel_clients_get_no_more);
    tcase_add_test(quotas, a_restart_gives_nothing_back_and_loses_nothing);
    tcase_add_test(quotas, the_next_day_has_a_new_quota);
    tcase_add_test(quotas, a_month_is_counted_beside_the_day);
    suite_add_tcase(suite, quotas);
    tcase_add_checked_fixture(off, setup_without_limiter, teardown);
    tcase_set_timeout(off, 120);
    tcase_add_test(off, without_the_limiter_nobody_is_refused);
    suite_add_tcase(suite, off);
    return suite;
}
