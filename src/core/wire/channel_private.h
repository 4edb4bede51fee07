/* channel_private.h - what the sending and the receiving half of a channel share. */
#pragma once

#include <zmq.h>

#include "wire/body_receiver.h"
#include "wire/body_sender.h"
#include "wire/channel.h"

enum {
    CHANNEL_FRAMES_MAX = 4, /* routing id, envelope, part's envelope, bytes */
    CHANNEL_RETRY_MS = 10,  /* a full queue is tried again after this */
};

struct channel {
    void *socket;
    enum channel_role role;
    enum actor_id self;
    struct channel_limits limits;
    struct body_sender *sender;
    struct body_receiver *receiver;
    int64_t next_transfer_id;
    zmq_msg_t frames[CHANNEL_FRAMES_MAX]; /* of the message received last */
    size_t frame_count;
    struct blob *envelope; /* of a chunked message received last */
};

/* Sends parts as far as credits and queues allow. */
void channel_pump(struct channel *channel, int64_t now_ms);
/* Sends the credits that are due, as far as queues allow. */
void channel_pay_credits(struct channel *channel);
