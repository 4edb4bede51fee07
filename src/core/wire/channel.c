/* channel.c - one ZeroMQ socket of one thread: sends and receives whole messages. */

/*-
 * Frames of a message, after the routing id that a ROUTER puts before them:
 *
 *   envelope                               no body
 *   envelope, bytes                        a body of at most CHANNEL_CHUNK_BYTES
 *   envelope, BODY_CHUNK envelope, bytes   a larger one: its part 0; the others are BODY_CHUNK messages of their own
 *
 * Once ZeroMQ took the first frame of a message it takes the others, too: it counts whole messages. Nothing of a
 * received one is believed before its frames fit together: their number, the sizes that the envelope announced, the
 * numbers of parts. What does not fit is dropped whole.
 *
 * An inbox is a ROUTER that refuses what it cannot deliver (MANDATORY), a link a DEALER that queues nothing for an
 * actor that is not there (IMMEDIATE). Connections between processes beat on their own as well, so that a frozen or
 * vanished process is noticed below us.
 */
#include "wire/channel.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>
#include <zmq.h>

#include "actor/wire.h"
#include "base/log.h"
#include "wire/body_receiver.h"
#include "wire/body_sender.h"
#include "wire/frame.h"

enum {
    FRAMES_MAX = 4,         /* routing id, envelope, part's envelope, bytes */
    RETRY_MS = 10,          /* a full queue is tried again after this */
    EXPIRE_EVERY_MS = 1000, /* transfers under way are looked at this often */
    RECONNECT_FIRST_MS = 50,
    RECONNECT_MAX_MS = 1000,
    BEAT_INTERVAL_MS = 1000,
    BEAT_TIMEOUT_MS = 3000,
    BACKLOG = 4096, /* a thousand workers may make their first connection at once */
};

static_assert(CHANNEL_CHUNK_BYTES >= WIRE_ENVELOPE_MAX_BYTES, "one bound for every frame");

struct channel {
    void *socket;
    enum channel_role role;
    enum actor_id self;
    struct channel_limits limits;
    struct body_sender *sender;
    struct body_receiver *receiver;
    int64_t next_transfer_id;
    zmq_msg_t frames[FRAMES_MAX]; /* of the message received last */
    size_t frame_count;
    struct blob *envelope; /* of a chunked message received last */
};

static bool
set_option(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool
set_options(void *socket, enum channel_role role, int queue_messages)
{
    int64_t frame_max = CHANNEL_CHUNK_BYTES;

    return set_option(socket, ZMQ_SNDHWM, queue_messages) &&
           set_option(socket, ZMQ_RCVHWM, queue_messages) && set_option(socket, ZMQ_LINGER, 0) &&
           set_option(socket, ZMQ_BACKLOG, BACKLOG) &&
           set_option(socket, ZMQ_RECONNECT_IVL, RECONNECT_FIRST_MS) &&
           set_option(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX_MS) &&
           set_option(socket, ZMQ_HEARTBEAT_IVL, BEAT_INTERVAL_MS) &&
           set_option(socket, ZMQ_HEARTBEAT_TIMEOUT, BEAT_TIMEOUT_MS) &&
           set_option(socket, ZMQ_HEARTBEAT_TTL, BEAT_TIMEOUT_MS) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max, sizeof frame_max) == 0 &&
           set_option(socket, role == CHANNEL_INBOX ? ZMQ_ROUTER_MANDATORY : ZMQ_IMMEDIATE, 1);
}

/* NULL with the reason in the log. */
static void *
open_socket(void *zmq_context, enum channel_role role, int queue_messages)
{
    void *socket = zmq_socket(zmq_context, role == CHANNEL_INBOX ? ZMQ_ROUTER : ZMQ_DEALER);

    if (socket != NULL && set_options(socket, role, queue_messages))
        return socket;
    log_error("no socket for messages: %s", zmq_strerror(errno));
    if (socket != NULL)
        zmq_close(socket);
    return NULL;
}

struct channel *
channel_create(void *zmq_context, enum channel_role role, enum actor_id self,
               const struct channel_limits *limits)
{
    struct channel *channel = calloc(1, sizeof *channel);

    if (channel == NULL)
        return NULL;
    for (size_t i = 0; i < FRAMES_MAX; i++)
        zmq_msg_init(&channel->frames[i]);
    channel->role = role;
    channel->self = self;
    channel->limits = *limits;
    channel->sender = body_sender_create(limits->max_transfers);
    channel->receiver = body_receiver_create(limits->max_transfers);
    channel->socket = open_socket(zmq_context, role, limits->queue_messages);
    if (channel->sender == NULL || channel->receiver == NULL || channel->socket == NULL ||
        getrandom(&channel->next_transfer_id, sizeof(int64_t), 0) != sizeof(int64_t)) {
        channel_destroy(&channel, 0);
        return NULL;
    }
    channel->next_transfer_id &= INT64_MAX >> 1;
    return channel;
}

void
channel_destroy(struct channel **channel, int linger_ms)
{
    struct channel *gone = *channel;

    *channel = NULL;
    if (gone == NULL)
        return;
    channel_done(gone);
    body_sender_destroy(&gone->sender);
    body_receiver_destroy(&gone->receiver);
    if (gone->socket != NULL) {
        set_option(gone->socket, ZMQ_LINGER, linger_ms);
        zmq_close(gone->socket);
    }
    free(gone);
}

bool
channel_bind(struct channel *channel, const char *endpoint)
{
    if (zmq_bind(channel->socket, endpoint) == 0)
        return true;
    log_error("cannot listen on %s: %s", endpoint, zmq_strerror(errno));
    return false;
}

void
channel_unbind(struct channel *channel, const char *endpoint)
{
    if (zmq_unbind(channel->socket, endpoint) != 0)
        log_warning("cannot stop listening on %s: %s", endpoint, zmq_strerror(errno));
}

bool
channel_connect(struct channel *channel, const char *endpoint)
{
    if (zmq_connect(channel->socket, endpoint) == 0)
        return true;
    log_error("cannot connect to %s: %s", endpoint, zmq_strerror(errno));
    return false;
}

int
channel_fd(const struct channel *channel)
{
    int fd = -1;
    size_t size = sizeof fd;

    return zmq_getsockopt(channel->socket, ZMQ_FD, &fd, &size) == 0 ? fd : -1;
}

/* ZMQ_POLLIN, ZMQ_POLLOUT; 0 when the context is gone. */
static int
channel_events(struct channel *channel)
{
    int events = 0;
    size_t size = sizeof events;
    int result;

    do
        result = zmq_getsockopt(channel->socket, ZMQ_EVENTS, &events, &size);
    while (result < 0 && errno == EINTR);
    return result == 0 ? events : 0;
}

bool
channel_is_readable(struct channel *channel)
{
    return (channel_events(channel) & ZMQ_POLLIN) != 0;
}

bool
channel_is_writable(struct channel *channel)
{
    return (channel_events(channel) & ZMQ_POLLOUT) != 0;
}

/* The frames of one message, made before the first one is sent. */
struct outgoing {
    struct blob *blobs[FRAMES_MAX - 1];
    size_t count;
};

static void
outgoing_fini(struct outgoing *out)
{
    for (size_t i = 0; i < out->count; i++)
        blob_release(&out->blobs[i]);
}

static enum status
status_of_errno(int error)
{
    switch (error) {
    case 0:
        return STATUS_OK;
    case EAGAIN:
        return STATUS_OVERLOADED;
    case ENOMEM:
        return STATUS_NO_MEMORY;
    default: /* EHOSTUNREACH: the receiver is gone; ETERM, ENOTSOCK: we are */
        return STATUS_UNAVAILABLE;
    }
}

static enum status
send_frames(struct channel *channel, const struct body_address *to, const struct outgoing *out)
{
    int error = 0;

    if (channel->role == CHANNEL_INBOX) {
        error = frame_send_copy(channel->socket, bytes_of(to->identity, to->size), true);
        if (error != 0)
            return status_of_errno(error);
    }
    for (size_t i = 0; i < out->count && error == 0; i++) {
        bool is_begun = i > 0 || channel->role == CHANNEL_INBOX;

        error = frame_send_blob(channel->socket, out->blobs[i], blob_bytes(out->blobs[i]),
                                i + 1 < out->count);
        /* What is begun has to end; the receiver drops a message with an empty frame. */
        if (error != 0 && is_begun)
            frame_send_copy(channel->socket, (struct bytes){0}, false);
    }
    return status_of_errno(error);
}

static void
release_whole(void *owner)
{
    struct blob *whole = owner;

    blob_release(&whole);
}

/* A blob of a run of another one. */
static struct blob *
channel_slice(struct blob *whole, struct bytes bytes)
{
    struct blob *part = blob_wrap(bytes, release_whole, whole);

    if (part != NULL)
        blob_hold(whole);
    return part;
}

/* Adds the frames of part `part`, its envelope and its bytes. */
static enum status
add_part(struct channel *channel, const struct body_part *part, struct outgoing *out)
{
    struct message message = {
        .kind = MSG_BODY_CHUNK,
        .sender = channel->self,
        .u.BODY_CHUNK = {.transfer_id = part->transfer_id, .number = part->number},
        .body = channel_slice(part->blob, part->bytes),
    };

    if (message.body == NULL)
        return STATUS_NO_MEMORY;

    enum status status = wire_encode(&message, &out->blobs[out->count]);

    if (status != STATUS_OK) {
        message_fini(&message);
        return status;
    }
    out->blobs[out->count + 1] = message.body;
    out->count += 2;
    return STATUS_OK;
}

/* Sends parts as far as credits and queues allow. */
static void
pump_parts(struct channel *channel, int64_t now_ms)
{
    struct body_part part;

    while (body_sender_next(channel->sender, &part, now_ms)) {
        struct outgoing out = {0};
        enum status status = add_part(channel, &part, &out);

        if (status == STATUS_OK)
            status = send_frames(channel, &part.to, &out);
        outgoing_fini(&out);
        if (status == STATUS_OK)
            body_sender_sent(channel->sender, &part, now_ms);
        else if (status == STATUS_OVERLOADED || status == STATUS_NO_MEMORY)
            body_sender_postpone(channel->sender, &part, now_ms + RETRY_MS);
        else
            body_sender_remove(channel->sender, &part);
    }
}

static enum status
send_large(struct channel *channel, const struct body_address *to, struct outgoing *out,
           struct blob *body, int64_t now_ms)
{
    struct body_part part = {
        .transfer_id = channel->next_transfer_id++,
        .blob = body,
        .bytes = bytes_of(blob_bytes(body).data, BODY_PART_BYTES),
    };

    if (!body_sender_has_room(channel->sender))
        return STATUS_OVERLOADED;

    enum status status = add_part(channel, &part, out);

    if (status == STATUS_OK)
        status = send_frames(channel, to, out);
    if (status != STATUS_OK)
        return status;
    if (!body_sender_add(channel->sender, to, part.transfer_id, body, now_ms))
        return STATUS_NO_MEMORY;
    pump_parts(channel, now_ms);
    return STATUS_OK;
}

enum status
channel_send(struct channel *channel, const struct body_address *to, const struct message *message,
             int64_t now_ms)
{
    static const struct body_address nobody;
    struct outgoing out = {0};
    size_t body_size = blob_bytes(message->body).size;

    if (channel->role == CHANNEL_LINK)
        to = &nobody;
    if (body_size > channel->limits.max_body_bytes)
        return STATUS_MALFORMED;

    enum status status = wire_encode(message, &out.blobs[0]);

    if (status != STATUS_OK)
        return status;
    out.count = 1;
    if (body_size > BODY_PART_BYTES) {
        status = send_large(channel, to, &out, message->body, now_ms);
    } else {
        if (body_size > 0)
            out.blobs[out.count++] = blob_hold(message->body);
        status = send_frames(channel, to, &out);
    }
    outgoing_fini(&out);
    return status;
}

/* Sends the credits that are due, as far as queues allow. */
static void
pay_credits(struct channel *channel)
{
    struct body_credit_due due;

    while (body_receiver_next_credit(channel->receiver, &due)) {
        struct message message = {
            .kind = MSG_BODY_CREDIT,
            .sender = channel->self,
            .u.BODY_CREDIT = {.transfer_id = due.transfer_id, .number = due.number},
        };
        struct outgoing out = {.count = 1};

        if (wire_encode(&message, &out.blobs[0]) != STATUS_OK)
            return;

        enum status status = send_frames(channel, &due.to, &out);

        outgoing_fini(&out);
        if (status == STATUS_OVERLOADED || status == STATUS_NO_MEMORY)
            return; /* channel_work tries again */
        body_receiver_credited(channel->receiver, &due);
    }
}

void
channel_done(struct channel *channel)
{
    for (size_t i = 0; i < channel->frame_count; i++) {
        zmq_msg_close(&channel->frames[i]);
        zmq_msg_init(&channel->frames[i]);
    }
    channel->frame_count = 0;
    blob_release(&channel->envelope);
}

/* Takes all frames of one message; surplus ones are thrown away. */
static enum status
read_frames(struct channel *channel)
{
    zmq_msg_t surplus;
    bool has_more = true;
    bool is_surplus = false;

    zmq_msg_init(&surplus);
    while (has_more) {
        is_surplus = channel->frame_count == FRAMES_MAX;

        zmq_msg_t *frame = is_surplus ? &surplus : &channel->frames[channel->frame_count];

        if (frame_receive(channel->socket, frame) != 0)
            break;
        has_more = zmq_msg_more(frame) != 0;
        if (!is_surplus)
            channel->frame_count++;
    }
    zmq_msg_close(&surplus);
    if (channel->frame_count == 0)
        return STATUS_EMPTY;
    return is_surplus || has_more ? STATUS_MALFORMED : STATUS_OK;
}

static enum status
read_address(struct channel *channel, struct body_address *from)
{
    struct bytes identity = frame_bytes(&channel->frames[0]);

    *from = (struct body_address){0};
    if (channel->role == CHANNEL_LINK)
        return STATUS_OK;
    if (identity.size > BODY_ADDRESS_SIZE || channel->frame_count < 2)
        return STATUS_MALFORMED;
    memcpy(from->identity, identity.data, identity.size);
    from->size = (uint8_t)identity.size;
    return STATUS_OK;
}

/* What follows the routing id. */
struct parts {
    zmq_msg_t *frames;
    size_t count;
    size_t body_size; /* as the envelope announced it */
};

static enum status
take_small_body(const struct parts *parts, struct message *message)
{
    if (parts->count != 2 || zmq_msg_size(&parts->frames[1]) != parts->body_size)
        return STATUS_MALFORMED;
    message->body = frame_to_blob(&parts->frames[1]);
    return message->body != NULL ? STATUS_OK : STATUS_NO_MEMORY;
}

/* Part 0 of a chunked body came with its message. */
static enum status
begin_large_body(struct channel *channel, const struct parts *parts,
                 const struct body_address *from, int64_t now_ms)
{
    struct message head;
    size_t part_size;

    if (parts->count != 3 ||
        wire_decode(frame_bytes(&parts->frames[1]), &head, &part_size) != STATUS_OK ||
        head.kind != MSG_BODY_CHUNK || head.u.BODY_CHUNK.number != 0)
        return STATUS_MALFORMED;
    if (parts->body_size > channel->limits.max_body_bytes)
        return STATUS_NO_MEMORY;

    enum status status = body_receiver_begin(channel->receiver, from, head.u.BODY_CHUNK.transfer_id,
                                             frame_bytes(&parts->frames[0]), parts->body_size,
                                             frame_bytes(&parts->frames[2]), now_ms);

    if (status != STATUS_OK)
        return status;
    pay_credits(channel);
    return STATUS_NOT_READY;
}

/* A later part. With the last one the message is whole: it is decoded again from the kept envelope. */
static enum status
take_part(struct channel *channel, const struct parts *parts, struct message *message,
          const struct body_address *from, int64_t now_ms)
{
    struct body_whole whole;
    size_t body_size;

    if (parts->count != 2 || zmq_msg_size(&parts->frames[1]) != parts->body_size)
        return STATUS_MALFORMED;

    enum status status = body_receiver_add(
        channel->receiver, from, message->u.BODY_CHUNK.transfer_id, message->u.BODY_CHUNK.number,
        frame_bytes(&parts->frames[1]), now_ms, &whole);

    if (status == STATUS_NOT_FOUND)
        return STATUS_NOT_READY; /* late, of a transfer that was given up */
    pay_credits(channel);
    if (status != STATUS_OK)
        return status;
    channel->envelope = whole.envelope;
    status = wire_decode(blob_bytes(whole.envelope), message, &body_size);
    message->body = whole.body;
    return status;
}

static enum status
take_credit(struct channel *channel, const struct parts *parts, const struct message *message,
            const struct body_address *from, int64_t now_ms)
{
    const struct body_credit *credit = &message->u.BODY_CREDIT;

    if (parts->count != 1 || parts->body_size != 0)
        return STATUS_MALFORMED;
    if (!body_sender_credit(channel->sender, from, credit->transfer_id, credit->number, now_ms))
        return STATUS_MALFORMED;
    pump_parts(channel, now_ms);
    return STATUS_NOT_READY;
}

static enum status
take_message(struct channel *channel, const struct parts *parts, struct message *message,
             const struct body_address *from, int64_t now_ms)
{
    if (message->kind == MSG_BODY_CHUNK)
        return take_part(channel, parts, message, from, now_ms);
    if (message->kind == MSG_BODY_CREDIT)
        return take_credit(channel, parts, message, from, now_ms);
    if (parts->body_size == 0)
        return parts->count == 1 ? STATUS_OK : STATUS_MALFORMED;
    if (parts->body_size <= BODY_PART_BYTES)
        return take_small_body(parts, message);
    return begin_large_body(channel, parts, from, now_ms);
}

enum status
channel_receive(struct channel *channel, struct message *message, struct body_address *from,
                int64_t now_ms)
{
    size_t first = channel->role == CHANNEL_INBOX ? 1 : 0;

    message->body = NULL;
    channel_done(channel);

    enum status status = read_frames(channel);

    if (status == STATUS_OK)
        status = read_address(channel, from);
    if (status != STATUS_OK)
        return status;

    struct parts parts = {.frames = &channel->frames[first], .count = channel->frame_count - first};

    status = wire_decode(frame_bytes(&parts.frames[0]), message, &parts.body_size);
    if (status == STATUS_OK)
        status = take_message(channel, &parts, message, from, now_ms);
    return status;
}

void
channel_forget(struct channel *channel)
{
    body_receiver_clear(channel->receiver);
}

int64_t
channel_work(struct channel *channel, int64_t now_ms)
{
    struct body_credit_due due;
    size_t stale_in = body_receiver_expire(channel->receiver, now_ms);
    size_t stale_out = body_sender_expire(channel->sender, now_ms);

    if (stale_in + stale_out > 0)
        log_warning("dropped stalled bodies: %zu incoming, %zu outgoing", stale_in, stale_out);
    pay_credits(channel);
    pump_parts(channel, now_ms);
    if (body_sender_has_resting(channel->sender) ||
        body_receiver_next_credit(channel->receiver, &due))
        return RETRY_MS;
    if (body_sender_count(channel->sender) + body_receiver_count(channel->receiver) > 0)
        return EXPIRE_EVERY_MS;
    return CHANNEL_IDLE_MS;
}
