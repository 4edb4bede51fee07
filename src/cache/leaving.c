/* leaving.c - waiters whose clients went away, and calls that nobody wants any more: cancelled while that is free. */
#include "cache_state.h"

#include <string.h>

static bool
is_from(const struct waiter *waiter, const struct sender *from)
{
    return waiter->from->identity_size == from->identity_size &&
           memcmp(waiter->from->identity, from->identity, from->identity_size) == 0;
}

static void
answer_cancelled(struct cache *cache, struct flight *flight, struct waiter *waiter)
{
    struct flight_result result = flight_result_of_error(
        STATUS_CANCELLED, status_http(STATUS_CANCELLED), 0, (struct bytes){0}, NULL);

    delivery_answer_waiter(cache, flight, waiter, &result);
    flight_result_fini(&result);
}

void
leaving_gone(struct cache *cache, const struct sender *from)
{
    struct flight *flight;
    struct waiter *waiter, *next;

    LIST_FOREACH (flight, flight_table_all(cache->flights), link) {
        TAILQ_FOREACH_SAFE (waiter, &flight->waiters, link, next) {
            if (!is_from(waiter, from))
                continue;
            if (waiter->is_payer)
                waiter->is_gone = true;
            else
                answer_cancelled(cache, flight, waiter);
        }
        leaving_cancel_unwanted(cache, flight);
    }
}

void
leaving_cancel_unwanted(struct cache *cache, struct flight *flight)
{
    struct message message = {.kind = MSG_UPSTREAM_CANCEL,
                              .u.UPSTREAM_CANCEL = {.flight_id = flight->id}};

    if (flight->state == FLIGHT_FETCHING && !flight->is_cancelled && !flight_is_wanted(flight))
        flight->is_cancelled = actor_tell(cache->actor, ACTOR_UPSTREAM, &message) == STATUS_OK;
}

static void
start_again(struct cache *cache, struct flight *flight)
{
    struct waiter *payer = flight_payer(flight);

    if (payer != NULL)
        answer_cancelled(cache, flight, payer);
    if (TAILQ_EMPTY(&flight->waiters))
        flight_end(cache->flights, &flight);
    else
        fetching_start(cache, flight);
}

bool
leaving_replied(struct cache *cache, struct flight *flight, enum status status)
{
    flight->is_cancelled = false;
    if (status == STATUS_CANCELLED)
        start_again(cache, flight);
    return status == STATUS_CANCELLED;
}
