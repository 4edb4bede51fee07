/* kill_test.c - kill -9 of any process at any moment: every answer that arrived has its row, nothing stands twice, lost calls
 * are unknown. */
/* links: @support */
/* topologies: one four */
/* label: long */
#include <check.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/now.h"
#include "support/testbed_fixture.h"

#define CLIENTS   8
#define ROUNDS    32
#define START_MS  20000
#define ANSWER_MS 20000 /* the whole deadline of a request, and a slow machine */
#define SETTLE_MS 60000

static void
setup(void)
{
    static const char *const settings[] = {
        "UPSTREAM_TIMEOUT_MS=4000",
        "UPSTREAM_FIRST_BYTE_TIMEOUT_MS=3000",
        "UPSTREAM_RESERVE_TIMEOUT_MS=2000",
        "REQUEST_TIMEOUT_MS=7000",
        "ACTOR_HEARTBEAT_TIMEOUT_MS=1000",
        "SPOOL_RING_RECORDS=4096",
        NULL,
    };

    testbed_start(&testbed, settings);
}

/* What the clients know; they wait while the listener is away. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool is_up, is_over;
    int64_t answers; /* with a usage row each */
    int64_t by_status[600];
    int64_t unanswered;
    char complaint[512];
} clients = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER, .is_up = true};

/* False: the test is over. */
static bool
await_listener(void)
{
    bool goes_on;

    pthread_mutex_lock(&clients.lock);
    while (!clients.is_up && !clients.is_over)
        pthread_cond_wait(&clients.changed, &clients.lock);
    goes_on = !clients.is_over;
    pthread_mutex_unlock(&clients.lock);
    return goes_on;
}

static void
set_listener(bool is_up, bool is_over)
{
    pthread_mutex_lock(&clients.lock);
    clients.is_up = is_up;
    clients.is_over = is_over;
    pthread_cond_broadcast(&clients.changed);
    pthread_mutex_unlock(&clients.lock);
}

/* A gateway that is about to stop or has no keys yet answers before it knows whose request it is. */
static bool
has_row(const struct http_response *response)
{
    return response->status != 503 || strstr(response->body, "problem:not-ready") == NULL;
}

static void
note(const struct http_response *response, bool is_whole, long took_ms)
{
    bool is_known = response->status == 200 || (response->status >= 502 && response->status <= 504);

    pthread_mutex_lock(&clients.lock);
    if (!is_whole) {
        clients.unanswered++;
    } else if (has_row(response)) {
        clients.answers++;
        clients.by_status[response->status]++;
    }
    if (is_whole && (!is_known || took_ms > ANSWER_MS))
        snprintf(clients.complaint, sizeof clients.complaint, "%d after %ld ms: %.300s",
                 response->status, took_ms, response->body);
    pthread_cond_broadcast(&clients.changed);
    pthread_mutex_unlock(&clients.lock);
}

/* Connects without aborting: the listener may just be gone. */
static bool
connect_again(struct http *http)
{
    http_close(http);
    if (!await_listener())
        return false;
    http_open(http, testbed.port);
    return true;
}

static void *
ask_all_the_time(void *argument)
{
    unsigned seed = (unsigned)(uintptr_t)argument;
    struct http http = {.socket = -1};

    while (await_listener()) {
        struct http_response response;
        char target[128];
        long started_ms = now_ms();
        bool is_whole;

        if (http.socket < 0 && !connect_again(&http))
            break;
        snprintf(target, sizeof target,
                 "/api/v1/properties?state=TX&limit=2&offset=%d&force_refresh=%s",
                 rand_r(&seed) % 300, rand_r(&seed) % 5 == 0 ? "true" : "false");
        is_whole = http_call_on(&http, "GET", target, testbed.key, NULL, NULL, &response);
        note(&response, is_whole, now_ms() - started_ms);
        if (!is_whole)
            http_close(&http);
        http_response_fini(&response);
    }
    http_close(&http);
    return NULL;
}

/* So many more answers: the moments of the kills. */
static void
await_answers(int64_t more)
{
    struct timespec deadline = deadline_in(60000);
    int64_t wanted;

    pthread_mutex_lock(&clients.lock);
    wanted = clients.answers + more;
    while (clients.answers < wanted && clients.complaint[0] == '\0')
        ck_assert_msg(pthread_cond_timedwait(&clients.changed, &clients.lock, &deadline) == 0,
                      "no answers any more");
    pthread_mutex_unlock(&clients.lock);
    ck_assert_msg(clients.complaint[0] == '\0', "%s", clients.complaint);
}

static void
kill_and_restart(enum testbed_process which)
{
    bool is_gateway = !testbed.is_split || which == TESTBED_GATEWAY;
    long started_ms;

    if (is_gateway)
        set_listener(false, false);
    process_kill(testbed_process(&testbed, which));
    started_ms = now_ms();
    testbed_restart_process(&testbed, which);
    ck_assert_msg(now_ms() - started_ms < START_MS, "%ld ms", now_ms() - started_ms);
    testbed_await_ready(&testbed, 60000);
    if (is_gateway)
        set_listener(true, false);
}

static int64_t
rows(const char *database, const char *what)
{
    char sql[256];

    snprintf(sql, sizeof sql, "SELECT count(*) FROM %s", what);
    return testbed_query(&testbed, database, sql);
}

static void
await_rows(int64_t least)
{
    long deadline_ms = now_ms() + SETTLE_MS;

    while (rows("rentcache.db", "usage_stats") < least)
        ck_assert_msg(now_ms() < deadline_ms, "%lld rows of %lld answers",
                      (long long)rows("rentcache.db", "usage_stats"), (long long)least);
}

static void
expect_rows_of_answers(void)
{
    char what[96];

    await_rows(clients.answers);
    testbed_stop_server(&testbed); /* whatever is under way comes to its end */
    ck_assert_int_ge(rows("rentcache.db", "usage_stats"), clients.answers);
    ck_assert_int_le(rows("rentcache.db", "usage_stats"), clients.answers + clients.unanswered);
    ck_assert_int_eq(
        rows("rentcache.db", "(SELECT 1 FROM usage_stats GROUP BY spool_id, ring, sequence)"),
        rows("rentcache.db", "usage_stats"));
    for (int status = 200; status < 600; status++) {
        int64_t seen;

        snprintf(what, sizeof what, "usage_stats WHERE status_code = %d", status);
        seen = rows("rentcache.db", what);
        ck_assert_msg(seen >= clients.by_status[status] &&
                          seen <= clients.by_status[status] + clients.unanswered,
                      "%d: %lld rows, %lld answers", status, (long long)seen,
                      (long long)clients.by_status[status]);
    }
}

static void
expect_books(void)
{
    int64_t billed = rows("rentcache.db", "ledger WHERE status = 'billed'");
    int64_t unknown = rows("rentcache.db", "ledger WHERE status = 'unknown'");

    ck_assert_int_eq(rows("rentcache.db", "ledger WHERE status = 'reserved'"), 0);
    ck_assert_int_ge(rows("rentcache.db", "ledger"), testbed_upstream_calls(&testbed));
    ck_assert_int_le(billed, testbed_upstream_billed(&testbed));
    ck_assert_int_ge(billed + unknown, testbed_upstream_billed(&testbed));
    ck_assert_int_eq(rows("rentcache.db", "pragma_integrity_check WHERE integrity_check = 'ok'"),
                     1);
    ck_assert_int_eq(rows("cache.db", "pragma_integrity_check WHERE integrity_check = 'ok'"), 1);
    ck_assert_int_eq(rows("cache.db", "cache_entries WHERE status_code <> 200"
                                      " OR NOT json_valid(CAST(response_data AS TEXT))"),
                     0);
}

START_TEST(every_answer_has_its_row)
{
    pthread_t threads[CLIENTS];
    unsigned seed = 20260101;

    for (uintptr_t i = 0; i < CLIENTS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, ask_all_the_time, (void *)(i + 1)), 0);
    for (int round = 0; round < ROUNDS; round++) {
        await_answers(100 + rand_r(&seed) % 600);
        kill_and_restart((enum testbed_process)(round % TESTBED_PROCESSES));
    }
    await_answers(500);
    set_listener(true, true);
    for (int i = 0; i < CLIENTS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_int_ge(clients.by_status[200], ROUNDS * 50);
    expect_rows_of_answers();
    testbed_start_server(
        &testbed); /* what the last upstream left open is named unknown at the latest now */
    expect_books();
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("kill");
    TCase *cases = tcase_create("processes");

    tcase_add_checked_fixture(cases, setup, testbed_teardown);
    tcase_set_timeout(cases, 400);
    tcase_add_test(cases, every_answer_has_its_row);
    suite_add_tcase(suite, cases);
    return suite;
}
