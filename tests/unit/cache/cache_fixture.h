/* cache_fixture.h - the real cache actor with a real database in a folder of its own, between fake actors that the test
 * directs, and what those say in the words of the tests.
 *
 * One plays the upstream, two play gateways (listener and workers at once: answers find their request by correlation id),
 * one analytics. */
#pragma once

#include <check.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache.h"
#include "metrics.h"
#include "object/entry.h"
#include "support/actor/fake_actor.h"

enum { FIXTURE_PRICE = 2000000 };

struct cache_fixture {
    char folder[64];
    struct config *config;
    struct actor_system *system;
    struct actor_runner *cache;
    struct fake_actor upstream, gateway, other, analytics;
};

static inline void
fixture_start_cache(struct cache_fixture *fixture)
{
    fixture->cache = actor_start(fixture->system, &cache_actor, NULL);
    ck_assert_ptr_nonnull(fixture->cache);
}

/* The routes of all these tests. Negative answers of "kept" live 60 s. */
static const char fixture_routes[] =
    "routes:\n"
    "  - {name: value, method: GET, path: /value, upstream_path: /v1/value, ttl_s: 3600,\n"
    "     stale_while_revalidate_s: 900, stale_if_error_s: 7200, cost_usd: \"2.0\", share: all}\n"
    "  - {name: plain, endpoint: plain_endpoint, method: GET, path: /plain, upstream_path: "
    "/v1/plain,\n"
    "     ttl_s: 60, cost_usd: \"2.0\", share: all}\n"
    "  - {name: kept, method: GET, path: /kept, upstream_path: /v1/kept, ttl_s: 3600,\n"
    "     negative_ttl_s: 60, cost_usd: \"2.0\", share: all}\n"
    "  - {name: never, method: GET, path: /never, upstream_path: /v1/never, ttl_s: 0,\n"
    "     cost_usd: \"2.0\", share: all}\n";

static inline void
fixture_await_metric(struct cache_fixture *fixture, enum metric metric, int64_t value)
{
    int64_t until = clock_mono_ms() + FAKE_ACTOR_WAIT_MS;

    while (metric_value(metric) != value && clock_mono_ms() < until)
        fake_actor_settle(&fixture->gateway);
    ck_assert_int_eq(metric_value(metric), value);
}

/* settings: "NAME=VALUE", NULL at the end, at most 6. */
static inline void
fixture_open(struct cache_fixture *fixture, const char *const *settings)
{
    char data_dir[96];
    /* What a test leaves unanswered is waited for at its end: briefly. */
    const char *environment[16] = {data_dir, "LOG_LEVEL=ERROR", "ACTOR_HEARTBEAT_MS=50",
                                   "ACTOR_HEARTBEAT_TIMEOUT_MS=3000", "STOP_TIMEOUT_MS=1000"};

    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++)
        environment[5 + i] = settings[i];
    *fixture = (struct cache_fixture){.folder = "/tmp/cache-test-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(fixture->folder));
    snprintf(data_dir, sizeof data_dir, "DATA_DIR=%s", fixture->folder);
    fixture->config =
        config_parse("test", fixture_routes, sizeof fixture_routes - 1, environment, stderr);
    ck_assert_ptr_nonnull(fixture->config);
    ck_assert(log_configure("ERROR", "text"));
    ck_assert(metrics_init(4));
    fixture->system = actor_system_create(fixture->config);
    ck_assert_ptr_nonnull(fixture->system);
    fake_actor_init(&fixture->upstream);
    fake_actor_init(&fixture->gateway);
    fake_actor_init(&fixture->other);
    fake_actor_init(&fixture->analytics);
    fake_actor_serve(&fixture->upstream, fixture->system, ACTOR_UPSTREAM);
    fixture_start_cache(fixture);
    fake_actor_join(&fixture->gateway, fixture->system, ACTOR_GATEWAY, ACTOR_CACHE);
    fake_actor_join(&fixture->other, fixture->system, ACTOR_GATEWAY, ACTOR_CACHE);
    fake_actor_join(&fixture->analytics, fixture->system, ACTOR_ANALYTICS, ACTOR_CACHE);
    /* A link is usable from its first heartbeat on. */
    fake_actor_expect(&fixture->gateway, MSG_HEARTBEAT_REPLY, 1);
    fake_actor_expect(&fixture->other, MSG_HEARTBEAT_REPLY, 1);
    fake_actor_expect(&fixture->analytics, MSG_HEARTBEAT_REPLY, 1);
}

static inline int
fixture_remove(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void
fixture_close(struct cache_fixture *fixture)
{
    actor_stop(&fixture->analytics.runner);
    actor_stop(&fixture->other.runner);
    actor_stop(&fixture->gateway.runner);
    actor_stop(&fixture->cache);
    actor_stop(&fixture->upstream.runner);
    actor_system_destroy(&fixture->system);
    fake_actor_fini(&fixture->upstream);
    fake_actor_fini(&fixture->gateway);
    fake_actor_fini(&fixture->other);
    fake_actor_fini(&fixture->analytics);
    metrics_fini();
    config_destroy(&fixture->config);
    nftw(fixture->folder, fixture_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#define KEY_A "ceba473f42f79d99adb48ccd2b0ae28c"
#define KEY_B "cc1e4d1c26aa5a5a2c5d1541aa67fcd5"

/* A request; members left out have the values of ask_with. */
struct ask {
    const char *route;
    const char *key;
    const char *signature;
    int64_t gateway_id; /* 1: the fake "gateway", 2: "other" */
    int64_t api_key_id;
    int64_t force, override_s, want_body;
    bool only_if_cached;
    int64_t time_left_ms;
    const char *fallback_path; /* NULL: there is no second target */
    const char *credential;
};

/* Not inlined: a compiler that knows both fakes may read the other one as well, which looks like a race. */
static __attribute__((noinline, unused)) struct fake_actor *
gateway_of(struct cache_fixture *fixture, int64_t gateway_id)
{
    return gateway_id == 2 ? &fixture->other : &fixture->gateway;
}

/* Returns the number under which the answer comes. */
static inline uint64_t
ask_with(struct cache_fixture *fixture, struct ask ask)
{
    int64_t gateway_id = ask.gateway_id > 0 ? ask.gateway_id : 1;
    struct fake_actor *gateway = gateway_of(fixture, gateway_id);
    uint64_t question = ++gateway->next_question;
    struct message message = {
        .kind = MSG_CACHE_GET,
        .sender = ACTOR_GATEWAY,
        .time_left_ms = ask.time_left_ms > 0 ? ask.time_left_ms : 60000,
        .u.CACHE_GET = {.gateway_id = gateway_id,
                        .route = bytes_of_text(ask.route != NULL ? ask.route : "value"),
                        .cache_key = bytes_of_text(ask.key != NULL ? ask.key : KEY_A),
                        .signature =
                            bytes_of_text(ask.signature != NULL ? ask.signature : "{\"a\": 1}"),
                        .target = bytes_of_text("/v1/value?a=1"),
                        .api_key_id = ask.api_key_id > 0 ? ask.api_key_id : 7,
                        .force_refresh = ask.force,
                        .ttl_override_s = ask.override_s,
                        .want_body = ask.want_body,
                        .credential = bytes_of_text(ask.credential),
                        .fallback_path = bytes_of_text(ask.fallback_path),
                        .only_if_cached = ask.only_if_cached}};

    fake_actor_say(gateway, &message, NULL, question);
    return question;
}

static inline uint64_t
ask(struct cache_fixture *fixture)
{
    return ask_with(fixture, (struct ask){0});
}

static inline const struct received *
answer_at(struct cache_fixture *fixture, int64_t gateway_id, uint64_t question)
{
    const struct received *received = fake_actor_wait(
        gateway_of(fixture, gateway_id), MSG_CACHE_REPLY, question, 1, FAKE_ACTOR_WAIT_MS);

    ck_assert_msg(received != NULL, "question %llu was not answered", (unsigned long long)question);
    return received;
}

static inline const struct cache_reply *
answer_to(struct cache_fixture *fixture, uint64_t question)
{
    return &answer_at(fixture, 1, question)->message.u.CACHE_REPLY;
}

static inline bool
is_answered(struct cache_fixture *fixture, uint64_t question)
{
    return fake_actor_wait(&fixture->gateway, MSG_CACHE_REPLY, question, 1, 0) != NULL;
}

static inline void
expect_body(struct cache_fixture *fixture, uint64_t question, const char *body)
{
    ck_assert(bytes_equal_text(blob_bytes(answer_at(fixture, 1, question)->message.body), body));
}

static inline void
expect_decision(struct cache_fixture *fixture, uint64_t question, enum decision decision,
                const char *body)
{
    const struct message *reply = &answer_at(fixture, 1, question)->message;

    ck_assert_str_eq(decision_text(reply->u.CACHE_REPLY.decision), decision_text(decision));
    ck_assert_int_eq(reply->status, STATUS_OK);
    expect_body(fixture, question, body);
}

static inline void
expect_error(struct cache_fixture *fixture, uint64_t question, enum status status,
             int64_t http_status)
{
    const struct message *message = &answer_at(fixture, 1, question)->message;
    const struct cache_reply *reply = &message->u.CACHE_REPLY;

    ck_assert_str_eq(status_name(message->status), status_name(status));
    ck_assert_int_eq(reply->meta.http_status, http_status);
    ck_assert_int_eq(reply->decision, DECISION_ERROR);
    ck_assert_int_eq(reply->may_keep, 0);
}

static inline const struct upstream_fetch *
fetch_number(struct cache_fixture *fixture, size_t n)
{
    return &fake_actor_expect(&fixture->upstream, MSG_UPSTREAM_FETCH, n)->message.u.UPSTREAM_FETCH;
}

/* The cache has handled what this gateway said: its messages stay in order, and the last of them is answered. */
static inline void
settle_one(struct cache_fixture *fixture, int64_t gateway_id)
{
    struct ask last = {.gateway_id = gateway_id, .route = "nowhere"};

    answer_at(fixture, gateway_id, ask_with(fixture, last));
}

/* ... what everybody said, and what that caused had its moment. */
static inline void
settle(struct cache_fixture *fixture)
{
    settle_one(fixture, 1);
    settle_one(fixture, 2);
    fake_actor_settle(&fixture->gateway);
}

/* No further fetch came of what was said. */
static inline void
expect_fetches(struct cache_fixture *fixture, size_t count)
{
    settle(fixture);
    ck_assert_uint_eq(fake_actor_count(&fixture->upstream, MSG_UPSTREAM_FETCH), count);
}

/* The upstream's answer to its n-th fetch. */
struct upstream_answer {
    enum status status;
    int64_t http_status; /* 0: none */
    const char *body;
    int64_t received_ago_s;
    enum charge charge; /* BILLED costs the price */
    int64_t retry_after_s;
    const char *detail;
};

static inline void
upstream_says(struct cache_fixture *fixture, size_t n, struct upstream_answer answer)
{
    const struct received *fetch = fake_actor_expect(&fixture->upstream, MSG_UPSTREAM_FETCH, n);
    struct blob *body = answer.body != NULL ? blob_copy(bytes_of_text(answer.body)) : NULL;
    struct message message = {
        .kind = MSG_UPSTREAM_REPLY,
        .sender = ACTOR_UPSTREAM,
        .status = answer.status,
        .body = body,
        .u.UPSTREAM_REPLY = {
            .flight_id = fetch->message.u.UPSTREAM_FETCH.flight_id,
            .http_status = answer.http_status,
            .charge = answer.charge,
            .cost_micro_usd = answer.charge == CHARGE_BILLED ? FIXTURE_PRICE : 0,
            .received_wall_ms = clock_wall_us() / 1000 - answer.received_ago_s * 1000,
            .retry_after_s = answer.retry_after_s,
            .headers = bytes_of_text("Content-Type: application/json\r\nX-Total-Count: 3\r\n"),
            .detail = bytes_of_text(answer.detail)}};

    fake_actor_say(&fixture->upstream, &message, &fetch->from, 0);
    blob_release(&body);
}

static inline void
upstream_gives(struct cache_fixture *fixture, size_t n, const char *body)
{
    upstream_says(
        fixture, n,
        (struct upstream_answer){.http_status = 200, .body = body, .charge = CHARGE_BILLED});
}

/* An entry "old" of KEY_A that was fetched so long ago: one fetch, number 1. */
static inline void
store_old(struct cache_fixture *fixture, int64_t ago_s)
{
    uint64_t question = ask(fixture);

    upstream_says(
        fixture, 1,
        (struct upstream_answer){
            .http_status = 200, .body = "old", .charge = CHARGE_BILLED, .received_ago_s = ago_s});
    expect_decision(fixture, question, DECISION_MISS, "old");
}

/* The purge number of the database as it is now. */
static inline int64_t
last_purge(struct cache_fixture *fixture)
{
    struct entries *entries;
    int64_t number;

    ck_assert_int_eq(entries_open(fixture->config, STORAGE_READ_ONLY, &entries), STATUS_OK);
    ck_assert_int_eq(purge_last_number(entries, &number), STATUS_OK);
    entries_close(&entries);
    return number;
}

static inline const struct listener_welcome *
hello(struct cache_fixture *fixture, int64_t gateway_id, int64_t number)
{
    struct fake_actor *gateway = gateway_of(fixture, gateway_id);
    size_t before = fake_actor_count(gateway, MSG_LISTENER_WELCOME);
    struct message message = {
        .kind = MSG_LISTENER_HELLO,
        .sender = ACTOR_GATEWAY,
        .u.LISTENER_HELLO = {.gateway_id = gateway_id, .purge_number = number}};

    fake_actor_say(gateway, &message, NULL, 0);
    return &fake_actor_expect(gateway, MSG_LISTENER_WELCOME, before + 1)
                ->message.u.LISTENER_WELCOME;
}

static inline void
held(struct cache_fixture *fixture, int64_t gateway_id, int64_t flight_id, bool is_held)
{
    struct message message = {
        .kind = MSG_ENTRY_HELD,
        .sender = ACTOR_GATEWAY,
        .u.ENTRY_HELD = {.gateway_id = gateway_id, .flight_id = flight_id, .is_held = is_held}};

    fake_actor_say(gateway_of(fixture, gateway_id), &message, NULL, 0);
}

/* endpoint NULL: all. Answered on the fake "gateway". */
static inline uint64_t
purge(struct cache_fixture *fixture, const char *endpoint)
{
    uint64_t question = ++fixture->gateway.next_question;
    struct message message = {
        .kind = MSG_CACHE_PURGE,
        .sender = ACTOR_GATEWAY,
        .u.CACHE_PURGE = {.is_all = endpoint == NULL, .endpoint = bytes_of_text(endpoint)}};

    fake_actor_say(&fixture->gateway, &message, NULL, question);
    return question;
}

static inline const struct message *
purge_reply_to(struct cache_fixture *fixture, uint64_t question)
{
    const struct received *received =
        fake_actor_wait(&fixture->gateway, MSG_PURGE_REPLY, question, 1, FAKE_ACTOR_WAIT_MS);

    ck_assert_msg(received != NULL, "purge %llu was not answered", (unsigned long long)question);
    return &received->message;
}

static inline void
confirm(struct cache_fixture *fixture, int64_t gateway_id, int64_t number)
{
    struct message message = {.kind = MSG_PURGE_CONFIRM,
                              .sender = ACTOR_GATEWAY,
                              .u.PURGE_CONFIRM = {.gateway_id = gateway_id, .number = number}};

    fake_actor_say(gateway_of(fixture, gateway_id), &message, NULL, 0);
}
