/* actor_private.h - a running actor, as the files of the framework see it. All of it belongs to its thread. */
#pragma once

#include "actor/actor.h"
#include "actor/actor_system.h"
#include "actor/link.h"

/* A connected peer. UNKNOWN -> ALIVE <-> SILENT; a new epoch is told as a restart. */
enum peer_state { PEER_STATE_UNKNOWN, PEER_STATE_ALIVE, PEER_STATE_SILENT };

struct peer {
    enum actor_id id;
    enum peer_state state;
    struct link link;
    int64_t epoch;        /* of its last HEARTBEAT_REPLY */
    int64_t heard_ms;     /* when anything came from it */
    int64_t next_beat_ms; /* when it is asked again */
    bool is_ready;        /* its last answer said so */
};

struct watch {
    int fd;
    actor_fd_handler *on_ready;
};

struct actor {
    const struct actor_class *class;
    struct actor_system *system;
    const struct config *config;
    void *state; /* what class->create made */
    int64_t epoch;
    uint64_t next_correlation;

    struct channel *inbox; /* NULL: it has none */
    int lock_fd;           /* of its ipc endpoint; -1: none */
    struct peer peers[ACTOR_COUNT];
    size_t peer_count;
    struct watch watches[ACTOR_EXTRA_FDS_MAX];
    size_t watch_count;

    int stop_fd; /* readable when actor_stop asked; the one member that another thread writes to */
    bool is_stopping;
    int64_t stop_by_ms; /* work in hand is given up then */
    int64_t next_tick_ms;
    uint64_t bad_count; /* messages dropped, for the log */
};

/* actor_loop.c: runs until stopped and drained. */
void actor_run(struct actor *actor);

/* actor_dispatch.c: takes one message of the inbox (peer NULL) or of a peer. False: nothing was there.
 * *handled grows when a handler of the class ran. */
bool actor_take(struct actor *actor, struct channel *channel, struct peer *peer, size_t *handled);

/* peers.c */
bool peers_open(struct actor *actor);
void peers_close(struct actor *actor, int linger_ms);
struct peer *peers_find(struct actor *actor, enum actor_id id);
/* Asks peers for signs of life and reports those that went silent; milliseconds until it wants to be called again. */
int64_t peers_work(struct actor *actor, int64_t now_ms);
void peers_heard(struct peer *peer, int64_t now_ms);
void peers_on_heartbeat_reply(struct actor *actor, struct peer *peer, const struct message *reply);
/* Answers HEARTBEAT. */
void peers_answer(struct actor *actor, const struct sender *from);
enum status peers_send(struct actor *actor, struct peer *peer, const struct message *message);
