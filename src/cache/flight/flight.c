/* flight.c - the table of flights: by id, and the open ones by key; who waits and who pays. */

#include "flight/flight.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#define BUCKETS 4096 /* a power of two */

struct flight_table {
    struct flight_list by_id[BUCKETS];
    struct flight_list by_key[BUCKETS]; /* open ones only: one per key */
    struct flight_list all;
    size_t in_state[FLIGHT_STATE_COUNT];
    size_t fetching_of[UPSTREAMS_MAX];
    size_t waiter_count;
    int64_t next_id;
};

static size_t
bucket_of_id(int64_t id)
{
    return (size_t)id & (BUCKETS - 1);
}

static size_t
bucket_of_key(const char *cache_key)
{
    return hash_fnv1a(bytes_of_text(cache_key), 0) & (BUCKETS - 1);
}

struct flight_table *
flight_table_create(int64_t first_id)
{
    struct flight_table *flights = calloc(1, sizeof *flights);

    if (flights != NULL)
        flights->next_id = first_id;
    return flights;
}

void
flight_table_destroy(struct flight_table **flights)
{
    struct flight *flight, *next;

    if (*flights == NULL)
        return;
    LIST_FOREACH_SAFE (flight, &(*flights)->all, link, next)
        flight_end(*flights, &flight);
    free(*flights);
    *flights = NULL;
}

size_t
flight_table_count(const struct flight_table *flights)
{
    size_t count = 0;

    for (size_t state = 0; state < FLIGHT_STATE_COUNT; state++)
        count += flights->in_state[state];
    return count;
}

size_t
flight_table_count_in(const struct flight_table *flights, enum flight_state state)
{
    return flights->in_state[state];
}

size_t
flight_table_fetching_of(const struct flight_table *flights, const struct upstream_config *upstream)
{
    return flights->fetching_of[upstream->index];
}

size_t
flight_table_waiters(const struct flight_table *flights)
{
    return flights->waiter_count;
}

struct flight_list *
flight_table_all(struct flight_table *flights)
{
    return &flights->all;
}

struct flight *
flight_table_find(const struct flight_table *flights, int64_t id)
{
    struct flight *flight;

    LIST_FOREACH (flight, &flights->by_id[bucket_of_id(id)], link_of_id)
        if (flight->id == id)
            return flight;
    return NULL;
}

struct flight *
flight_table_find_open(const struct flight_table *flights, const char *cache_key)
{
    struct flight *flight;

    LIST_FOREACH (flight, &flights->by_key[bucket_of_key(cache_key)], link_of_key)
        if (strcmp(flight->cache_key, cache_key) == 0)
            return flight;
    return NULL;
}

static void
link_flight(struct flight_table *flights, struct flight *flight)
{
    LIST_INSERT_HEAD(&flights->all, flight, link);
    LIST_INSERT_HEAD(&flights->by_id[bucket_of_id(flight->id)], flight, link_of_id);
    if (flight->is_open)
        LIST_INSERT_HEAD(&flights->by_key[bucket_of_key(flight->cache_key)], flight, link_of_key);
}

/* Nobody joins it any more. */
static void
flight_close(struct flight *flight)
{
    if (flight->is_open)
        LIST_REMOVE(flight, link_of_key);
    flight->is_open = false;
}

/* change: 1 or -1, of the state that it is in. */
static void
count_state(struct flight_table *flights, const struct flight *flight, int change)
{
    const struct upstream_config *upstream = flight->route->upstream;

    flights->in_state[flight->state] += (size_t)change;
    if (flight->state == FLIGHT_FETCHING && upstream != NULL)
        flights->fetching_of[upstream->index] += (size_t)change;
}

struct flight *
flight_start(struct flight_table *flights, const struct flight_source *source)
{
    struct flight *open =
        source->may_share ? flight_table_find_open(flights, source->cache_key) : NULL;
    struct flight *flight = malloc(sizeof *flight + source->signature.size + source->target.size +
                                   source->fallback_path.size);
    uint8_t *end;

    if (flight == NULL)
        return NULL;
    if (open != NULL)
        flight_close(open);
    *flight = (struct flight){.id = flights->next_id++,
                              .state = FLIGHT_LOOKUP,
                              .is_open = source->may_share,
                              .may_store = source->may_store,
                              .purge_number = source->purge_number,
                              .route = source->route,
                              .reason = FETCH_REASON_MISS};
    TAILQ_INIT(&flight->waiters);
    bytes_copy_text(bytes_of_text(source->cache_key), flight->cache_key, sizeof flight->cache_key);
    bytes_copy_text(bytes_of_text(source->request_id), flight->request_id,
                    sizeof flight->request_id);
    end = flight->text;
    flight->signature = bytes_place(&end, source->signature);
    flight->target = bytes_place(&end, source->target);
    flight->fallback_path = bytes_place(&end, source->fallback_path);
    link_flight(flights, flight);
    count_state(flights, flight, 1);
    return flight;
}

void
flight_advance(struct flight_table *flights, struct flight *flight, enum flight_state state)
{
    assert(state > flight->state || (state == FLIGHT_FETCHING && flight->state == FLIGHT_FETCHING));
    count_state(flights, flight, -1);
    flight->state = state;
    count_state(flights, flight, 1);
    if (state == FLIGHT_ANSWERED)
        flight_close(flight);
}

/* An empty one becomes NULL. False: no memory. */
static bool
credential_copy(struct bytes credential, uint8_t **copy, size_t *size)
{
    *size = credential.size;
    *copy = credential.size > 0 ? malloc(credential.size) : NULL;
    if (*copy != NULL)
        memcpy(*copy, credential.data, credential.size);
    return *copy != NULL || credential.size == 0;
}

static void
credential_drop(uint8_t **copy, size_t size)
{
    if (*copy != NULL)
        explicit_bzero(*copy, size);
    free(*copy);
    *copy = NULL;
}

static void
free_waiter(struct waiter *waiter)
{
    credential_drop(&waiter->credential, waiter->credential_size);
    free(waiter->from);
    free(waiter);
}

void
flight_end(struct flight_table *flights, struct flight **flight)
{
    struct flight *ended = *flight;
    struct waiter *waiter, *next;

    *flight = NULL;
    TAILQ_FOREACH_SAFE (waiter, &ended->waiters, link, next)
        flight_drop_waiter(flights, ended, waiter);
    flight_close(ended);
    LIST_REMOVE(ended, link_of_id);
    LIST_REMOVE(ended, link);
    count_state(flights, ended, -1);
    entry_release(&ended->cached);
    entry_release(&ended->fetched);
    flight_result_fini(&ended->result);
    credential_drop(&ended->credential, ended->credential_size);
    free(ended);
}

enum flight_join
flight_may_join(const struct flight *flight, struct bytes signature, bool forces_refresh)
{
    if (!bytes_equal(flight->signature, signature))
        return FLIGHT_APART;
    /* In STORING the upstream answered before this request came. */
    if (forces_refresh && flight->state == FLIGHT_STORING)
        return FLIGHT_SUPERSEDE;
    return FLIGHT_JOIN;
}

struct waiter *
flight_add_waiter(struct flight_table *flights, struct flight *flight, const struct waiter *waiter,
                  struct bytes credential)
{
    struct waiter *added = malloc(sizeof *added);

    if (added == NULL) {
        free(waiter->from);
        return NULL;
    }
    *added = *waiter;
    if (!credential_copy(credential, &added->credential, &added->credential_size)) {
        free_waiter(added);
        return NULL;
    }
    TAILQ_INSERT_TAIL(&flight->waiters, added, link);
    flight->waiter_count++;
    flights->waiter_count++;
    return added;
}

void
flight_drop_waiter(struct flight_table *flights, struct flight *flight, struct waiter *waiter)
{
    TAILQ_REMOVE(&flight->waiters, waiter, link);
    flight->waiter_count--;
    flights->waiter_count--;
    free_waiter(waiter);
}

size_t
flight_drop_late(struct flight_table *flights, struct flight *flight, int64_t now_mono_ms)
{
    struct waiter *waiter, *next;
    size_t dropped = 0;

    TAILQ_FOREACH_SAFE (waiter, &flight->waiters, link, next) {
        if (waiter->deadline_mono_ms > 0 && waiter->deadline_mono_ms <= now_mono_ms) {
            flight_drop_waiter(flights, flight, waiter);
            dropped++;
        }
    }
    return dropped;
}

bool
flight_is_wanted(const struct flight *flight)
{
    const struct waiter *waiter;

    if (flight->reason != FETCH_REASON_MISS)
        return true;
    TAILQ_FOREACH (waiter, &flight->waiters, link)
        if (!waiter->is_gone)
            return true;
    return false;
}

struct waiter *
flight_payer(const struct flight *flight)
{
    struct waiter *waiter;

    TAILQ_FOREACH (waiter, &flight->waiters, link)
        if (waiter->is_payer)
            return waiter;
    return NULL;
}

struct waiter *
flight_choose_payer(struct flight *flight)
{
    struct waiter *first = TAILQ_FIRST(&flight->waiters);

    assert(first != NULL && flight_payer(flight) == NULL);
    first->is_payer = true;
    return first;
}

bool
flight_begin_try(struct flight *flight, struct bytes credential)
{
    flight->is_on_fallback_path = false;
    credential_drop(&flight->credential, flight->credential_size);
    return flight->fallback_path.size == 0 ||
           credential_copy(credential, &flight->credential, &flight->credential_size);
}

bool
flight_turn_to_fallback_path(struct flight *flight, int64_t http_status)
{
    if (http_status != 404 || flight->is_on_fallback_path || flight->fallback_path.size == 0)
        return false;
    flight->is_on_fallback_path = true;
    return true;
}

struct bytes
flight_target(const struct flight *flight)
{
    return flight->is_on_fallback_path ? flight->fallback_path : flight->target;
}

bool
flight_set_cached(struct flight *flight, struct entry *entry, bool is_purged)
{
    if (entry == NULL)
        return true;
    if (!bytes_equal(entry->signature, flight->signature)) {
        flight->may_store = false;
        return false;
    }
    if (!is_purged)
        flight->cached = entry_hold(entry);
    return true;
}

static bool
matches_times(const struct purge_scope *scope, const struct flight *flight,
              const struct response_meta *meta)
{
    return purge_scope_matches(scope, bytes_of_text(flight->route->endpoint), meta->created_wall_ms,
                               meta->expires_wall_ms);
}

/* What is being fetched, or was and is being stored. */
static bool
matches_fetch(const struct purge_scope *scope, const struct flight *flight)
{
    static const struct response_meta to_come = {.created_wall_ms = PURGE_TIME_TO_COME,
                                                 .expires_wall_ms = PURGE_TIME_TO_COME};

    return matches_times(scope, flight,
                         flight->fetched != NULL ? &flight->fetched->meta : &to_come);
}

void
flight_table_purge(struct flight_table *flights, int64_t number, const struct purge_scope *scope)
{
    struct flight *flight;

    LIST_FOREACH (flight, &flights->all, link) {
        if (flight->state == FLIGHT_LOOKUP || flight->purge_number >= number)
            continue;
        if (matches_fetch(scope, flight))
            flight_close(flight);
        if (flight->cached != NULL && matches_times(scope, flight, &flight->cached->meta))
            entry_release(&flight->cached);
    }
}
