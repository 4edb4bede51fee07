/* analytics_house.h - the real analytics actor among stand-ins: a listener of a gateway, a cache actor, mailboxes. */
#pragma once

#include <pthread.h>
#include <sys/stat.h>
#include <time.h>

#include "actor/mailbox.h"
#include "analytics.h"
#include "contract/storage_support.h"
#include "metrics.h"

enum { HOUSE_WAIT_MS = 20000, HOUSE_GATEWAY_ID = 77 };

/* Where the stand-ins leave word, for the thread of the test to wait for. */
struct ears {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool is_deaf;      /* confirms nothing */
    int snapshots;     /* that came */
    int64_t version;   /* of the last snapshot or change */
    int64_t key_count; /* of the last snapshot */
    int changes;       /* KEY_CHANGED */
    char changed_name[101];
    int64_t changed_is_active;
    int heartbeats_sick, heartbeats_well;
    struct entry_hit hits[16]; /* ENTRY_HITS, the last message */
    int64_t hit_count;
};

struct house {
    struct place place;
    struct ears ears;
    struct actor_system *system;
    struct actor_runner *cache, *analytics, *listener;
    struct mailbox *gateway, *upstream;
};

struct listener {
    struct actor *actor;
    struct ears *ears;
};

static inline void *
listener_create(struct actor *actor, const struct config *config, void *argument)
{
    struct listener *self = calloc(1, sizeof *self);

    (void)config;
    self->actor = actor;
    self->ears = argument;
    return self;
}

static inline void
ears_changed(struct ears *ears)
{
    pthread_cond_broadcast(&ears->changed);
    pthread_mutex_unlock(&ears->mutex);
}

static inline void
listener_confirm(struct listener *self, int64_t version)
{
    struct message confirm = {
        .kind = MSG_KEY_CONFIRM,
        .u.KEY_CONFIRM = {.gateway_id = HOUSE_GATEWAY_ID, .version = version},
    };

    if (!self->ears->is_deaf)
        (void)actor_tell(self->actor, ACTOR_ANALYTICS, &confirm);
}

static inline void
listener_on_snapshot(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;

    (void)from;
    pthread_mutex_lock(&self->ears->mutex);
    self->ears->snapshots++;
    self->ears->version = message->u.KEYS_SNAPSHOT.version;
    self->ears->key_count = message->u.KEYS_SNAPSHOT.count;
    listener_confirm(self, message->u.KEYS_SNAPSHOT.version);
    ears_changed(self->ears);
}

static inline void
listener_on_changed(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;
    const struct key_record *record = &message->u.KEY_CHANGED;

    (void)from;
    pthread_mutex_lock(&self->ears->mutex);
    self->ears->changes++;
    self->ears->version = record->version;
    self->ears->changed_is_active = record->is_active;
    (void)bytes_copy_text(record->key_name, self->ears->changed_name,
                          sizeof self->ears->changed_name);
    listener_confirm(self, record->version);
    ears_changed(self->ears);
}

static inline void
listener_on_heartbeat(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;

    (void)from;
    pthread_mutex_lock(&self->ears->mutex);
    if (message->u.HEARTBEAT_REPLY.is_healthy)
        self->ears->heartbeats_well++;
    else
        self->ears->heartbeats_sick++;
    ears_changed(self->ears);
}

static inline void
listener_on_peer(void *state, enum actor_id peer, enum peer_event event,
                 const struct message *reply)
{
    struct listener *self = state;
    struct message sync = {.kind = MSG_KEYS_SYNC, .u.KEYS_SYNC.gateway_id = HOUSE_GATEWAY_ID};

    (void)reply;
    if (event != PEER_DOWN)
        (void)actor_tell(self->actor, peer, &sync);
}

static const struct actor_route listener_routes[] = {
    {MSG_KEYS_SNAPSHOT, listener_on_snapshot},
    {MSG_KEY_CHANGED, listener_on_changed},
    {MSG_HEARTBEAT_REPLY, listener_on_heartbeat},
};

static const enum actor_id listener_peers[] = {ACTOR_ANALYTICS};

static const struct actor_class listener_class = {
    .name = "ears",
    .id = ACTOR_GATEWAY,
    .peers = listener_peers,
    .peer_count = COUNT(listener_peers),
    .create = listener_create,
    .destroy = free,
    .routes = listener_routes,
    .route_count = COUNT(listener_routes),
    .on_peer = listener_on_peer,
};

static inline void
cache_on_hits(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;
    struct bytes body = blob_bytes(message->body);

    (void)from;
    pthread_mutex_lock(&self->ears->mutex);
    self->ears->hit_count = message->u.ENTRY_HITS.count;
    if (body.size <= sizeof self->ears->hits)
        memcpy(self->ears->hits, body.data, body.size);
    ears_changed(self->ears);
}

static const struct actor_route cache_routes[] = {{MSG_ENTRY_HITS, cache_on_hits}};

static const struct actor_class cache_class = {
    .name = "cache-ears",
    .id = ACTOR_CACHE,
    .has_inbox = true,
    .create = listener_create,
    .destroy = free,
    .routes = cache_routes,
    .route_count = COUNT(cache_routes),
};

/* True once number, which ears->mutex guards, is at least wanted. */
static inline bool
ears_wait(struct ears *ears, const int *number, int wanted)
{
    struct timespec until;
    bool happened;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HOUSE_WAIT_MS / 1000;
    pthread_mutex_lock(&ears->mutex);
    while (*number < wanted && pthread_cond_timedwait(&ears->changed, &ears->mutex, &until) == 0)
        ;
    happened = *number >= wanted;
    pthread_mutex_unlock(&ears->mutex);
    return happened;
}

static inline bool
ears_wait_for_hits(struct ears *ears, int64_t wanted)
{
    struct timespec until;
    bool happened;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += HOUSE_WAIT_MS / 1000;
    pthread_mutex_lock(&ears->mutex);
    while (ears->hit_count < wanted &&
           pthread_cond_timedwait(&ears->changed, &ears->mutex, &until) == 0)
        ;
    happened = ears->hit_count == wanted;
    pthread_mutex_unlock(&ears->mutex);
    return happened;
}

/* A copy of what the stand-ins noted until now. */
static inline struct ears
ears_see(struct ears *ears)
{
    const size_t start = offsetof(struct ears, is_deaf);
    struct ears seen;

    memset(&seen, 0, sizeof seen);
    pthread_mutex_lock(&ears->mutex);
    memcpy((char *)&seen + start, (const char *)ears + start, sizeof seen - start);
    pthread_mutex_unlock(&ears->mutex);
    return seen;
}

/* Of scheme "inproc" or "ipc". */
static inline void
house_open(struct house *house, const char *scheme)
{
    struct config *config = &house->place.config;

    memset(house, 0, sizeof *house);
    place_init(&house->place, 0);
    pthread_mutex_init(&house->ears.mutex, NULL);
    pthread_cond_init(&house->ears.changed, NULL);
    snprintf(config->actors.cache_endpoint, CONFIG_TEXT_SIZE, "%s://cache", scheme);
    snprintf(config->actors.upstream_endpoint, CONFIG_TEXT_SIZE, "%s://upstream", scheme);
    snprintf(config->actors.analytics_endpoint, CONFIG_TEXT_SIZE, "%s://analytics", scheme);
    config->server.stop_timeout_ms = 10000;
    config->gateway.threads = 8;
    config->gateway.admin_threads = 2;
    config->cache.confirm_timeout_ms = 300;
    config->analytics.batch_rows = 100;
    config->analytics.report_threads = 1;
    config->analytics.report_queue = 4;
    config->actors.inbox_messages = 1024;
    config->actors.heartbeat_ms = 50;
    config->actors.silent_ms = 2000;
    config->actors.max_message_body_bytes = 16 << 20;
    config->actors.max_assemblies = 16;
    metrics_init(0);
    house->system = actor_system_create(config);
    ck_assert_ptr_nonnull(house->system);
    house->cache = actor_start(house->system, &cache_class, &house->ears);
    house->analytics = actor_start(house->system, &analytics_actor, NULL);
    ck_assert_ptr_nonnull(house->analytics);
    house->gateway = mailbox_create(house->system, ACTOR_GATEWAY, ACTOR_ANALYTICS);
    house->upstream = mailbox_create(house->system, ACTOR_UPSTREAM, ACTOR_ANALYTICS);
}

/* A gateway's listener comes up and knows all keys. */
static inline void
house_add_listener(struct house *house)
{
    house->listener = actor_start(house->system, &listener_class, &house->ears);
    ck_assert_ptr_nonnull(house->listener);
    ck_assert(ears_wait(&house->ears, &house->ears.snapshots, 1));
}

static inline void
house_close(struct house *house)
{
    mailbox_destroy(&house->gateway);
    mailbox_destroy(&house->upstream);
    actor_stop(&house->listener);
    actor_stop(&house->analytics);
    actor_stop(&house->cache);
    actor_system_destroy(&house->system);
    place_fini(&house->place);
    metrics_fini();
}

/* body: the reply's, to be released; NULL where nobody wants it. */
static inline struct message
house_ask(struct mailbox *mailbox, struct message *request, struct blob **body)
{
    struct message reply;

    memset(&reply, 0, sizeof reply);
    ck_assert_int_eq(mailbox_ask(mailbox, request, HOUSE_WAIT_MS, &reply), STATUS_OK);
    if (body != NULL)
        *body = blob_hold(reply.body);
    message_fini(&reply);
    return reply;
}

/* Ships records as one run, answered by USAGE_STORED; first_sequence is what the message says. */
static inline struct message
house_ship(struct house *house, int64_t ring, int64_t first_sequence, int64_t count,
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
    struct message reply = house_ask(house->gateway, &request, NULL);

    blob_release(&request.body);
    ck_assert_int_eq(reply.kind, MSG_USAGE_STORED);
    ck_assert(bytes_equal_text(reply.u.USAGE_STORED.spool_id, SPOOL));
    ck_assert_int_eq(reply.u.USAGE_STORED.ring, ring);
    return reply;
}

static inline const char *
house_rows(struct house *house, const char *query)
{
    return raw_rows(&house->place, "rentcache.db", query);
}
