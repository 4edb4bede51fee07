/* cache_actor.c - the cache actor: who may have what for how long; which keys are being fetched, and who waits.
 *
 * Messages in, calls of the flows out: lookup, fetching, leaving, delivery, purging (cache_state.h). routes[] at the end says
 * what it takes. All state belongs to the actor's thread; blocking work is done in tiers.c. */

#include "cache.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "cache_state.h"
#include "metrics.h"
#include "usage_record.h"

#define TICK_MS          100
#define COUNT_ENTRIES_MS 10000

static void
on_get(void *state, const struct message *message, const struct sender *from)
{
    lookup_get(state, message, from);
}

static void
on_leave(void *state, const struct message *message, const struct sender *from)
{
    (void)message;
    leaving_gone(state, from);
}

static void
on_upstream_reply(void *state, const struct message *message, const struct sender *from)
{
    (void)from;
    fetching_replied(state, message);
}

static void
on_hello(void *state, const struct message *message, const struct sender *from)
{
    purging_hello(state, &message->u.LISTENER_HELLO, from);
}

static void
on_entry_held(void *state, const struct message *message, const struct sender *from)
{
    (void)from;
    delivery_held(state, &message->u.ENTRY_HELD);
}

static void
on_purge(void *state, const struct message *message, const struct sender *from)
{
    purging_start(state, &message->u.CACHE_PURGE, from);
}

static void
on_purge_confirm(void *state, const struct message *message, const struct sender *from)
{
    (void)from;
    purging_confirmed(state, &message->u.PURGE_CONFIRM);
}

static void
on_entry_hits(void *state, const struct message *message, const struct sender *from)
{
    struct cache *cache = state;
    int64_t count = message->u.ENTRY_HITS.count;
    size_t size = blob_bytes(message->body).size;

    (void)from;
    if (count <= 0 || size / sizeof(struct entry_hit) != (size_t)count ||
        size % sizeof(struct entry_hit) != 0) {
        log_warning("hits of %lld entries in %zu bytes are malformed", (long long)count, size);
        return;
    }
    enum status status = tiers_count_hits(cache->tiers, message->body);

    if (status != STATUS_OK)
        log_warning("hits of %lld entries are not counted: %s", (long long)count,
                    status_slug(status));
}

static void
on_peer(void *state, enum actor_id peer, enum peer_event event, const struct message *heartbeat)
{
    struct cache *cache = state;

    (void)heartbeat;
    if (peer != ACTOR_UPSTREAM)
        return;
    cache->upstream_is_down = event == PEER_DOWN;
    /* What an actor was asked before it went or came back is never answered. */
    if (event != PEER_UP)
        fetching_fail_all(cache, STATUS_UNAVAILABLE);
}

static void
on_heartbeat_reply(void *state, const struct message *message, const struct sender *from)
{
    struct cache *cache = state;

    if (from->peer == ACTOR_UPSTREAM && message->u.HEARTBEAT_REPLY.is_ready)
        cache->was_upstream_ready = true;
}

static void
on_tiers(void *state, int fd)
{
    struct cache *cache = state;

    (void)fd;
    tiers_reap(cache->tiers);
}

static void
on_reported(void *state, const struct tier_report *report)
{
    struct cache *cache = state;
    struct message reply = {.kind = MSG_CACHE_REPORT, .status = report->status};

    if (report->json != NULL)
        reply.body = blob_copy(bytes_of_text(report->json));
    if (report->status == STATUS_OK && reply.body == NULL)
        reply.status = STATUS_NO_MEMORY;
    (void)actor_reply(cache->actor, report->from, &reply);
    blob_release(&reply.body);
    free(report->from);
}

static void
on_counted(void *state, int64_t valid_count)
{
    (void)state;
    metric_set(METRIC_CACHE_ENTRIES, valid_count);
}

static void
on_report_get(void *state, const struct message *message, const struct sender *from)
{
    struct cache *cache = state;
    struct sender *copy = sender_copy(from);
    struct tier_report refusal = {.status = STATUS_NO_MEMORY, .from = copy};
    char endpoint[ROUTE_NAME_SIZE];

    if (copy == NULL)
        return;
    refusal.status = STATUS_NOT_FOUND;
    if (bytes_copy_text(message->u.CACHE_REPORT_GET.endpoint, endpoint, sizeof endpoint))
        refusal.status = tiers_report(cache->tiers, endpoint, copy);
    if (refusal.status != STATUS_OK)
        on_reported(cache, &refusal);
}

static void
cache_publish(void *state)
{
    const struct cache *cache = state;

    metric_set(METRIC_CACHE_FLIGHTS, (int64_t)flight_table_count(cache->flights));
    metric_set(METRIC_CACHE_WAITERS, (int64_t)flight_table_waiters(cache->flights));
}

static void
cache_publish_load(const struct cache *cache)
{
    struct worker_pool_load load = tiers_load(cache->tiers);

    metric_set(METRIC_ENTRIES_IN_USE, (int64_t)load.busy);
    metric_set(METRIC_ENTRIES_IDLE, (int64_t)load.idle);
    metric_set(METRIC_ENTRIES_WAITING, (int64_t)load.waiting);
    metric_set(METRIC_L1_UP, config_uses_l1(cache->config) ? tiers_l1_is_up(cache->tiers) : -1);
    metric_set(METRIC_L1_USED_BYTES, tiers_l1_used_bytes(cache->tiers));
}

static void
do_periodic_jobs(struct cache *cache, int64_t now_mono_ms)
{
    if (now_mono_ms >= cache->next_count_mono_ms) {
        cache->next_count_mono_ms = now_mono_ms + COUNT_ENTRIES_MS;
        (void)tiers_count_entries(cache->tiers);
        /* nobody may come any more to find out that it works again */
        if (!tiers_is_healthy(cache->tiers))
            (void)tiers_probe(cache->tiers);
    }
    if (now_mono_ms >= cache->next_l1_mono_ms) {
        cache->next_l1_mono_ms = now_mono_ms + cache->config->cache.redis_retry_ms;
        (void)tiers_probe_l1(cache->tiers);
    }
    if (now_mono_ms >= cache->next_clean_mono_ms) {
        cache->next_clean_mono_ms = now_mono_ms + cache->config->cache.cleanup_interval_s * 1000;
        (void)tiers_clean(cache->tiers);
    }
}

static int64_t
cache_tick(void *state, int64_t now_mono_ms)
{
    struct cache *cache = state;

    fetching_tick(cache, now_mono_ms);
    purging_tick(cache);
    do_periodic_jobs(cache, now_mono_ms);
    cache_publish(cache);
    cache_publish_load(cache);
    return TICK_MS;
}

static struct actor_health
cache_health(void *state)
{
    const struct cache *cache = state;
    bool is_healthy = tiers_is_healthy(cache->tiers);

    return (struct actor_health){.is_healthy = is_healthy,
                                 .version = cache->purges.log.newest,
                                 .latency_us = tiers_lookup_us(cache->tiers),
                                 .detail = is_healthy ? "L2 works" : "L2 fails",
                                 .is_starting = !cache->was_upstream_ready};
}

/* A fetch under way is paid: its response is still stored and delivered while there is time. */
static bool
cache_is_busy(void *state)
{
    const struct cache *cache = state;

    return flight_table_count(cache->flights) > 0 || purges_are_pending(&cache->purges);
}

static const struct tiers_events events = {
    .found = lookup_found,
    .stored = fetching_stored,
    .purged = purging_purged,
    .counted = on_counted,
    .reported = on_reported,
};

static bool
watch_tiers(struct cache *cache)
{
    int fds[TIERS_FDS];

    tiers_fds(cache->tiers, fds);
    for (size_t i = 0; i < TIERS_FDS; i++) {
        if (!actor_watch(cache->actor, fds[i], on_tiers))
            return false;
    }
    return true;
}

/* Ids of flights differ from those of an earlier life of this actor, whose replies may still come. */
static int64_t
first_flight_id(struct actor *actor)
{
    return ((actor_epoch(actor) & 0x7fffffff) << 32) + 1;
}

/* No job runs any more: what is left waits for the upstream or for listeners. */
static void
end_flights(struct cache *cache)
{
    struct flight *flight;

    while ((flight = LIST_FIRST(flight_table_all(cache->flights))) != NULL) {
        if (flight->state == FLIGHT_ANSWERED)
            delivery_give_up(cache, flight);
        else
            fetching_fail(cache, flight, STATUS_STOPPING);
    }
}

static void
cache_destroy(void *state)
{
    struct cache *cache = state;

    tiers_destroy(&cache->tiers);
    if (cache->flights != NULL)
        end_flights(cache);
    purging_stop(cache);
    purges_fini(&cache->purges);
    flight_table_destroy(&cache->flights);
    free(cache);
}

static void *
cache_create(struct actor *actor, const struct config *config, void *argument)
{
    struct cache *cache = calloc(1, sizeof *cache);

    (void)argument;
    if (cache == NULL)
        return NULL;
    cache->actor = actor;
    cache->config = config;
    cache->started_mono_ms = clock_mono_ms();
    cache->next_clean_mono_ms = cache->started_mono_ms + config->cache.cleanup_interval_s * 1000;
    cache->flights = flight_table_create(first_flight_id(actor));
    if (cache->flights != NULL)
        cache->tiers = tiers_create(config, &events, cache, &cache->purges);
    if (cache->tiers == NULL || !watch_tiers(cache)) {
        cache_destroy(cache);
        return NULL;
    }
    (void)tiers_trim(cache->tiers); /* the bound may have been lowered */
    return cache;
}

static const struct actor_route routes[] = {
    {MSG_CACHE_GET, on_get},
    {MSG_CACHE_LEAVE, on_leave},
    {MSG_UPSTREAM_REPLY, on_upstream_reply},
    {MSG_LISTENER_HELLO, on_hello},
    {MSG_ENTRY_HELD, on_entry_held},
    {MSG_CACHE_PURGE, on_purge},
    {MSG_PURGE_CONFIRM, on_purge_confirm},
    {MSG_ENTRY_HITS, on_entry_hits},
    {MSG_CACHE_REPORT_GET, on_report_get},
    {MSG_HEARTBEAT_REPLY, on_heartbeat_reply},
};

static const enum actor_id peers[] = {ACTOR_UPSTREAM};

const struct actor_class cache_actor = {
    .name = "cache",
    .id = ACTOR_CACHE,
    .has_inbox = true,
    ACTOR_PEERS(peers),
    .create = cache_create,
    .destroy = cache_destroy,
    ACTOR_ROUTES(routes),
    .tick = cache_tick,
    .after_drain = cache_publish,
    .on_peer = on_peer,
    .health = cache_health,
    .is_busy = cache_is_busy,
};
