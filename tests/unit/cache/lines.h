/* lines.h - what the players of stage.h say, in the words of the tests. */
#pragma once

#include "object/entry.h"
#include "unit/cache/stage.h"

#define KEY_A "ceba473f42f79d99adb48ccd2b0ae28c"
#define KEY_B "cc1e4d1c26aa5a5a2c5d1541aa67fcd5"

/* A request; members left out have the values of ask_with. */
struct ask {
    const char *route;
    const char *key;
    const char *signature;
    int64_t gateway_id; /* 1: the player "gateway", 2: "other" */
    int64_t api_key_id;
    int64_t force, override_s, want_body;
    int64_t time_left_ms;
    const char *fallback_path; /* NULL: there is no second target */
    const char *credential;
};

/* Not inlined: a compiler that knows both players may read the other one as well, which looks like a race. */
static __attribute__((noinline, unused)) struct player *
player_of(struct stage *stage, int64_t gateway_id)
{
    return gateway_id == 2 ? &stage->other : &stage->gateway;
}

/* Returns the number under which the answer comes. */
static inline uint64_t
ask_with(struct stage *stage, struct ask ask)
{
    int64_t gateway_id = ask.gateway_id > 0 ? ask.gateway_id : 1;
    struct player *player = player_of(stage, gateway_id);
    uint64_t question = ++player->next_question;
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
                        .fallback_path = bytes_of_text(ask.fallback_path)}};

    player_say(player, &message, NULL, question);
    return question;
}

static inline uint64_t
ask(struct stage *stage)
{
    return ask_with(stage, (struct ask){0});
}

static inline const struct heard *
answer_at(struct stage *stage, int64_t gateway_id, uint64_t question)
{
    const struct heard *heard =
        player_wait(player_of(stage, gateway_id), MSG_CACHE_REPLY, question, 1, STAGE_WAIT_MS);

    ck_assert_msg(heard != NULL, "question %llu was not answered", (unsigned long long)question);
    return heard;
}

static inline const struct cache_reply *
answer_to(struct stage *stage, uint64_t question)
{
    return &answer_at(stage, 1, question)->message.u.CACHE_REPLY;
}

static inline bool
is_answered(struct stage *stage, uint64_t question)
{
    return player_wait(&stage->gateway, MSG_CACHE_REPLY, question, 1, 0) != NULL;
}

static inline void
expect_body(struct stage *stage, uint64_t question, const char *body)
{
    ck_assert(bytes_equal_text(blob_bytes(answer_at(stage, 1, question)->message.body), body));
}

static inline void
expect_decision(struct stage *stage, uint64_t question, enum decision decision, const char *body)
{
    const struct message *reply = &answer_at(stage, 1, question)->message;

    ck_assert_str_eq(decision_text(reply->u.CACHE_REPLY.decision), decision_text(decision));
    ck_assert_int_eq(reply->status, STATUS_OK);
    expect_body(stage, question, body);
}

static inline void
expect_error(struct stage *stage, uint64_t question, enum status status, int64_t http_status)
{
    const struct message *message = &answer_at(stage, 1, question)->message;
    const struct cache_reply *reply = &message->u.CACHE_REPLY;

    ck_assert_str_eq(status_name(message->status), status_name(status));
    ck_assert_int_eq(reply->http_status, http_status);
    ck_assert_int_eq(reply->decision, DECISION_ERROR);
    ck_assert_int_eq(reply->may_keep, 0);
}

static inline const struct upstream_fetch *
fetch_number(struct stage *stage, size_t n)
{
    return &player_expect(&stage->upstream, MSG_UPSTREAM_FETCH, n)->message.u.UPSTREAM_FETCH;
}

/* The cache has handled what this gateway said: its messages stay in order, and the last of them is answered. */
static inline void
settle_one(struct stage *stage, int64_t gateway_id)
{
    struct ask last = {.gateway_id = gateway_id, .route = "nowhere"};

    answer_at(stage, gateway_id, ask_with(stage, last));
}

/* ... what everybody said, and what that caused had its moment. */
static inline void
settle(struct stage *stage)
{
    settle_one(stage, 1);
    settle_one(stage, 2);
    player_settle(&stage->gateway);
}

/* No further fetch came of what was said. */
static inline void
expect_fetches(struct stage *stage, size_t count)
{
    settle(stage);
    ck_assert_uint_eq(player_count(&stage->upstream, MSG_UPSTREAM_FETCH), count);
}

/* The upstream's answer to its n-th fetch. */
struct upstream_line {
    enum status status;
    int64_t http_status; /* 0: none */
    const char *body;
    int64_t received_ago_s;
    enum charge charge; /* BILLED costs the price */
    int64_t retry_after_s;
    const char *detail;
};

static inline void
upstream_says(struct stage *stage, size_t n, struct upstream_line line)
{
    const struct heard *fetch = player_expect(&stage->upstream, MSG_UPSTREAM_FETCH, n);
    struct blob *body = line.body != NULL ? blob_copy(bytes_of_text(line.body)) : NULL;
    struct message message = {
        .kind = MSG_UPSTREAM_REPLY,
        .sender = ACTOR_UPSTREAM,
        .status = line.status,
        .body = body,
        .u.UPSTREAM_REPLY = {
            .flight_id = fetch->message.u.UPSTREAM_FETCH.flight_id,
            .http_status = line.http_status,
            .charge = line.charge,
            .cost_micro_usd = line.charge == CHARGE_BILLED ? STAGE_PRICE : 0,
            .received_wall_ms = clock_wall_us() / 1000 - line.received_ago_s * 1000,
            .retry_after_s = line.retry_after_s,
            .headers = bytes_of_text("Content-Type: application/json\r\nX-Total-Count: 3\r\n"),
            .detail = bytes_of_text(line.detail)}};

    player_say(&stage->upstream, &message, &fetch->from, 0);
    blob_release(&body);
}

static inline void
upstream_gives(struct stage *stage, size_t n, const char *body)
{
    upstream_says(
        stage, n,
        (struct upstream_line){.http_status = 200, .body = body, .charge = CHARGE_BILLED});
}

/* An entry "old" of KEY_A that was fetched so long ago: one fetch, number 1. */
static inline void
store_old(struct stage *stage, int64_t ago_s)
{
    uint64_t question = ask(stage);

    upstream_says(
        stage, 1,
        (struct upstream_line){
            .http_status = 200, .body = "old", .charge = CHARGE_BILLED, .received_ago_s = ago_s});
    expect_decision(stage, question, DECISION_MISS, "old");
}

/* The purge number of the database as it is now. */
static inline int64_t
last_purge(struct stage *stage)
{
    struct entries *entries;
    int64_t number;

    ck_assert_int_eq(entries_open(stage->config, STORAGE_READ_ONLY, &entries), STATUS_OK);
    ck_assert_int_eq(purge_last_number(entries, &number), STATUS_OK);
    entries_close(&entries);
    return number;
}

static inline const struct listener_welcome *
hello(struct stage *stage, int64_t gateway_id, int64_t number)
{
    struct player *player = player_of(stage, gateway_id);
    size_t before = player_count(player, MSG_LISTENER_WELCOME);
    struct message message = {
        .kind = MSG_LISTENER_HELLO,
        .sender = ACTOR_GATEWAY,
        .u.LISTENER_HELLO = {.gateway_id = gateway_id, .purge_number = number}};

    player_say(player, &message, NULL, 0);
    return &player_expect(player, MSG_LISTENER_WELCOME, before + 1)->message.u.LISTENER_WELCOME;
}

static inline void
held(struct stage *stage, int64_t gateway_id, int64_t flight_id, bool is_held)
{
    struct message message = {
        .kind = MSG_ENTRY_HELD,
        .sender = ACTOR_GATEWAY,
        .u.ENTRY_HELD = {.gateway_id = gateway_id, .flight_id = flight_id, .is_held = is_held}};

    player_say(player_of(stage, gateway_id), &message, NULL, 0);
}

/* endpoint NULL: all. Answered on the player "gateway". */
static inline uint64_t
purge(struct stage *stage, const char *endpoint)
{
    uint64_t question = ++stage->gateway.next_question;
    struct message message = {
        .kind = MSG_CACHE_PURGE,
        .sender = ACTOR_GATEWAY,
        .u.CACHE_PURGE = {.scope = bytes_of_text(endpoint != NULL ? "endpoint" : "all"),
                          .endpoint = bytes_of_text(endpoint)}};

    player_say(&stage->gateway, &message, NULL, question);
    return question;
}

static inline const struct message *
purge_reply_to(struct stage *stage, uint64_t question)
{
    const struct heard *heard =
        player_wait(&stage->gateway, MSG_PURGE_REPLY, question, 1, STAGE_WAIT_MS);

    ck_assert_msg(heard != NULL, "purge %llu was not answered", (unsigned long long)question);
    return &heard->message;
}

static inline void
confirm(struct stage *stage, int64_t gateway_id, int64_t number)
{
    struct message message = {.kind = MSG_PURGE_CONFIRM,
                              .sender = ACTOR_GATEWAY,
                              .u.PURGE_CONFIRM = {.gateway_id = gateway_id, .number = number}};

    player_say(player_of(stage, gateway_id), &message, NULL, 0);
}
