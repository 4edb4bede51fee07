/* lookup.c - a request's way until something answers it or a fetch begins: join, or ask L2 and look how fresh it is. */
#include "lookup.h"

#include "base/clock.h"
#include "base/log.h"
#include "delivery.h"
#include "fetching.h"
#include "metrics.h"
#include "object/cache_key.h"

static int64_t
now_wall_ms(void)
{
    return clock_wall_us() / 1000;
}

static enum freshness
freshness_of_known(const struct cache *cache, const struct flight *flight)
{
    struct freshness_rules rules = freshness_rules_of(cache->config, flight->route);

    if (flight->known == NULL)
        return FRESHNESS_EXPIRED;
    return freshness_of(&rules, flight->known->http_status, flight->known->times, now_wall_ms());
}

/* Waiters that take what L2 has are told; those that want a fetch stay. */
static void
report_healthy(struct cache *cache, struct flight *flight, const struct flight_result *result)
{
    struct waiter *waiter, *next;

    TAILQ_FOREACH_SAFE (waiter, &flight->waiters, link, next)
        if (!waiter->wants_fetch)
            delivery_tell(cache, flight, waiter, result);
}

static bool
somebody_wants_fetch(const struct flight *flight)
{
    const struct waiter *waiter;

    TAILQ_FOREACH (waiter, &flight->waiters, link)
        if (waiter->wants_fetch)
            return true;
    return false;
}

static void
answer_fresh(struct cache *cache, struct flight *flight)
{
    struct flight_result result =
        flight_result_of_hit(flight->known, flight->known_level, now_wall_ms());

    if (!somebody_wants_fetch(flight)) {
        delivery_answer(cache, flight, &result);
        return;
    }
    report_healthy(cache, flight, &result);
    flight_result_fini(&result);
    fetching_start(cache, flight);
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
    struct flight_result result = flight_result_of_stale(flight->known, flight->known_level,
                                                         now_wall_ms(), "stale-while-revalidate");
    bool has_fetch = somebody_wants_fetch(flight);
    bool is_refreshing = !has_fetch && start_refresh(cache, flight);

    report_healthy(cache, flight, &result);
    flight_result_fini(&result);
    if (has_fetch)
        fetching_start(cache, flight);
    else if (!is_refreshing)
        flight_end(cache->flights, &flight);
}

/* The row was read before a purge that is known by now, and that matches it. Of L1 nobody knows when it was checked last,
 * but by the number that it carries, which another log may have given it. */
static bool
is_purged(const struct cache *cache, const struct flight *flight, const struct entry *entry,
          enum level level)
{
    int64_t number;

    if (entry == NULL)
        return false;
    number = entry->purge_number;
    if (level == LEVEL_L1 && number > cache->purges.log.newest)
        return true;
    if (level == LEVEL_L2 && flight->purge_number > number)
        number = flight->purge_number;
    return purge_ring_matches(&cache->purges.log, number, bytes_of_text(flight->route->endpoint),
                              entry->times.created_wall_ms, entry->times.expires_wall_ms);
}

static enum status
ask_tiers(struct cache *cache, const struct flight *flight, bool drops_l1)
{
    struct tier_lookup asked = {.purge_number = flight->purge_number, .drops_l1 = drops_l1};

    bytes_copy_text(bytes_of_text(flight->route->endpoint), asked.endpoint, sizeof asked.endpoint);
    bytes_copy_text(bytes_of_text(flight->cache_key), asked.cache_key, sizeof asked.cache_key);
    return tiers_lookup(cache->tiers, flight->id, &asked);
}

/* L1 answers with what is fresh and was not purged, or not at all: L2 knows more. */
static bool
is_of_use(const struct cache *cache, const struct flight *flight, const struct entry *entry)
{
    struct freshness_rules rules = freshness_rules_of(cache->config, flight->route);

    return !is_purged(cache, flight, entry, LEVEL_L1) &&
           freshness_of(&rules, entry->http_status, entry->times, now_wall_ms()) == FRESHNESS_FRESH;
}

static void
continue_with(struct cache *cache, struct flight *flight)
{
    switch (freshness_of_known(cache, flight)) {
    case FRESHNESS_FRESH:
        answer_fresh(cache, flight);
        break;
    case FRESHNESS_STALE_SERVE:
        answer_stale(cache, flight);
        break;
    default:
        fetching_start(cache, flight);
    }
}

void
lookup_found(void *state, int64_t flight_id, enum status status, struct entry *entry,
             enum level level)
{
    struct cache *cache = state;
    struct flight *flight = flights_find(cache->flights, flight_id);

    if (flight == NULL)
        return;
    if (status != STATUS_OK && status != STATUS_NOT_FOUND)
        log_debug("L2 is skipped: %s", status_slug(status));
    if (entry != NULL && level == LEVEL_L1 && !is_of_use(cache, flight, entry)) {
        flight->purge_number = cache->purges.log.newest;
        if (ask_tiers(cache, flight, true) == STATUS_OK)
            return;
        entry = NULL;
    }
    flight_drop_late(cache->flights, flight, clock_mono_ms());
    if (!flight_take_known(flight, entry, is_purged(cache, flight, entry, level)))
        log_warning("two requests share the cache key %s", flight->cache_key);
    flight->known_level = level;
    if (TAILQ_EMPTY(&flight->waiters))
        flight_end(cache->flights, &flight);
    else
        continue_with(cache, flight);
}

/* Who comes while a refresh runs does not wait for it. */
static bool
answer_from_known(struct cache *cache, struct flight *flight, struct waiter *waiter)
{
    enum freshness freshness = freshness_of_known(cache, flight);
    struct flight_result result;

    if (waiter->wants_fetch || freshness == FRESHNESS_EXPIRED ||
        freshness == FRESHNESS_STALE_IF_ERROR)
        return false;
    if (freshness == FRESHNESS_FRESH)
        result = flight_result_of_hit(flight->known, flight->known_level, now_wall_ms());
    else
        result = flight_result_of_stale(flight->known, flight->known_level, now_wall_ms(),
                                        "stale-while-revalidate");
    delivery_tell(cache, flight, waiter, &result);
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
                            .wants_fetch = get->force_refresh == 1,
                            .wants_body = get->want_body == 1};

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
    else
        (void)answer_from_known(cache, flight, waiter);
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
    if (!source->may_store || get->force_refresh == 1) {
        fetching_start(cache, flight);
        return;
    }
    /* A full queue must not make requests cost money: refused, not fetched. */
    enum status status = ask_tiers(cache, flight, false);

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
    struct flight *open = source.may_share ? flights_find_open(cache->flights, cache_key) : NULL;

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
    else if (flights_waiters(cache->flights) >= (size_t)cache->config->cache.max_waiters)
        delivery_refuse(cache, from, STATUS_OVERLOADED);
    else
        join_or_start(cache, route, get, from);
}
