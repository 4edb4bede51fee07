/* actor_dispatch.c - one message: is it for us, from whom it claims, and who handles it?
 *
 * What is malformed, misdirected, or comes from somebody who may not send it is dropped and counted. */

#include <string.h>

#include "actor/actor_private.h"
#include "actor/wire.h"
#include "base/clock.h"
#include "base/log.h"
#include "metrics.h"

enum { DEADLINE_MAX_MS = 24 * 60 * 60 * 1000 };

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

static void
dispatch(struct actor *actor, const struct message *message, const struct sender *from,
         struct peer *peer, size_t *handled)
{
    actor_handler *handle = find_handler(actor->class, message->kind);

    if (message->kind == MSG_HEARTBEAT) {
        peers_answer(actor, from);
        return;
    }
    if (message->kind == MSG_HEARTBEAT_REPLY)
        peers_on_heartbeat_reply(actor, peer, message);
    else if (handle == NULL)
        count_bad(actor, "nobody here handles it");
    if (handle == NULL)
        return;
    log_set_request(from->request_id[0] != '\0' ? from->request_id : NULL);
    handle(actor->state, message, from);
    log_set_request(NULL);
    *handled += 1;
}

bool
actor_take(struct actor *actor, struct channel *channel, struct peer *peer, size_t *handled)
{
    int64_t now_ms = clock_mono_ms();
    struct message message;
    struct body_address address;
    enum status status = channel_receive(channel, &message, &address, now_ms);

    if (status == STATUS_EMPTY)
        return false;
    if (peer != NULL)
        peers_heard(peer, now_ms);
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
