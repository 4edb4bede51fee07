/* channel.c - one ZeroMQ socket of one thread: sends and receives whole messages.
 *
 * Frames of a message, after the routing id that a ROUTER puts before them:
 *   envelope                              no body
 *   envelope, bytes                       a body of at most CHANNEL_CHUNK_BYTES
 *   envelope, BODY_CHUNK envelope, bytes  a larger one: part 0; the others are BODY_CHUNK messages
 * of their own Once the first frame of a message is taken by ZeroMQ the others are, too: it counts
 * whole messages. */

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "actor/wire.h"
#include "wire/channel_private.h"
#include "wire/channel_socket.h"
#include "wire/frame.h"

struct channel *
channel_create(void *zmq_context, enum channel_role role, enum actor_id self,
               const struct channel_limits *limits)
{
    struct channel *channel = calloc(1, sizeof *channel);

    if (channel == NULL)
        return NULL;
    for (size_t i = 0; i < CHANNEL_FRAMES_MAX; i++)
        zmq_msg_init(&channel->frames[i]);
    channel->role = role;
    channel->self = self;
    channel->limits = *limits;
    channel->sender = body_sender_create(limits->max_transfers);
    channel->receiver = body_receiver_create(limits->max_transfers);
    channel->socket = channel_socket_open(zmq_context, role, limits->queue_messages);
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
    channel_socket_close(gone->socket, linger_ms);
    free(gone);
}

bool
channel_bind(struct channel *channel, const char *endpoint)
{
    return channel_socket_bind(channel->socket, endpoint);
}

void
channel_unbind(struct channel *channel, const char *endpoint)
{
    channel_socket_unbind(channel->socket, endpoint);
}

bool
channel_connect(struct channel *channel, const char *endpoint)
{
    return channel_socket_connect(channel->socket, endpoint);
}

int
channel_fd(const struct channel *channel)
{
    return channel_socket_fd(channel->socket);
}

bool
channel_is_readable(struct channel *channel)
{
    return (channel_socket_events(channel->socket) & ZMQ_POLLIN) != 0;
}

bool
channel_is_writable(struct channel *channel)
{
    return (channel_socket_events(channel->socket) & ZMQ_POLLOUT) != 0;
}

/* The frames of one message, made before the first one is sent. */
struct outgoing {
    struct blob *blobs[CHANNEL_FRAMES_MAX - 1];
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

void
channel_pump(struct channel *channel, int64_t now_ms)
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
            body_sender_postpone(channel->sender, &part, now_ms + CHANNEL_RETRY_MS);
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
    channel_pump(channel, now_ms);
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

void
channel_pay_credits(struct channel *channel)
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
