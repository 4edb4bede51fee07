/* peers.c - the actors that an actor is connected to: are they there, are they still the same?
 *
 * Each peer is asked every actors.heartbeat_ms, sooner while it could not be asked or is not ready. Its answer carries its epoch: PEER_UP
 * at the first one and after a silence, PEER_RESTARTED when the epoch is another, PEER_DOWN when nothing at all
 * came for actors.silent_ms. */

#include <assert.h>

#include "actor/actor_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "metrics.h"

enum { RETRY_BEAT_MS = 20, STARTING_BEAT_MS = 50 };

bool
peers_open(struct actor *actor)
{
    const struct actor_class *class = actor->class;

    assert(class->peer_count <= COUNT(actor->peers));
    for (size_t i = 0; i < class->peer_count; i++) {
        struct peer *peer = &actor->peers[i];

        *peer = (struct peer){.id = class->peers[i], .state = PEER_STATE_UNKNOWN};
        actor->peer_count = i + 1;
        if (!link_init(&peer->link, actor->system, class->id, peer->id))
            return false;
    }
    return true;
}

void
peers_close(struct actor *actor, int linger_ms)
{
    for (size_t i = 0; i < actor->peer_count; i++)
        link_fini(&actor->peers[i].link, linger_ms);
    actor->peer_count = 0;
}

struct peer *
peers_find(struct actor *actor, enum actor_id id)
{
    for (size_t i = 0; i < actor->peer_count; i++)
        if (actor->peers[i].id == id)
            return &actor->peers[i];
    return NULL;
}

enum status
peers_send(struct actor *actor, struct peer *peer, const struct message *message)
{
    struct channel *channel = link_usable(&peer->link);

    assert(message->sender == actor->class->id);
    if (channel == NULL)
        return STATUS_UNAVAILABLE;

    enum status status = channel_send(channel, NULL, message, clock_mono_ms());

    /* A link cannot tell a full queue from no connection; its peer's signs of life can. */
    if (status == STATUS_OVERLOADED && peer->state != PEER_STATE_ALIVE)
        return STATUS_UNAVAILABLE;
    return status;
}

static void
peers_report(struct actor *actor, struct peer *peer, enum peer_event event,
             const struct message *reply)
{
    static const char *const texts[] = {
        [PEER_UP] = "is up",
        [PEER_RESTARTED] = "was restarted",
        [PEER_DOWN] = "is silent",
    };

    if (event == PEER_DOWN)
        log_warning("peer %s %s", actor_id_name(peer->id), texts[event]);
    else
        log_info("peer %s %s", actor_id_name(peer->id), texts[event]);
    if (actor->class->on_peer != NULL)
        actor->class->on_peer(actor->state, peer->id, event, reply);
}

void
peers_heard(struct peer *peer, int64_t now_ms)
{
    peer->heard_ms = now_ms;
}

void
peers_on_heartbeat_reply(struct actor *actor, struct peer *peer, const struct message *reply)
{
    enum peer_state before = peer->state;
    int64_t epoch_before = peer->epoch;

    peer->state = PEER_STATE_ALIVE;
    peer->epoch = reply->u.HEARTBEAT_REPLY.epoch;
    peer->is_ready = reply->u.HEARTBEAT_REPLY.is_ready != 0;
    if (before != PEER_STATE_UNKNOWN && peer->epoch != epoch_before)
        peers_report(actor, peer, PEER_RESTARTED, reply);
    else if (before != PEER_STATE_ALIVE)
        peers_report(actor, peer, PEER_UP, reply);
}

/* A start should not take a beat for every actor in the chain. */
static int64_t
beat_ms_of(const struct actor *actor, const struct peer *peer, bool is_sent)
{
    int64_t usual_ms = actor->config->actors.heartbeat_ms;
    int64_t soon_ms = is_sent ? STARTING_BEAT_MS : RETRY_BEAT_MS;

    return (is_sent && peer->is_ready) || usual_ms < soon_ms ? usual_ms : soon_ms;
}

/* Asks one peer; returns when to look at it again. */
static int64_t
work_on_peer(struct actor *actor, struct peer *peer, int64_t now_ms)
{
    struct message beat = {
        .kind = MSG_HEARTBEAT,
        .sender = actor->class->id,
        .u.HEARTBEAT.epoch = actor->epoch,
    };

    if (now_ms >= peer->next_beat_ms) {
        link_open(&peer->link);

        bool is_sent = peers_send(actor, peer, &beat) == STATUS_OK;

        peer->next_beat_ms = now_ms + beat_ms_of(actor, peer, is_sent);
    }
    if (peer->state == PEER_STATE_ALIVE &&
        now_ms - peer->heard_ms >= actor->config->actors.silent_ms) {
        peer->state = PEER_STATE_SILENT;
        peers_report(actor, peer, PEER_DOWN, NULL);
    }
    return peer->next_beat_ms;
}

int64_t
peers_work(struct actor *actor, int64_t now_ms)
{
    int64_t next_ms = now_ms + actor->config->actors.heartbeat_ms;

    for (size_t i = 0; i < actor->peer_count; i++) {
        int64_t peer_ms = work_on_peer(actor, &actor->peers[i], now_ms);

        if (peer_ms < next_ms)
            next_ms = peer_ms;
    }
    return next_ms - now_ms;
}

static struct blob *
metric_body(void)
{
    struct blob *blob = blob_create(sizeof(struct metric_values));
    struct metric_values values;

    if (blob != NULL) {
        metrics_read(&values);
        memcpy(blob_writable(blob), &values, sizeof values);
    }
    return blob;
}

void
peers_answer(struct actor *actor, const struct sender *from)
{
    struct actor_health health = {.is_healthy = true, .latency_us = -1};

    if (actor->class->health != NULL)
        health = actor->class->health(actor->state);

    struct message reply = {
        .kind = MSG_HEARTBEAT_REPLY,
        .body = metric_body(),
        .u.HEARTBEAT_REPLY =
            {
                .epoch = actor->epoch,
                .is_healthy = health.is_healthy,
                .version = health.version,
                .latency_us = health.latency_us,
                .detail = bytes_of_text(health.detail),
                .is_ready = !health.is_starting,
            },
    };
    enum status status = actor_reply(actor, from, &reply);

    if (status != STATUS_OK)
        log_debug("a heartbeat could not be answered: %s", status_name(status));
    message_fini(&reply);
}
