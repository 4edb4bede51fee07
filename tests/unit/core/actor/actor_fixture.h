/* actor_fixture.h - what the tests of the actor framework share: a configuration, and an actor that echoes. */
#pragma once

#include <check.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "actor/actor.h"
#include "actor/mailbox.h"
#include "base/clock.h"
#include "metrics.h"
#include "support/actor/spy.h"

/* What a spy counts. */
enum event { EVENT_UP, EVENT_RESTARTED, EVENT_DOWN, EVENT_HANDLED, EVENT_DRAINED };

/* Loop tests run twice: 0 is one process, 1 goes through sockets of the file system. */
enum topology { TOPOLOGY_INPROC, TOPOLOGY_IPC, TOPOLOGY_COUNT };

struct fixture {
    struct config *config;
    char folder[64];
};

static inline void
fixture_init(struct fixture *fixture, enum topology topology)
{
    const char *scheme = topology == TOPOLOGY_IPC ? "ipc" : "inproc";

    memset(fixture, 0, sizeof *fixture);
    snprintf(fixture->folder, sizeof fixture->folder, "/tmp/actor-test-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(fixture->folder));

    struct config *config = calloc(1, sizeof *config);

    fixture->config = config;
    snprintf(config->server.data_dir, CONFIG_TEXT_SIZE, "%s", fixture->folder);
    snprintf(config->actors.cache_endpoint, CONFIG_TEXT_SIZE, "%s://run/cache", scheme);
    snprintf(config->actors.upstream_endpoint, CONFIG_TEXT_SIZE, "%s://run/upstream", scheme);
    snprintf(config->actors.analytics_endpoint, CONFIG_TEXT_SIZE, "%s://run/analytics", scheme);
    config->server.stop_timeout_ms = 10000;
    config->gateway.threads = 64;
    config->gateway.admin_threads = 8;
    config->actors.inbox_messages = 8192;
    config->actors.heartbeat_ms = 50;
    config->actors.heartbeat_timeout_ms = 3000;
    config->actors.max_message_body_bytes = 16 << 20;
    config->actors.max_assemblies = 64;
    metrics_init(0);
}

static inline void
fixture_fini(struct fixture *fixture)
{
    static const char *const names[] = {
        "run/cache",     "run/cache.lock",     "run/upstream", "run/upstream.lock",
        "run/analytics", "run/analytics.lock", "run",          "",
    };

    for (size_t i = 0; i < COUNT(names); i++) {
        char path[160];

        snprintf(path, sizeof path, "%s/%s", fixture->folder, names[i]);
        remove(path);
    }
    free(fixture->config);
    metrics_fini();
}

/* The echo: stands in for the cache actor. What it does depends on the request's route:
 *   "silent"  no answer        "late"   its answer goes out just before the next one
 *   "stall"   waits at gate    else     CACHE_REPLY with flight_id = api_key_id and the same body */
struct echo_setup {
    struct spy spy;
    sem_t gate;
    bool refuses;
    bool is_busy; /* is_busy says so until the actor's stop time is over */
};

struct echo {
    struct actor *actor;
    struct echo_setup *setup;
    struct sender late;
    bool has_late;
};

static inline void *
echo_create(struct actor *actor, const struct config *config, void *argument)
{
    struct echo_setup *setup = argument;
    struct echo *echo = calloc(1, sizeof *echo);

    (void)config;
    if (setup->refuses) {
        free(echo);
        return NULL;
    }
    echo->actor = actor;
    echo->setup = setup;
    return echo;
}

static inline void
echo_destroy(void *state)
{
    free(state);
}

static inline void
echo_on_get(void *state, const struct message *message, const struct sender *from)
{
    struct echo *echo = state;
    const struct cache_get *get = &message->u.CACHE_GET;
    struct message reply = {
        .kind = MSG_CACHE_REPLY,
        .body = message->body,
        .u.CACHE_REPLY = {.flight_id = get->api_key_id, .signature = get->signature},
    };

    spy_note(&echo->setup->spy, EVENT_HANDLED);
    if (echo->has_late) {
        struct message late = {.kind = MSG_CACHE_REPLY, .u.CACHE_REPLY.flight_id = -1};

        echo->has_late = false;
        actor_reply(echo->actor, &echo->late, &late);
    }
    if (bytes_equal_text(get->route, "stall"))
        sem_wait(&echo->setup->gate);
    if (bytes_equal_text(get->route, "late")) {
        echo->late = *from;
        echo->has_late = true;
    } else if (!bytes_equal_text(get->route, "silent")) {
        actor_reply(echo->actor, from, &reply);
    }
}

static inline void
echo_after_drain(void *state)
{
    spy_note(&((struct echo *)state)->setup->spy, EVENT_DRAINED);
}

static inline bool
echo_is_busy(void *state)
{
    return ((struct echo *)state)->setup->is_busy;
}

static inline struct actor_health
echo_health(void *state)
{
    (void)state;
    return (struct actor_health){
        .is_healthy = false, .version = 7, .latency_us = 8, .detail = "it is a test"};
}

static const struct actor_route echo_routes[] = {
    {MSG_CACHE_GET, echo_on_get},
};

static const struct actor_class echo_class = {
    .name = "echo",
    .id = ACTOR_CACHE,
    .has_inbox = true,
    .create = echo_create,
    .destroy = echo_destroy,
    ACTOR_ROUTES(echo_routes),
    .after_drain = echo_after_drain,
    .is_busy = echo_is_busy,
    .health = echo_health,
};

static inline void
echo_setup_init(struct echo_setup *setup)
{
    *setup = (struct echo_setup){.spy = SPY_INITIAL};
    sem_init(&setup->gate, 0, 0);
}

/* A request to the echo, by mailbox. *reply is to be finished by message_fini. */
static inline enum status
echo_ask(struct mailbox *mailbox, const char *route, int64_t number, struct blob *body,
         int64_t timeout_ms, struct message *reply)
{
    struct message request = {
        .kind = MSG_CACHE_GET,
        .body = body,
        .u.CACHE_GET = {.route = bytes_of_text(route), .api_key_id = number},
    };

    memset(reply, 0, sizeof *reply);
    return mailbox_ask(mailbox, &request, timeout_ms, reply);
}
