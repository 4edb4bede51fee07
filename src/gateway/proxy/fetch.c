/* fetch.c - the way to the cache actor and back.
 *
 * At most max_waiting_percent of the threads wait here at once, so that hits and probes always find one. Who waits looks now
 * and then whether the client is still there; where it is not, the cache actor is told. A fetch holds
 * nothing of the thread's buffers: the plan may be made anew while its question is out. */
#include "proxy/fetch.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "access/authenticate.h"
#include "metrics.h"
#include "usage/usage.h"

#define DETAIL_MOST  4096
#define GONE_LOOK_MS 1000 /* between looks whether the client is still there */

bool
fetch_init(struct fetch *fetch, struct request_plan *plan)
{
    uint8_t *end = malloc(plan->near_signature.size + plan->target.size + plan->fallback_path.size +
                          plan->ignored.size + 1);

    if (end == NULL)
        return false;
    request_plan_digest(plan);
    *fetch = (struct fetch){
        .texts = end,
        .force_refresh = plan->force_refresh,
        .ttl_override_s = plan->ttl_override_s,
    };
    memcpy(fetch->cache_key_hex, plan->cache_key_hex, sizeof fetch->cache_key_hex);
    fetch->near_signature = bytes_place(&end, plan->near_signature);
    fetch->signature = bytes_of(fetch->near_signature.data, plan->signature.size);
    fetch->target = bytes_place(&end, plan->target);
    fetch->fallback_path = bytes_place(&end, plan->fallback_path);
    fetch->ignored = bytes_place(&end, plan->ignored);
    return true;
}

void
fetch_fini(struct fetch *fetch)
{
    free(fetch->texts);
    fetch->texts = NULL;
}

static bool
take_place(_Atomic int64_t *taken, int64_t most)
{
    if (atomic_fetch_add(taken, 1) < most)
        return true;
    atomic_fetch_sub(taken, 1);
    return false;
}

/* Of the upstream alone: one that hangs must leave threads for the others. */
static _Atomic int64_t *
own_places(const struct exchange *exchange)
{
    return &exchange->worker->gateway->waiting_of[exchange->match.source->upstream->index];
}

static enum status
wait_admit(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;
    int64_t most =
        gateway->config->gateway.threads * gateway->config->gateway.max_waiting_percent / 100;
    int64_t share = config_upstream_share(gateway->config, exchange->match.source->upstream, most);

    if (!usage_has_room(exchange))
        return STATUS_SPOOL_FULL;
    if (!take_place(own_places(exchange), share))
        return STATUS_OVERLOADED;
    if (take_place(&gateway->waiting, most))
        return STATUS_OK;
    atomic_fetch_sub(own_places(exchange), 1);
    return STATUS_OVERLOADED;
}

enum status
fetch_begin(struct exchange *exchange)
{
    enum status status = wait_admit(exchange);

    if (status != STATUS_OK)
        return status;
    status = worker_begin(exchange->worker, ACTOR_CACHE);
    if (status != STATUS_OK)
        fetch_end(exchange);
    return status;
}

void
fetch_end(struct exchange *exchange)
{
    worker_done(exchange->worker, ACTOR_CACHE);
    atomic_fetch_sub(&exchange->worker->gateway->waiting, 1);
    atomic_fetch_sub(own_places(exchange), 1);
}

static int64_t
time_left_ms(const struct exchange *exchange)
{
    return exchange->worker->gateway->config->gateway.request_timeout_ms -
           exchange_elapsed_us(exchange) / 1000;
}

/* Cache-Control: only-if-cached of any of its lines. */
static bool
asks_only_if_cached(const struct request *request)
{
    for (size_t i = 0; i < request->header_count; i++) {
        struct bytes rest, word;

        if (strcasecmp(request->headers[i].name, "Cache-Control") != 0)
            continue;
        rest = bytes_of_text(request->headers[i].value);
        while (bytes_next_word(&rest, ", \t", &word))
            if (bytes_is_name(word, "only-if-cached"))
                return true;
    }
    return false;
}

static struct message
write_question(const struct exchange *exchange, const struct fetch *fetch, bool wants_body)
{
    return (struct message){
        .kind = MSG_CACHE_GET,
        .request_id = bytes_of_text(exchange->request_id),
        .u.CACHE_GET =
            {
                .gateway_id = exchange->worker->gateway->gateway_id,
                .route = bytes_of_text(exchange->match.source->name),
                .cache_key = bytes_of(fetch->cache_key_hex, 32),
                .signature = fetch->signature,
                .target = fetch->target,
                .api_key_id = exchange->api_key_id,
                .force_refresh = fetch->force_refresh && !wants_body,
                .ttl_override_s = fetch->ttl_override_s,
                .want_body = wants_body,
                .credential = authenticate_own_credential(exchange),
                .fallback_path = fetch->fallback_path,
                .only_if_cached = asks_only_if_cached(exchange->request),
            },
    };
}

enum status
fetch_start(struct exchange *exchange, struct fetch *fetch, bool wants_body)
{
    struct message question = write_question(exchange, fetch, wants_body);
    int64_t left_ms = time_left_ms(exchange);
    enum status status = exchange->is_gone ? STATUS_CANCELLED : STATUS_TIMEOUT;

    if (left_ms > 0 && !exchange->is_gone)
        status = worker_send(exchange->worker, ACTOR_CACHE, &question, left_ms);
    fetch->correlation_id = question.correlation_id;
    return status;
}

/* Said once. What was paid for is still answered: its usage is this request's. */
static void
leave_if_gone(struct exchange *exchange, int64_t left_ms)
{
    struct message leave = {.kind = MSG_CACHE_LEAVE,
                            .request_id = bytes_of_text(exchange->request_id)};

    if (exchange->is_gone || !connection_is_gone(exchange->connection))
        return;
    exchange->is_gone = true;
    metric_add(METRIC_CLIENTS_GONE, 1);
    (void)worker_send(exchange->worker, ACTOR_CACHE, &leave, left_ms);
}

enum status
fetch_wait(struct exchange *exchange, struct message *reply)
{
    enum status status = STATUS_TIMEOUT;
    int64_t left_ms;

    while (status == STATUS_TIMEOUT && (left_ms = time_left_ms(exchange)) > 0) {
        status = worker_receive(exchange->worker, ACTOR_CACHE,
                                left_ms < GONE_LOOK_MS ? left_ms : GONE_LOOK_MS, reply);
        if (status == STATUS_TIMEOUT)
            leave_if_gone(exchange, left_ms);
    }
    if (status != STATUS_OK || reply->kind == MSG_CACHE_REPLY)
        return status;
    message_fini(reply);
    return STATUS_MALFORMED;
}

static void
note_decision(struct fetch *fetch, const struct cache_reply *reply)
{
    if (fetch->is_decided)
        return;
    fetch->is_decided = true;
    fetch->decision = reply->decision;
    fetch->level = reply->level;
    fetch->cost_micro_usd = reply->cost_micro_usd;
    fetch->price_micro_usd = reply->meta.price_micro_usd;
    fetch->reason = reply->reason;
    fetch->upstream_us = reply->upstream_us;
    fetch->saved_micro_usd = fetch->decision == DECISION_MISS ? 0 : reply->meta.price_micro_usd;
}

enum fetch_result
fetch_finish(struct fetch *fetch, const struct message *reply)
{
    note_decision(fetch, &reply->u.CACHE_REPLY);
    if (reply->status == STATUS_OK)
        return reply->u.CACHE_REPLY.in_near ? FETCH_IN_NEAR : FETCH_STORED;
    fetch->decision = DECISION_ERROR;
    return FETCH_FAILED;
}

/* NULL: there is nothing to say, or no memory. */
static char *
make_detail(const char *prefix, struct bytes text)
{
    char *detail;

    text.size = text.size < DETAIL_MOST ? text.size : DETAIL_MOST;
    if (prefix[0] == '\0' && text.size == 0)
        return NULL;
    return asprintf(&detail, "%s%.*s", prefix, BYTES_ARG(text)) < 0 ? NULL : detail;
}

char *
fetch_upstream_detail(struct bytes body)
{
    return make_detail("Upstream API error: ", body);
}

struct problem
fetch_problem(enum status status, const struct message *message, char **detail)
{
    const struct cache_reply *reply = message != NULL ? &message->u.CACHE_REPLY : NULL;
    struct problem problem = {.status = status, .retry_after_s = -1};

    *detail = NULL;
    if (reply == NULL)
        return problem;
    problem.status = message->status;
    if (problem.status == STATUS_UPSTREAM_REFUSED && reply->meta.http_status >= 300) {
        problem.http_status = (int)reply->meta.http_status;
        *detail = fetch_upstream_detail(blob_bytes(message->body));
    } else {
        *detail = make_detail("", reply->detail);
    }
    if (reply->retry_after_s > 0)
        problem.retry_after_s = reply->retry_after_s;
    problem.detail = *detail;
    return problem;
}

bool
fetch_store(struct exchange *exchange, const struct fetch *fetch, const struct message *message,
            bool with_gzip, struct response_build *build)
{
    struct gateway *gateway = exchange->worker->gateway;
    const struct cache_reply *reply = &message->u.CACHE_REPLY;

    if (!response_build(build, gateway->config, reply, blob_bytes(message->body), with_gzip))
        return false;
    if (bytes_equal(reply->signature, fetch->signature))
        (void)near_store_put(gateway, reply, bytes_of_text(exchange->match.source->endpoint),
                             build);
    return true;
}
