/* access_log_test.c - lines that are handed over: what is hidden, what is bounded, what is lost. */
/* links: gateway/usage/access_log.c gateway/server/request.c core/base/text.c @core */
#include "usage/access_log.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "http/client.h"

enum { MORE_THAN_PLACES = 5000, STRANGERS = 100 };

static struct config config;
static struct gateway gateway;
static struct worker worker;
static struct route_config route = {.endpoint = "properties"};
static struct request request = {.method = "GET", .path = "/api/v1/properties"};
static struct exchange exchange;
static int64_t lost_lines;
static char text[1 << 22];

const struct address *
client_address(struct exchange *asked)
{
    static const struct address client = {.family = 4, .bytes = {192, 0, 2, 7}};

    ck_assert_ptr_eq(asked, &exchange);
    return &client;
}

static void
count_lost(const char *actor, int64_t lines)
{
    (void)actor;
    lost_lines += lines;
}

static void
setup(void)
{
    char path[] = "/tmp/access_log_test-XXXXXX";
    int file = mkstemp(path);

    ck_assert_int_ge(file, 0);
    unlink(path);
    dup2(file, STDERR_FILENO);
    close(file);
    log_on_lost(count_lost);
    config.gateway.access_log = true;
    gateway = (struct gateway){.config = &config, .access_log = access_log_create()};
    /* any ring: the worker is one of the data listener */
    worker = (struct worker){.gateway = &gateway, .ring = (void *)&gateway};
    exchange = (struct exchange){.worker = &worker, .request = &request, .api_key_id = 7};
    exchange.match.route = &route;
}

static void
teardown(void)
{
    access_log_destroy(&gateway.access_log);
}

static const char *
written(void)
{
    ssize_t size;

    access_log_drain(gateway.access_log);
    size = pread(STDERR_FILENO, text, sizeof text - 1, 0);
    text[size > 0 ? size : 0] = '\0';
    return text;
}

static int
count(const char *word)
{
    int found = 0;

    for (const char *at = text; (at = strstr(at, word)) != NULL; at++)
        found++;
    return found;
}

START_TEST(values_of_secret_parameters_are_hidden)
{
    exchange.target = bytes_of_text("/v1/properties?apiKey=S1&city=Austin&access_token=S2&x");
    access_log_add(&exchange, 200, 60, 10);
    ck_assert_ptr_nonnull(
        strstr(written(), "\"query\":\"apiKey=***&city=Austin&access_token=***&x\""));
    ck_assert_ptr_null(strstr(text, "S1"));
    ck_assert_ptr_null(strstr(text, "S2"));
}
END_TEST

START_TEST(without_a_plan_there_is_no_query)
{
    access_log_add(&exchange, 404, -1, 10);
    ck_assert_ptr_null(strstr(written(), "\"query\":\""));
    ck_assert_int_eq(count("\"status\":404"), 1);
}
END_TEST

START_TEST(a_full_queue_loses_lines_and_counts_them)
{
    for (int i = 0; i < MORE_THAN_PLACES; i++)
        access_log_add(&exchange, 200, 60, 10);
    ck_assert_int_gt(lost_lines, 0);
    written();
    ck_assert_int_eq(count("\"access\"") + lost_lines, MORE_THAN_PLACES);
    access_log_add(&exchange, 200, 60, 10);
    written();
    ck_assert_int_eq(count("\"access\"") + lost_lines, MORE_THAN_PLACES + 1);
}
END_TEST

START_TEST(unknown_callers_get_some_lines_a_second)
{
    exchange.api_key_id = 0;
    config.gateway.access_log = false;
    for (int i = 0; i < STRANGERS; i++)
        access_log_add(&exchange, 401, -1, 10);
    written();
    ck_assert_int_eq(count("\"refused\""), 20);
    exchange.refused_key_id = 3; /* a key of ours that has expired */
    access_log_add(&exchange, 401, -1, 10);
    written();
    ck_assert_int_eq(count("\"refused\""), 21);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("gateway/access_log");
    TCase *tcase = tcase_create("access_log");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, values_of_secret_parameters_are_hidden);
    tcase_add_test(tcase, without_a_plan_there_is_no_query);
    tcase_add_test(tcase, a_full_queue_loses_lines_and_counts_them);
    tcase_add_test(tcase, unknown_callers_get_some_lines_a_second);
    suite_add_tcase(suite, tcase);
    return suite;
}
