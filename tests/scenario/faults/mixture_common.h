/* mixture_common.h - a run of troubles beside clients, and what must be true of all books once everything is healed.
 *
 * What holds, call by call (joined by X-Call-ID):
 *  - what the paid API billed is `billed` or `unknown`; what it answered and did not bill is `free` or `unknown`; what it
 *    never answered is `unknown`; what never reached it is `free` or `unknown`; and nothing else is in the ledger.
 *  - a call costs its route's price if it is `billed`, and what upstream.unknown_charge says if it is `unknown`; else nothing.
 *  - an `unknown` call has its reason: no byte of an answer left, or something happened while it was under way.
 * Request by request: each answer of a known key has one usage row with its status and its cost, a request without a whole
 * answer at most one; a request pays for a target once at most. */
#pragma once

#include "scenario/faults/mixture_clients.h"
#include "scenario/faults/mixture_troubles.h"
#include "support/books.h"

#define SETTLE_MS 60000
#define SLACK_MS  250  /* between the clocks of two programs */
#define CALL_MS   2500 /* a call's whole time, with what it waited before its row was written */

static bool charges_unknown;

static inline void
mixture_start(unsigned seed)
{
    char url[160];
    const char *const settings[] = {
        "UPSTREAM_TIMEOUT_MS=1500",
        "UPSTREAM_FIRST_BYTE_TIMEOUT_MS=1200",
        "UPSTREAM_LOW_SPEED_TIME_S=1",
        "UPSTREAM_RESERVE_TIMEOUT_MS=1000",
        "UPSTREAM_MAX_BODY_BYTES=60000",
        "UPSTREAM_RETRY_BUDGET_PERCENT=100",
        "UNUSABLE_TTL_S=1",
        "REQUEST_TIMEOUT_MS=3000",
        "STOP_TIMEOUT_MS=6000",
        "ACTOR_HEARTBEAT_TIMEOUT_MS=1000",
        "SPOOL_RING_RECORDS=4096",
        "REDIS_ENABLED=true",
        "REDIS_RETRY_MS=100",
        url,
        seed % 4 == 0 ? "UNKNOWN_CHARGE=free" : "UNKNOWN_CHARGE=charge",
        NULL,
    };

    mixture_seed = seed;
    charges_unknown = seed % 4 != 0;
    happened_count = 0;
    redis_start(&redis, NULL);
    snprintf(url, sizeof url, "REDIS_URL=%s", redis.url);
    testbed_start(&testbed, settings);
    printf(SEED_NAME "=%u in %s\n", seed, testbed.folder);
    fflush(stdout);
    learn_goods();
    start_noting_stalls();
    start_clients(seed);
}

static inline void
mixture_end(void)
{
    free_clients();
    forget_goods();
    testbed_stop(&testbed);
    redis_stop(&redis);
}

/* The one that a person wants to see again, or none. */
static inline bool
mixture_seed_is_given(unsigned *seed)
{
    const char *text = getenv(SEED_NAME);

    if (text != NULL)
        *seed = (unsigned)strtoul(text, NULL, 10);
    return text != NULL;
}

static inline void
expect_no_complaint(void)
{
    ck_assert_msg(clients.complaint[0] == '\0', SEED_NAME "=%u: %s", mixture_seed,
                  clients.complaint);
}

/* One trouble, or two at once; they end in any order, and everything is there again. */
static inline void
run_troubles(const struct trouble *const *chosen, size_t count, unsigned *seed)
{
    size_t entries[2];
    bool is_reversed = rand_r(seed) % 2 == 0;

    for (size_t i = 0; i < count; i++) {
        entries[i] = note_beginning(chosen[i]);
        begin_trouble(chosen[i], &happened[entries[i]]);
        watch_clients(50 + rand_r(seed) % (rand_r(seed) % 4 == 0 ? 3000 : 400));
    }
    for (size_t i = 0; i < count; i++)
        end_trouble(chosen[is_reversed ? count - 1 - i : i]);
    for (size_t i = 0; i < count; i++)
        await_end(chosen[i]);
    for (size_t i = 0; i < count; i++)
        happened[entries[i]].to_ms = wall_ms();
    expect_no_complaint();
}

/* 0 to most - 1. */
static inline size_t
draw(unsigned *seed, size_t most)
{
    return (size_t)rand_r(seed) % most;
}

static inline void
run_step(unsigned *seed)
{
    const struct trouble *chosen[2];
    size_t faults[FAULTS_AT_ONCE], fault_count = draw(seed, FAULTS_AT_ONCE + 1);
    bool are_two = draw(seed, 2) == 1;

    for (size_t i = 0; i < fault_count; i++)
        faults[i] = draw(seed, VENDOR_FAULTS);
    set_faults(faults, fault_count);
    watch_clients(50 + rand_r(seed) % 300);
    chosen[0] = &troubles[draw(seed, TROUBLES)];
    chosen[1] = &troubles[draw(seed, TROUBLES)];
    if (exclude_each_other(chosen[0], chosen[1]))
        are_two = false;
    run_troubles(chosen, are_two ? 2 : 1, seed);
    watch_clients(50 + rand_r(seed) % 600);
}

/* Nothing is wrong any more, and nothing under way. */
static inline void
heal(void)
{
    testbed_fault(&testbed, "");
    testbed_await_ready(&testbed, AWAIT_MS);
    end_clients();
    end_noting_stalls();
    expect_no_complaint();
    testbed_await_success(&testbed, "/api/v1/properties/random?limit=1");
    testbed_await_metric(&testbed, "rentcache_upstream_active{upstream=\"rentcast\"}", 0,
                         SETTLE_MS);
    testbed_await_metric(&testbed, "rentcache_upstream_queued{upstream=\"rentcast\"}", 0,
                         SETTLE_MS);
    testbed_await_metric(&testbed, "rentcache_cache_flights", 0, SETTLE_MS);
    testbed_await_metric(&testbed, "rentcache_cache_waiters", 0, SETTLE_MS);
    testbed_await_query(&testbed, "rentcache.db",
                        "SELECT count(*) FROM ledger WHERE status = 'reserved'", 0, SETTLE_MS);
    testbed_stop_server(&testbed); /* the rest of the usage rows */
}

static inline int64_t
price_of(const char *path)
{
    return strncmp(path, "/v1/markets", 11) == 0 ? 5000000
           : strncmp(path, "/v1/avm", 7) == 0    ? 2000000
                                                 : 1000000;
}

static inline bool
is_one_of(const char *text, const char *a, const char *b)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

/* What both must say for the paid API's bill to be the ledger. */
static inline const char *
fault_of_call(const struct books_call *call)
{
    bool is_unknown = strcmp(call->status, "unknown") == 0;
    int64_t cost = strcmp(call->status, "billed") == 0 || (is_unknown && charges_unknown)
                       ? call->price_micro_usd
                       : 0;

    if (!is_one_of(call->status, "billed", "free") && !is_unknown)
        return "not settled";
    if (call->cost_micro_usd != cost)
        return "not its price";
    if (!call->was_seen)
        return strcmp(call->status, "billed") == 0 ? "billed and never there" : NULL;
    if (call->price_micro_usd != price_of(call->path))
        return "another price than its route's";
    if (call->is_billable)
        return is_one_of(call->status, "billed", "unknown") ? NULL : "billed there, not here";
    if (call->seen_status == 0)
        return is_unknown ? NULL : "not answered, and not unknown";
    return is_one_of(call->status, "free", "unknown") ? NULL : "billed here, not there";
}

static inline bool
overlaps(const struct happening *what, int64_t from_ms, int64_t to_ms)
{
    return what->from_ms <= to_ms + SLACK_MS && what->to_ms + SLACK_MS >= from_ms;
}

static inline bool
happened_between(int64_t from_ms, int64_t to_ms)
{
    for (size_t i = 0; i < happened_count; i++)
        if (overlaps(&happened[i], from_ms, to_ms))
            return true;
    return false;
}

/* A stop lets calls end and settles them, unless nobody is there to take that. */
static inline bool
ends_calls(const struct happening *what)
{
    if (what->process == TESTBED_PROCESSES ||
        (testbed.is_split && what->process != TESTBED_UPSTREAM))
        return false;
    if (what->kind == TROUBLE_KILL)
        return true;
    for (size_t i = 0; what->kind == TROUBLE_STOP && i < happened_count; i++)
        if (&happened[i] != what && overlaps(&happened[i], what->from_ms, what->to_ms))
            return true;
    return false;
}

static inline bool
calls_ended_between(int64_t from_ms, int64_t to_ms)
{
    for (size_t i = 0; i < happened_count; i++)
        if (overlaps(&happened[i], from_ms, to_ms) && ends_calls(&happened[i]))
            return true;
    return false;
}

/* Why nobody could know: each of these is documented. */
static inline bool
is_explained(const struct books_call *call)
{
    if (call->was_seen && call->seen_status == 0)
        return true; /* it arrived, and no byte came back */
    if (call->duration_us < 0)
        return calls_ended_between(call->reserved_ms, call->settled_ms);
    if (call->http_status == 200)
        return true; /* its head broke before it said whether there is a body */
    return call->duration_us >= 900 * 1000 || /* cut at a timeout */
           happened_between(call->reserved_ms - CALL_MS, call->settled_ms);
}

static inline void
expect_each_call(const struct books *books)
{
    char text[640];

    for (size_t i = 0; i < books->count; i++) {
        const struct books_call *call = &books->calls[i];
        const char *fault = fault_of_call(call);

        if (fault == NULL && strcmp(call->status, "unknown") == 0 && !is_explained(call))
            fault = "unknown without a reason";
        books_print(call, text, sizeof text);
        ck_assert_msg(fault == NULL, SEED_NAME "=%u: %s: %s", mixture_seed, fault, text);
    }
}

/* All rows, their sums by hour, and the bill: the calls that are known cost what the paid API bills for them. */
static inline void
expect_sums(const struct books *books)
{
    int64_t cost = 0, known = 0, unknown = 0, bill = 0, unknown_bill = 0, billable = 0;

    for (size_t i = 0; i < books->count; i++) {
        const struct books_call *call = &books->calls[i];
        bool is_unknown = strcmp(call->status, "unknown") == 0;

        cost += call->cost_micro_usd;
        billable += call->is_billable;
        *(is_unknown ? &unknown : &known) += call->cost_micro_usd;
        *(is_unknown ? &unknown_bill : &bill) += call->is_billable ? price_of(call->path) : 0;
    }
    printf(SEED_NAME
           "=%u: %zu calls; known: ledger %lld, bill %lld; unknown: ledger %lld, bill %lld\n",
           mixture_seed, books->count, (long long)known, (long long)bill, (long long)unknown,
           (long long)unknown_bill);
    fflush(stdout);
    ck_assert_int_eq(known, bill);
    ck_assert_int_eq(billable, testbed_upstream_billed(&testbed));
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(cost_micro_usd) FROM ledger_hourly"),
        cost);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(calls) FROM ledger_hourly"),
        (int64_t)books->count);
    ck_assert_int_eq(
        testbed_query(&testbed, "rentcache.db", "SELECT sum(reserved) FROM ledger_hourly"), 0);
}

static inline bool
is_paid(const struct books_call *call)
{
    return call->was_seen && (call->is_billable || strcmp(call->status, "unknown") == 0);
}

static inline int
compare_targets(const void *left, const void *right)
{
    const struct books_call *a = left, *b = right;
    int order = strcmp(a->path, b->path);

    if (order == 0)
        order = strcmp(a->query != NULL ? a->query : "", b->query != NULL ? b->query : "");
    return order != 0 ? order : a->arrived_ms < b->arrived_ms ? -1 : a->arrived_ms > b->arrived_ms;
}

static inline const char *
double_fault(const struct books_call *first, const struct books_call *second)
{
    int64_t end_ms = first->arrived_ms + first->duration_us / 1000;

    if (strncmp(first->request_id, CLIENT_PREFIX, sizeof CLIENT_PREFIX - 1) == 0 &&
        strcmp(first->request_id, second->request_id) == 0 &&
        !(strstr(first->path, "avm") != NULL)) /* items of a bulk request may ask twice */
        return "one request paid twice";
    if (second->arrived_ms + SLACK_MS < end_ms &&
        !happened_between(first->arrived_ms - CALL_MS, second->arrived_ms))
        return "two calls for one need at once";
    return NULL;
}

/* Sorts the books by target. */
static inline void
expect_no_call_twice(struct books *books)
{
    char one[640], other[640];
    const struct books_call *last = NULL;

    qsort(books->calls, books->count, sizeof *books->calls, compare_targets);
    for (size_t i = 0; i < books->count; i++) {
        const struct books_call *call = &books->calls[i];
        const char *fault;

        if (!is_paid(call))
            continue;
        fault = last != NULL && strcmp(last->path, call->path) == 0 &&
                        strcmp(last->query, call->query) == 0
                    ? double_fault(last, call)
                    : NULL;
        if (fault != NULL) {
            books_print(last, one, sizeof one);
            books_print(call, other, sizeof other);
        }
        ck_assert_msg(fault == NULL, SEED_NAME "=%u: %s: %s\n%s", mixture_seed, fault, one, other);
        last = call;
    }
}

/* What stands in the usage rows of a client's requests. */
struct row_of_request {
    int rows, status;
    int64_t cost_micro_usd;
};

static inline void
read_usage(struct row_of_request *rows[CLIENTS])
{
    char path[200];
    sqlite3 *handle = NULL;
    sqlite3_stmt *row = NULL;

    snprintf(path, sizeof path, "%s/rentcache.db", testbed.data_dir);
    ck_assert_int_eq(sqlite3_open_v2(path, &handle, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(handle,
                                        "SELECT user_agent, status_code, cost_micro_usd FROM "
                                        "usage_stats WHERE user_agent LIKE '" CLIENT_PREFIX "%'",
                                        -1, &row, NULL),
                     SQLITE_OK);
    while (sqlite3_step(row) == SQLITE_ROW) {
        int client = -1, number = -1;
        struct row_of_request *one;

        ck_assert_int_eq(sscanf((const char *)sqlite3_column_text(row, 0), CLIENT_PREFIX "%d-%d",
                                &client, &number),
                         2);
        ck_assert_int_lt(number, clients.all[client].count);
        one = &rows[client][number];
        one->rows++;
        one->status = sqlite3_column_int(row, 1);
        one->cost_micro_usd = sqlite3_column_int64(row, 2);
    }
    ck_assert_int_eq(sqlite3_finalize(row), SQLITE_OK);
    sqlite3_close(handle);
}

static inline void
expect_row(int client, int number, const struct row_of_request *row)
{
    const struct answer *answer = &clients.all[client].answers[number];
    bool is_right = answer->status == 0 ? row->rows <= 1
                    : !answer->has_row  ? row->rows == 0
                                        : row->rows == 1 && row->status == answer->status;

    if (is_right && answer->cost_micro_usd > 0)
        is_right = row->cost_micro_usd == answer->cost_micro_usd;
    ck_assert_msg(is_right,
                  SEED_NAME "=%u: request %d-%d was answered %d%s at %lld micro-dollars, and has "
                            "%d rows, the last with %d and %lld",
                  mixture_seed, client, number, answer->status,
                  answer->has_row ? "" : " (without a row)", (long long)answer->cost_micro_usd,
                  row->rows, row->status, (long long)row->cost_micro_usd);
}

static inline void
expect_each_row(void)
{
    struct row_of_request *rows[CLIENTS];

    for (int i = 0; i < CLIENTS; i++) {
        rows[i] = calloc(REQUESTS_MAX, sizeof *rows[i]);
        ck_assert_ptr_nonnull(rows[i]);
    }
    read_usage(rows);
    for (int i = 0; i < CLIENTS; i++) {
        for (int n = 0; n < clients.all[i].count; n++)
            expect_row(i, n, &rows[i][n]);
        free(rows[i]);
    }
    ck_assert_int_eq(testbed_query(&testbed, "rentcache.db",
                                   "SELECT count(*) FROM (SELECT 1 FROM usage_stats GROUP BY "
                                   "spool_id, ring, sequence HAVING count(*) > 1)"),
                     0);
}

/* Ends the run. */
static inline void
expect_all_books(void)
{
    struct books books;

    heal();
    books_read(&testbed, &books);
    expect_each_call(&books);
    expect_sums(&books);
    expect_no_call_twice(&books);
    books_fini(&books);
    expect_each_row();
    ck_assert_int_eq(testbed_query(&testbed, "cache.db",
                                   "SELECT count(*) FROM cache_entries WHERE status_code <> 200"
                                   " OR NOT json_valid(CAST(response_data AS TEXT))"),
                     0);
}
