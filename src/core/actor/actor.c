/* actor.c - the one life cycle of every actor: its thread, its loop, its messages. */

/*-
 * Life of a runner: STARTING -> READY -> joined, or STARTING -> REFUSED -> joined. In its own thread an actor takes
 * the lock of its endpoint, creates its state, binds and connects, in this order: a second instance is refused before
 * it touches anything. All signals are blocked from the thread's first instruction on; they are the main thread's.
 *
 * A ZeroMQ descriptor tells changes, not states: sending or receiving on a socket can swallow the change. So every
 * socket is looked at before each sleep, whoever sleeps: poll here, or class->wait.
 *
 * A message that is malformed, misdirected, or from somebody who may not send it is dropped and counted.
 */
#include "actor/actor.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor/actor_system.h"
#include "actor/peers.h"
#include "actor/wire.h"
#include "base/clock.h"
#include "base/log.h"
#include "metrics.h"
#include "upstream_metrics.h"

enum {
    FDS_MAX = 2 + ACTOR_COUNT + ACTOR_EXTRA_FDS_MAX, /* stop, watches, inbox, peers */
    SLEEP_MAX_MS = 1000,
    STOPPING_SLEEP_MS = 10,
    DEADLINE_MAX_MS = 24 * 60 * 60 * 1000,
    LAST_WORDS_MS = 200, /* answers given while stopping may still leave for so long */
};

struct watch {
    int fd;
    actor_fd_handler *on_ready;
};

/* All of it belongs to its thread. */
struct actor {
    const struct actor_class *class;
    struct actor_system *system;
    const struct config *config;
    void *state; /* what class->create made */
    int64_t epoch;
    uint64_t next_correlation;

    struct channel *inbox; /* NULL: it has none */
    int lock_fd;           /* of its ipc endpoint; -1: none */
    struct peers peers;
    struct watch watches[ACTOR_EXTRA_FDS_MAX];
    size_t watch_count;

    int stop_fd; /* readable when actor_stop asked; the one member that another thread writes to */
    bool is_stopping;
    int64_t stop_by_ms; /* work in hand is given up then */
    int64_t next_tick_ms;
    uint64_t bad_count; /* messages dropped, for the log */
};

enum runner_state { RUNNER_STARTING, RUNNER_READY, RUNNER_REFUSED };

struct actor_runner {
    struct actor actor; /* the thread's, from its start to its join */
    void *argument;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards state */
    pthread_cond_t changed;
    enum runner_state state;
};

struct sender *
sender_copy(const struct sender *from)
{
    struct sender *copy = malloc(sizeof *copy);

    if (copy != NULL)
        *copy = *from;
    return copy;
}

enum status
actor_reply(struct actor *actor, const struct sender *from, struct message *message)
{
    struct body_address address = {.size = from->identity_size};

    message->sender = actor->class->id;
    message->correlation_id = from->correlation_id;
    message->request_id = bytes_of_text(from->request_id);
    if (from->identity_size == 0) {
        return peers_send(&actor->peers, from->peer, message);
    }
    assert(actor->inbox != NULL);
    memcpy(address.identity, from->identity, from->identity_size);
    return channel_send(actor->inbox, &address, message, clock_mono_ms());
}

enum status
actor_tell(struct actor *actor, enum actor_id id, const struct message *message)
{
    struct message sent = *message;

    sent.sender = actor->class->id;
    return peers_send(&actor->peers, id, &sent);
}

uint64_t
actor_next_correlation(struct actor *actor)
{
    return actor->next_correlation++;
}

bool
actor_watch(struct actor *actor, int fd, actor_fd_handler *on_ready)
{
    if (actor->watch_count == COUNT(actor->watches))
        return false;
    actor->watches[actor->watch_count++] = (struct watch){.fd = fd, .on_ready = on_ready};
    return true;
}

bool
actor_is_stopping(const struct actor *actor)
{
    return actor->is_stopping;
}

int64_t
actor_epoch(const struct actor *actor)
{
    return actor->epoch;
}

bool
actor_peer_is_up(const struct actor *actor, enum actor_id id)
{
    return peers_is_up(&actor->peers, id);
}

/* The log gets the 1st, 2nd, 4th, 8th, ... so that a flood of them is none of lines. */
static void
count_bad(struct actor *actor, const char *why)
{
    metric_add((enum metric)(METRIC_BAD_MESSAGES_GATEWAY + (int)actor->class->id), 1);
    actor->bad_count++;
    if ((actor->bad_count & (actor->bad_count - 1)) == 0)
        log_warning("dropped a message: %s (%llu so far)", why,
                    (unsigned long long)actor->bad_count);
}

static struct sender
sender_of(const struct message *message, const struct body_address *address,
          const struct peer *peer, int64_t now_ms)
{
    struct sender from = {
        .identity_size = address->size,
        .peer = peer != NULL ? peer->id : ACTOR_ANY,
        .correlation_id = message->correlation_id,
    };
    int64_t time_left_ms = message->time_left_ms;

    memcpy(from.identity, address->identity, address->size);
    bytes_copy_text(message->request_id, from.request_id, sizeof from.request_id);
    if (time_left_ms > 0)
        from.deadline_mono_ms =
            now_ms + (time_left_ms < DEADLINE_MAX_MS ? time_left_ms : DEADLINE_MAX_MS);
    return from;
}

static actor_handler *
find_handler(const struct actor_class *class, enum message_kind kind)
{
    for (size_t i = 0; i < class->route_count; i++)
        if (class->routes[i].kind == kind)
            return class->routes[i].handle;
    return NULL;
}

/* NULL, or why the message must not be handled. */
static const char *
actor_objection(const struct actor *actor, const struct message *message, const struct peer *peer)
{
    enum actor_id receiver = message_receiver(message->kind);

    if (receiver != ACTOR_ANY && receiver != actor->class->id)
        return "it is for another actor";
    if (peer != NULL && message->sender != peer->id)
        return "it came from another actor than it says";
    if (message->kind == MSG_HEARTBEAT ? peer != NULL
                                       : message->kind == MSG_HEARTBEAT_REPLY && peer == NULL)
        return "a heartbeat from the wrong side";
    return NULL;
}

static struct blob *
metric_body(void)
{
    struct metric_values *values;
    size_t routes_size = metrics_route_counters() * sizeof(int64_t);
    size_t upstreams_size = upstream_metrics_count() * sizeof(struct upstream_metrics);
    struct blob *blob = blob_create(sizeof *values + routes_size + upstreams_size);

    if (blob != NULL) { /* its bytes are aligned to 8 */
        values = (void *)blob_writable(blob);
        metrics_read(values);
        metrics_read_routes((int64_t *)(void *)(values + 1));
        upstream_metrics_read((void *)((uint8_t *)(values + 1) + routes_size));
    }
    return blob;
}

static void
answer_heartbeat(struct actor *actor, const struct sender *from)
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

static void
dispatch(struct actor *actor, const struct message *message, const struct sender *from,
         struct peer *peer, size_t *handled)
{
    actor_handler *handle = find_handler(actor->class, message->kind);

    if (message->kind == MSG_HEARTBEAT) {
        answer_heartbeat(actor, from);
        return;
    }
    if (message->kind == MSG_HEARTBEAT_REPLY)
        peers_on_heartbeat_reply(&actor->peers, peer, message);
    else if (handle == NULL)
        count_bad(actor, "nobody here handles it");
    if (handle == NULL)
        return;
    log_set_request(from->request_id);
    handle(actor->state, message, from);
    log_set_request(NULL);
    *handled += 1;
}

/* Takes one message of the inbox (peer NULL) or of a peer. False: nothing was there. *handled grows when a handler of
 * the class ran. */
static bool
actor_take(struct actor *actor, struct channel *channel, struct peer *peer, size_t *handled)
{
    int64_t now_ms = clock_mono_ms();
    struct message message;
    struct body_address address;
    enum status status = channel_receive(channel, &message, &address, now_ms);

    if (status == STATUS_EMPTY)
        return false;
    if (peer != NULL)
        peer->heard_ms = now_ms;
    if (status == STATUS_NOT_READY)
        return true;
    if (status != STATUS_OK) {
        count_bad(actor, status_slug(status));
        return true;
    }

    const char *why = actor_objection(actor, &message, peer);

    if (why != NULL) {
        count_bad(actor, why);
    } else {
        struct sender from = sender_of(&message, &address, peer, now_ms);

        dispatch(actor, &message, &from, peer, handled);
    }
    wire_wipe(&message);
    message_fini(&message);
    channel_done(channel);
    return true;
}

struct descriptors {
    int fds[FDS_MAX];
    size_t count;
};

/* The stop descriptor is the first, the watched ones follow. */
static struct descriptors
descriptors_of(const struct actor *actor)
{
    struct descriptors all = {.fds = {actor->stop_fd}, .count = 1};

    for (size_t i = 0; i < actor->watch_count; i++)
        all.fds[all.count++] = actor->watches[i].fd;
    if (actor->inbox != NULL)
        all.fds[all.count++] = channel_fd(actor->inbox);
    for (size_t i = 0; i < actor->peers.count; i++)
        if (actor->peers.rows[i].link.channel != NULL)
            all.fds[all.count++] = channel_fd(actor->peers.rows[i].link.channel);
    return all;
}

static bool
has_messages(struct actor *actor)
{
    bool found = actor->inbox != NULL && channel_is_readable(actor->inbox);

    for (size_t i = 0; i < actor->peers.count; i++) {
        struct channel *channel = actor->peers.rows[i].link.channel;

        if (channel != NULL && channel_is_readable(channel))
            found = true;
    }
    return found;
}

static int64_t
actor_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static void
on_stop(struct actor *actor)
{
    eventfd_t count;

    eventfd_read(actor->stop_fd, &count);
    actor->is_stopping = true;
    actor->stop_by_ms = actor_least(clock_mono_ms() + actor->config->server.stop_timeout_ms,
                                    actor_system_stops_by(actor->system));
}

/* Runs what the ready descriptors are there for; the sockets are drained in any case. */
static void
run_ready(struct actor *actor, const struct pollfd *polled)
{
    if ((polled[0].revents & POLLIN) != 0)
        on_stop(actor);
    for (size_t i = 0; i < actor->watch_count; i++)
        if (polled[1 + i].revents != 0)
            actor->watches[i].on_ready(actor->state, actor->watches[i].fd);
}

static void
wait_for_work(struct actor *actor, int64_t timeout_ms)
{
    struct descriptors all = descriptors_of(actor);
    struct pollfd polled[FDS_MAX];

    if (has_messages(actor))
        timeout_ms = 0;
    for (size_t i = 0; i < all.count; i++)
        polled[i] = (struct pollfd){.fd = all.fds[i], .events = POLLIN};
    if (actor->class->wait != NULL) {
        actor->class->wait(actor->state, all.fds, all.count, timeout_ms);
        timeout_ms = 0;
    }
    if (poll(polled, all.count, (int)timeout_ms) > 0)
        run_ready(actor, polled);
}

/* One message of each socket in turn, so that none starves the others. */
static void
actor_drain(struct actor *actor)
{
    size_t taken = 0;
    size_t handled = 0;
    bool found = true;

    while (found && taken < ACTOR_DRAIN_MESSAGES) {
        found = actor->inbox != NULL && actor_take(actor, actor->inbox, NULL, &handled);
        taken += found;
        for (size_t i = 0; i < actor->peers.count; i++) {
            struct channel *channel = actor->peers.rows[i].link.channel;

            if (channel != NULL && actor_take(actor, channel, &actor->peers.rows[i], &handled)) {
                found = true;
                taken++;
            }
        }
    }
    if (handled > 0 && actor->class->after_drain != NULL)
        actor->class->after_drain(actor->state);
}

static int64_t
actor_tick(struct actor *actor)
{
    int64_t now_ms = clock_mono_ms();

    if (actor->class->tick == NULL)
        return SLEEP_MAX_MS;
    if (now_ms >= actor->next_tick_ms || actor->class->wait != NULL) {
        int64_t pause_ms = actor->class->tick(actor->state, now_ms);

        actor->next_tick_ms = now_ms + (pause_ms > 0 ? pause_ms : 0);
    }
    return actor->next_tick_ms - now_ms;
}

static int64_t
work_on_channels(struct actor *actor, int64_t now_ms)
{
    int64_t pause_ms = actor->inbox != NULL ? channel_work(actor->inbox, now_ms) : CHANNEL_IDLE_MS;

    for (size_t i = 0; i < actor->peers.count; i++) {
        struct channel *channel = actor->peers.rows[i].link.channel;
        int64_t wanted_ms = channel != NULL ? channel_work(channel, now_ms) : CHANNEL_IDLE_MS;

        if (wanted_ms < pause_ms)
            pause_ms = wanted_ms;
    }
    return pause_ms;
}

/* Everything but the waiting; returns how long to wait at most. */
static int64_t
actor_work(struct actor *actor)
{
    actor_drain(actor);

    int64_t pause_ms = actor_least(SLEEP_MAX_MS, actor_tick(actor));
    int64_t now_ms = clock_mono_ms();

    pause_ms = actor_least(pause_ms, peers_work(&actor->peers, now_ms));
    pause_ms = actor_least(pause_ms, work_on_channels(actor, now_ms));
    if (actor->is_stopping)
        pause_ms = actor_least(pause_ms, STOPPING_SLEEP_MS);
    return pause_ms > 0 ? pause_ms : 0;
}

static bool
is_finished(struct actor *actor)
{
    const struct actor_class *class = actor->class;

    if (!actor->is_stopping)
        return false;
    if (clock_mono_ms() >= actor->stop_by_ms) {
        log_warning("stopped with requests still in progress: server.stop_timeout_ms is over");
        return true;
    }
    return !has_messages(actor) && (class->is_busy == NULL || !class->is_busy(actor->state));
}

/* Until it is asked to stop, and has drained what is there. */
static void
actor_run(struct actor *actor)
{
    int64_t pause_ms = 0;

    while (!is_finished(actor)) {
        wait_for_work(actor, pause_ms);
        pause_ms = actor_work(actor);
    }
}

static bool
lock_endpoint(struct actor *actor)
{
    if (!actor->class->has_inbox)
        return true;

    const struct endpoint *endpoint = actor_system_endpoint(actor->system, actor->class->id);

    if (!endpoint->is_inproc)
        actor->lock_fd = endpoint_lock(endpoint);
    return endpoint->is_inproc || actor->lock_fd >= 0;
}

/* The socket file must never be open to others, not even for the moment after its creation. */
static bool
bind_inbox(struct actor *actor)
{
    struct channel_limits limits = actor_system_limits(actor->system);

    if (!actor->class->has_inbox)
        return true;
    actor->inbox = channel_create(actor_system_context(actor->system), CHANNEL_INBOX,
                                  actor->class->id, &limits);
    if (actor->inbox == NULL)
        return false;

    mode_t before = umask(077);
    bool is_bound =
        channel_bind(actor->inbox, actor_system_endpoint(actor->system, actor->class->id)->uri);

    umask(before);
    if (!is_bound)
        channel_destroy(&actor->inbox, 0);
    else
        actor_system_step_generation(actor->system, actor->class->id);
    return is_bound;
}

static bool
open_actor(struct actor *actor, void *argument)
{
    if (!lock_endpoint(actor))
        return false;
    actor->state = actor->class->create(actor, actor->config, argument);
    return actor->state != NULL && bind_inbox(actor) &&
           peers_open(&actor->peers, actor->system, actor->class, actor->state, actor->epoch);
}

static void
close_actor(struct actor *actor)
{
    if (actor->state != NULL)
        actor->class->destroy(actor->state);
    if (actor->inbox != NULL)
        actor_system_step_generation(actor->system, actor->class->id);
    peers_close(&actor->peers, LAST_WORDS_MS);
    if (actor->inbox != NULL)
        channel_unbind(actor->inbox, actor_system_endpoint(actor->system, actor->class->id)->uri);
    channel_destroy(&actor->inbox, LAST_WORDS_MS);
    if (actor->lock_fd >= 0)
        close(actor->lock_fd);
}

static void
actor_answer(struct actor_runner *runner, enum runner_state state)
{
    pthread_mutex_lock(&runner->mutex);
    runner->state = state;
    pthread_cond_signal(&runner->changed);
    pthread_mutex_unlock(&runner->mutex);
}

static void *
run_thread(void *context)
{
    struct actor_runner *runner = context;
    struct actor *actor = &runner->actor;

    pthread_setname_np(pthread_self(), actor->class->name);
    log_set_actor(actor->class->name);
    if (open_actor(actor, runner->argument)) {
        log_info("ready");
        actor_answer(runner, RUNNER_READY);
        actor_run(actor);
        close_actor(actor);
    } else {
        log_error("refused to start");
        close_actor(actor);
        actor_answer(runner, RUNNER_REFUSED);
    }
    return NULL;
}

static bool
init_actor(struct actor *actor, struct actor_system *system, const struct actor_class *class)
{
    assert(strlen(class->name) <= 15 && class->create != NULL && class->destroy != NULL);
    *actor = (struct actor){
        .class = class,
        .system = system,
        .config = actor_system_config(system),
        .lock_fd = -1,
        .stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    if (actor->stop_fd < 0 || getrandom(&actor->epoch, sizeof actor->epoch, 0) < 0 ||
        getrandom(&actor->next_correlation, sizeof actor->next_correlation, 0) < 0) {
        log_error("cannot start %s: %s", class->name, strerror(errno));
        return false;
    }
    actor->epoch &= INT64_MAX;
    actor->next_correlation |= 1; /* 0 would say that nobody waits */
    return true;
}

/* The thread inherits the mask, so that no signal ever reaches it. */
static bool
start_thread(struct actor_runner *runner)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);

    int error = pthread_create(&runner->thread, NULL, run_thread, runner);

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        log_error("cannot start a thread for %s: %s", runner->actor.class->name, strerror(error));
    return error == 0;
}

static void
free_runner(struct actor_runner *runner)
{
    if (runner->actor.stop_fd >= 0)
        close(runner->actor.stop_fd);
    pthread_cond_destroy(&runner->changed);
    pthread_mutex_destroy(&runner->mutex);
    free(runner);
}

struct actor_runner *
actor_start(struct actor_system *system, const struct actor_class *class, void *argument)
{
    struct actor_runner *runner = calloc(1, sizeof *runner);

    if (runner == NULL)
        return NULL;
    runner->argument = argument;
    pthread_mutex_init(&runner->mutex, NULL);
    pthread_cond_init(&runner->changed, NULL);
    if (!init_actor(&runner->actor, system, class) || !start_thread(runner)) {
        free_runner(runner);
        return NULL;
    }
    pthread_mutex_lock(&runner->mutex);
    while (runner->state == RUNNER_STARTING)
        pthread_cond_wait(&runner->changed, &runner->mutex);

    bool is_ready = runner->state == RUNNER_READY;

    pthread_mutex_unlock(&runner->mutex);
    if (is_ready)
        return runner;
    pthread_join(runner->thread, NULL);
    free_runner(runner);
    return NULL;
}

void
actor_stop(struct actor_runner **runner)
{
    if (*runner == NULL)
        return;
    eventfd_write((*runner)->actor.stop_fd, 1);
    pthread_join((*runner)->thread, NULL);
    free_runner(*runner);
    *runner = NULL;
}
