/* warmer.c - asks the cache actor for the warming list as a client would, and pays as the service itself.
 *
 * Only the gateway can turn a target into a cache key, and the cache actor alone knows what is there and fresh: so this asks
 * through the gate of every miss, with api_key_id 0. Nobody waits for it: the listeners are open before it begins. */
#include "warming/warmer.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "decision.h"
#include "gateway_state.h"
#include "warming/warming_plan.h"
#include "warming/warming_queue.h"

#define TICK_MS           100
#define REST_MS           60000
#define RESPONSE_GRACE_MS 1000

struct warmer {
    struct actor *actor;
    struct gateway *gateway;
    struct warming_queue queue;
    struct route_match match; /* of the target being asked */
    struct request_plan plan;
    int64_t fetched, kept, failed;
    bool is_told; /* how it ended */
};

static const char *
target_of(const struct warmer *self, size_t index)
{
    return self->gateway->config->warming[index].target;
}

static void
note_failed(struct warmer *self, size_t index, const char *why)
{
    self->failed++;
    metric_add(METRIC_WARMING_FAILED, 1);
    log_warning("warming: %s is given up: %s", target_of(self, index), why);
}

static enum status
ask_cache(struct warmer *self, uint64_t correlation_id)
{
    const struct request_plan *plan = &self->plan;
    struct message request = {
        .kind = MSG_CACHE_GET,
        .correlation_id = correlation_id,
        .time_left_ms = self->gateway->config->gateway.request_timeout_ms,
        .request_id = bytes_of_text("warming"),
        .u.CACHE_GET = {.gateway_id = self->gateway->gateway_id,
                        .route = bytes_of_text(self->match.source->name),
                        .cache_key = bytes_of(plan->cache_key_hex, 32),
                        .signature = plan->signature,
                        .target = plan->target,
                        .fallback_path = plan->fallback_path},
    };

    return actor_tell(self->actor, ACTOR_CACHE, &request);
}

static void
warmer_ask(struct warmer *self, size_t index, int64_t now_ms)
{
    uint64_t correlation_id = actor_next_correlation(self->actor);
    char why[WARMING_WHY_SIZE] = "";
    enum status status = STATUS_BAD_REQUEST;

    warming_queue_ask(&self->queue, index, correlation_id, now_ms);
    if (warming_plan(self->gateway->routes, self->gateway->config, target_of(self, index),
                     &self->match, &self->plan, why))
        status = ask_cache(self, correlation_id);
    if (status != STATUS_OK && warming_queue_take_reply(&self->queue, index, status, 0, now_ms))
        note_failed(self, index, why[0] != '\0' ? why : status_slug(status));
}

static void
ask_due(struct warmer *self, int64_t now_ms)
{
    size_t index;

    while (actor_peer_is_up(self->actor, ACTOR_CACHE) &&
           (index = warming_queue_next(&self->queue, now_ms)) < self->queue.count)
        warmer_ask(self, index, now_ms);
}

static void
log_end(struct warmer *self)
{
    if (self->is_told || !warming_queue_is_over(&self->queue))
        return;
    self->is_told = true;
    log_info("warming: %lld fetched, %lld were cached already, %lld given up",
             (long long)self->fetched, (long long)self->kept, (long long)self->failed);
}

static void
note_reply(struct warmer *self, size_t index, const struct message *reply)
{
    if (reply->status != STATUS_OK) {
        note_failed(self, index, status_slug(reply->status));
    } else if (reply->u.CACHE_REPLY.decision == DECISION_MISS) {
        self->fetched++;
        metric_add(METRIC_WARMING_FETCHED, 1);
    } else {
        self->kept++;
        metric_add(METRIC_WARMING_KEPT, 1);
    }
}

static void
on_reply(void *state, const struct message *message, const struct sender *from)
{
    struct warmer *self = state;
    size_t index = warming_queue_find(&self->queue, message->correlation_id);
    int64_t now_ms = clock_mono_ms();

    (void)from;
    if (index == self->queue.count)
        return; /* late, and asked again meanwhile */
    if (warming_queue_take_reply(&self->queue, index, message->status,
                                 message->u.CACHE_REPLY.retry_after_s * 1000, now_ms))
        note_reply(self, index, message);
    ask_due(self, now_ms);
    log_end(self);
}

static void
on_peer(void *state, enum actor_id peer, enum peer_event event, const struct message *reply)
{
    struct warmer *self = state;
    int64_t now_ms = clock_mono_ms();

    (void)peer;
    (void)reply;
    if (event != PEER_UP)
        warming_queue_lost(&self->queue, now_ms);
    ask_due(self, now_ms);
}

static void
give_up(struct warmer *self)
{
    for (size_t i = 0; i < self->queue.count; i++) {
        if (self->queue.items[i].state == WARMING_LATE)
            note_failed(self, i, "it took too long");
    }
}

static int64_t
warmer_tick(void *state, int64_t now_mono_ms)
{
    struct warmer *self = state;

    if (self->is_told)
        return REST_MS;
    if (warming_queue_tick(&self->queue, now_mono_ms))
        give_up(self);
    ask_due(self, now_mono_ms);
    log_end(self);
    return TICK_MS;
}

static void *
warmer_create(struct actor *actor, const struct config *config, void *argument)
{
    struct warmer *self = calloc(1, sizeof *self);

    if (self == NULL)
        return NULL;
    self->actor = actor;
    self->gateway = argument;
    warming_queue_init(&self->queue, (size_t)config->warming_count,
                       (size_t)config->cache.warming_concurrency,
                       config->gateway.request_timeout_ms + RESPONSE_GRACE_MS,
                       clock_mono_ms() + config->cache.warming_timeout_s * 1000);
    return self;
}

static const struct actor_route routes[] = {{MSG_CACHE_REPLY, on_reply}};

static const enum actor_id peers[] = {ACTOR_CACHE};

const struct actor_class gateway_warmer = {
    .name = "gateway-warm",
    .id = ACTOR_GATEWAY,
    .has_inbox = false,
    ACTOR_PEERS(peers),
    .create = warmer_create,
    .destroy = free,
    ACTOR_ROUTES(routes),
    .tick = warmer_tick,
    .on_peer = on_peer,
};
