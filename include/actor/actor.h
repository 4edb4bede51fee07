/* actor.h - the one life cycle of every actor: a thread, an inbox, a table of handlers.
 *
 * Life: actor_start -> thread: create -> bind inbox, connect peers -> ready (actor_start returns) ->
 * loop: wait, drain up to ACTOR_DRAIN_MESSAGES, after_drain, tick -> actor_stop asks -> drain what is
 * there -> destroy -> thread joined (actor_stop returns). All state of an actor belongs to its thread.
 * The code of an actor does not know whether a peer is in the same process.
 *
 * The framework itself: encodes and decodes, checks version, receiver and sender of each message, moves
 * large bodies in chunks with credits, answers HEARTBEAT (health from class->health, metrics of the actor),
 * sends HEARTBEAT to each connected peer and reports changes through class->on_peer. Nobody blocks on a send. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "messages.h"
#include "status.h"

#define ACTOR_DRAIN_MESSAGES 256
#define ACTOR_EXTRA_FDS_MAX  36

struct actor;        /* what the framework keeps of a running actor; opaque */
struct actor_runner; /* the handle of who started it; opaque */

/* Where a message came from. Copy it to answer later; valid while the actor lives. */
struct sender {
    uint8_t identity[64];  /* ROUTER routing id */
    uint8_t identity_size; /* 0: it came from `peer`, by our connection to it */
    enum actor_id peer;
    uint64_t correlation_id; /* to be echoed */
    char request_id[MESSAGE_REQUEST_ID_SIZE];
    int64_t deadline_mono_ms; /* now + time_left_ms at receipt; 0: none */
};

/* An owned copy, to be freed; NULL: no memory. */
struct sender *sender_copy(const struct sender *from);

enum peer_event {
    PEER_UP,        /* first sign of life, or again after PEER_DOWN with the same epoch */
    PEER_RESTARTED, /* lives under a new epoch: what was asked of the old one is lost */
    PEER_DOWN       /* silent for actors.heartbeat_timeout_ms */
};

/* message and its bytes are valid until the handler returns; hold message->body to keep it. */
typedef void actor_handler(void *state, const struct message *message, const struct sender *from);

struct actor_route {
    enum message_kind kind;
    actor_handler *handle;
};

struct actor_health {
    bool is_healthy;
    int64_t version;
    int64_t latency_us;
    const char *detail; /* static or owned by state */
    /* Whom it needs for its work has not been there yet; false for good once it was. */
    bool is_starting;
};

struct actor_class {
    const char *name; /* thread name and log tag: at most 15 characters */
    enum actor_id id;
    bool has_inbox;             /* false: it only speaks to peers, as the gateway's shipper does */
    const enum actor_id *peers; /* whom it connects to */
    size_t peer_count;

    /* In the new thread, before ready. NULL refuses to start (log the reason). */
    void *(*create)(struct actor *actor, const struct config *config, void *argument);
    /* In the thread, after the last message. */
    void (*destroy)(void *state);

    /* What it handles; a message without a row here is dropped and counted. HEARTBEAT_REPLY may be listed:
     * the handler sees each one after the framework. */
    const struct actor_route *routes;
    size_t route_count;

    /* Optional. Bounded work; returns milliseconds until it wants to be called again (at most). A class with
     * its own wait is also called after each wait. */
    int64_t (*tick)(void *state, int64_t now_mono_ms);
    /* Optional: after each drained run of messages (commit a batch, send deferred replies). */
    void (*after_drain)(void *state);
    /* Optional: instead of poll(2) over fds for at most timeout_ms; returns when any fd is readable or earlier.
     * The upstream actor waits in curl_multi_poll here. */
    void (*wait)(void *state, const int *fds, size_t fd_count, int64_t timeout_ms);
    /* Optional. heartbeat_reply: what told it; NULL with PEER_DOWN. */
    void (*on_peer)(void *state, enum actor_id peer, enum peer_event event,
                    const struct message *heartbeat_reply);
    /* Optional: what HEARTBEAT is answered with; without it the actor is healthy. */
    struct actor_health (*health)(void *state);
    /* Optional, asked while the actor stops: true as long as it has work in hand. The loop goes on then, at
     * most server.stop_timeout_ms. */
    bool (*is_busy)(void *state);
};

/* The tables of a class, with their lengths. */
#define ACTOR_ROUTES(table) .routes = (table), .route_count = COUNT(table)
#define ACTOR_PEERS(table)  .peers = (table), .peer_count = COUNT(table)

/* One ZeroMQ context per process and the addresses of the actors. NULL: an endpoint is not usable (logged).
 * Raises the limit of open files as far as the sockets of all workers may need it. */
struct actor_system;
struct actor_system *actor_system_create(const struct config *config);
/* No actor that is asked to stop from now on works longer than until then, whatever its own stop timeout is. */
void actor_system_stop_by(struct actor_system *system, int64_t mono_ms);
/* All actors and mailboxes must be gone. */
void actor_system_destroy(struct actor_system **system);

/* Starts the actor in a thread of its own; returns after create said ready. NULL (logged): it refused, or its
 * endpoint is taken by another process. */
struct actor_runner *actor_start(struct actor_system *system, const struct actor_class *class,
                                 void *argument);
/* Asks it to stop, waits for drain, destroy and join; sets *runner to NULL; NULL-safe. */
void actor_stop(struct actor_runner **runner);

/* From the actor's own thread only: */

/* Answers `from`. message->correlation_id and request_id are filled in from it. Never blocks. */
enum status actor_reply(struct actor *actor, const struct sender *from, struct message *message);
/* Sends to a connected peer. STATUS_UNAVAILABLE: not connected; STATUS_OVERLOADED: its queue is full. */
enum status actor_tell(struct actor *actor, enum actor_id peer, const struct message *message);
/* A number no message of this actor used before. */
uint64_t actor_next_correlation(struct actor *actor);
/* Watches one more descriptor (level-triggered, readable): on_ready runs in the actor's thread. */
typedef void actor_fd_handler(void *state, int fd);
bool actor_watch(struct actor *actor, int fd, actor_fd_handler *on_ready);
int64_t actor_epoch(const struct actor *actor);
/* Asked to stop: it ends what it has in hand, and begins nothing that is_busy would have to wait for. */
bool actor_is_stopping(const struct actor *actor);
/* From its first sign of life until it is silent for actors.heartbeat_timeout_ms. */
bool actor_peer_is_up(const struct actor *actor, enum actor_id peer);
