/* mailbox.h - the client side: ask an actor with a deadline, from a thread that is no actor.
 *
 * Owned by one thread; at most one request is out at a time, unless it is gathering (mailbox_begin). Late replies to
 * earlier requests are dropped by their correlation id. Nothing blocks past the deadline. */
#pragma once

#include "actor/actor.h"

struct mailbox;

/* A DEALER to one actor. as: on whose behalf it speaks (ACTOR_GATEWAY for workers). NULL: no memory. */
struct mailbox *mailbox_create(struct actor_system *system, enum actor_id as, enum actor_id to);
void mailbox_destroy(struct mailbox **mailbox);

/* Sends request and waits for its reply, at most timeout_ms. OK: *reply is filled; its bytes are valid until
 * mailbox_done or the next ask, its body is the caller's (message_fini). UNAVAILABLE: the actor is away, or went
 * away before it answered; OVERLOADED: a queue is full; TIMEOUT. request->time_left_ms and correlation_id are set
 * here. */
enum status mailbox_ask(struct mailbox *mailbox, struct message *request, int64_t timeout_ms,
                        struct message *reply);

/* Several questions at once: mailbox_begin, then sends and receives in any order. As many as the caller likes may be
 * out; a reply has the correlation id of its request, and replies to what was asked before mailbox_begin are dropped.
 * UNAVAILABLE from mailbox_receive: nothing that is out will be answered any more. */
enum status mailbox_begin(struct mailbox *mailbox);
/* Sets request->correlation_id and time_left_ms. */
enum status mailbox_send(struct mailbox *mailbox, struct message *request, int64_t timeout_ms);
/* One reply, as from mailbox_ask; its bytes are valid until the next mailbox_receive. */
enum status mailbox_receive(struct mailbox *mailbox, int64_t timeout_ms, struct message *reply);
/* Drops what the bytes of the last reply stand in. */
void mailbox_done(struct mailbox *mailbox);
