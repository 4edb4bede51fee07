/* analytics_fixture.h - the real analytics actor among fakes: a listener of a gateway, a cache actor, mailboxes. */
#pragma once

#include <stdatomic.h>
#include <sys/stat.h>

#include "actor/mailbox.h"
#include "analytics.h"
#include "contract/storage_support.h"
#include "metrics.h"
#include "support/actor/fake_actor.h"
#include "support/now.h"

enum { FIXTURE_GATEWAY_ID = 77 };

struct analytics_fixture {
    struct place place;
    struct actor_system *system;
    struct actor_runner *analytics;
    struct fake_actor cache, listener;
    _Atomic bool is_silent; /* the listener confirms nothing */
    struct mailbox *gateway, *upstream;
    int64_t usage_rows_days; /* set before it is opened; 0: for ever */
};

/* As the listener of a gateway: asks for all keys, and confirms what it is told. */
static inline void
listener_syncs(struct fake_actor *listener)
{
    struct message sync = {.kind = MSG_KEYS_SYNC, .u.KEYS_SYNC.gateway_id = FIXTURE_GATEWAY_ID};

    (void)actor_tell(listener->actor, ACTOR_ANALYTICS, &sync);
}

static inline void
listener_confirms(struct fake_actor *listener, const struct message *message)
{
    struct analytics_fixture *fixture = listener->context;
    struct message confirm = {.kind = MSG_KEY_CONFIRM,
                              .u.KEY_CONFIRM.gateway_id = FIXTURE_GATEWAY_ID};

    if (message->kind == MSG_KEYS_SNAPSHOT)
        confirm.u.KEY_CONFIRM.version = message->u.KEYS_SNAPSHOT.version;
    else if (message->kind == MSG_KEY_CHANGED)
        confirm.u.KEY_CONFIRM.version = message->u.KEY_CHANGED.version;
    else
        return;
    if (!atomic_load(&fixture->is_silent))
        (void)actor_tell(listener->actor, ACTOR_ANALYTICS, &confirm);
}

/* Of scheme "inproc" or "ipc". */
static inline void
fixture_open(struct analytics_fixture *fixture, const char *scheme)
{
    struct config *config = &fixture->place.config;

    int64_t usage_rows_days = fixture->usage_rows_days;

    memset(fixture, 0, sizeof *fixture);
    fake_actor_init(&fixture->cache);
    fake_actor_init(&fixture->listener);
    fixture->listener.habits = (struct fake_actor_habits){listener_confirms, listener_syncs};
    fixture->listener.context = fixture;
    place_init(&fixture->place, 0);
    snprintf(config->actors.cache_endpoint, CONFIG_TEXT_SIZE, "%s://cache", scheme);
    snprintf(config->actors.upstream_endpoint, CONFIG_TEXT_SIZE, "%s://upstream", scheme);
    snprintf(config->actors.analytics_endpoint, CONFIG_TEXT_SIZE, "%s://analytics", scheme);
    config->server.stop_timeout_ms = 1500; /* what a test leaves unanswered is waited for */
    config->gateway.threads = 8;
    config->gateway.admin_threads = 2;
    config->cache.confirm_timeout_ms = 3000;
    config->analytics.batch_rows = 100;
    config->analytics.usage_rows_days = usage_rows_days;
    config->analytics.report_threads = 1;
    config->analytics.report_queue = 4;
    config->actors.inbox_messages = 1024;
    config->actors.heartbeat_ms = 50;
    config->actors.heartbeat_timeout_ms = 3000;
    config->actors.max_message_body_bytes = 16 << 20;
    config->actors.max_assemblies = 16;
    metrics_init(0);
    fixture->system = actor_system_create(config);
    ck_assert_ptr_nonnull(fixture->system);
    fake_actor_serve(&fixture->cache, fixture->system, ACTOR_CACHE);
    fixture->analytics = actor_start(fixture->system, &analytics_actor, NULL);
    ck_assert_ptr_nonnull(fixture->analytics);
    fixture->gateway = mailbox_create(fixture->system, ACTOR_GATEWAY, ACTOR_ANALYTICS);
    fixture->upstream = mailbox_create(fixture->system, ACTOR_UPSTREAM, ACTOR_ANALYTICS);
}

/* A gateway's listener comes up and knows all keys. */
static inline void
fixture_add_listener(struct analytics_fixture *fixture)
{
    fake_actor_join(&fixture->listener, fixture->system, ACTOR_GATEWAY, ACTOR_ANALYTICS);
    fake_actor_expect(&fixture->listener, MSG_KEYS_SNAPSHOT, 1);
}

/* The version of the snapshot or the change that the listener was told last. */
static inline int64_t
fixture_version(struct analytics_fixture *fixture)
{
    const struct received *snapshot = fake_actor_last(&fixture->listener, MSG_KEYS_SNAPSHOT);
    const struct key_record *change;

    if (fake_actor_count(&fixture->listener, MSG_KEY_CHANGED) == 0)
        return snapshot->message.u.KEYS_SNAPSHOT.version;
    change = &fake_actor_last(&fixture->listener, MSG_KEY_CHANGED)->message.u.KEY_CHANGED;
    return change->version > snapshot->message.u.KEYS_SNAPSHOT.version
               ? change->version
               : snapshot->message.u.KEYS_SNAPSHOT.version;
}

/* So many signs of life, after the first `before` of them, say that it is well, or is not. */
static inline void
fixture_await_health(struct analytics_fixture *fixture, bool is_healthy, size_t before, int count)
{
    long deadline_ms = now_ms() + FAKE_ACTOR_WAIT_MS;

    while (count > 0) {
        const struct received *sign =
            fake_actor_expect(&fixture->listener, MSG_HEARTBEAT_REPLY, ++before);

        count -= (sign->message.u.HEARTBEAT_REPLY.is_healthy != 0) == is_healthy;
        ck_assert_msg(now_ms() < deadline_ms, "it stays %s", is_healthy ? "sick" : "well");
    }
}

static inline void
fixture_close(struct analytics_fixture *fixture)
{
    mailbox_destroy(&fixture->gateway);
    mailbox_destroy(&fixture->upstream);
    actor_stop(&fixture->listener.runner);
    actor_stop(&fixture->analytics);
    actor_stop(&fixture->cache.runner);
    actor_system_destroy(&fixture->system);
    fake_actor_fini(&fixture->listener);
    fake_actor_fini(&fixture->cache);
    place_fini(&fixture->place);
    metrics_fini();
}

/* body: the reply's, to be released; NULL where nobody wants it. */
static inline struct message
fixture_ask(struct mailbox *mailbox, struct message *request, struct blob **body)
{
    struct message reply;

    memset(&reply, 0, sizeof reply);
    ck_assert_int_eq(mailbox_ask(mailbox, request, FAKE_ACTOR_WAIT_MS, &reply), STATUS_OK);
    if (body != NULL)
        *body = blob_hold(reply.body);
    message_fini(&reply);
    return reply;
}

/* Ships records as one run, answered by USAGE_STORED; first_sequence is what the message says. */
static inline struct message
fixture_ship(struct analytics_fixture *fixture, int64_t ring, int64_t first_sequence, int64_t count,
             const struct usage_record *records, size_t record_count)
{
    struct message request = {
        .kind = MSG_USAGE_BATCH,
        .body = blob_copy(bytes_of(records, record_count * sizeof *records)),
        .u.USAGE_BATCH = {.spool_id = bytes_of_text(SPOOL),
                          .ring = ring,
                          .first_sequence = first_sequence,
                          .count = count},
    };
    struct message reply = fixture_ask(fixture->gateway, &request, NULL);

    blob_release(&request.body);
    ck_assert_int_eq(reply.kind, MSG_USAGE_STORED);
    ck_assert(bytes_equal_text(reply.u.USAGE_STORED.spool_id, SPOOL));
    ck_assert_int_eq(reply.u.USAGE_STORED.ring, ring);
    return reply;
}

static inline const char *
fixture_rows(struct analytics_fixture *fixture, const char *query)
{
    return raw_rows(&fixture->place, "rentcache.db", query);
}
