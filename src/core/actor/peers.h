/* peers.h - the actors that an actor is connected to: are they there, are they still the same?
 *
 * Each peer is asked every actors.heartbeat_ms, sooner while it could not be asked or is not ready. Its answer carries
 * its epoch: PEER_UP at the first one and after a silence, PEER_RESTARTED when the epoch is another, PEER_DOWN when
 * nothing at all came for actors.heartbeat_timeout_ms. Owned by the actor's thread. */
#pragma once

#include "actor/actor.h"
#include "actor/actor_system.h"

/* UNKNOWN -> ALIVE <-> SILENT; a new epoch is told as a restart. */
enum peer_state { PEER_STATE_UNKNOWN, PEER_STATE_ALIVE, PEER_STATE_SILENT };

struct peer {
    enum actor_id id;
    enum peer_state state;
    struct link link;
    int64_t epoch;        /* of its last HEARTBEAT_REPLY */
    int64_t heard_ms;     /* when anything came from it; set by who receives */
    int64_t next_beat_ms; /* when it is asked again */
    bool is_ready;        /* its last answer said so */
};

struct peers {
    const struct actor_class *class;
    void *state; /* of the actor, for class->on_peer */
    const struct config *config;
    int64_t epoch; /* the actor's own */
    struct peer rows[ACTOR_COUNT];
    size_t count;
};

/* False: no memory. */
bool peers_open(struct peers *peers, struct actor_system *system, const struct actor_class *class,
                void *state, int64_t epoch);
void peers_close(struct peers *peers, int linger_ms);
/* Asks for signs of life and reports who went silent; milliseconds until it wants to be called again. */
int64_t peers_work(struct peers *peers, int64_t now_ms);
void peers_on_heartbeat_reply(struct peers *peers, struct peer *peer, const struct message *reply);
/* STATUS_UNAVAILABLE: it is no peer, or is not there. */
enum status peers_send(struct peers *peers, enum actor_id id, const struct message *message);
bool peers_is_up(const struct peers *peers, enum actor_id id);
