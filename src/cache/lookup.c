/* lookup.c - a request's way until something answers it or a fetch begins: it joins a flight, or L1 and L2 are asked. */
#include "cache_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "metrics.h"
#include "object/cache_key.h"

static enum freshness
freshness_of_cached(const struct cache *cache, const struct flight *flight)
{
    struct freshness_rules rules = freshness_rules_of(cache->config, flight->route);

    if (flight->cached == NULL)
        return FRESHNESS_EXPIRED;
    return freshness_of(&rules, &flight->cached->meta, clock_wall_ms());
}

static struct flight_result
result_of_fresh(const struct flight *flight)
{
    return flight_result_of_hit(flight->cached, flight->cached_level, clock_wall_ms());
}

static struct flight_result
result_of_stale(const struct flight *flight)
{
    return flight_result_of_stale(flight->cached, flight->cached_level, clock_wall_ms(), NULL);
}

/* RFC 9111 5.2.1.7. */
static void
refuse_uncached(struct cache *cache, struct flight *flight, struct waiter *waiter)
{
    struct flight_result result = flight_result_of_error(
        STATUS_ONLY_IF_CACHED, status_http(STATUS_ONLY_IF_CACHED), 0, (struct bytes){0}, NULL);

    delivery_answer_waiter(cache, flight, waiter, &result);
    flight_result_fini(&result);
}

/* For those of its waiters who may cause a call, if there are any. The flight may have ended then. */
static void
fetch_for_waiters(struct cache *cache, struct flight *flight)
{
    struct waiter *waiter, *next;

    TAILQ_FOREACH_SAFE (waiter, &flight->waiters, link, next)
        if (waiter->only_if_cached)
            refuse_uncached(cache, flight, waiter);
    if (TAILQ_EMPTY(&flight->waiters))
        flight_end(cache->flights, &flight);
    else
        fetching_start(cache, flight);
}

/* Waiters that accept what is cached are answered; those that force a refresh stay. */
static void
answer_satisfied(struct cache *cache, struct flight *flight, const struct flight_result *result)
{
    struct waiter *waiter, *next;

    TAILQ_FOREACH_SAFE (waiter, &flight->waiters, link, next)
        if (!waiter->forces_refresh)
            delivery_answer_waiter(cache, flight, waiter, result);
}

static bool
somebody_forces_refresh(const struct flight *flight)
{
    const struct waiter *waiter;

    TAILQ_FOREACH (waiter, &flight->waiters, link)
        if (waiter->forces_refresh)
            return true;
    return false;
}

static bool
somebody_may_fetch(const struct flight *flight)
{
    const struct waiter *waiter;

    TAILQ_FOREACH (waiter, &flight->waiters, link)
        if (!waiter->only_if_cached)
            return true;
    return false;
}

static void
answer_fresh(struct cache *cache, struct flight *flight)
{
    struct flight_result result = result_of_fresh(flight);

    if (!somebody_forces_refresh(flight)) {
        delivery_answer(cache, flight, &result);
        return;
    }
    answer_satisfied(cache, flight, &result);
    flight_result_fini(&result);
    fetch_for_waiters(cache, flight);
}

/* Only one at a time: while it runs the flight is the open one of its key. */
static bool
start_refresh(struct cache *cache, struct flight *flight)
{
    if (refresh_backoff_holds(&cache->refresh_backoff, flight->cache_key, clock_mono_ms()))
        return false;
    return fetching_start_refresh(cache, flight) == STATUS_OK;
}

static void
answer_stale(struct cache *cache, struct flight *flight)
{
    struct flight_result result = result_of_stale(flight);
    bool has_fetch = somebody_forces_refresh(flight);
    bool is_refreshing = !has_fetch && somebody_may_fetch(flight) && start_refresh(cache, flight);

    answer_satisfied(cache, flight, &result);
    flight_result_fini(&result);
    if (has_fetch)
        fetch_for_waiters(cache, flight);
    else if (!is_refreshing)
        flight_end(cache->flights, &flight);
}

/* The row was read before a purge that came meanwhile and matches it. An entry of L1 was last checked at the number that it
 * carries, which may be of another database's log. */
static bool
is_purged(const struct cache *cache, const struct flight *flight, const struct entry *entry,
          enum level level)
{
    int64_t number;

    if (entry == NULL)
        return false;
    number = entry->meta.purge_number;
    if (level == LEVEL_L1 && number > cache->purges.log.newest)
        return true;
    if (level == LEVEL_L2 && flight->purge_number > number)
        number = flight->purge_number;
    return purge_ring_matches(&cache->purges.log, number, bytes_of_text(flight->route->endpoint),
                              entry->meta.created_wall_ms, entry->meta.expires_wall_ms);
}

static enum status
lookup_in_tiers(struct cache *cache, const struct flight *flight, bool drops_l1)
{
    struct tier_lookup asked = {.purge_number = flight->purge_number, .drops_l1 = drops_l1};

    bytes_copy_text(bytes_of_text(flight->route->endpoint), asked.endpoint, sizeof asked.endpoint);
    bytes_copy_text(bytes_of_text(flight->cache_key), asked.cache_key, sizeof asked.cache_key);
    return tiers_lookup(cache->tiers, flight->id, &asked);
}

/* Of L1 only what is fresh and was not purged is served: L2 knows more. */
static bool
l1_entry_is_usable(const struct cache *cache, const struct flight *flight,
                   const struct entry *entry)
{
    struct freshness_rules rules = freshness_rules_of(cache->config, flight->route);

    return !is_purged(cache, flight, entry, LEVEL_L1) &&
           freshness_of(&rules, &entry->meta, clock_wall_ms()) == FRESHNESS_FRESH;
}

static void
answer_or_fetch(struct cache *cache, struct flight *flight)
{
    switch (freshness_of_cached(cache, flight)) {
    case FRESHNESS_FRESH:
        answer_fresh(cache, flight);
        break;
    case FRESHNESS_STALE_WHILE_REVALIDATE:
        answer_stale(cache, flight);
        break;
    default:
        fetch_for_waiters(cache, flight);
    }
}

/* Why what the levels have is no answer; asked of whatever is no hit. */
static enum cache_reason
explain_miss(struct cache *cache, const struct flight *flight, enum status status,
             const struct entry *entry, bool is_purged)
{
    if (status == STATUS_PURGED || is_purged)
        return CACHE_REASON_PURGED;
    if (!flight->may_store)
        return CACHE_REASON_NOT_CACHEABLE;
    if (entry != NULL)
        return CACHE_REASON_EXPIRED;
    if (status != STATUS_NOT_FOUND)
        return CACHE_REASON_LOOKUP_FAILED;
    return entry_traces_explain(&cache->traces, flight->cache_key, flight->route->endpoint,
                                &cache->purges.log, clock_wall_ms());
}

static void
take_found(struct cache *cache, struct flight *flight, enum status status, struct entry *entry,
           enum level level)
{
    bool is_gone = is_purged(cache, flight, entry, level);

    if (!flight_set_cached(flight, entry, is_gone))
        log_warning("two requests share the cache key %s", flight->cache_key);
    flight->cached_level = level;
    flight->why = explain_miss(cache, flight, status, entry, is_gone);
    if (flight->cached != NULL)
        entry_traces_note(&cache->traces, flight->cache_key, &flight->cached->meta,
                          cache->purges.log.newest);
}

void
lookup_found(void *state, int64_t flight_id, enum status status, struct entry *entry,
             enum level level)
{
    struct cache *cache = state;
    struct flight *flight = flight_table_find(cache->flights, flight_id);

    if (flight == NULL)
        return;
    log_set_request(flight->request_id);
    if (status != STATUS_OK && status != STATUS_NOT_FOUND && status != STATUS_PURGED)
        log_debug("L2 is skipped: %s", status_slug(status));
    if (entry != NULL && level == LEVEL_L1 && !l1_entry_is_usable(cache, flight, entry)) {
        flight->purge_number = cache->purges.log.newest;
        if (lookup_in_tiers(cache, flight, true) == STATUS_OK) {
            log_set_request(NULL);
            return;
        }
        entry = NULL;
        status = STATUS_OVERLOADED;
    }
    flight_drop_late(cache->flights, flight, clock_mono_ms());
    take_found(cache, flight, status, entry, level);
    log_set_request(NULL); /* the flight, whose text it is, may end */
    if (TAILQ_EMPTY(&flight->waiters))
        flight_end(cache->flights, &flight);
    else
        answer_or_fetch(cache, flight);
}

/* Who comes while a refresh runs does not wait for it. False: what is cached is no answer. */
static bool
answer_from_cached(struct cache *cache, struct flight *flight, struct waiter *waiter)
{
    enum freshness freshness = freshness_of_cached(cache, flight);
    struct flight_result result;

    if (waiter->forces_refresh ||
        (freshness != FRESHNESS_FRESH && freshness != FRESHNESS_STALE_WHILE_REVALIDATE))
        return false;
    result = freshness == FRESHNESS_FRESH ? result_of_fresh(flight) : result_of_stale(flight);
    delivery_answer_waiter(cache, flight, waiter, &result);
    flight_result_fini(&result);
    return true;
}

static struct waiter *
add_waiter(struct cache *cache, struct flight *flight, const struct cache_get *get,
           const struct sender *from)
{
    struct waiter waiter = {.from = sender_copy(from),
                            .gateway_id = get->gateway_id,
                            .api_key_id = get->api_key_id,
                            .deadline_mono_ms = from->deadline_mono_ms,
                            .ttl_override_s = get->ttl_override_s,
                            .forces_refresh = get->force_refresh == 1,
                            .wants_body = get->want_body == 1,
                            .only_if_cached = get->only_if_cached};

    if (waiter.from == NULL)
        return NULL;
    return flight_add_waiter(cache->flights, flight, &waiter, get->credential);
}

static void
lookup_join(struct cache *cache, struct flight *flight, const struct cache_get *get,
            const struct sender *from)
{
    struct waiter *waiter = add_waiter(cache, flight, get, from);

    if (waiter == NULL)
        delivery_refuse(cache, from, STATUS_NO_MEMORY);
    else if (!answer_from_cached(cache, flight, waiter) && waiter->only_if_cached &&
             flight->state != FLIGHT_LOOKUP)
        refuse_uncached(cache, flight, waiter);
}

static void
lookup_start(struct cache *cache, const struct flight_source *source, const struct cache_get *get,
             const struct sender *from)
{
    struct flight *flight = flight_start(cache->flights, source);

    if (flight == NULL || add_waiter(cache, flight, get, from) == NULL) {
        if (flight != NULL)
            flight_end(cache->flights, &flight);
        delivery_refuse(cache, from, STATUS_NO_MEMORY);
        return;
    }
    bool wants_fetch = !source->may_store || get->force_refresh == 1;

    /* while a key is held there is no fetch, and what is cached may stand in */
    if (wants_fetch && !(source->may_store && fetching_is_held(cache, source->cache_key))) {
        flight->why = source->may_store ? CACHE_REASON_REFRESHED : CACHE_REASON_NOT_CACHEABLE;
        fetch_for_waiters(cache, flight);
        return;
    }
    /* A full queue must not make requests cost money: refused, not fetched. */
    enum status status = lookup_in_tiers(cache, flight, false);

    if (status != STATUS_OK)
        fetching_fail(cache, flight, status);
}

static void
join_or_start(struct cache *cache, const struct route_config *route, const struct cache_get *get,
              const struct sender *from)
{
    struct freshness_rules rules = freshness_rules_of(cache->config, route);
    char cache_key[ENTRY_KEY_SIZE];
    struct flight_source source = {.route = route,
                                   .cache_key = cache_key,
                                   .signature = get->signature,
                                   .target = get->target,
                                   .fallback_path = get->fallback_path,
                                   .request_id = from->request_id,
                                   .purge_number = cache->purges.log.newest,
                                   .may_share = rules.ttl_ms > 0,
                                   .may_store = rules.ttl_ms > 0};

    bytes_copy_text(get->cache_key, cache_key, sizeof cache_key);
    struct flight *open =
        source.may_share ? flight_table_find_open(cache->flights, cache_key) : NULL;

    if (open != NULL) {
        switch (flight_may_join(open, get->signature, get->force_refresh == 1)) {
        case FLIGHT_JOIN:
            lookup_join(cache, open, get, from);
            return;
        case FLIGHT_APART:
            source.may_share = source.may_store = false;
            break;
        case FLIGHT_SUPERSEDE:
            break;
        }
    }
    lookup_start(cache, &source, get, from);
}

void
lookup_get(struct cache *cache, const struct message *message, const struct sender *from)
{
    const struct cache_get *get = &message->u.CACHE_GET;
    char name[ROUTE_NAME_SIZE];
    const struct route_config *route = NULL;

    if (bytes_copy_text(get->route, name, sizeof name))
        route = config_route(cache->config, name);
    metric_add(METRIC_CACHE_LOOKUPS, 1);
    if (route == NULL)
        delivery_refuse(cache, from, STATUS_NOT_FOUND);
    else if (!cache_key_is_well_formed(get->cache_key))
        delivery_refuse(cache, from, STATUS_MALFORMED);
    else if (flight_table_waiters(cache->flights) >= (size_t)cache->config->cache.max_waiters)
        delivery_refuse(cache, from, STATUS_OVERLOADED);
    else
        join_or_start(cache, route, get, from);
}
