/* delivery.c - answering waiters; a body goes once to each gateway.
 *
 * Where several waiters of one gateway may take the entry from its near cache, the listener gets it first
 * (ENTRY_PUSH). They are answered without a body when it confirms that it holds it (ENTRY_HELD), and with bodies of
 * their own when it does not, or stays silent for PUSH_TIMEOUT_MS. */
#include "cache_state.h"

#include "base/clock.h"
#include "base/log.h"
#include "metrics.h"

#define PUSH_TIMEOUT_MS  500
#define PUSH_WAITERS_MIN 2

static void
count_decision(const struct flight_result *result, enum decision decision)
{
    if (result->level == LEVEL_L2)
        metric_add(METRIC_CACHE_L2_HITS, 1);
    if (decision == DECISION_COLLAPSED)
        metric_add(METRIC_CACHE_COLLAPSED, 1);
}

/* A reply that cannot be sent is replaced by one that can; any other failure means that nobody waits for it. */
static void
send_reply(struct cache *cache, const struct sender *to, struct message *message)
{
    enum status status = actor_reply(cache->actor, to, message);

    if (status == STATUS_MALFORMED || status == STATUS_NO_MEMORY) {
        log_error("a reply for route %.*s cannot be sent: %s",
                  BYTES_ARG(message->u.CACHE_REPLY.route), status_slug(status));
        delivery_refuse(cache, to, STATUS_INTERNAL);
    } else if (status != STATUS_OK) {
        log_debug("a waiter is gone: %s", status_slug(status));
    }
}

/* waiter NULL: for a gateway's memory, and whoever waits for it there. */
static struct message
reply_of(const struct flight *flight, const struct flight_result *result,
         const struct waiter *waiter)
{
    struct flight_result_address address = {.route = flight->route->name,
                                            .cache_key = flight->cache_key,
                                            .signature = flight->signature,
                                            .is_payer = waiter != NULL && waiter->is_payer,
                                            .reason =
                                                waiter != NULL && waiter->forces_refresh &&
                                                        flight->why != CACHE_REASON_NOT_CACHEABLE
                                                    ? CACHE_REASON_REFRESHED
                                                    : flight->why,
                                            .upstream_us = flight->upstream_us};

    return (struct message){.kind = MSG_CACHE_REPLY,
                            .status = result->status,
                            .body = result->body,
                            .u.CACHE_REPLY = flight_result_as_reply(result, &address)};
}

static void
log_answer(const struct waiter *waiter, const struct cache_reply *reply, enum status status)
{
    char route[ROUTE_NAME_SIZE] = "", cache_key[ENTRY_KEY_SIZE] = "";
    const struct log_field fields[] = {
        log_text("route", route),
        log_text("cache_key", cache_key),
        log_text("decision", decision_text(reply->decision)),
        log_text("reason", cache_reason_text(reply->reason)),
        log_text("cause", status != STATUS_OK ? status_slug(status) : NULL),
        log_number("upstream_us", reply->upstream_us),
    };

    const char *before;

    if (!log_is_enabled(LOG_DEBUG))
        return;
    bytes_copy_text(reply->route, route, sizeof route);
    bytes_copy_text(reply->cache_key, cache_key, sizeof cache_key);
    before = log_set_request(waiter->from->request_id);
    log_event(LOG_DEBUG, "lookup", fields, COUNT(fields));
    log_set_request(before);
}

static void
answer_waiter(struct cache *cache, struct flight *flight, struct waiter *waiter,
              const struct flight_result *result, bool in_near)
{
    struct message message = reply_of(flight, result, waiter);

    if (in_near) {
        message.u.CACHE_REPLY.in_near = true;
        message.body = NULL;
    }
    /* counted first: who has the response finds it in the metrics */
    count_decision(result, message.u.CACHE_REPLY.decision);
    log_answer(waiter, &message.u.CACHE_REPLY, message.status);
    send_reply(cache, waiter->from, &message);
    flight_drop_waiter(cache->flights, flight, waiter);
}

void
delivery_answer_waiter(struct cache *cache, struct flight *flight, struct waiter *waiter,
                       const struct flight_result *result)
{
    answer_waiter(cache, flight, waiter, result, false);
}

void
delivery_refuse(struct cache *cache, const struct sender *from, enum status status)
{
    struct message message = {
        .kind = MSG_CACHE_REPLY,
        .status = status,
        .u.CACHE_REPLY = {.meta.http_status = status_http(status), .decision = DECISION_ERROR}};

    (void)actor_reply(cache->actor, from, &message);
}

/* The live listener that may take the body for this waiter; NULL: it gets its own. */
static struct subscriber *
listener_of(struct cache *cache, const struct waiter *waiter)
{
    struct subscriber *listener = subscribers_find(&cache->listeners, waiter->gateway_id);

    if (waiter->wants_body || listener == NULL || listener->is_silent)
        return NULL;
    return listener;
}

static void
count_waiting(struct cache *cache, const struct flight *flight)
{
    const struct waiter *waiter;

    for (size_t i = 0; i < cache->listeners.count; i++)
        cache->listeners.rows[i].waiting = 0;
    TAILQ_FOREACH (waiter, &flight->waiters, link) {
        struct subscriber *listener = listener_of(cache, waiter);

        if (listener != NULL)
            listener->waiting++;
    }
}

/* False: nothing can be sent to this listener now. */
static bool
delivery_push(struct cache *cache, const struct flight *flight, const struct subscriber *listener)
{
    struct message message = reply_of(flight, &flight->result, NULL);

    message.kind = MSG_ENTRY_PUSH;
    message.u.ENTRY_PUSH.flight_id = flight->id;
    return actor_reply(cache->actor, &listener->sender, &message) == STATUS_OK;
}

/* Afterwards listener->waiting is 0 for those that were not pushed to. */
static void
push_to_listeners(struct cache *cache, const struct flight *flight)
{
    count_waiting(cache, flight);
    for (size_t i = 0; i < cache->listeners.count; i++) {
        struct subscriber *listener = &cache->listeners.rows[i];

        if (listener->waiting < PUSH_WAITERS_MIN || !delivery_push(cache, flight, listener))
            listener->waiting = 0;
    }
}

void
delivery_answer(struct cache *cache, struct flight *flight, struct flight_result *result)
{
    bool may_push = result->may_push;
    struct waiter *waiter, *next;

    flight->result = *result;
    *result = (struct flight_result){0};
    flight_advance(cache->flights, flight, FLIGHT_ANSWERED);
    flight->deadline_mono_ms = clock_mono_ms() + PUSH_TIMEOUT_MS;
    if (may_push)
        push_to_listeners(cache, flight);
    TAILQ_FOREACH_SAFE (waiter, &flight->waiters, link, next) {
        struct subscriber *listener = may_push ? listener_of(cache, waiter) : NULL;

        if (listener == NULL || listener->waiting == 0)
            answer_waiter(cache, flight, waiter, &flight->result, false);
    }
    if (TAILQ_EMPTY(&flight->waiters))
        flight_end(cache->flights, &flight);
}

void
delivery_held(struct cache *cache, const struct entry_held *held)
{
    struct flight *flight = flight_table_find(cache->flights, held->flight_id);
    struct waiter *waiter, *next;

    if (flight == NULL || flight->state != FLIGHT_ANSWERED)
        return;
    TAILQ_FOREACH_SAFE (waiter, &flight->waiters, link, next)
        if (waiter->gateway_id == held->gateway_id)
            answer_waiter(cache, flight, waiter, &flight->result, held->is_held);
    if (TAILQ_EMPTY(&flight->waiters))
        flight_end(cache->flights, &flight);
}

void
delivery_give_up(struct cache *cache, struct flight *flight)
{
    struct waiter *waiter, *next;

    TAILQ_FOREACH_SAFE (waiter, &flight->waiters, link, next)
        answer_waiter(cache, flight, waiter, &flight->result, false);
    flight_end(cache->flights, &flight);
}
