/* auth_guard.c - the table of failures behind locks of its own: one for each shard, taken by failures only. */
#include "access/auth_guard.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/random.h>

#include "access/failure_table.h"
#include "access/limit_problem.h"
#include "http/client.h"
#include "response/response.h"

struct guarded_shard {
    pthread_mutex_t lock;
    struct failure_shard shard;
};

struct auth_guard {
    struct rate rate;
    uint64_t seed;
    struct guarded_shard shards[FAILURE_SHARDS];
};

struct auth_guard *
auth_guard_create(const struct rate *rate)
{
    struct auth_guard *guard = calloc(1, sizeof *guard);

    if (guard == NULL)
        return NULL;
    if (getrandom(&guard->seed, sizeof guard->seed, 0) != (ssize_t)sizeof guard->seed) {
        free(guard);
        return NULL;
    }
    guard->rate = *rate;
    for (size_t i = 0; i < FAILURE_SHARDS; i++)
        pthread_mutex_init(&guard->shards[i].lock, NULL);
    return guard;
}

void
auth_guard_destroy(struct auth_guard **guard)
{
    if (*guard == NULL)
        return;
    for (size_t i = 0; i < FAILURE_SHARDS; i++)
        pthread_mutex_destroy(&(*guard)->shards[i].lock);
    free(*guard);
    *guard = NULL;
}

static struct bucket_result
auth_guard_take(struct auth_guard *guard, const struct address *address, int64_t now_ns)
{
    uint64_t client = address_client(address);
    struct guarded_shard *guarded =
        &guard->shards[failure_shard_of(guard->seed, address->family, client)];
    struct bucket_result result;

    pthread_mutex_lock(&guarded->lock);
    result = failure_shard_take(&guarded->shard, &guard->rate, address->family, client, now_ns);
    pthread_mutex_unlock(&guarded->lock);
    return result;
}

void
auth_guard_refuse(struct exchange *exchange, const char *detail)
{
    struct auth_guard *guard = exchange->worker->gateway->auth_guard;
    struct admission admission = {
        .status = STATUS_RATE_LIMITED, .policy = "auth-failures", .rate = guard->rate};
    struct bucket_result result = {.is_admitted = true};

    if (guard->rate.count > 0)
        result = auth_guard_take(guard, client_address(exchange), exchange->started_ns);
    if (result.is_admitted) {
        response_problem(exchange, STATUS_UNAUTHORIZED, detail);
        return;
    }
    exchange->reason = "auth-failures";
    metric_add(METRIC_AUTH_THROTTLED, 1);
    admission.retry_after_s = (result.retry_after_ms + 999) / 1000;
    limit_problem_send(exchange, &admission);
}
