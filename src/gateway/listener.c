/* listener.c - numbered messages from cache and analytics, each confirmed; a gap means: ask for the
 * whole again.
 *
 * Purges: the last applied number is near_cache_purge_number. number = last + 1 is applied; older
 * ones are confirmed again; anything further ahead empties the near cache, which is always right.
 * Keys: the same with versions, where a gap asks for a new snapshot. The first one is known only once what is used of their
 * limits has been put back. A process that was frozen for
 * longer than near_valid_ms finds out here: the near cache is emptied before it is believed again.
 */
#include "listener.h"

#include <stdlib.h>

#include "access/admission.h"
#include "access/key_load.h"
#include "access/limit_keeper.h"
#include "base/clock.h"
#include "base/log.h"
#include "gateway_state.h"
#include "near/near_store.h"
#include "server/library_socket.h"

#define TICK_MS              250
#define RESYNC_WAIT_MS       1000
#define RETURN_LEASES_MS     2000
#define SAVE_LIMITS_MS       2000
#define WAITING_LOG_EVERY_MS 60000

struct listener {
    struct actor *actor;
    struct gateway *gateway;
    int64_t last_tick_ms;
    int64_t keys_asked_ms;  /* when KEYS_SYNC was last sent */
    int64_t hello_asked_ms; /* when LISTENER_HELLO was last sent */
    int64_t waiting_log_ms; /* when it was last logged that connections wait; 0: never */
    bool is_registered;
    struct key_load load;
    struct limit_keeper limits;
};

static void
say_hello(struct listener *self)
{
    struct message hello = {
        .kind = MSG_LISTENER_HELLO,
        .u.LISTENER_HELLO =
            {
                .gateway_id = self->gateway->gateway_id,
                .purge_number =
                    self->is_registered ? near_cache_purge_number(self->gateway->near) : -1,
            },
    };

    self->hello_asked_ms = clock_mono_ms();
    (void)actor_tell(self->actor, ACTOR_CACHE, &hello);
}

static void
ask_keys(struct listener *self, int64_t after_id)
{
    struct message sync = {
        .kind = MSG_KEYS_SYNC,
        .u.KEYS_SYNC = {.gateway_id = self->gateway->gateway_id, .after_id = after_id},
    };

    self->keys_asked_ms = clock_mono_ms();
    (void)actor_tell(self->actor, ACTOR_ANALYTICS, &sync);
}

static void
confirm_keys(struct listener *self, int64_t version)
{
    struct message confirm = {
        .kind = MSG_KEY_CONFIRM,
        .u.KEY_CONFIRM = {.gateway_id = self->gateway->gateway_id, .version = version},
    };

    (void)actor_tell(self->actor, ACTOR_ANALYTICS, &confirm);
}

static void
confirm_purge(struct listener *self, int64_t number)
{
    struct message confirm = {
        .kind = MSG_PURGE_CONFIRM,
        .u.PURGE_CONFIRM = {.gateway_id = self->gateway->gateway_id, .number = number},
    };

    (void)actor_tell(self->actor, ACTOR_CACHE, &confirm);
}

static void
on_welcome(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;
    const struct listener_welcome *welcome = &message->u.LISTENER_WELCOME;

    (void)from;
    if (welcome->must_empty || !self->is_registered)
        near_cache_empty(self->gateway->near, welcome->purge_number);
    self->is_registered = true;
    near_cache_lease(self->gateway->near,
                     clock_mono_ms() + self->gateway->config->gateway.near_valid_ms);
    atomic_store(&self->gateway->is_registered, true);
}

/* An endpoint too long for a name: all of them. */
static struct purge_scope
scope_of(const struct near_purge *purge)
{
    struct purge_scope scope = {.fetched_before_wall_ms = purge->fetched_before_wall_ms,
                                .expired_before_wall_ms = purge->expired_before_wall_ms};

    if (!purge->is_all && !bytes_copy_text(purge->endpoint, scope.endpoint, sizeof scope.endpoint))
        scope.endpoint[0] = '\0';
    return scope;
}

static void
on_near_purge(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;
    const struct near_purge *purge = &message->u.NEAR_PURGE;
    int64_t last = near_cache_purge_number(self->gateway->near);
    struct purge_scope scope = scope_of(purge);

    (void)from;
    if (purge->number == last + 1)
        near_cache_purge(self->gateway->near, purge->number, &scope);
    else if (purge->number > last)
        near_cache_empty(self->gateway->near, purge->number);
    confirm_purge(self, purge->number);
}

/* Without gzip, so that large bodies do not hold up what else is told: the first worker that needs it makes it. */
static bool
put_pushed(struct listener *self, const struct message *message)
{
    const struct cache_reply *entry = &message->u.ENTRY_PUSH;
    struct bytes body = blob_bytes(message->body);
    char name[ROUTE_NAME_SIZE];
    const struct route_config *route;
    struct response_build build;
    bool is_put;

    bytes_copy_text(entry->route, name, sizeof name);
    route = config_route(self->gateway->config, name);
    is_put =
        response_build(&build, self->gateway->config, entry, body, false) && route != NULL &&
        near_store_put(self->gateway, entry, bytes_of_text(route->endpoint), &build) == STATUS_OK;
    response_build_fini(&build);
    return is_put;
}

static void
on_entry_push(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;
    struct message held = {
        .kind = MSG_ENTRY_HELD,
        .u.ENTRY_HELD =
            {
                .gateway_id = self->gateway->gateway_id,
                .flight_id = message->u.ENTRY_PUSH.flight_id,
                .is_held = put_pushed(self, message),
            },
    };

    (void)from;
    (void)actor_tell(self->actor, ACTOR_CACHE, &held);
}

static void
finish_load(struct listener *self)
{
    key_load_end(&self->load);
    confirm_keys(self, self->load.version);
}

/* Before the first load is finished nobody is let in, so nothing is taken yet. */
static void
ask_limits(struct listener *self, int64_t after_id)
{
    self->keys_asked_ms = clock_mono_ms();
    limit_keeper_ask(&self->limits, after_id);
}

static void
on_limits_part(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;
    bool is_restored;

    (void)from;
    /* Of a load that was given up. */
    if (!self->load.is_whole || key_table_is_loaded(self->gateway->keys))
        return;
    is_restored = limit_keeper_restore(&self->limits, message);
    if (!is_restored)
        log_error("limits: what was used of them cannot be read: they are full");
    if (is_restored && message->u.LIMITS_PART.next_id != 0)
        ask_limits(self, message->u.LIMITS_PART.next_id);
    else
        finish_load(self);
}

static void
on_limits_saved(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;

    (void)from;
    limit_keeper_note(&self->limits, message->status);
}

static void
on_keys_snapshot(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;

    (void)from;
    switch (key_load_part(&self->load, &message->u.KEYS_SNAPSHOT, blob_bytes(message->body))) {
    case KEY_LOAD_NEXT:
        ask_keys(self, self->load.next_id);
        break;
    case KEY_LOAD_WHOLE:
        if (key_table_is_loaded(self->gateway->keys))
            finish_load(self);
        else
            ask_limits(self, 0);
        break;
    case KEY_LOAD_BROKEN:
        log_warning("the snapshot of keys is broken, or changes are missing; asking again");
        break;
    case KEY_LOAD_IGNORED:
        break;
    }
}

/* Until the first load is done this gateway lets nobody in: what it will know then may be confirmed now. A table
 * that is loaded again may still let in what an earlier change forbids. */
static void
change_while_loading(struct listener *self, const struct key_record *record)
{
    if (!key_load_change(&self->load, record))
        ask_keys(self, 0);
    else if (!key_table_is_loaded(self->gateway->keys))
        confirm_keys(self, record->version);
}

/* Before the change is confirmed, and so before anybody asks for a lease under the new limit. */
static void
give_back_lease(struct listener *self, const struct key_record *record)
{
    struct message message = {.kind = MSG_QUOTA_LEASE,
                              .u.QUOTA_LEASE = {.api_key_id = record->api_key_id}};
    struct quota_lease *lease = &message.u.QUOTA_LEASE;

    lease->returned = key_table_take_lease(self->gateway->keys, record, &lease->window_day);
    if (lease->returned > 0)
        (void)actor_tell(self->actor, ACTOR_ANALYTICS, &message);
}

/* What was given back is: nothing to do. */
static void
on_quota_grant(void *state, const struct message *message, const struct sender *from)
{
    (void)state;
    (void)message;
    (void)from;
}

static void
on_key_changed(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;
    const struct key_record *record = &message->u.KEY_CHANGED;
    int64_t version = key_table_version(self->gateway->keys);

    (void)from;
    if (self->load.is_under_way) {
        change_while_loading(self, record);
        return;
    }
    if (!key_table_is_loaded(self->gateway->keys) || record->version > version + 1) {
        ask_keys(self, 0);
        return;
    }
    if (record->version == version + 1)
        give_back_lease(self, record);
    if (record->version == version + 1 &&
        key_table_change(self->gateway->keys, record) != STATUS_OK) {
        log_error("key %lld cannot be used", (long long)record->api_key_id);
        return;
    }
    confirm_keys(self, record->version);
}

/* What was lost on the way (a full queue, an actor that forgot us) shows in the numbers of the
 * heartbeats. */
static void
on_heartbeat_reply(void *state, const struct message *message, const struct sender *from)
{
    struct listener *self = state;
    int64_t version = message->u.HEARTBEAT_REPLY.version;
    int64_t now_ms = clock_mono_ms();

    gateway_note_heartbeat(self->gateway, from->peer, message);
    if (from->peer == ACTOR_ANALYTICS && now_ms - self->keys_asked_ms > RESYNC_WAIT_MS &&
        (!key_table_is_loaded(self->gateway->keys) ||
         version != key_table_version(self->gateway->keys)))
        ask_keys(self, 0);
    if (from->peer == ACTOR_CACHE && now_ms - self->hello_asked_ms > RESYNC_WAIT_MS &&
        (!self->is_registered || version != near_cache_purge_number(self->gateway->near)))
        say_hello(self);
}

static void
on_peer(void *state, enum actor_id peer, enum peer_event event, const struct message *reply)
{
    struct listener *self = state;

    (void)reply;
    gateway_note_peer(self->gateway, peer, event != PEER_DOWN);
    if (event == PEER_DOWN) {
        log_warning("the %s actor is away", actor_id_name(peer));
    } else if (peer == ACTOR_CACHE) {
        say_hello(self);
    } else if (peer == ACTOR_ANALYTICS) {
        ask_keys(self, 0);
    }
}

/* Connections that the kernel holds until a thread is free: nothing else of this process knows of them. */
static void
watch_waiting(struct listener *self, int64_t now_mono_ms)
{
    int64_t waiting = library_socket_waiting(atomic_load(&self->gateway->data_socket));
    bool is_lasting = waiting > 0 && metric_value(METRIC_CONNECTIONS_WAITING) > 0;

    metric_set(METRIC_CONNECTIONS_WAITING, waiting > 0 ? waiting : 0);
    if (!is_lasting ||
        (self->waiting_log_ms != 0 && now_mono_ms - self->waiting_log_ms < WAITING_LOG_EVERY_MS))
        return;
    self->waiting_log_ms = now_mono_ms;
    log_warning("%lld connections wait to be accepted: all %lld threads hold one "
                "(gateway.threads)",
                (long long)waiting, (long long)self->gateway->config->gateway.threads);
}

static int64_t
listener_tick(void *state, int64_t now_mono_ms)
{
    struct listener *self = state;
    int64_t valid_ms = self->gateway->config->gateway.near_valid_ms;

    if (self->last_tick_ms != 0 && now_mono_ms - self->last_tick_ms > valid_ms) {
        log_warning("this process was stopped for %lld ms: its memory cache is emptied",
                    (long long)(now_mono_ms - self->last_tick_ms));
        near_cache_empty(self->gateway->near, near_cache_purge_number(self->gateway->near));
        say_hello(self);
    }
    self->last_tick_ms = now_mono_ms;
    watch_waiting(self, now_mono_ms);
    if (self->is_registered)
        near_cache_lease(self->gateway->near, now_mono_ms + valid_ms);
    epoch_reclaim(self->gateway->epochs);
    limit_keeper_tick(&self->limits, now_mono_ms);
    return TICK_MS;
}

static void *
listener_create(struct actor *actor, const struct config *config, void *argument)
{
    struct listener *self = calloc(1, sizeof *self);

    (void)config;
    if (self == NULL)
        return NULL;
    self->actor = actor;
    self->gateway = argument;
    self->load.table = self->gateway->keys;
    if (!limit_keeper_init(&self->limits, actor, self->gateway)) {
        free(self);
        return NULL;
    }
    return self;
}

/* No worker takes of the limits and leases any more. Only this thread may walk through the keys: it writes them. */
static void
listener_destroy(void *state)
{
    struct listener *self = state;

    admission_return_leases(self->gateway, RETURN_LEASES_MS);
    limit_keeper_finish(&self->limits, SAVE_LIMITS_MS);
    limit_keeper_fini(&self->limits);
    free(self);
}

static const struct actor_route routes[] = {
    {MSG_LISTENER_WELCOME, on_welcome},  {MSG_NEAR_PURGE, on_near_purge},
    {MSG_ENTRY_PUSH, on_entry_push},     {MSG_KEYS_SNAPSHOT, on_keys_snapshot},
    {MSG_KEY_CHANGED, on_key_changed},   {MSG_HEARTBEAT_REPLY, on_heartbeat_reply},
    {MSG_QUOTA_GRANT, on_quota_grant},   {MSG_LIMITS_PART, on_limits_part},
    {MSG_LIMITS_SAVED, on_limits_saved},
};

static const enum actor_id peers[] = {ACTOR_CACHE, ACTOR_UPSTREAM, ACTOR_ANALYTICS};

const struct actor_class gateway_listener = {
    .name = "gateway-listen",
    .id = ACTOR_GATEWAY,
    .has_inbox = false,
    ACTOR_PEERS(peers),
    .create = listener_create,
    .destroy = listener_destroy,
    ACTOR_ROUTES(routes),
    .tick = listener_tick,
    .on_peer = on_peer,
};
