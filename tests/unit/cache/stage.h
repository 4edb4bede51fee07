/* stage.h - the real cache actor with a real database in a folder of its own, between players that the test directs.
 *
 * A player is an actor without a will: what it is sent it notes, what it says the test tells it to. One plays the
 * upstream, two play gateways (listener and workers at once: answers find their request by correlation id).
 * Nothing here sleeps: the test waits for the n-th message of a kind, with a deadline. */
#pragma once

#include <check.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "actor/actor.h"
#include "actor/wire.h"
#include "base/clock.h"
#include "base/log.h"
#include "cache.h"
#include "metrics.h"

enum { STAGE_WAIT_MS = 20000, STAGE_PRICE = 2000000, STAGE_HEARD_MAX = 8192 };

/* A message that came, with copies of all its bytes. */
struct heard {
    struct message message;
    struct sender from;
    uint8_t *text;
};

struct line {
    struct line *next;
    struct message message; /* bytes are the test's and stay; the body is held */
    struct sender to;       /* correlation_id for a question to the cache */
    bool is_answer;
};

struct player {
    /* guarded by mutex */
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct heard *heard;
    size_t heard_count;
    struct line *first, *last;
    /* owned by its thread */
    struct actor *actor;
    int fd; /* says that there are lines */
    struct actor_runner *runner;
    uint64_t next_question; /* the test's */
};

static inline void
player_copy_bytes(struct heard *heard)
{
    const struct schema *schema = message_schema(heard->message.kind);
    uint8_t *body = (uint8_t *)&heard->message.u;
    size_t size = 0;

    for (size_t i = 0; i < schema->field_count; i++) {
        if (schema->fields[i].type == FIELD_BYTES)
            size += ((struct bytes *)(void *)(body + schema->fields[i].offset))->size;
    }
    uint8_t *end = heard->text = malloc(size + 1);

    for (size_t i = 0; i < schema->field_count; i++) {
        struct bytes *bytes = (struct bytes *)(void *)(body + schema->fields[i].offset);

        if (schema->fields[i].type != FIELD_BYTES)
            continue;
        if (bytes->size > 0)
            memcpy(end, bytes->data, bytes->size);
        *bytes = bytes_of(end, bytes->size);
        end += bytes->size;
    }
}

static inline void
player_hears(void *state, const struct message *message, const struct sender *from)
{
    struct player *player = state;
    struct heard heard = {.message = *message, .from = *from};

    heard.message.body = blob_hold(message->body);
    heard.message.request_id = bytes_of(NULL, 0);
    player_copy_bytes(&heard);
    pthread_mutex_lock(&player->mutex);
    if (player->heard_count == STAGE_HEARD_MAX)
        abort();
    player->heard[player->heard_count++] = heard;
    pthread_cond_broadcast(&player->changed);
    pthread_mutex_unlock(&player->mutex);
}

static inline void
player_speaks(void *state, int fd)
{
    struct player *player = state;
    eventfd_t count;

    eventfd_read(fd, &count);
    for (;;) {
        pthread_mutex_lock(&player->mutex);
        struct line *line = player->first;

        if (line != NULL)
            player->first = line->next;
        pthread_mutex_unlock(&player->mutex);
        if (line == NULL)
            return;
        line->message.correlation_id = line->to.correlation_id;
        if (line->is_answer)
            (void)actor_reply(player->actor, &line->to, &line->message);
        else if (actor_tell(player->actor, ACTOR_CACHE, &line->message) != STATUS_OK)
            abort(); /* not ck_assert: this is not the test's thread */
        blob_release(&line->message.body);
        free(line);
    }
}

static inline void *
player_create(struct actor *actor, const struct config *config, void *argument)
{
    struct player *player = argument;

    (void)config;
    player->actor = actor;
    return actor_watch(actor, player->fd, player_speaks) ? player : NULL;
}

static inline void
player_leave(void *state)
{
    (void)state;
}

static const struct actor_route player_routes[] = {
    {MSG_UPSTREAM_FETCH, player_hears},  {MSG_CACHE_REPLY, player_hears},
    {MSG_PURGE_REPLY, player_hears},     {MSG_ENTRY_PUSH, player_hears},
    {MSG_NEAR_PURGE, player_hears},      {MSG_LISTENER_WELCOME, player_hears},
    {MSG_HEARTBEAT_REPLY, player_hears},
};

static const enum actor_id player_peers[] = {ACTOR_CACHE};

static const struct actor_class upstream_player = {.name = "upstream",
                                                   .id = ACTOR_UPSTREAM,
                                                   .has_inbox = true,
                                                   .create = player_create,
                                                   .destroy = player_leave,
                                                   .routes = player_routes,
                                                   .route_count = COUNT(player_routes)};
static const struct actor_class gateway_player = {.name = "gateway",
                                                  .id = ACTOR_GATEWAY,
                                                  .peers = player_peers,
                                                  .peer_count = COUNT(player_peers),
                                                  .create = player_create,
                                                  .destroy = player_leave,
                                                  .routes = player_routes,
                                                  .route_count = COUNT(player_routes)};

static const struct actor_class analytics_player = {.name = "analytics",
                                                    .id = ACTOR_ANALYTICS,
                                                    .peers = player_peers,
                                                    .peer_count = COUNT(player_peers),
                                                    .create = player_create,
                                                    .destroy = player_leave,
                                                    .routes = player_routes,
                                                    .route_count = COUNT(player_routes)};

struct stage {
    char folder[64];
    struct config *config;
    struct actor_system *system;
    struct actor_runner *cache;
    struct player upstream, gateway, other, analytics;
};

static inline void
player_init(struct player *player)
{
    *player = (struct player){.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
    pthread_mutex_init(&player->mutex, NULL);
    pthread_cond_init(&player->changed, NULL);
    player->heard = calloc(STAGE_HEARD_MAX, sizeof *player->heard);
    ck_assert(player->fd >= 0 && player->heard != NULL);
}

static inline void
player_fini(struct player *player)
{
    for (size_t i = 0; i < player->heard_count; i++) {
        blob_release(&player->heard[i].message.body);
        free(player->heard[i].text);
    }
    free(player->heard);
    close(player->fd);
}

static inline void
stage_start_cache(struct stage *stage)
{
    stage->cache = actor_start(stage->system, &cache_actor, NULL);
    ck_assert_ptr_nonnull(stage->cache);
}

/* The routes of all these tests. Negative answers of "kept" live 60 s. */
static const char stage_routes[] =
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

/* The player says this: to the cache (question 0: nobody waits), or as the answer to what it heard. */
static inline void
player_say(struct player *player, const struct message *message, const struct sender *answer_to,
           uint64_t question)
{
    struct line *line = calloc(1, sizeof *line);

    ck_assert_ptr_nonnull(line);
    line->message = *message;
    line->message.body = blob_hold(message->body);
    line->is_answer = answer_to != NULL;
    if (answer_to != NULL)
        line->to = *answer_to;
    else
        line->to.correlation_id = question;
    pthread_mutex_lock(&player->mutex);
    if (player->first == NULL)
        player->first = line;
    else
        player->last->next = line;
    player->last = line;
    pthread_mutex_unlock(&player->mutex);
    eventfd_write(player->fd, 1);
}

static inline struct timespec
stage_deadline(int64_t timeout_ms)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += timeout_ms / 1000;
    until.tv_nsec += timeout_ms % 1000 * 1000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_sec++;
        until.tv_nsec -= 1000000000;
    }
    return until;
}

/* The n-th message (from 1) of a kind; question > 0: among those that answer it. NULL: it is not there yet. */
static inline const struct heard *
player_find(const struct player *player, enum message_kind kind, uint64_t question, size_t n)
{
    for (size_t i = 0; i < player->heard_count; i++) {
        const struct heard *heard = &player->heard[i];

        if (heard->message.kind == kind &&
            (question == 0 || heard->from.correlation_id == question) && --n == 0)
            return heard;
    }
    return NULL;
}

static inline const struct heard *
player_wait(struct player *player, enum message_kind kind, uint64_t question, size_t n,
            int64_t timeout_ms)
{
    struct timespec until = stage_deadline(timeout_ms);
    const struct heard *found;

    pthread_mutex_lock(&player->mutex);
    while ((found = player_find(player, kind, question, n)) == NULL &&
           pthread_cond_timedwait(&player->changed, &player->mutex, &until) == 0)
        ;
    pthread_mutex_unlock(&player->mutex);
    return found;
}

/* The n-th message of the kind: the test fails where it does not come. */
static inline const struct heard *
player_expect(struct player *player, enum message_kind kind, size_t n)
{
    const struct heard *found = player_wait(player, kind, 0, n, STAGE_WAIT_MS);

    ck_assert_msg(found != NULL, "%s number %zu did not come", message_kind_name(kind), n);
    return found;
}

static inline size_t
player_count(struct player *player, enum message_kind kind)
{
    size_t count = 0;

    pthread_mutex_lock(&player->mutex);
    while (player_find(player, kind, 0, count + 1) != NULL)
        count++;
    pthread_mutex_unlock(&player->mutex);
    return count;
}

/* Connected, and asked twice for signs of life: what needs a moment had it. */
static inline void
player_settle(struct player *player)
{
    player_expect(player, MSG_HEARTBEAT_REPLY, player_count(player, MSG_HEARTBEAT_REPLY) + 2);
}

static inline void
stage_await_metric(struct stage *stage, enum metric metric, int64_t value)
{
    int64_t until = clock_mono_ms() + STAGE_WAIT_MS;

    while (metric_value(metric) != value && clock_mono_ms() < until)
        player_settle(&stage->gateway);
    ck_assert_int_eq(metric_value(metric), value);
}

/* settings: "NAME=VALUE", NULL at the end, at most 6. */
static inline void
stage_open(struct stage *stage, const char *const *settings)
{
    char data_dir[96];
    const char *environment[16] = {data_dir, "LOG_LEVEL=ERROR", "ACTOR_HEARTBEAT_MS=50",
                                   "ACTOR_SILENT_MS=400"};

    for (size_t i = 0; settings != NULL && settings[i] != NULL; i++)
        environment[4 + i] = settings[i];
    *stage = (struct stage){.folder = "/tmp/cache-test-XXXXXX"};
    ck_assert_ptr_nonnull(mkdtemp(stage->folder));
    snprintf(data_dir, sizeof data_dir, "DATA_DIR=%s", stage->folder);
    stage->config =
        config_parse("test", stage_routes, sizeof stage_routes - 1, environment, stderr);
    ck_assert_ptr_nonnull(stage->config);
    ck_assert(log_configure("ERROR", "text"));
    ck_assert(metrics_init(4));
    stage->system = actor_system_create(stage->config);
    ck_assert_ptr_nonnull(stage->system);
    player_init(&stage->upstream);
    player_init(&stage->gateway);
    player_init(&stage->other);
    player_init(&stage->analytics);
    stage->upstream.runner = actor_start(stage->system, &upstream_player, &stage->upstream);
    stage_start_cache(stage);
    stage->gateway.runner = actor_start(stage->system, &gateway_player, &stage->gateway);
    stage->other.runner = actor_start(stage->system, &gateway_player, &stage->other);
    stage->analytics.runner = actor_start(stage->system, &analytics_player, &stage->analytics);
    /* A link is usable from its first heartbeat on. */
    player_expect(&stage->gateway, MSG_HEARTBEAT_REPLY, 1);
    player_expect(&stage->other, MSG_HEARTBEAT_REPLY, 1);
    player_expect(&stage->analytics, MSG_HEARTBEAT_REPLY, 1);
}

static inline int
stage_remove(const char *path, const struct stat *about, int kind, struct FTW *where)
{
    (void)about;
    (void)kind;
    (void)where;
    return remove(path);
}

static inline void
stage_close(struct stage *stage)
{
    actor_stop(&stage->analytics.runner);
    actor_stop(&stage->other.runner);
    actor_stop(&stage->gateway.runner);
    actor_stop(&stage->cache);
    actor_stop(&stage->upstream.runner);
    actor_system_destroy(&stage->system);
    player_fini(&stage->upstream);
    player_fini(&stage->gateway);
    player_fini(&stage->other);
    player_fini(&stage->analytics);
    metrics_fini();
    config_destroy(&stage->config);
    nftw(stage->folder, stage_remove, 8, FTW_DEPTH | FTW_PHYS);
}
