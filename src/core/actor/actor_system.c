/* actor_system.c - what the actors of one process share: the ZeroMQ context and who is where. */

#include "actor/actor_system.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <zmq.h>

#include "base/log.h"

struct actor_system {
    void *context;
    const struct config *config;
    struct endpoint endpoints[ACTOR_COUNT]; /* the gateway's stays empty: nobody connects to it */
    atomic_uint_fast64_t generations[ACTOR_COUNT];
    _Atomic int64_t stop_by_ms;
};

enum {
    SOCKETS_PER_WORKER = 4, /* one mailbox to each actor, and room for late closers */
    SOCKETS_SPARE = 1024,
};

static bool
resolve_endpoints(struct actor_system *system)
{
    const struct config *config = system->config;
    const char *folder = config->server.data_dir;

    return endpoint_resolve(config->actors.cache_endpoint, folder,
                            &system->endpoints[ACTOR_CACHE]) &&
           endpoint_resolve(config->actors.upstream_endpoint, folder,
                            &system->endpoints[ACTOR_UPSTREAM]) &&
           endpoint_resolve(config->actors.analytics_endpoint, folder,
                            &system->endpoints[ACTOR_ANALYTICS]);
}

/* A socket takes a descriptor, a connection between processes another one. */
static void
raise_file_limit(rlim_t sockets)
{
    struct rlimit limit;
    rlim_t wanted = 2 * sockets + SOCKETS_SPARE;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = wanted < limit.rlim_max ? wanted : limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        log_warning("%llu open files may be too few: %llu are wanted",
                    (unsigned long long)limit.rlim_cur, (unsigned long long)wanted);
}

struct actor_system *
actor_system_create(const struct config *config)
{
    struct actor_system *system = calloc(1, sizeof *system);
    int64_t workers = config->gateway.threads + 2 * config->gateway.admin_threads;
    int sockets = (int)(workers * SOCKETS_PER_WORKER + SOCKETS_SPARE);

    if (system == NULL)
        return NULL;
    system->config = config;
    atomic_init(&system->stop_by_ms, INT64_MAX);
    raise_file_limit((rlim_t)sockets);
    if (!resolve_endpoints(system)) {
        free(system);
        return NULL;
    }
    system->context = zmq_ctx_new();
    if (system->context == NULL || zmq_ctx_set(system->context, ZMQ_MAX_SOCKETS, sockets) != 0) {
        log_error("no context for messages: %s", zmq_strerror(errno));
        actor_system_destroy(&system);
    }
    return system;
}

void
actor_system_destroy(struct actor_system **system)
{
    if (*system == NULL)
        return;
    if ((*system)->context != NULL)
        while (zmq_ctx_term((*system)->context) != 0 && errno == EINTR)
            ;
    free(*system);
    *system = NULL;
}

void
actor_system_stop_by(struct actor_system *system, int64_t mono_ms)
{
    atomic_store(&system->stop_by_ms, mono_ms);
}

int64_t
actor_system_stops_by(const struct actor_system *system)
{
    return atomic_load(&system->stop_by_ms);
}

void *
actor_system_context(const struct actor_system *system)
{
    return system->context;
}

const struct config *
actor_system_config(const struct actor_system *system)
{
    return system->config;
}

const struct endpoint *
actor_system_endpoint(const struct actor_system *system, enum actor_id id)
{
    assert(id > ACTOR_GATEWAY && id < ACTOR_COUNT);
    return &system->endpoints[id];
}

struct channel_limits
actor_system_limits(const struct actor_system *system)
{
    const struct config *config = system->config;

    return (struct channel_limits){
        .queue_messages = (int)config->actors.inbox_messages,
        .max_body_bytes = (size_t)config->actors.max_message_body_bytes,
        .max_transfers = (size_t)config->actors.max_assemblies,
    };
}

uint64_t
actor_system_generation(struct actor_system *system, enum actor_id id)
{
    return atomic_load_explicit(&system->generations[id], memory_order_acquire);
}

void
actor_system_step_generation(struct actor_system *system, enum actor_id id)
{
    atomic_fetch_add_explicit(&system->generations[id], 1, memory_order_acq_rel);
}

/* Between processes IMMEDIATE makes a missing actor visible: without a connection there is nothing to queue into.
 * Within the process that option does nothing, connecting before the actor listens would queue blindly, and a
 * connection does not survive its actor: so it is made when the actor is known to listen, and again for each of its
 * starts. */
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
