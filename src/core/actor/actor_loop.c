/* actor_loop.c - the loop of every actor: wait, drain, after_drain, tick, heartbeats.
 *
 * A ZeroMQ descriptor tells changes, not states: sending or receiving on a socket can swallow the change. So every
 * socket is looked at before each sleep, whoever sleeps: poll here, or class->wait. */

#include <poll.h>
#include <stdint.h>
#include <sys/eventfd.h>

#include "actor/actor_private.h"
#include "base/clock.h"
#include "base/log.h"

enum {
    FDS_MAX = 2 + ACTOR_COUNT + ACTOR_EXTRA_FDS_MAX, /* stop, watches, inbox, peers */
    SLEEP_MAX_MS = 1000,
    STOPPING_SLEEP_MS = 10,
};

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
    for (size_t i = 0; i < actor->peer_count; i++)
        if (actor->peers[i].link.channel != NULL)
            all.fds[all.count++] = channel_fd(actor->peers[i].link.channel);
    return all;
}

static bool
has_messages(struct actor *actor)
{
    bool found = actor->inbox != NULL && channel_is_readable(actor->inbox);

    for (size_t i = 0; i < actor->peer_count; i++) {
        struct channel *channel = actor->peers[i].link.channel;

        if (channel != NULL && channel_is_readable(channel))
            found = true;
    }
    return found;
}

static void
on_stop(struct actor *actor)
{
    eventfd_t count;

    eventfd_read(actor->stop_fd, &count);
    actor->is_stopping = true;
    actor->stop_by_ms = clock_mono_ms() + actor->config->server.stop_timeout_ms;
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
        for (size_t i = 0; i < actor->peer_count; i++) {
            struct channel *channel = actor->peers[i].link.channel;

            if (channel != NULL && actor_take(actor, channel, &actor->peers[i], &handled)) {
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

    for (size_t i = 0; i < actor->peer_count; i++) {
        struct channel *channel = actor->peers[i].link.channel;
        int64_t wanted_ms = channel != NULL ? channel_work(channel, now_ms) : CHANNEL_IDLE_MS;

        if (wanted_ms < pause_ms)
            pause_ms = wanted_ms;
    }
    return pause_ms;
}

static int64_t
actor_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Everything but the waiting; returns how long to wait at most. */
static int64_t
actor_work(struct actor *actor)
{
    actor_drain(actor);

    int64_t pause_ms = actor_least(SLEEP_MAX_MS, actor_tick(actor));
    int64_t now_ms = clock_mono_ms();

    pause_ms = actor_least(pause_ms, peers_work(actor, now_ms));
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
        log_warning("stopped with work in hand: server.stop_timeout_ms is over");
        return true;
    }
    return !has_messages(actor) && (class->is_busy == NULL || !class->is_busy(actor->state));
}

void
actor_run(struct actor *actor)
{
    int64_t pause_ms = 0;

    while (!is_finished(actor)) {
        wait_for_work(actor, pause_ms);
        pause_ms = actor_work(actor);
    }
}
