/* link.c - the connection to one actor, wherever it is.
 *
 * Between processes IMMEDIATE makes a missing actor visible: without a connection there is nothing to
 * queue into. Within the process that option does nothing, connecting before the actor listens would queue
 * blindly and a connection does not survive its actor: so it is made when the actor is known to listen, and
 * again for each of its starts. */

#include "actor/link.h"

static bool
connect_channel(struct link *link)
{
    struct channel_limits limits = actor_system_limits(link->system);

    channel_destroy(&link->channel, 0);
    link->channel =
        channel_create(actor_system_context(link->system), CHANNEL_LINK, link->self, &limits);
    if (link->channel == NULL)
        return false;
    if (!channel_connect(link->channel, actor_system_endpoint(link->system, link->to)->uri))
        channel_destroy(&link->channel, 0);
    return link->channel != NULL;
}

bool
link_init(struct link *link, struct actor_system *system, enum actor_id self, enum actor_id to)
{
    *link = (struct link){.system = system, .self = self, .to = to};
    return actor_system_endpoint(system, to)->is_inproc || connect_channel(link);
}

void
link_fini(struct link *link, int linger_ms)
{
    channel_destroy(&link->channel, linger_ms);
}

struct channel *
link_usable(const struct link *link)
{
    bool is_inproc = actor_system_endpoint(link->system, link->to)->is_inproc;

    if (is_inproc && link->generation != actor_system_generation(link->system, link->to))
        return NULL;
    return link->channel;
}

struct channel *
link_open(struct link *link)
{
    if (!actor_system_endpoint(link->system, link->to)->is_inproc)
        return link->channel;

    uint64_t generation = actor_system_generation(link->system, link->to);

    if (generation % 2 == 0)
        return NULL;
    if (link->channel == NULL || link->generation != generation) {
        link->generation = generation;
        connect_channel(link);
    }
    return link->channel;
}
