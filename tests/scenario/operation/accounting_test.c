/* accounting_test.c - after a mixed run the client's log, the usage rows, the metrics, the ledger and the paid API's own
 * books say the same. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/row.h"
#include "support/testbed_fixture.h"

#define THREADS  16
#define REQUESTS 250 /* each */

static char limited_key[80];

struct tally {
    pthread_t thread;
    unsigned seed;
    int64_t statuses[600];
    int64_t itemised; /* requests with a known key on a known route */
    int64_t hits, costs;
};

static void
setup(void)
{
    testbed_start(&testbed, NULL);
    testbed_make_key(&testbed, "limited", "\"limits\": {\"global\": \"50/hour\"}", limited_key);
}

/* A target, which key asks, and whether the request gets a usage row. */
static bool
choose(unsigned *seed, char *target, size_t size, const char **key)
{
    int choice = (int)(rand_r(seed) % 100);
    int number = (int)(rand_r(seed) % 40);

    *key = choice % 10 == 0 ? limited_key : testbed.key;
    if (choice < 70)
        snprintf(target, size, "/api/v1/properties?state=TX&limit=%d", 1 + number);
    else if (choice < 80)
        snprintf(target, size, "/api/v1/properties/Nowhere-%d,-Austin,-TX-78701", number);
    else if (choice < 86)
        snprintf(target, size, "/api/v1/properties?limit=%d", 501 + number);
    else if (choice < 92)
        snprintf(target, size, "/api/v1/properties?state=TX&limit=%d&force_refresh=true",
                 1 + number);
    else if (choice < 96)
        snprintf(target, size, "/api/v1/unknown/%d", number);
    else
        snprintf(target, size, "/api/v1/properties?state=TX&limit=%d", 1 + number);
    if (choice >= 96)
        *key = "rc_wrong_key";
    return choice < 92;
}

static void *
run(void *argument)
{
    struct tally *tally = argument;
    struct http http;

    http_open(&http, testbed.port);
    for (int i = 0; i < REQUESTS; i++) {
        struct http_response response;
        char target[128], text[32];
        const char *key;
        bool has_row = choose(&tally->seed, target, sizeof target, &key);

        if (!http_call_on(&http, "GET", target, key, NULL, NULL, &response))
            return NULL;
        tally->statuses[response.status]++;
        tally->itemised += has_row && response.status != 401 && response.status != 400;
        tally->hits +=
            http_field(&response, "X-Cache-Hit", text, sizeof text) && strcmp(text, "true") == 0;
        tally->costs += http_field(&response, "X-Estimated-Cost", text, sizeof text);
        http_response_fini(&response);
    }
    http_close(&http);
    return NULL;
}

static void
add(struct tally *sum, const struct tally *one)
{
    for (size_t i = 0; i < 600; i++)
        sum->statuses[i] += one->statuses[i];
    sum->itemised += one->itemised;
    sum->hits += one->hits;
    sum->costs += one->costs;
}

static int64_t
sum_metric(const char *name, const char *const *decisions)
{
    int64_t sum = 0;
    char full[160];

    for (; *decisions != NULL; decisions++) {
        snprintf(full, sizeof full, "%s{endpoint=\"properties\",decision=\"%s\"}", name,
                 *decisions);
        sum += (int64_t)testbed_metric(&testbed, full);
    }
    return sum;
}

START_TEST(all_books_agree)
{
    static const char *const all[] = {"hit",     "stale", "collapsed", "miss",
                                      "refused", "error", NULL};
    static const char *const cached[] = {"hit", "stale", NULL};
    struct tally tallies[THREADS] = {0}, sum = {0};
    int64_t calls, billed;

    row("R-004");
    for (unsigned i = 0; i < THREADS; i++) {
        tallies[i].seed = 1000 + i;
        ck_assert_int_eq(pthread_create(&tallies[i].thread, NULL, run, &tallies[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(tallies[i].thread, NULL);
        add(&sum, &tallies[i]);
    }
    ck_assert_int_gt(sum.statuses[200], 1000);
    ck_assert_int_gt(sum.statuses[429], 10);
    ck_assert_int_gt(sum.statuses[422], 50);
    ck_assert_int_gt(sum.statuses[401], 20);

    /* client = usage rows = metrics */
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats", sum.itemised,
                        20000);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM (SELECT spool_id, ring, sequence FROM "
                                   "usage_stats GROUP BY 1, 2, 3)"),
                     sum.itemised);
    ck_assert_int_eq(sum_metric("rentcache_requests_total", all), sum.itemised);
    ck_assert_int_eq(sum_metric("rentcache_requests_total", cached), sum.hits);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats WHERE cache_hit"),
        sum.hits);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM usage_stats WHERE status_code = 429"),
                     sum.statuses[429]);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM usage_stats WHERE decision = 'miss'"),
                     sum.costs);

    /* ledger = the paid API's journal; billed = its ledger */
    calls = testbed_upstream_calls(&testbed);
    billed = testbed_upstream_billed(&testbed);
    row("R-135");
    testbed_await_metric(&testbed, "upstream_api_calls_total", (double)calls, 60000);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db", "SELECT count(*) FROM ledger"), calls);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'billed'", billed, 60000);
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM ledger WHERE status = 'free'"),
                     calls - billed);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(cost_micro_usd) FROM ledger"),
        billed * 1000000);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("accounting");
    TCase *cases = tcase_create("books");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 240);
    tcase_add_test(cases, all_books_agree);
    suite_add_tcase(suite, cases);
    return suite;
}
