/* peers.c - the actors that an actor is connected to: are they there, are they still the same? */

#include "actor/peers.h"

#include <assert.h>

#include "base/clock.h"
#include "base/log.h"

enum { RETRY_BEAT_MS = 20, STARTING_BEAT_MS = 50 };

bool
peers_open(struct peers *peers, struct actor_system *system, const struct actor_class *class,
           void *state, int64_t epoch)
{
    assert(class->peer_count <= COUNT(peers->rows));
    *peers = (struct peers){
        .class = class, .state = state, .config = actor_system_config(system), .epoch = epoch};
    for (size_t i = 0; i < class->peer_count; i++) {
        peers->rows[i].id = class->peers[i];
        peers->count = i + 1;
        if (!link_init(&peers->rows[i].link, system, class->id, class->peers[i]))
            return false;
    }
    return true;
}

void
peers_close(struct peers *peers, int linger_ms)
{
    for (size_t i = 0; i < peers->count; i++)
        link_fini(&peers->rows[i].link, linger_ms);
    peers->count = 0;
}

/* Its number in rows; count: it is no peer. */
static size_t
find_peer(const struct peers *peers, enum actor_id id)
{
    size_t i = 0;

    while (i < peers->count && peers->rows[i].id != id)
        i++;
    return i;
}

bool
peers_is_up(const struct peers *peers, enum actor_id id)
{
    size_t i = find_peer(peers, id);

    return i < peers->count && peers->rows[i].state == PEER_STATE_ALIVE;
}

static enum status
send_to_peer(struct peer *peer, const struct message *message)
{
    struct channel *channel = link_usable(&peer->link);

    if (channel == NULL)
        return STATUS_UNAVAILABLE;

    enum status status = channel_send(channel, NULL, message, clock_mono_ms());

    /* A link cannot tell a full queue from no connection; its peer's signs of life can. */
    if (status == STATUS_OVERLOADED && peer->state != PEER_STATE_ALIVE)
        return STATUS_UNAVAILABLE;
    return status;
}

enum status
peers_send(struct peers *peers, enum actor_id id, const struct message *message)
{
    size_t i = find_peer(peers, id);

    assert(message->sender == peers->class->id);
    return i < peers->count ? send_to_peer(&peers->rows[i], message) : STATUS_UNAVAILABLE;
}

static void
report_event(struct peers *peers, struct peer *peer, enum peer_event event,
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
    if (peers->class->on_peer != NULL)
        peers->class->on_peer(peers->state, peer->id, event, reply);
}

void
peers_on_heartbeat_reply(struct peers *peers, struct peer *peer, const struct message *reply)
{
    enum peer_state before = peer->state;
    int64_t epoch_before = peer->epoch;

    peer->state = PEER_STATE_ALIVE;
    peer->epoch = reply->u.HEARTBEAT_REPLY.epoch;
    peer->is_ready = reply->u.HEARTBEAT_REPLY.is_ready;
    if (before != PEER_STATE_UNKNOWN && peer->epoch != epoch_before)
        report_event(peers, peer, PEER_RESTARTED, reply);
    else if (before != PEER_STATE_ALIVE)
        report_event(peers, peer, PEER_UP, reply);
}

/* A start should not take a beat for every actor in the chain. */
static int64_t
beat_ms_of(const struct peers *peers, const struct peer *peer, bool is_sent)
{
    int64_t usual_ms = peers->config->actors.heartbeat_ms;
    int64_t soon_ms = is_sent ? STARTING_BEAT_MS : RETRY_BEAT_MS;

    return (is_sent && peer->is_ready) || usual_ms < soon_ms ? usual_ms : soon_ms;
}

/* Asks one peer; returns when to look at it again. */
static int64_t
work_on_peer(struct peers *peers, struct peer *peer, int64_t now_ms)
{
    struct message beat = {
        .kind = MSG_HEARTBEAT,
        .sender = peers->class->id,
        .u.HEARTBEAT.epoch = peers->epoch,
    };

    if (now_ms >= peer->next_beat_ms) {
        link_open(&peer->link);

        bool is_sent = send_to_peer(peer, &beat) == STATUS_OK;

        peer->next_beat_ms = now_ms + beat_ms_of(peers, peer, is_sent);
    }
    if (peer->state == PEER_STATE_ALIVE &&
        now_ms - peer->heard_ms >= peers->config->actors.heartbeat_timeout_ms) {
        peer->state = PEER_STATE_SILENT;
        report_event(peers, peer, PEER_DOWN, NULL);
    }
    return peer->next_beat_ms;
}

int64_t
peers_work(struct peers *peers, int64_t now_ms)
{
    int64_t next_ms = now_ms + peers->config->actors.heartbeat_ms;

    for (size_t i = 0; i < peers->count; i++) {
        int64_t peer_ms = work_on_peer(peers, &peers->rows[i], now_ms);

        if (peer_ms < next_ms)
            next_ms = peer_ms;
    }
    return next_ms - now_ms;
}
