/* channel_socket.c - the ZeroMQ socket below a channel: its options, its life, its events.
 *
 * An inbox is a ROUTER that refuses what it cannot deliver (MANDATORY), a link a DEALER that queues
 * nothing for an actor that is not there (IMMEDIATE). Connections between processes beat on their
 * own as well, so that a frozen or vanished process is noticed below us. */

#include "wire/channel_socket.h"

#include <assert.h>
#include <errno.h>
#include <zmq.h>

#include "actor/wire.h"
#include "base/log.h"

enum {
    RECONNECT_FIRST_MS = 50,
    RECONNECT_MAX_MS = 1000,
    BEAT_INTERVAL_MS = 1000,
    BEAT_TIMEOUT_MS = 3000,
    BACKLOG = 4096, /* a thousand workers may make their first connection at once */
};

static_assert(CHANNEL_CHUNK_BYTES >= WIRE_ENVELOPE_MAX_BYTES, "one bound for every frame");

static bool
set_number(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool
set_options(void *socket, enum channel_role role, int queue_messages)
{
    int64_t frame_max = CHANNEL_CHUNK_BYTES;

    return set_number(socket, ZMQ_SNDHWM, queue_messages) &&
           set_number(socket, ZMQ_RCVHWM, queue_messages) && set_number(socket, ZMQ_LINGER, 0) &&
           set_number(socket, ZMQ_BACKLOG, BACKLOG) &&
           set_number(socket, ZMQ_RECONNECT_IVL, RECONNECT_FIRST_MS) &&
           set_number(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS) &&
           set_number(socket, ZMQ_HEARTBEAT_IVL, BEAT_INTERVAL_MS) &&
           set_number(socket, ZMQ_HEARTBEAT_TIMEOUT, BEAT_TIMEOUT_MS) &&
           set_number(socket, ZMQ_HEARTBEAT_TTL, BEAT_TIMEOUT_MS) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0 &&
           set_number(socket, role == CHANNEL_INBOX ? ZMQ_ROUTER_MANDATORY : ZMQ_IMMEDIATE, 1);
}

void *
channel_socket_open(void *zmq_context, enum channel_role role, int queue_messages)
{
    void *socket = zmq_socket(zmq_context, role == CHANNEL_INBOX ? ZMQ_ROUTER : ZMQ_DEALER);

    if (socket != NULL && set_options(socket, role, queue_messages))
        return socket;
    log_error("no socket for messages: %s", zmq_strerror(errno));
    if (socket != NULL)
        zmq_close(socket);
    return NULL;
}

void
channel_socket_close(void *socket, int linger_ms)
{
    if (socket == NULL)
        return;
    set_number(socket, ZMQ_LINGER, linger_ms);
    zmq_close(socket);
}

bool
channel_socket_bind(void *socket, const char *endpoint)
{
    if (zmq_bind(socket, endpoint) == 0)
        return true;
    log_error("cannot listen on %s: %s", endpoint, zmq_strerror(errno));
    return false;
}

void
channel_socket_unbind(void *socket, const char *endpoint)
{
    if (zmq_unbind(socket, endpoint) != 0)
        log_warning("cannot stop listening on %s: %s", endpoint, zmq_strerror(errno));
}

bool
channel_socket_connect(void *socket, const char *endpoint)
{
    if (zmq_connect(socket, endpoint) == 0)
        return true;
    log_error("cannot connect to %s: %s", endpoint, zmq_strerror(errno));
    return false;
}

int
channel_socket_fd(void *socket)
{
    int fd = -1;
    size_t size = sizeof fd;

    return zmq_getsockopt(socket, ZMQ_FD, &fd, &size) == 0 ? fd : -1;
}

int
channel_socket_events(void *socket)
{
    int events = 0;
    size_t size = sizeof events;
    int result;

    do
        result = zmq_getsockopt(socket, ZMQ_EVENTS, &events, &size);
    while (result < 0 && errno == EINTR);
    return result == 0 ? events : 0;
}
