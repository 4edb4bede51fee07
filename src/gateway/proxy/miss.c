/* miss.c - the way to the cache actor and back.
 *
 * At most max_waiting_percent of the threads wait here at once, so that hits and probes always find
 * one. A body that came for several waiters of this process is taken from the near cache (in_near);
 * if it is not there any more the actor is asked once again, for the body itself. */
#include "proxy/miss.h"

#include <stdlib.h>

#include "access/authenticate.h"
#include "base/clock.h"
#include "near/near_fill.h"
#include "proxy/derived.h"
#include "response/response.h"
#include "response/stored_response.h"
#include "usage/usage.h"

void
miss_write_request(const struct exchange *exchange, const struct miss_question *question,
                   bool wants_body, struct message *request)
{
    *request = (struct message){
        .kind = MSG_CACHE_GET,
        .request_id = bytes_of_text(exchange->request_id),
        .u.CACHE_GET =
            {
                .gateway_id = exchange->worker->gateway->gateway_id,
                .route = bytes_of_text(exchange->match.source->name),
                .cache_key = bytes_of(question->cache_key_hex, 32),
                .signature = question->signature,
                .target = question->target,
                .api_key_id = exchange->api_key_id,
                .force_refresh = question->force_refresh && !wants_body,
                .ttl_override_s = question->ttl_override_s,
                .want_body = wants_body,
                .credential = authenticate_own_credential(exchange),
                .fallback_path = question->fallback_path,
            },
    };
}

int64_t
miss_time_left_ms(const struct exchange *exchange)
{
    return exchange->worker->gateway->config->gateway.request_timeout_ms -
           exchange_elapsed_us(exchange) / 1000;
}

static enum status
ask_cache(struct exchange *exchange, bool wants_body, struct message *reply)
{
    const struct request_plan *plan = exchange->worker->plan;
    struct miss_question question = {
        .cache_key_hex = plan->cache_key_hex,
        .signature = plan->signature,
        .target = plan->target,
        .fallback_path = plan->fallback_path,
        .force_refresh = plan->force_refresh,
        .ttl_override_s = plan->ttl_override_s,
    };
    struct message request;
    int64_t left_ms = miss_time_left_ms(exchange);
    enum status status;

    miss_write_request(exchange, &question, wants_body, &request);

    if (left_ms <= 0)
        return STATUS_TIMEOUT;
    status = worker_ask(exchange->worker, ACTOR_CACHE, &request, left_ms, reply);
    return status == STATUS_OK && reply->kind != MSG_CACHE_REPLY ? STATUS_MALFORMED : status;
}

void
miss_keep_near(struct exchange *exchange, struct bytes signature, const struct cache_reply *reply,
               const struct near_fill *fill)
{
    if (!bytes_equal(reply->signature, signature))
        return;
    (void)near_fill_put(exchange->worker->gateway, reply,
                        bytes_of_text(exchange->match.source->endpoint), fill);
}

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

static void
note_decision(struct exchange *exchange, const struct cache_reply *reply)
{
    exchange->decision = reply->decision;
    exchange->level = reply->level;
    exchange->cost_micro_usd = reply->cost_micro_usd;
    exchange->saved_micro_usd = exchange->decision == DECISION_MISS ? 0 : reply->saved_micro_usd;
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

static void
response_failure(struct exchange *exchange, enum status status, const struct cache_reply *reply)
{
    char detail[256] = "";
    struct problem problem = {
        .status = status,
        .retry_after_s = reply != NULL && reply->retry_after_s > 0 ? reply->retry_after_s : -1,
        .cache_status = "fwd=uri-miss",
        .cache_detail = status_slug(status),
    };

    if (reply != NULL)
        bytes_copy_text(reply->detail, detail, sizeof detail);
    problem.detail = detail[0] != '\0' ? detail : NULL;
    exchange->decision = DECISION_ERROR;
    response_problem_with(exchange, &problem);
}

/* The whole body goes into the near cache, whatever part of it is answered. False: no memory. */
static bool
make_response(struct exchange *exchange, const struct cache_reply *reply, struct bytes body,
              struct near_fill *fill)
{
    const struct gateway *gateway = exchange->worker->gateway;
    const struct route_config *route = exchange->match.route;
    bool wants_gzip = exchange->negotiation.takes_gzip;
    bool is_part = derived_is_part(route, (int)reply->http_status);

    if (!near_fill_make(fill, gateway->config, reply, body, wants_gzip && !is_part))
        return false;
    miss_keep_near(exchange, exchange->worker->plan->signature, reply, fill);
    if (!is_part)
        return true;
    near_fill_fini(fill);
    return near_fill_make_part(fill, gateway->config, reply, derived_part(route, body), wants_gzip);
}

static void
response_entry(struct exchange *exchange, const struct message *message)
{
    const struct cache_reply *reply = &message->u.CACHE_REPLY;
    struct bytes body = blob_bytes(message->body);
    struct response response = response_of((int)reply->http_status);
    struct near_fill fill;
    char detail[64];

    if (!make_response(exchange, reply, body, &fill)) {
        near_fill_fini(&fill);
        response_failure(exchange, STATUS_NO_MEMORY, reply);
        return;
    }
    stored_response_fill(exchange, &fill.content, (int)reply->http_status, &response);
    fill_outcome(exchange, reply, &response);
    if (reply->detail.size > 0 && bytes_copy_text(reply->detail, detail, sizeof detail))
        response.cache_detail = detail;
    response_send(exchange, &response);
    near_fill_fini(&fill);
}

char *
miss_upstream_detail(struct bytes body)
{
    static const char prefix[] = "Upstream API error: ";
    size_t size = sizeof prefix - 1 + (body.size < 4096 ? body.size : 4096);
    char *detail = calloc(1, size + 1);

    if (detail != NULL) {
        memcpy(detail, prefix, sizeof prefix - 1);
        if (size > sizeof prefix - 1)
            memcpy(detail + sizeof prefix - 1, body.data, size - (sizeof prefix - 1));
    }
    return detail;
}

/* The upstream's own error: its status goes through, its text into the detail. */
static void
response_upstream_error(struct exchange *exchange, const struct message *message)
{
    char *detail = miss_upstream_detail(blob_bytes(message->body));
    struct problem problem = {
        .status = STATUS_UPSTREAM_REFUSED,
        .http_status = (int)message->u.CACHE_REPLY.http_status,
        .detail = detail,
        .retry_after_s = -1,
        .cache_status = "fwd=uri-miss",
    };

    response_problem_with(exchange, &problem);
    free(detail);
}

static void
response_reply(struct exchange *exchange, const struct message *message)
{
    const struct cache_reply *reply = &message->u.CACHE_REPLY;

    if (message->status == STATUS_OK) {
        response_entry(exchange, message);
        return;
    }
    exchange->decision = DECISION_ERROR;
    exchange->cost_micro_usd = reply->cost_micro_usd;
    if (message->status == STATUS_UPSTREAM_REFUSED && reply->http_status >= 300)
        response_upstream_error(exchange, message);
    else
        response_failure(exchange, message->status, reply);
}

/* The entry that the listener put for the waiters of this process, answered as the actor decided.
 */
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

/* The first reply decides what the request was; a second one, for the body, does not change that.
 */
static void
ask_and_answer(struct exchange *exchange)
{
    struct message reply;
    enum status status = ask_cache(exchange, false, &reply);

    if (status != STATUS_OK) {
        response_failure(exchange, status, NULL);
        return;
    }
    note_decision(exchange, &reply.u.CACHE_REPLY);
    if (reply.status == STATUS_OK && reply.u.CACHE_REPLY.in_near) {
        bool is_answered = response_in_near(exchange, &reply.u.CACHE_REPLY);

        worker_done(exchange->worker, ACTOR_CACHE);
        if (is_answered)
            return;
        status = ask_cache(exchange, true, &reply);
    }
    if (status == STATUS_OK)
        response_reply(exchange, &reply);
    else
        response_failure(exchange, status, NULL);
    worker_done(exchange->worker, ACTOR_CACHE);
}

enum status
miss_begin(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;
    int64_t most =
        gateway->config->gateway.threads * gateway->config->gateway.max_waiting_percent / 100;

    if (!usage_has_room(exchange))
        return STATUS_SPOOL_FULL;
    if (atomic_fetch_add(&gateway->waiting, 1) < most)
        return STATUS_OK;
    miss_end(exchange);
    return STATUS_OVERLOADED;
}

void
miss_end(struct exchange *exchange)
{
    atomic_fetch_sub(&exchange->worker->gateway->waiting, 1);
}

void
miss_handle(struct exchange *exchange)
{
    enum status status = miss_begin(exchange);

    if (status != STATUS_OK) {
        response_failure(exchange, status, NULL);
        return;
    }
    request_plan_digest(exchange->worker->plan);
    ask_and_answer(exchange);
    miss_end(exchange);
}
