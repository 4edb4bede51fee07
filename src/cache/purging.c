/* purging.c - purges: the job, the flights, the near caches, the reply when all have confirmed.
 *
 * Order of one purge: its row is committed with the next number (from then on L2 gives and takes nothing older) ->
 * flights that began before it are closed -> every listener gets NEAR_PURGE, always the next number it has not seen ->
 * PURGE_REPLY when the live ones confirmed. The writer's queue keeps purges in order. */
#include "cache_state.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "metrics.h"

/* A cache actor that has just started confirms nothing: gateways with near caches may not be back. */
#define FIRST_CONFIRM_MS 1000

static void
purging_refuse(struct cache *cache, const struct sender *to, enum status status)
{
    struct message reply = {.kind = MSG_PURGE_REPLY, .status = status};

    (void)actor_reply(cache->actor, to, &reply);
}

/* What rows, near caches and flights carry: a route is purged with the others of its endpoint, and one that lives off another's entries with
 * that. False: unknown. */
static bool
purging_read_endpoint(const struct config *config, struct bytes name,
                      char endpoint[ROUTE_NAME_SIZE])
{
    const struct route_config *found = NULL;

    for (int64_t i = 0; i < config->route_count; i++) {
        const struct route_config *route = &config->routes[i];

        if (bytes_equal_text(name, route->endpoint) && route->source == NULL)
            return bytes_copy_text(name, endpoint, ROUTE_NAME_SIZE);
        if (bytes_equal_text(name, route->name) || bytes_equal_text(name, route->endpoint))
            found = route_source(route);
    }
    return found != NULL &&
           bytes_copy_text(bytes_of_text(found->endpoint), endpoint, ROUTE_NAME_SIZE);
}

/* Times to come are refused: a fetch under way could not be asked whether it is meant. */
static enum status
purging_read_scope(const struct config *config, const struct cache_purge *purge,
                   struct purge_scope *scope)
{
    int64_t now_wall_ms = clock_wall_ms();

    *scope = (struct purge_scope){.fetched_before_wall_ms = purge->fetched_before_wall_ms,
                                  .expired_before_wall_ms = purge->expired_before_wall_ms};
    if (purge->fetched_before_wall_ms < 0 || purge->fetched_before_wall_ms > now_wall_ms ||
        purge->expired_before_wall_ms < 0 || purge->expired_before_wall_ms > now_wall_ms)
        return STATUS_BAD_REQUEST;
    if (purge->is_all)
        return STATUS_OK;
    return purging_read_endpoint(config, purge->endpoint, scope->endpoint) ? STATUS_OK
                                                                           : STATUS_NOT_FOUND;
}

static enum status
purging_submit(struct cache *cache, const struct purge_scope *scope, const struct sender *from)
{
    struct sender *copy = sender_copy(from);

    if (copy == NULL)
        return STATUS_NO_MEMORY;
    enum status status =
        purges_admit(&cache->purges) ? tiers_purge(cache->tiers, scope, copy) : STATUS_OVERLOADED;

    if (status != STATUS_OK)
        free(copy);
    return status;
}

void
purging_start(struct cache *cache, const struct cache_purge *purge, const struct sender *from)
{
    struct purge_scope scope;
    enum status status = purging_read_scope(cache->config, purge, &scope);

    if (status == STATUS_OK)
        status = purging_submit(cache, &scope, from);
    if (status != STATUS_OK)
        purging_refuse(cache, from, status);
}

static enum status
send_purge(struct cache *cache, const struct subscriber *listener, const struct purge *purge)
{
    const struct purge_scope *scope = &purge->scope;
    struct message message = {
        .kind = MSG_NEAR_PURGE,
        .u.NEAR_PURGE = {.number = purge->number,
                         .is_all = scope->endpoint[0] == '\0',
                         .endpoint = bytes_of_text(scope->endpoint),
                         .fetched_before_wall_ms = scope->fetched_before_wall_ms,
                         .expired_before_wall_ms = scope->expired_before_wall_ms}};

    return actor_reply(cache->actor, &listener->sender, &message);
}

/* Sends what the listener has not been sent. It is removed where that cannot be: its connection is gone, or the
 * purges are forgotten; should it live, the heartbeat's number makes it say hello again. */
static void
catch_up(struct cache *cache, struct subscriber *listener)
{
    while (listener->sent < cache->purges.log.newest) {
        const struct purge *next = purge_ring_find(&cache->purges.log, listener->sent + 1);
        enum status status = next != NULL ? send_purge(cache, listener, next) : STATUS_UNAVAILABLE;

        if (status == STATUS_UNAVAILABLE) {
            subscribers_remove(&cache->listeners, listener);
            return;
        }
        if (status != STATUS_OK)
            return; /* its queue is full: the next tick tries again */
        listener->sent++;
    }
}

static void
catch_up_all(struct cache *cache)
{
    /* Backwards: removing moves those behind. */
    for (size_t i = cache->listeners.count; i > 0; i--)
        catch_up(cache, &cache->listeners.rows[i - 1]);
}

static void
answer_finished(struct cache *cache, int64_t now_mono_ms, int64_t not_before_mono_ms)
{
    struct purge_wait purge;

    while (purges_pop_finished(&cache->purges, &cache->listeners, now_mono_ms, not_before_mono_ms,
                               &purge)) {
        if (purge.unconfirmed > 0)
            log_warning("purge %lld: %zu gateways did not confirm it", (long long)purge.number,
                        purge.unconfirmed);
        struct message reply = {.kind = MSG_PURGE_REPLY,
                                .u.PURGE_REPLY = {.number = purge.number,
                                                  .cleared_count = purge.cleared_count,
                                                  .unconfirmed_count = (int64_t)purge.unconfirmed}};

        (void)actor_reply(cache->actor, purge.from, &reply);
        free(purge.from);
    }
}

static void
answer_confirmed(struct cache *cache)
{
    answer_finished(cache, clock_mono_ms(), cache->started_mono_ms + FIRST_CONFIRM_MS);
}

void
purging_purged(void *state, const struct tier_purge *purge)
{
    struct cache *cache = state;

    if (purge->status != STATUS_OK) {
        purges_cancel(&cache->purges);
        purging_refuse(cache, purge->from, purge->status);
        free(purge->from);
        return;
    }
    log_info("purge %lld of %s cleared %lld entries", (long long)purge->number,
             purge->scope.endpoint[0] == '\0' ? "all" : purge->scope.endpoint,
             (long long)purge->cleared_count);
    metric_add(METRIC_CACHE_PURGES, 1);
    purge_ring_add(&cache->purges.log, purge->number, &purge->scope);
    flight_table_purge(cache->flights, purge->number, &purge->scope);
    purges_wait(&cache->purges,
                &(struct purge_wait){.number = purge->number,
                                     .cleared_count = purge->cleared_count,
                                     .deadline_mono_ms =
                                         clock_mono_ms() + cache->config->cache.confirm_timeout_ms,
                                     .from = purge->from});
    catch_up_all(cache);
    answer_confirmed(cache);
}

void
purging_hello(struct cache *cache, const struct listener_hello *hello, const struct sender *from)
{
    bool can_catch_up = purge_ring_reaches_back_to(&cache->purges.log, hello->purge_number);
    int64_t number = can_catch_up ? hello->purge_number : cache->purges.log.newest;
    struct message welcome = {.kind = MSG_LISTENER_WELCOME,
                              .u.LISTENER_WELCOME = {.epoch = actor_epoch(cache->actor),
                                                     .purge_number = number,
                                                     .must_empty = !can_catch_up}};

    if (actor_reply(cache->actor, from, &welcome) != STATUS_OK)
        return;
    catch_up(cache, subscribers_add(&cache->listeners, hello->gateway_id, from, number, number));
    answer_confirmed(cache);
}

void
purging_confirmed(struct cache *cache, const struct purge_confirm *confirm)
{
    subscribers_confirm(&cache->listeners, confirm->gateway_id, confirm->number);
    answer_confirmed(cache);
}

void
purging_tick(struct cache *cache)
{
    catch_up_all(cache);
    answer_confirmed(cache);
}

void
purging_stop(struct cache *cache)
{
    answer_finished(cache, INT64_MAX, 0);
}
