/* miss.c - one question to the cache actor, answered as it decides. */
#include "proxy/miss.h"

#include <stdlib.h>

#include "base/clock.h"
#include "proxy/derived.h"
#include "proxy/fetch.h"
#include "response/stored_response.h"

struct outcome {
    const char *cache_status;
    const char *cache_hit;
};

static struct outcome
outcome_of(const struct exchange *exchange, const struct cache_reply *reply)
{
    bool is_forced = exchange->worker->plan->force_refresh;

    switch (exchange->decision) {
    case DECISION_HIT:
        return (struct outcome){"hit", "true"};
    case DECISION_STALE:
        return (struct outcome){"hit", "true"};
    case DECISION_COLLAPSED:
        return (struct outcome){"fwd=uri-miss; collapsed", "false"};
    default:
        if (!reply->may_keep)
            return (struct outcome){is_forced ? "fwd=request" : "fwd=uri-miss", "false"};
        return (struct outcome){is_forced ? "fwd=request; stored" : "fwd=uri-miss; stored",
                                "false"};
    }
}

/* The fields that tell how the answer came about. */
static void
fill_outcome(const struct exchange *exchange, const struct cache_reply *reply,
             struct response *response)
{
    struct outcome outcome = outcome_of(exchange, reply);
    int64_t now_ms = clock_wall_us() / 1000;

    response->cache_hit = outcome.cache_hit;
    response->cache_status = outcome.cache_status;
    if (exchange->decision == DECISION_MISS) {
        response->cost_micro_usd = exchange->cost_micro_usd;
        return;
    }
    response->cache_level = level_text(exchange->level);
    if (exchange->decision != DECISION_HIT && exchange->decision != DECISION_STALE)
        return;
    response->age_s =
        now_ms > reply->created_wall_ms ? (now_ms - reply->created_wall_ms) / 1000 : 0;
    if (exchange->decision == DECISION_HIT)
        response->ttl_s = (reply->expires_wall_ms - now_ms) / 1000;
    response->is_stale = exchange->decision == DECISION_STALE;
    if (response->is_stale)
        response->cache_detail = "stale";
}

/* message NULL: no reply came, for the reason of status. */
static void
response_failure(struct exchange *exchange, enum status status, const struct message *message)
{
    char *detail;
    struct problem problem = fetch_problem(status, message, &detail);

    problem.cache_status = "fwd=uri-miss";
    if (problem.http_status == 0)
        problem.cache_detail = status_slug(problem.status);
    exchange->decision = DECISION_ERROR;
    response_problem_with(exchange, &problem);
    free(detail);
}

/* The whole body goes into the near cache, whatever part of it is answered. False: no memory. */
static bool
make_response(struct exchange *exchange, const struct fetch *fetch, const struct message *message,
              struct near_fill *fill)
{
    const struct route_config *route = exchange->match.route;
    const struct cache_reply *reply = &message->u.CACHE_REPLY;
    bool wants_gzip = exchange->negotiation.takes_gzip;
    bool is_part = derived_is_part(route, (int)reply->http_status);

    if (!fetch_store(exchange, fetch, message, wants_gzip && !is_part, fill))
        return false;
    if (!is_part)
        return true;
    near_fill_fini(fill);
    return near_fill_make_part(fill, exchange->worker->gateway->config, reply,
                               derived_part(route, blob_bytes(message->body)), wants_gzip);
}

static void
response_entry(struct exchange *exchange, const struct fetch *fetch, const struct message *message)
{
    const struct cache_reply *reply = &message->u.CACHE_REPLY;
    struct response response = response_of((int)reply->http_status);
    struct near_fill fill;
    char detail[64];

    if (!make_response(exchange, fetch, message, &fill)) {
        near_fill_fini(&fill);
        response_failure(exchange, STATUS_NO_MEMORY, NULL);
        return;
    }
    stored_response_fill(exchange, &fill.content, (int)reply->http_status, &response);
    fill_outcome(exchange, reply, &response);
    if (reply->detail.size > 0 && bytes_copy_text(reply->detail, detail, sizeof detail))
        response.cache_detail = detail;
    response_send(exchange, &response);
    near_fill_fini(&fill);
}

/* The entry that the listener put for the waiters of this process, answered as the actor decided. */
static bool
response_in_near(struct exchange *exchange, const struct cache_reply *reply)
{
    struct near_entry *entry = derived_find_near(exchange, clock_mono_coarse_ms());
    struct response response;

    if (entry == NULL)
        return false;
    response = response_of(entry->http_status);
    stored_response_fill(exchange, &entry->content, entry->http_status, &response);
    fill_outcome(exchange, reply, &response);
    response_send(exchange, &response);
    near_entry_release(&entry);
    return true;
}

/* False: the body has to be asked for. */
static bool
miss_finish(struct exchange *exchange, struct fetch *fetch, const struct message *reply)
{
    enum fetch_result result = fetch_finish(fetch, reply);

    exchange->decision = fetch->decision;
    exchange->level = fetch->level;
    exchange->cost_micro_usd = fetch->cost_micro_usd;
    exchange->saved_micro_usd = fetch->saved_micro_usd;
    switch (result) {
    case FETCH_IN_NEAR:
        return response_in_near(exchange, &reply->u.CACHE_REPLY);
    case FETCH_STORED:
        response_entry(exchange, fetch, reply);
        return true;
    case FETCH_FAILED:
        response_failure(exchange, STATUS_OK, reply);
        return true;
    }
    return true;
}

/* Until it is answered. */
static void
ask_and_answer(struct exchange *exchange, struct fetch *fetch)
{
    struct message reply;
    bool is_answered = false;

    for (bool wants_body = false; !is_answered; wants_body = true) {
        enum status status = fetch_start(exchange, fetch, wants_body);

        if (status == STATUS_OK)
            status = fetch_wait(exchange, &reply);
        if (status != STATUS_OK) {
            response_failure(exchange, status, NULL);
            return;
        }
        is_answered = miss_finish(exchange, fetch, &reply);
        message_fini(&reply);
    }
}

void
miss_handle(struct exchange *exchange)
{
    enum status status = fetch_begin(exchange);
    struct fetch fetch;

    if (status != STATUS_OK) {
        response_failure(exchange, status, NULL);
        return;
    }
    if (fetch_init(&fetch, exchange->worker->plan)) {
        ask_and_answer(exchange, &fetch);
        fetch_fini(&fetch);
    } else {
        response_failure(exchange, STATUS_NO_MEMORY, NULL);
    }
    fetch_end(exchange);
}
