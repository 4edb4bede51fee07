/* channel_receive.c - the receiving half of a channel: frames in, whole messages out, and what is
 * due in between.
 *
 * Nothing of a message is believed before its frames fit together: their number, the sizes that the
 * envelope announced, the numbers of parts. What does not fit is dropped whole. */

#include <errno.h>

#include "actor/wire.h"
#include "base/log.h"
#include "wire/channel_private.h"
#include "wire/frame.h"

enum { EXPIRE_EVERY_MS = 1000 };

/* Takes all frames of one message; surplus ones are thrown away. */
static enum status
read_frames(struct channel *channel)
{
    zmq_msg_t surplus;
    bool has_more = true;
    bool is_surplus = false;

    zmq_msg_init(&surplus);
    while (has_more) {
        is_surplus = channel->frame_count == CHANNEL_FRAMES_MAX;

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
    channel_pay_credits(channel);
    return STATUS_NOT_READY;
}

/* A later part. With the last one the message is whole: it is decoded again from the kept envelope.
 */
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
    channel_pay_credits(channel);
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
    channel_pump(channel, now_ms);
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
        log_warning("dropped bodies in which nothing moved: %zu in, %zu out", stale_in, stale_out);
    channel_pay_credits(channel);
    channel_pump(channel, now_ms);
    if (body_sender_has_resting(channel->sender) ||
        body_receiver_next_credit(channel->receiver, &due))
        return CHANNEL_RETRY_MS;
    if (body_sender_count(channel->sender) + body_receiver_count(channel->receiver) > 0)
        return EXPIRE_EVERY_MS;
    return CHANNEL_IDLE_MS;
}
