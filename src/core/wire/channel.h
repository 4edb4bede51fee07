/* channel.h - one ZeroMQ socket of one thread: sends and receives whole messages. Nothing blocks.
 *
 * An inbox is a ROUTER that many connect to; a link is a DEALER to one inbox. Bodies above
 * CHANNEL_CHUNK_BYTES go in numbered parts, at most BODY_PARTS_OUT ahead of the receiver's credits.
 * Body bytes are not copied on the way: a sent frame holds the blob, a received blob holds the
 * frame (chunked bodies are copied once, together). A channel belongs to the thread that made it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "messages.h"
#include "status.h"
#include "wire/body_parts.h"

#define CHANNEL_CHUNK_BYTES BODY_PART_BYTES

enum channel_role { CHANNEL_INBOX, CHANNEL_LINK };

struct channel_limits {
    int queue_messages;    /* high-water mark, each direction, each connection */
    size_t max_body_bytes; /* larger ones are neither sent nor taken */
    size_t max_transfers;  /* chunked bodies under way, each direction */
};

struct channel;

/* NULL: no memory, or no more sockets (logged). self: the actor on whose behalf it speaks. */
struct channel *channel_create(void *zmq_context, enum channel_role role, enum actor_id self,
                               const struct channel_limits *limits);
/* What was sent may still leave for linger_ms, behind the caller's back. */
void channel_destroy(struct channel **channel, int linger_ms);

/* False with the reason in the log. */
bool channel_bind(struct channel *channel, const char *endpoint);
/* The endpoint is free for another one when this returns; closing alone frees it some time later. */
void channel_unbind(struct channel *channel, const char *endpoint);
bool channel_connect(struct channel *channel, const char *endpoint);

/* Readable when something changed; look at the two below before every sleep: it is edge-triggered. */
int channel_fd(const struct channel *channel);
bool channel_is_readable(struct channel *channel);
/* A link: there is a connection and room in its queue. */
bool channel_is_writable(struct channel *channel);

/* to: of an inbox the address it received from, of a link ignored. STATUS_UNAVAILABLE: that
 * receiver is gone; STATUS_OVERLOADED: its queue is full, a link: or there is no connection;
 * STATUS_MALFORMED: over a bound; STATUS_NO_MEMORY. */
enum status channel_send(struct channel *channel, const struct body_address *to,
                         const struct message *message, int64_t now_ms);
/* STATUS_OK: *message is whole; its bytes are valid until the next call or channel_done, its body
 * until message_fini. STATUS_NOT_READY: a part of one was taken. STATUS_EMPTY: nothing there.
 * STATUS_MALFORMED: something was dropped. STATUS_NO_MEMORY: a body was refused. */
enum status channel_receive(struct channel *channel, struct message *message,
                            struct body_address *from, int64_t now_ms);
void channel_done(struct channel *channel);

/* Sends parts that had to wait, drops stale transfers; returns milliseconds until it wants to be
 * called again. */
#define CHANNEL_IDLE_MS 60000
int64_t channel_work(struct channel *channel, int64_t now_ms);
/* Gives up all bodies that are being received. */
void channel_forget(struct channel *channel);
