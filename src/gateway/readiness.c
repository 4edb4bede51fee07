/* readiness.c - what the other actors' signs of life say, and whether the gateway may serve.
 *
 * The listener writes it; workers, health and metrics read it. */
#include "gateway_state.h"

#include <stdlib.h>
#include <string.h>

void
gateway_view(struct gateway *gateway, enum actor_id actor, struct actor_view *view)
{
    pthread_mutex_lock(&gateway->views_lock);
    *view = gateway->views[actor];
    pthread_mutex_unlock(&gateway->views_lock);
}

int64_t
gateway_route_counter(struct gateway *gateway, enum metric_route_counter counter,
                      size_t route_index)
{
    const int64_t *counters;
    int64_t value = 0;

    pthread_mutex_lock(&gateway->views_lock);
    counters = gateway->route_counters[metric_route_counter_rows[counter].owner];
    if (counters != NULL)
        value = counters[route_index * ROUTE_COUNTER_COUNT + (size_t)counter];
    pthread_mutex_unlock(&gateway->views_lock);
    return value;
}

bool
gateway_upstream(struct gateway *gateway, size_t index, struct upstream_metrics *metrics)
{
    bool is_up;

    pthread_mutex_lock(&gateway->views_lock);
    is_up = gateway->views[ACTOR_UPSTREAM].is_up;
    *metrics = gateway->upstreams[index];
    pthread_mutex_unlock(&gateway->views_lock);
    return is_up;
}

void
gateway_view_upstreams(struct gateway *gateway, struct actor_view *view,
                       struct upstream_metrics *all)
{
    pthread_mutex_lock(&gateway->views_lock);
    *view = gateway->views[ACTOR_UPSTREAM];
    memcpy(all, gateway->upstreams, sizeof gateway->upstreams);
    pthread_mutex_unlock(&gateway->views_lock);
}

/* Another size: the actor has another configuration, or another version. */
static void
take_values(struct gateway *gateway, enum actor_id actor, struct bytes values)
{
    struct actor_view *view = &gateway->views[actor];
    size_t size = metrics_route_counters() * sizeof(int64_t);
    size_t upstreams_size = upstream_metrics_count() * sizeof *gateway->upstreams;

    if (values.size != sizeof view->values + size + upstreams_size)
        return;
    memcpy(&view->values, values.data, sizeof view->values);
    if (gateway->route_counters[actor] == NULL)
        gateway->route_counters[actor] = malloc(size + 1);
    if (gateway->route_counters[actor] != NULL)
        memcpy(gateway->route_counters[actor], values.data + sizeof view->values, size);
    if (actor == ACTOR_UPSTREAM)
        memcpy(gateway->upstreams, values.data + sizeof view->values + size, upstreams_size);
}

static void
note_view(struct gateway *gateway, enum actor_id actor, const struct message *message)
{
    const struct heartbeat_reply *reply = &message->u.HEARTBEAT_REPLY;
    struct actor_view *view = &gateway->views[actor];

    pthread_mutex_lock(&gateway->views_lock);
    view->is_up = true;
    view->is_healthy = reply->is_healthy != 0;
    view->latency_us = reply->latency_us;
    view->version = reply->version;
    bytes_copy_text(reply->detail, view->detail, sizeof view->detail);
    take_values(gateway, actor, blob_bytes(message->body));
    pthread_mutex_unlock(&gateway->views_lock);
}

/* A miss can be answered once the whole chain stands; later an actor that is away costs misses only,
 * and the gateway stays ready for hits. */
void
gateway_note_heartbeat(struct gateway *gateway, enum actor_id actor, const struct message *message)
{
    note_view(gateway, actor, message);
    if (actor == ACTOR_CACHE)
        atomic_store(&gateway->is_cache_ready, message->u.HEARTBEAT_REPLY.is_ready != 0);
    if (actor == ACTOR_UPSTREAM && message->u.HEARTBEAT_REPLY.is_ready != 0)
        atomic_store(&gateway->was_upstream_ready, true);
    if (atomic_load(&gateway->is_up[ACTOR_CACHE]) && atomic_load(&gateway->is_up[ACTOR_UPSTREAM]) &&
        atomic_load(&gateway->is_up[ACTOR_ANALYTICS]))
        atomic_store(&gateway->were_all_up, true);
}

void
gateway_note_peer(struct gateway *gateway, enum actor_id actor, bool is_up)
{
    atomic_store(&gateway->is_up[actor], is_up);
    if (is_up)
        return;
    pthread_mutex_lock(&gateway->views_lock);
    gateway->views[actor].is_up = false;
    gateway->views[actor].is_healthy = false;
    pthread_mutex_unlock(&gateway->views_lock);
}

bool
gateway_is_ready(struct gateway *gateway)
{
    return key_table_is_loaded(gateway->keys) && atomic_load(&gateway->is_registered) &&
           atomic_load(&gateway->is_up[ACTOR_CACHE]) && atomic_load(&gateway->is_cache_ready) &&
           atomic_load(&gateway->was_upstream_ready) && atomic_load(&gateway->were_all_up) &&
           !atomic_load(&gateway->is_stopping);
}
