/* actor.c - what the code of an actor may ask of the framework, from its own thread. */

#include "actor/actor.h"

#include <assert.h>
#include <stdlib.h>

#include "actor/actor_private.h"
#include "base/clock.h"

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
        struct peer *peer = peers_find(actor, from->peer);

        return peer != NULL ? peers_send(actor, peer, message) : STATUS_UNAVAILABLE;
    }
    assert(actor->inbox != NULL);
    memcpy(address.identity, from->identity, from->identity_size);
    return channel_send(actor->inbox, &address, message, clock_mono_ms());
}

enum status
actor_tell(struct actor *actor, enum actor_id id, const struct message *message)
{
    struct peer *peer = peers_find(actor, id);
    struct message sent = *message;

    sent.sender = actor->class->id;
    return peer != NULL ? peers_send(actor, peer, &sent) : STATUS_UNAVAILABLE;
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

int64_t
actor_epoch(const struct actor *actor)
{
    return actor->epoch;
}

bool
actor_peer_is_up(const struct actor *actor, enum actor_id id)
{
    for (size_t i = 0; i < actor->peer_count; i++)
        if (actor->peers[i].id == id)
            return actor->peers[i].state == PEER_STATE_ALIVE;
    return false;
}
