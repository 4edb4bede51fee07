/* usage.c - from an exchange to a usage record. */
#include "usage/usage.h"

#include <time.h>

#include "base/clock.h"
#include "http/client.h"
#include "metrics.h"
#include "spool/spool_ring.h"

#define FULL_PAUSE_NS 500000

static void
fill_address(struct usage_record *record, struct exchange *exchange)
{
    const struct address *client = client_address(exchange);

    memcpy(record->ip, client->bytes, sizeof record->ip);
    record->ip_family = client->family;
}

static void
fill_texts(struct usage_record *record, struct exchange *exchange)
{
    const char *agent = request_header(exchange->request, "User-Agent", NULL);
    struct bytes text = bytes_of_text(agent);
    size_t size = text.size < USAGE_USER_AGENT_SIZE ? text.size : USAGE_USER_AGENT_SIZE;
    size_t method_size = strnlen(exchange->request->method, sizeof record->method);
    const char *endpoint = exchange->match.route->endpoint;

    exchange->user_agent = agent;
    memcpy(record->endpoint, endpoint, strnlen(endpoint, sizeof record->endpoint - 1));
    memcpy(record->method, exchange->request->method, method_size);
    record->user_agent_size = (uint8_t)size;
    if (size > 0)
        memcpy(record->user_agent, text.data, size);
}

static void
fill_record(struct usage_record *record, struct exchange *exchange, int http_status,
            int64_t duration_us)
{
    memset(record, 0, sizeof *record);
    record->created_wall_us = clock_wall_us();
    record->api_key_id = exchange->api_key_id;
    record->cost_micro_usd = exchange->cost_micro_usd;
    record->saved_micro_usd = exchange->saved_micro_usd;
    record->response_time_us = (uint32_t)(duration_us < UINT32_MAX ? duration_us : UINT32_MAX);
    record->status_code = (uint16_t)http_status;
    record->decision = (uint8_t)exchange->decision;
    record->level = (uint8_t)exchange->level;
    if (exchange->level != LEVEL_NONE)
        memcpy(record->cache_key, exchange->cache_key, sizeof record->cache_key);
    fill_address(record, exchange);
    fill_texts(record, exchange);
}

/* A full ring is emptied by the shipper or into a segment, unless the segments are used up too: until then, and within
 * spool.full_wait_ms, it is waited for. True: there is room. */
static bool
await_room(const struct exchange *exchange)
{
    const struct gateway *gateway = exchange->worker->gateway;
    const struct timespec pause = {.tv_nsec = FULL_PAUSE_NS};
    int64_t give_up_ms;

    if (spool_ring_has_room(exchange->worker->ring))
        return true;
    give_up_ms = clock_mono_ms() + gateway->config->spool.full_wait_ms;
    while (!spool_is_full(gateway->spool) && clock_mono_ms() < give_up_ms) {
        nanosleep(&pause, NULL);
        if (spool_ring_has_room(exchange->worker->ring))
            return true;
    }
    return false;
}

void
usage_commit(struct exchange *exchange, int http_status)
{
    struct usage_record record;
    int64_t duration_us = exchange_elapsed_us(exchange);

    exchange->duration_us = duration_us;
    if (exchange->api_key_id == 0) {
        metric_add(METRIC_REQUESTS_REJECTED, http_status >= 400 ? 1 : 0);
        return;
    }
    metric_count_request(exchange->match.route_index, exchange->decision, http_status, duration_us,
                         exchange->saved_micro_usd);
    fill_record(&record, exchange, http_status, duration_us);
    if (await_room(exchange) && spool_ring_append(exchange->worker->ring, &record))
        metric_add(METRIC_SPOOL_APPENDED, 1);
    else
        metric_add(METRIC_SPOOL_FULL, 1);
}

bool
usage_has_room(const struct exchange *exchange)
{
    return await_room(exchange);
}
