/* two_upstreams_test.c - the real upstream actor with two upstreams, between a fake cache and a fake analytics: nothing of the
 * one touches the other; each has its credential; each its breaker. */
/* links: @support @upstream @core */
#include <check.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "breaker_state.h"
#include "metrics.h"
#include "support/actor/fake_actor.h"
#include "support/http/raw_upstream.h"
#include "support/now.h"
#include "upstream.h"
#include "upstream_metrics.h"

#define SAY(upstream, text, end) raw_upstream_say(upstream, text, sizeof(text) - 1, end)
#define KEYLESS                  ", credential: {name: X-Key}"
#define FINE                                                                                       \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"                   \
    "Connection: close\r\n\r\n{}"
#define BROKEN                                                                                     \
    "HTTP/1.1 500 Broken\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"               \
    "Connection: close\r\n\r\n{}"
#define UNUSABLE                                                                                   \
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1\r\n"                   \
    "Connection: close\r\n\r\n{"
#define LEAKING                                                                                    \
    "HTTP/1.1 403 No\r\nContent-Type: text/plain\r\nX-Key-Seen: s3cret-key\r\n"                    \
    "Content-Length: 27\r\nConnection: close\r\n\r\nthe key s3cret-key is bad, "

static struct config *config;
static struct actor_system *system_of_actors;
static struct actor_runner *upstream;
static struct fake_actor analytics, cache;
static struct raw_upstream sick, well;
static int64_t next_flight;
static atomic_bool is_ledger_silent;

/* The ledger reserves and settles everything. */
static void
keep_ledger(struct fake_actor *self, const struct message *message)
{
    const struct received *last = fake_actor_last(self, message->kind);
    struct message answer = {.kind = MSG_LEDGER_OPENED};

    if (atomic_load(&is_ledger_silent))
        return;
    if (message->kind == MSG_LEDGER_RESERVE) {
        answer.kind = MSG_LEDGER_RESERVED;
        answer.u.LEDGER_RESERVED.call_id = last->message.u.LEDGER_RESERVE.call_id;
    } else if (message->kind == MSG_LEDGER_SETTLE) {
        answer.kind = MSG_LEDGER_SETTLED;
        answer.u.LEDGER_SETTLED.call_id = last->message.u.LEDGER_SETTLE.call_id;
    } else if (message->kind != MSG_LEDGER_OPEN) {
        return;
    }
    fake_actor_say(self, &answer, &last->from, 0);
}

/* Before it is open every call waits in a queue. */
static void
await_ledger(void)
{
    long deadline_ms = now_ms() + FAKE_ACTOR_WAIT_MS;

    while (metric_value(METRIC_LEDGER_OPEN) != 1) {
        ck_assert_int_lt(now_ms(), deadline_ms);
        sched_yield();
    }
}

static void
start(const char *sick_fields, const char *well_fields)
{
    static const char *const environment[] = {"ACTOR_HEARTBEAT_MS=50",
                                              "UPSTREAM_PROBE_INTERVAL_S=0", "STOP_TIMEOUT_MS=1000",
                                              "UPSTREAM_RETRIES=0", NULL};
    char yaml[2048];

    raw_upstream_start(&sick, 0);
    raw_upstream_start(&well, 0);
    SAY(&well, FINE, RAW_END_CLOSE);
    snprintf(yaml, sizeof yaml,
             "upstreams:\n"
             "  - {name: sick, base_url: \"http://127.0.0.1:%d\"%s}\n"
             "  - {name: well, base_url: \"http://127.0.0.1:%d\"%s}\n"
             "routes:\n"
             "  - {name: sick, upstream: sick, path: /sick, upstream_path: /v1/sick}\n"
             "  - {name: well, upstream: well, path: /well, upstream_path: /v1/well}\n"
             "  - {name: own, upstream: well, path: /own, upstream_path: /v1/own, credential: "
             "passthrough, share: key}\n",
             sick.port, sick_fields, well.port, well_fields);
    config = config_parse("test", yaml, strlen(yaml), environment, stderr);
    ck_assert_ptr_nonnull(config);
    ck_assert(log_configure("ERROR", "text"));
    ck_assert(metrics_init(3));
    upstream_metrics_init(2);
    system_of_actors = actor_system_create(config);
    ck_assert_ptr_nonnull(system_of_actors);
    fake_actor_init(&analytics);
    fake_actor_init(&cache);
    analytics.habits.on_message = keep_ledger;
    fake_actor_serve(&analytics, system_of_actors, ACTOR_ANALYTICS);
    upstream = actor_start(system_of_actors, &upstream_actor, NULL);
    ck_assert_ptr_nonnull(upstream);
    fake_actor_join(&cache, system_of_actors, ACTOR_CACHE, ACTOR_UPSTREAM);
    fake_actor_expect(&cache, MSG_HEARTBEAT_REPLY, 1);
    await_ledger();
    next_flight = 1;
}

static void
end(void)
{
    actor_stop(&cache.runner);
    actor_stop(&upstream);
    actor_stop(&analytics.runner);
    actor_system_destroy(&system_of_actors);
    fake_actor_fini(&analytics);
    fake_actor_fini(&cache);
    raw_upstream_stop(&sick);
    raw_upstream_stop(&well);
    metrics_fini();
    upstream_metrics_init(0);
    config_destroy(&config);
}

static bool
holds(struct bytes text, const char *part)
{
    return text.size > 0 && memmem(text.data, text.size, part, strlen(part)) != NULL;
}

static int64_t
ask(const char *route, const char *target, const char *credential)
{
    struct message message = {.kind = MSG_UPSTREAM_FETCH,
                              .sender = ACTOR_CACHE,
                              .time_left_ms = 60000,
                              .u.UPSTREAM_FETCH = {.flight_id = next_flight,
                                                   .route = bytes_of_text(route),
                                                   .method = bytes_of_text("GET"),
                                                   .target = bytes_of_text(target),
                                                   .credential = bytes_of_text(credential)}};

    fake_actor_say(&cache, &message, NULL, (uint64_t)next_flight);
    return next_flight++;
}

static const struct message *
expect_reply(int64_t flight, enum status status)
{
    const struct received *reply =
        fake_actor_wait(&cache, MSG_UPSTREAM_REPLY, (uint64_t)flight, 1, FAKE_ACTOR_WAIT_MS);

    ck_assert_ptr_nonnull(reply);
    ck_assert_msg(reply->message.status == status, "%s, not %s: %.*s",
                  status_name(reply->message.status), status_name(status),
                  BYTES_ARG(reply->message.u.UPSTREAM_REPLY.detail));
    return &reply->message;
}

/* All its connections are taken, and its queue is full. */
START_TEST(one_that_hangs_does_not_delay_the_other)
{
    int64_t refused;

    start(", max_connections: 2, max_queue: 1", KEYLESS ", max_connections: 2");
    SAY(&sick, "", RAW_END_HOLD);
    for (int i = 0; i < 4; i++)
        (void)ask("sick", "/v1/sick", "");
    refused = ask("sick", "/v1/sick", "");
    expect_reply(refused, STATUS_OVERLOADED);
    for (int i = 0; i < 5; i++)
        expect_reply(ask("well", "/v1/well", ""), STATUS_OK);
    ck_assert_uint_eq(fake_actor_count(&cache, MSG_UPSTREAM_REPLY), 6);
    fake_actor_settle(&cache);
    ck_assert_int_eq(upstream_metric_value(0, UPSTREAM_METRIC_QUEUED), 2);
    ck_assert_int_eq(upstream_metric_value(0, UPSTREAM_METRIC_ACTIVE), 2);
    ck_assert_int_eq(upstream_metric_value(1, UPSTREAM_METRIC_MADE), 5);
    end();
}
END_TEST

static const struct {
    const char *fields, *target;
    const char *line; /* in the head that the upstream sees */
} credentials[] = {
    {", credential: {name: X-Key, value: s3cret-key}", "/v1/well", "\r\nX-Key: s3cret-key\r\n"},
    {", credential: {in: bearer, value: s3cret-key}", "/v1/well",
     "\r\nAuthorization: Bearer s3cret-key\r\n"},
    {", credential: {in: basic, value: \"me:s3cret-key\"}", "/v1/well",
     "\r\nAuthorization: Basic bWU6czNjcmV0LWtleQ==\r\n"},
    {", credential: {in: query, name: key, value: s3cret-key}", "/v1/well",
     "GET /v1/well?key=s3cret-key HTTP/1.1\r\n"},
    {", credential: {in: query, name: key, value: s3cret-key}", "/v1/well?a=b",
     "GET /v1/well?a=b&key=s3cret-key HTTP/1.1\r\n"},
    {KEYLESS ", headers: {x-version: \"2026-01-01\", accept: text/csv}", "/v1/well",
     "\r\nx-version: 2026-01-01\r\naccept: text/csv\r\n"},
};

START_TEST(each_kind_of_credential_stands_where_it_should)
{
    char head[RAW_REQUEST_SIZE];

    start(", credential: {name: X-Other, value: an0ther-key}", credentials[_i].fields);
    SAY(&sick, FINE, RAW_END_CLOSE);
    expect_reply(ask("well", credentials[_i].target, ""), STATUS_OK);
    raw_upstream_head(&well, head);
    ck_assert_msg(strstr(head, credentials[_i].line) != NULL, "%s", head);
    ck_assert_ptr_null(strstr(head, "an0ther-key"));
    expect_reply(ask("sick", "/v1/sick", ""), STATUS_OK);
    raw_upstream_head(&sick, head);
    ck_assert_ptr_nonnull(strstr(head, "\r\nX-Other: an0ther-key\r\n"));
    ck_assert_ptr_null(strstr(head, "s3cret-key"));
    end();
}
END_TEST

START_TEST(what_an_upstream_says_of_its_key_is_not_told)
{
    const struct message *reply;

    start("", credentials[_i].fields);
    SAY(&well, LEAKING, RAW_END_CLOSE);
    reply = expect_reply(ask("well", "/v1/well", ""), STATUS_UPSTREAM_CREDENTIAL);
    ck_assert_int_eq(reply->u.UPSTREAM_REPLY.http_status, 403);
    ck_assert(!holds(reply->u.UPSTREAM_REPLY.headers, "s3cret-key"));
    ck_assert(!holds(blob_bytes(reply->body), "s3cret-key"));
    end();
}
END_TEST

START_TEST(a_clients_own_key_stands_where_ours_would)
{
    char head[RAW_REQUEST_SIZE];

    start("", ", credential: {in: query, name: key, value: s3cret-key, from: X-Mine}");
    expect_reply(ask("own", "/v1/own", ""), STATUS_FORBIDDEN);
    expect_reply(ask("well", "/v1/well", "mine-key"), STATUS_FORBIDDEN);
    expect_reply(ask("own", "/v1/own", "mine-key"), STATUS_OK);
    raw_upstream_head(&well, head);
    ck_assert_ptr_nonnull(strstr(head, "GET /v1/own?key=mine-key HTTP/1.1\r\n"));
    ck_assert_ptr_null(strstr(head, "s3cret-key"));
    end();
}
END_TEST

/* Failures, and answers that were paid and nobody can use. */
START_TEST(the_breaker_of_one_opens_alone)
{
    const struct message *refused;
    size_t reserved;

    start(", breaker_failures: 2, breaker_reset_timeout_s: 60", KEYLESS);
    if (_i == 0)
        SAY(&sick, BROKEN, RAW_END_CLOSE);
    else
        SAY(&sick, UNUSABLE, RAW_END_CLOSE);
    for (int i = 0; i < 2; i++)
        expect_reply(ask("sick", "/v1/sick", ""), _i == 0 ? STATUS_OK : STATUS_UPSTREAM_MALFORMED);
    reserved = fake_actor_count(&analytics, MSG_LEDGER_RESERVE);
    refused = expect_reply(ask("sick", "/v1/sick", ""), STATUS_UPSTREAM_OPEN);
    ck_assert_int_ge(refused->u.UPSTREAM_REPLY.retry_after_s, 30);
    ck_assert_int_le(refused->u.UPSTREAM_REPLY.retry_after_s, 60);
    ck_assert_int_eq(refused->u.UPSTREAM_REPLY.charge, CHARGE_FREE);
    expect_reply(ask("well", "/v1/well", ""), STATUS_OK);
    ck_assert_uint_eq(fake_actor_count(&analytics, MSG_LEDGER_RESERVE), reserved + 1);
    ck_assert_int_eq(upstream_metric_value(0, UPSTREAM_METRIC_BREAKER_STATE), BREAKER_OPEN);
    ck_assert_int_eq(upstream_metric_value(0, UPSTREAM_METRIC_BREAKER_REASON),
                     BREAKER_REASON_CONSECUTIVE_FAILURES);
    ck_assert_int_eq(upstream_metric_value(0, UPSTREAM_METRIC_BREAKER_OPENED), 1);
    ck_assert_int_eq(upstream_metric_value(0, UPSTREAM_METRIC_REFUSED), 1);
    ck_assert_int_eq(upstream_metric_value(1, UPSTREAM_METRIC_BREAKER_STATE), BREAKER_CLOSED);
    end();
}
END_TEST

/* Asks until the reset timeout is over and a call is let through. */
static int64_t
await_probe(void)
{
    long deadline_ms = now_ms() + FAKE_ACTOR_WAIT_MS;
    size_t reserved = fake_actor_count(&analytics, MSG_LEDGER_RESERVE);
    int64_t flight = 0;

    while (fake_actor_count(&analytics, MSG_LEDGER_RESERVE) == reserved) {
        ck_assert_msg(now_ms() < deadline_ms, "no probe was let through");
        flight = ask("sick", "/v1/sick", "");
        fake_actor_settle(&cache);
    }
    return flight;
}

static void
cancel(int64_t flight)
{
    struct message message = {.kind = MSG_UPSTREAM_CANCEL,
                              .sender = ACTOR_CACHE,
                              .u.UPSTREAM_CANCEL = {.flight_id = flight}};

    fake_actor_say(&cache, &message, NULL, 0);
}

/* The ledger does not confirm the first probe, which is cancelled: its permit lets another one through, and that closes it. */
START_TEST(the_permit_of_a_cancelled_probe_is_used_again)
{
    int64_t flight;

    start(", breaker_failures: 1, breaker_reset_timeout_s: 1, breaker_probes: 1", KEYLESS);
    SAY(&sick, BROKEN, RAW_END_CLOSE);
    expect_reply(ask("sick", "/v1/sick", ""), STATUS_OK);
    SAY(&sick, FINE, RAW_END_CLOSE);
    atomic_store(&is_ledger_silent, true);
    flight = await_probe();
    expect_reply(ask("sick", "/v1/sick", ""), STATUS_UPSTREAM_OPEN);
    cancel(flight);
    expect_reply(flight, STATUS_CANCELLED);
    atomic_store(&is_ledger_silent, false);
    expect_reply(ask("sick", "/v1/sick", ""), STATUS_OK);
    ck_assert_int_eq(upstream_metric_value(0, UPSTREAM_METRIC_BREAKER_STATE), BREAKER_CLOSED);
    ck_assert_int_eq(upstream_metric_value(0, UPSTREAM_METRIC_BREAKER_HALF_OPENED), 1);
    end();
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("two_upstreams");
    TCase *tcase = tcase_create("two_upstreams");

    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, one_that_hangs_does_not_delay_the_other);
    tcase_add_loop_test(tcase, each_kind_of_credential_stands_where_it_should, 0,
                        COUNT(credentials));
    tcase_add_loop_test(tcase, what_an_upstream_says_of_its_key_is_not_told, 0, 5);
    tcase_add_test(tcase, a_clients_own_key_stands_where_ours_would);
    tcase_add_loop_test(tcase, the_breaker_of_one_opens_alone, 0, 2);
    tcase_add_test(tcase, the_permit_of_a_cancelled_probe_is_used_again);
    suite_add_tcase(suite, tcase);
    return suite;
}
