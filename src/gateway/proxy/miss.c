/* miss.c - one question to the cache actor, answered as it decides. */
#include "proxy/proxy.h"

#include <stdlib.h>

#include "base/clock.h"
#include "proxy/fetch.h"

static const char *
cache_outcome(const struct fetch *fetch, const struct cache_reply *reply)
{
    if (fetch->decision == DECISION_COLLAPSED)
        return "collapsed";
    return fetch->decision == DECISION_MISS && reply->may_keep ? "stored" : NULL;
}

/* How long the response stays fresh; negative: it is not, or not kept. */
static int64_t
ttl_s_of(const struct fetch *fetch, const struct response_meta *meta, int64_t now_ms)
{
    if (fetch->decision == DECISION_STALE)
        return -1;
    if (fetch->decision == DECISION_HIT)
        return (meta->expires_wall_ms - now_ms) / 1000;
    return meta->expires_wall_ms > meta->created_wall_ms
               ? (meta->expires_wall_ms - meta->created_wall_ms) / 1000
               : -1;
}

/* The headers that tell how the response came about, and the log's reason. */
static void
fill_cache_fields(struct exchange *exchange, const struct fetch *fetch,
                  const struct cache_reply *reply, struct response *response)
{
    bool is_hit = fetch->decision == DECISION_HIT || fetch->decision == DECISION_STALE;
    int64_t now_ms = clock_wall_ms();

    exchange->reason = cache_reason_text(fetch->reason);
    response->cache_hit = is_hit ? "true" : "false";
    response->cache_status = cache_reason_forward(fetch->reason);
    response->cache_outcome = cache_outcome(fetch, reply);
    if (fetch->reason != CACHE_REASON_FRESH)
        response->cache_detail = exchange->reason;
    response->ttl_s = ttl_s_of(fetch, &reply->meta, now_ms);
    if (fetch->decision == DECISION_MISS) {
        response->cost_micro_usd = fetch->cost_micro_usd;
        return;
    }
    response->cache_level = level_text(fetch->level);
    response->is_stale = fetch->decision == DECISION_STALE;
    if (is_hit)
        response->age_s = now_ms > reply->meta.created_wall_ms
                              ? (now_ms - reply->meta.created_wall_ms) / 1000
                              : 0;
}

/* fetch NULL: nothing was asked. message NULL: no reply came, for the reason of status. */
static void
send_failure(struct exchange *exchange, const struct fetch *fetch, enum status status,
             const struct message *message)
{
    char *detail;
    struct problem problem = fetch_problem(status, message, &detail);

    problem.cache_status = cache_reason_forward(fetch != NULL ? fetch->reason : CACHE_REASON_NONE);
    if (problem.http_status == 0)
        problem.cache_detail = status_slug(problem.status);
    exchange->decision = DECISION_ERROR;
    response_problem_with(exchange, &problem);
    free(detail);
}

/* The whole body goes into the near cache, whatever part of it is answered. False: no memory. */
static bool
make_content(struct exchange *exchange, const struct fetch *fetch, const struct message *message,
             struct response_build *build)
{
    const struct route_config *route = exchange->match.route;
    const struct cache_reply *reply = &message->u.CACHE_REPLY;
    bool wants_gzip = exchange->negotiation.takes_gzip;
    bool is_part = derived_is_part(route, (int)reply->meta.http_status);

    if (!fetch_store(exchange, fetch, message, wants_gzip && !is_part, build))
        return false;
    if (!is_part)
        return true;
    response_build_fini(build);
    return response_build_part(build, exchange->worker->gateway->config, reply,
                               derived_part(route, blob_bytes(message->body)), wants_gzip);
}

static void
send_entry(struct exchange *exchange, const struct fetch *fetch, const struct message *message)
{
    const struct cache_reply *reply = &message->u.CACHE_REPLY;
    struct response response = response_of((int)reply->meta.http_status);
    struct response_build build;
    char detail[64];

    if (!make_content(exchange, fetch, message, &build)) {
        response_build_fini(&build);
        send_failure(exchange, fetch, STATUS_NO_MEMORY, NULL);
        return;
    }
    response_fill_stored(&response, exchange, &build.content, &build.gzip,
                         (int)reply->meta.http_status);
    fill_cache_fields(exchange, fetch, reply, &response);
    if (fetch->reason != CACHE_REASON_NOT_CACHEABLE &&
        bytes_copy_text(reply->detail, detail, sizeof detail))
        response.cache_cause = detail;
    response_send(exchange, &response);
    response_build_fini(&build);
}

/* The entry that the listener put for the waiters of this process, answered as the actor decided. */
static bool
send_near_entry(struct exchange *exchange, const struct fetch *fetch,
                const struct cache_reply *reply)
{
    struct near_entry *entry = derived_find_near(exchange, fetch->signature, fetch->near_signature,
                                                 clock_mono_coarse_ms());
    struct response response;

    if (entry == NULL)
        return false;
    response = response_of((int)entry->meta.http_status);
    response_fill_stored(&response, exchange, &entry->content, near_entry_gzip(entry),
                         (int)entry->meta.http_status);
    fill_cache_fields(exchange, fetch, reply, &response);
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
    exchange->upstream_us = fetch->upstream_us;
    exchange->cost_micro_usd = fetch->cost_micro_usd;
    exchange->saved_micro_usd = fetch->saved_micro_usd;
    switch (result) {
    case FETCH_IN_NEAR:
        return send_near_entry(exchange, fetch, &reply->u.CACHE_REPLY);
    case FETCH_STORED:
        send_entry(exchange, fetch, reply);
        return true;
    case FETCH_FAILED:
        send_failure(exchange, fetch, STATUS_OK, reply);
        return true;
    }
    return true;
}

/* Until it is answered. */
static void
fetch_and_send(struct exchange *exchange, struct fetch *fetch)
{
    struct message reply;
    bool is_answered = false;

    for (bool wants_body = false; !is_answered; wants_body = true) {
        enum status status = fetch_start(exchange, fetch, wants_body);

        if (status == STATUS_OK)
            status = fetch_wait(exchange, &reply);
        if (status != STATUS_OK) {
            send_failure(exchange, fetch, status, NULL);
            return;
        }
        is_answered = miss_finish(exchange, fetch, &reply);
        message_fini(&reply);
    }
}

/* From here on the exchange lives off the fetch: the plan is lost where it waits. */
static void
note_fetch(struct exchange *exchange, const struct fetch *fetch)
{
    exchange->target = fetch->target;
    exchange->ignored = fetch->ignored;
    memcpy(exchange->cache_key, exchange->worker->plan->cache_key, sizeof exchange->cache_key);
    exchange->has_cache_key = true;
}

void
miss_handle(struct exchange *exchange)
{
    enum status status = fetch_begin(exchange);
    struct fetch fetch;

    if (status != STATUS_OK) {
        send_failure(exchange, NULL, status, NULL);
        return;
    }
    if (fetch_init(&fetch, exchange->worker->plan)) {
        note_fetch(exchange, &fetch);
        fetch_and_send(exchange, &fetch);
        fetch_fini(&fetch);
    } else {
        send_failure(exchange, NULL, STATUS_NO_MEMORY, NULL);
    }
    fetch_end(exchange);
}
