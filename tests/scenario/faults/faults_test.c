/* faults_test.c - whatever the paid API does: the right status in time, the right account, nothing bad kept. */
/* links: @support */
/* topologies: one four */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/now.h"
#include "support/row.h"
#include "support/testbed_fixture.h"

#define CLIENTS     8
#define EACH        3
#define DEADLINE_MS 20000 /* timeout of a call, grace of its flight, and a slow machine */

#define SETTINGS                                                                                   \
    "UPSTREAM_MAX_BODY_BYTES=60000", "UPSTREAM_RETRY_BUDGET_PERCENT=100", "UNUSABLE_TTL_S=0",      \
        /* each request makes its call */ "ACTOR_HEARTBEAT_TIMEOUT_MS=60000"

static void
setup(void)
{
    static const char *const settings[] = {SETTINGS, NULL};

    testbed_start(&testbed, settings);
}

/* For what the paid API never answers, or never ends. */
static void
setup_impatient(void)
{
    static const char *const settings[] = {"UPSTREAM_TIMEOUT_MS=4000",
                                           "UPSTREAM_FIRST_BYTE_TIMEOUT_MS=4000", SETTINGS, NULL};

    testbed_start(&testbed, settings);
}

/* What a fault gives: to clients, in the ledger, in its attempts per request. */
struct expectation {
    const char *why;
    const char *fault;
    int status;
    const char *slug;   /* in the problem's type; NULL: no problem */
    const char *charge; /* of every ledger row */
    int attempts;       /* ledger rows per request */
};

static const struct expectation expectations[] = {
    {"500", "{\"kind\": \"status\", \"status\": 500}", 500, "upstream-refused", "free", 2},
    {"503", "{\"kind\": \"status\", \"status\": 503}", 503, "upstream-refused", "free", 2},
    {"504", "{\"kind\": \"status\", \"status\": 504}", 504, "upstream-refused", "free", 2},
    {"400", "{\"kind\": \"status\", \"status\": 400}", 400, "upstream-refused", "free", 1},
    {"404", "{\"kind\": \"status\", \"status\": 404}", 404, "upstream-refused", "free", 1},
    {"401", "{\"kind\": \"status\", \"status\": 401}", 502, "upstream-credential", "free", 1},
    {"403", "{\"kind\": \"status\", \"status\": 403}", 502, "upstream-credential", "free", 1},
    {"a redirect",
     "{\"kind\": \"status\", \"status\": 302, \"headers\": {\"Location\": \"http://127.0.0.1/\"}}",
     502, "upstream-failed", "free", 1},
    {"no body", "{\"kind\": \"status\", \"status\": 204}", 204, NULL, "free", 1},
    {"reset", "{\"kind\": \"reset\"}", 502, "upstream-failed", "unknown", 1},
    {"close", "{\"kind\": \"close\"}", 502, "upstream-failed", "unknown", 1},
    {"truncate", "{\"kind\": \"truncate\"}", 502, "upstream-failed", "billed", 1},
    {"garbage", "{\"kind\": \"garbage\"}", 502, "upstream-malformed", "billed", 1},
    {"another type", "{\"kind\": \"content_type\"}", 502, "upstream-malformed", "billed", 1},
    {"two lengths", "{\"kind\": \"latency\", \"headers\": {\"Content-Length\": \"3\"}}", 502,
     "upstream-malformed", "billed", 1},
};

static const struct expectation late[] = {
    {"too late to begin", "{\"kind\": \"latency\", \"latency_ms\": 60000}", 504, "upstream-timeout",
     "unknown", 1},
    {"held", "{\"kind\": \"hold\"}", 504, "upstream-timeout", "unknown", 1},
    {"too slow", "{\"kind\": \"trickle\", \"latency_ms\": 100, \"piece_bytes\": 4}", 504,
     "upstream-timeout", "billed", 1},
};

static bool
json_is_whole(const struct http_response *response)
{
    json_t *document = json_loadb(response->body, response->body_size, 0, NULL);
    bool is_whole = document != NULL;

    json_decref(document);
    return is_whole;
}

struct client {
    pthread_t thread;
    const struct expectation *expected;
    int first; /* of its targets */
    int each;  /* of them, one after the other */
    char complaint[512];
};

static bool
is_as_expected(struct client *client, const struct http_response *response)
{
    const struct expectation *expected = client->expected;
    char type[96], status[16];

    snprintf(type, sizeof type, "urn:rentcache:problem:%s",
             expected->slug != NULL ? expected->slug : "");
    if (response->status == expected->status &&
        strstr(response->body, "callback") == NULL && /* how it is made is nobody's business */
        (expected->slug == NULL || strstr(response->body, type) != NULL) &&
        (response->status != 503 || http_field(response, "Retry-After", status, sizeof status)))
        return true;
    snprintf(client->complaint, sizeof client->complaint, "%d %.300s", response->status,
             response->body);
    return false;
}

static void *
ask(void *argument)
{
    struct client *client = argument;
    struct http http;

    http_open(&http, testbed.port);
    for (int i = 0; i < client->each && client->complaint[0] == '\0'; i++) {
        struct http_response response;
        char target[128];
        long started_ms = now_ms();

        snprintf(target, sizeof target, "/api/v1/properties?state=TX&limit=20&offset=%d",
                 client->first + i);
        if (!http_call_on(&http, "GET", target, testbed.key, NULL, NULL, &response))
            snprintf(client->complaint, sizeof client->complaint, "no answer");
        else if (is_as_expected(client, &response) && now_ms() - started_ms > DEADLINE_MS)
            snprintf(client->complaint, sizeof client->complaint, "only after %ld ms",
                     now_ms() - started_ms);
        http_response_fini(&response);
    }
    http_close(&http);
    return NULL;
}

static void
ask_all(const struct expectation *expected, int each)
{
    struct client clients[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.expected = expected, .first = i * EACH, .each = each};
        ck_assert_int_eq(pthread_create(&clients[i].thread, NULL, ask, &clients[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        ck_assert_msg(clients[i].complaint[0] == '\0', "%s: %s", expected->why,
                      clients[i].complaint);
    }
}

/* No row is open, no transfer runs, nothing but whole answers is kept. */
static void
expect_quiet(const char *why)
{
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'reserved'", 0, 60000);
    testbed_await_metric(&testbed, "rentcache_upstream_active{upstream=\"rentcast\"}", 0, 60000);
    testbed_await_metric(&testbed, "rentcache_upstream_queued{upstream=\"rentcast\"}", 0, 60000);
    testbed_await_metric(&testbed, "rentcache_cache_waiters", 0, 60000);
    testbed_await_metric(&testbed, "rentcache_cache_flights", 0, 60000);
    ck_assert_msg(testbed_query(&testbed, "cache.db",
                                "SELECT count(*) FROM cache_entries WHERE status_code <> 200"
                                " OR NOT json_valid(CAST(response_data AS TEXT))") == 0,
                  "%s: something bad is kept", why);
}

static void
expect_account(const struct expectation *expected, int each)
{
    char where[64];
    int64_t rows = CLIENTS * each * expected->attempts;

    snprintf(where, sizeof where, "status = '%s'", expected->charge);
    ck_assert_msg(testbed_count_ledger(&testbed, where) == rows &&
                      testbed_count_ledger(&testbed, "1") == rows,
                  "%s: %lld rows, %lld %s", expected->why,
                  (long long)testbed_count_ledger(&testbed, "1"),
                  (long long)testbed_count_ledger(&testbed, where), expected->charge);
    ck_assert_int_eq(
        testbed_count_ledger(
            &testbed,
            "cost_micro_usd <> CASE WHEN status IN ('billed', 'unknown') THEN 1000000 ELSE 0 END"),
        0);
}

static void
expect_fault(const struct expectation *expected, int each)
{
    testbed_fault(&testbed, expected->fault);
    ask_all(expected, each);
    testbed_fault(&testbed, "");
    expect_quiet(expected->why);
    expect_account(expected, each);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries"), 0);
}

START_TEST(each_fault_has_its_status_and_its_charge)
{
    row("R-061");
    expect_fault(&expectations[_i], EACH);
    /* and then all is well */
    ask_all(&(struct expectation){.why = "afterwards", .status = 200}, EACH);
}
END_TEST

START_TEST(what_is_late_has_its_status_and_its_charge)
{
    row("R-061");
    expect_fault(&late[_i], 1);
}
END_TEST

/* Asks until the answer has this status; the pause of a closed tap is a second. */
static void
await_status(const char *target, int status)
{
    long deadline_ms = now_ms() + 60000;
    int seen = 0;

    while (seen != status) {
        struct http_response response;

        testbed_get(&testbed, target, &response);
        seen = response.status;
        http_response_fini(&response);
        ck_assert_msg(now_ms() < deadline_ms, "%s is still %d", target, seen);
    }
}

START_TEST(a_429_closes_the_tap_and_is_never_retried)
{
    struct http_response response;
    char text[32];

    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 429, \"times\": 1, \"headers\": "
                            "{\"Retry-After\": \"10\"}}");
    for (int i = 0; i < 20; i++) {
        testbed_get(&testbed, "/api/v1/properties?state=TX&limit=1", &response);
        ck_assert_msg(response.status == 503, "%d", response.status);
        ck_assert_ptr_nonnull(strstr(response.body, "upstream-limited"));
        ck_assert(http_field(&response, "Retry-After", text, sizeof text));
        ck_assert_msg((int)strtol(text, NULL, 10) >= 1 && (int)strtol(text, NULL, 10) <= 10, "%s",
                      text);
        http_response_fini(&response);
    }
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 1);
    await_status("/api/v1/properties?state=TX&limit=1", 200);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    expect_quiet("429");
    ck_assert_int_eq(testbed_count_ledger(&testbed, "status = 'billed'"), 1);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "cost_micro_usd > 0"), 1);
}
END_TEST

START_TEST(one_fault_is_retried_and_both_calls_are_in_the_ledger)
{
    testbed_fault(&testbed, "{\"kind\": \"status\", \"status\": 503, \"times\": 1}");
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=1", 200), 0);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), 2);
    expect_quiet("retry");
    ck_assert_int_eq(testbed_count_ledger(
                         &testbed, "status = 'free' AND http_status = 503 AND cost_micro_usd = 0"),
                     1);
    ck_assert_int_eq(
        testbed_count_ledger(
            &testbed, "status = 'billed' AND http_status = 200 AND cost_micro_usd = 1000000"),
        1);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "1"), 2);
    testbed_await_metric(&testbed, "rentcache_upstream_retries_total{upstream=\"rentcast\"}", 1,
                         60000);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM usage_stats WHERE decision = 'miss'", 1, 60000);
}
END_TEST

START_TEST(an_upstream_that_is_down_costs_nothing_and_comes_back)
{
    static const struct expectation down = {"down", "", 502, "upstream-failed", "free", 2};

    process_kill(&testbed.simulator);
    ask_all(&down, EACH);
    expect_quiet("down");
    expect_account(&down, EACH);
    testbed_start_simulator(&testbed);
    ask_all(&(struct expectation){.why = "afterwards", .status = 200}, EACH);
    ck_assert_int_eq(testbed_upstream_calls(&testbed), CLIENTS * EACH);
}
END_TEST

START_TEST(what_is_too_large_is_not_kept)
{
    for (int i = 0; i < 5; i++)
        testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=500", 502);
    json_decref(
        testbed_control(&testbed, "PUT", "/_control/settings", "{\"transfer\": \"chunked\"}"));
    for (int i = 0; i < 5; i++)
        testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=500", 502);
    expect_quiet("too large");
    ck_assert_int_eq(testbed_count_ledger(&testbed, "status = 'billed'"), 10);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "1"), 10);
    ck_assert_int_eq(testbed_query(&testbed, "cache.db", "SELECT count(*) FROM cache_entries"), 0);
    ck_assert_int_eq(testbed_expect(&testbed, "/api/v1/properties?state=TX&limit=5", 200), 0);
}
END_TEST

#define MIXED_REQUESTS 250 /* each client */

static void *
ask_at_random(void *argument)
{
    struct client *client = argument;
    unsigned seed = (unsigned)client->first + 1;
    struct http http;

    http_open(&http, testbed.port);
    for (int i = 0; i < MIXED_REQUESTS && client->complaint[0] == '\0'; i++) {
        struct http_response response;
        char target[128];

        snprintf(target, sizeof target,
                 "/api/v1/properties?state=TX&limit=5&offset=%d&force_refresh=%s",
                 rand_r(&seed) % 100, rand_r(&seed) % 2 == 0 ? "true" : "false");
        if (!http_call_on(&http, "GET", target, testbed.key, NULL, NULL, &response) ||
            (response.status != 200 && response.status != 500 && response.status != 502))
            snprintf(client->complaint, sizeof client->complaint, "%d %.300s", response.status,
                     response.body != NULL ? response.body : "");
        else if (response.status == 200 && !json_is_whole(&response))
            snprintf(client->complaint, sizeof client->complaint, "no JSON: %.300s", response.body);
        http_response_fini(&response);
    }
    http_close(&http);
    return NULL;
}

/* C6: of thousands of bad answers none is kept, and the books still agree. */
START_TEST(a_mix_of_faults_leaves_nothing_bad_behind)
{
    struct client clients[CLIENTS];

    testbed_fault(
        &testbed,
        "{\"kind\": \"status\", \"status\": 500, \"probability\": 0.1},"
        "{\"kind\": \"reset\", \"probability\": 0.1}, {\"kind\": \"close\", \"probability\": 0.1},"
        "{\"kind\": \"truncate\", \"probability\": 0.1}, {\"kind\": \"garbage\", \"probability\": "
        "0.1},"
        "{\"kind\": \"content_type\", \"probability\": 0.1}");
    for (int i = 0; i < CLIENTS; i++) {
        clients[i] = (struct client){.first = i};
        ck_assert_int_eq(pthread_create(&clients[i].thread, NULL, ask_at_random, &clients[i]), 0);
    }
    for (int i = 0; i < CLIENTS; i++) {
        pthread_join(clients[i].thread, NULL);
        ck_assert_msg(clients[i].complaint[0] == '\0', "%s", clients[i].complaint);
    }
    testbed_fault(&testbed, "");
    expect_quiet("a mix");
    ck_assert_int_eq(
        testbed_query(&testbed, "cache.db",
                      "SELECT count(*) FROM cache_entries WHERE endpoint = 'properties'"),
        100);
    ck_assert_int_eq(testbed_count_ledger(&testbed, "status = 'billed'"),
                     testbed_upstream_billed(&testbed));
    ck_assert_int_ge(testbed_count_ledger(&testbed, "1"), testbed_upstream_calls(&testbed));
    testbed_await_query(&testbed, "rentcache.db", "SELECT count(*) FROM usage_stats",
                        CLIENTS * MIXED_REQUESTS, 60000);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("faults");
    TCase *cases = tcase_create("kinds");
    TCase *impatient = tcase_create("late");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 120);
    tcase_add_loop_test(cases, each_fault_has_its_status_and_its_charge, 0,
                        (int)(sizeof expectations / sizeof *expectations));
    tcase_add_test(cases, a_429_closes_the_tap_and_is_never_retried);
    tcase_add_test(cases, one_fault_is_retried_and_both_calls_are_in_the_ledger);
    tcase_add_test(cases, an_upstream_that_is_down_costs_nothing_and_comes_back);
    tcase_add_test(cases, what_is_too_large_is_not_kept);
    tcase_add_test(cases, a_mix_of_faults_leaves_nothing_bad_behind);
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(impatient, setup_impatient, testbed_teardown);
    tcase_add_loop_test(impatient, what_is_late_has_its_status_and_its_charge, 0,
                        (int)(sizeof late / sizeof *late));
    suite_add_tcase(suite, impatient);
    return suite;
}
