/* settings_test.c - what single settings do in the running system: DEBUG, DATABASE_ECHO, REDIS_URL and REDIS_ENABLED, ENABLE_ANALYTICS, and
 * names that do nothing. */
/* links: @support */
/* topologies: one four */
#include <arpa/inet.h>
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "support/process/port_hold.h"
#include "support/row.h"
#include "support/testbed_fixture.h"

#define PROPERTIES "/api/v1/properties?state=TX&limit=2"

/* How many lines of the log have both texts. */
static int
count_lines(const char *one, const char *other)
{
    FILE *log = fopen(testbed.log_path, "re");
    static char line[65536];
    int count = 0;

    ck_assert_ptr_nonnull(log);
    while (fgets(line, sizeof line, log) != NULL)
        count += strstr(line, one) != NULL && strstr(line, other) != NULL ? 1 : 0;
    fclose(log);
    return count;
}

/* A member of the problem that a GET with that key gets; "" where there is none. */
static void
read_problem(const char *key, int status, const char *name, char *text, size_t size)
{
    struct http_response response;
    json_t *body;
    const char *value;

    http_call(testbed.port, "GET", PROPERTIES, key, NULL, NULL, &response);
    ck_assert_int_eq(response.status, status);
    body = json_loads(response.body, 0, NULL);
    ck_assert_ptr_nonnull(body);
    value = json_string_value(json_object_get(body, name));
    snprintf(text, size, "%s", value != NULL ? value : "");
    json_decref(body);
    http_response_fini(&response);
}

/* With the settings the upstream cannot be reached, and its address is in what the network library says of that. */
static void
start_without_upstream(const char *debug, int *held, char address[32])
{
    char url[64];
    const char *const settings[] = {url, debug, "UPSTREAM_RETRIES=0", NULL};
    int port;

    *held = port_hold_free(&port);
    ck_assert_int_ge(*held, 0);
    snprintf(url, sizeof url, "RENTCAST_BASE_URL=http://127.0.0.1:%d", port);
    snprintf(address, 32, "port %d", port);
    testbed_start(&testbed, settings);
}

START_TEST(debug_tells_clients_the_cause)
{
    char address[32], text[512];
    int held;

    row("R-144");
    start_without_upstream("DEBUG=true", &held, address);
    read_problem("rc_not_a_key_of_ours", 401, "cause", text, sizeof text);
    ck_assert_str_eq(text, "unknown-key");
    read_problem(testbed.key, 502, "detail", text, sizeof text);
    ck_assert_msg(strstr(text, address) != NULL, "%s", text);
    testbed_stop(&testbed);
    close(held);
}
END_TEST

START_TEST(without_debug_clients_learn_no_cause)
{
    char address[32], text[512];
    int held;

    row("R-144");
    start_without_upstream("DEBUG=false", &held, address);
    read_problem("rc_not_a_key_of_ours", 401, "cause", text, sizeof text);
    ck_assert_str_eq(text, "");
    read_problem(testbed.key, 502, "detail", text, sizeof text);
    ck_assert_str_ne(text, "");
    ck_assert_msg(strstr(text, address) == NULL, "%s", text);
    testbed_stop(&testbed);
    close(held);
}
END_TEST

/* Values stand for themselves in a statement, as ?1: they are nowhere in the log. */
static void
expect_echo(const char *setting, bool is_on)
{
    const char *const settings[] = {setting, NULL};
    char key[80];

    testbed_start(&testbed, settings);
    testbed_make_key(&testbed, "named_in_no_log", "", key);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
    testbed_stop_server(&testbed);
    ck_assert_int_eq(count_lines("sql: ", "INSERT INTO api_keys") > 0, is_on);
    ck_assert_int_eq(count_lines("sql: ", "cache_entries") > 0, is_on);
    ck_assert_int_eq(count_lines("sql: ", "named_in_no_log"), 0);
    testbed_start_server(&testbed);
    testbed_stop(&testbed);
}

START_TEST(database_echo_logs_every_statement)
{
    row("R-146");
    expect_echo("DATABASE_ECHO=true", true);
}
END_TEST

START_TEST(without_database_echo_no_statement_is_logged)
{
    row("R-146");
    expect_echo("NEAR_CACHE_BYTES=0", false);
}
END_TEST

static void
expect_l2(void)
{
    struct http_response response;
    char level[32];

    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
    testbed_await_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries", 1, 10000);
    testbed_get(&testbed, PROPERTIES, &response);
    http_field(&response, "X-Cache-Level", level, sizeof level);
    ck_assert_str_eq(level, "L2");
    http_response_fini(&response);
}

START_TEST(without_a_redis_url_l2_is_all)
{
    static const char *const settings[] = {"NEAR_CACHE_BYTES=0", NULL};

    row("R-147");
    testbed_start(&testbed, settings);
    expect_l2();
    testbed_stop(&testbed);
}
END_TEST

/* Somebody who listens there would be seen to be asked. */
START_TEST(redis_that_is_not_enabled_is_never_contacted)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    struct pollfd listener = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0),
                              .events = POLLIN};
    char url[64];
    const char *const settings[] = {url, "NEAR_CACHE_BYTES=0", "REDIS_RETRY_MS=10", NULL};

    row("R-148");
    ck_assert_int_eq(bind(listener.fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(listener.fd, 4), 0);
    ck_assert_int_eq(getsockname(listener.fd, (struct sockaddr *)&address, &size), 0);
    snprintf(url, sizeof url, "REDIS_URL=redis://127.0.0.1:%d/0", ntohs(address.sin_port));
    testbed_start(&testbed, settings);
    expect_l2();
    testbed_stop(&testbed);
    ck_assert_int_eq(poll(&listener, 1, 0), 0);
    close(listener.fd);
}
END_TEST

/* Money is counted all the same: the ledger is no analytics. So is what a key uses: its quota counts, and its list says so. */
static void
expect_usage(const char *setting, int64_t rows)
{
    const char *const settings[] = {setting, NULL};

    testbed_start(&testbed, settings);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 0);
    ck_assert_int_eq(testbed_expect(&testbed, PROPERTIES, 200), 1);
    testbed_stop_server(&testbed); /* what was answered is stored before it ends */
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats"),
                     rows);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT coalesce(sum(hits + misses), 0) FROM usage_hourly"),
                     rows);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT sum(requests) FROM usage_daily WHERE api_key_id = 1"),
                     2);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT daily_usage * (last_used IS NOT NULL) FROM api_keys"),
                     2);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "1"), 1);
    testbed_start_server(&testbed);
    testbed_stop(&testbed);
}

START_TEST(without_analytics_there_are_no_usage_rows)
{
    row("R-155");
    expect_usage("ENABLE_ANALYTICS=false", 0);
}
END_TEST

START_TEST(analytics_has_a_usage_row_per_request)
{
    row("R-155");
    expect_usage("ENABLE_ANALYTICS=true", 2);
}
END_TEST

START_TEST(a_setting_without_effect_is_warned_of)
{
    static const char *const settings[] = {"WORKERS=4", NULL};

    testbed_start(&testbed, settings);
    ck_assert_int_eq(count_lines("\"WARNING\"", "WORKERS: has no effect: use GATEWAY_THREADS"),
                     testbed_is_split() ? TESTBED_PROCESSES : 1);
    testbed_stop(&testbed);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("settings");
    TCase *tcase = tcase_create("settings");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, debug_tells_clients_the_cause);
    tcase_add_test(tcase, without_debug_clients_learn_no_cause);
    tcase_add_test(tcase, database_echo_logs_every_statement);
    tcase_add_test(tcase, without_database_echo_no_statement_is_logged);
    tcase_add_test(tcase, without_a_redis_url_l2_is_all);
    tcase_add_test(tcase, redis_that_is_not_enabled_is_never_contacted);
    tcase_add_test(tcase, without_analytics_there_are_no_usage_rows);
    tcase_add_test(tcase, analytics_has_a_usage_row_per_request);
    tcase_add_test(tcase, a_setting_without_effect_is_warned_of);
    suite_add_tcase(suite, tcase);
    return suite;
}
