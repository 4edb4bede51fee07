/* admin_upstreams.c - what the upstream actor's heartbeats say, as JSON: nobody is asked. */
#include "admin/admin_upstreams.h"

#include <jansson.h>
#include <string.h>

#include "admin/admin_request.h"
#include "base/clock.h"
#include "breaker_state.h"
#include "response/response.h"
#include "upstream_metrics.h"

/* The values: UPSTREAM_METRIC_KEY. */
static const char *
key_state_of(int64_t value)
{
    static const char *const states[] = {"not configured", "rejected", "not used yet", "accepted"};

    return value >= -2 && value <= 1 ? states[value + 2] : states[2];
}

static json_t *
instant_as_json(int64_t wall_s)
{
    char at[CLOCK_TEXT_SIZE];

    if (wall_s == 0)
        return json_null();
    clock_format_wall_us(wall_s * 1000000, at);
    return json_string(at);
}

/* null: no call failed. */
static json_t *
failure_as_json(const int64_t *values)
{
    if (values[UPSTREAM_METRIC_FAILED_AT] == 0)
        return json_null();
    return json_pack("{s:o, s:I}", "at", instant_as_json(values[UPSTREAM_METRIC_FAILED_AT]),
                     "http_status", (json_int_t)values[UPSTREAM_METRIC_FAILED_STATUS]);
}

static json_t *
calls_as_json(const int64_t *values)
{
    static const struct {
        const char *name;
        enum upstream_metric metric;
    } members[] = {
        {"made", UPSTREAM_METRIC_MADE},       {"billed", UPSTREAM_METRIC_BILLED},
        {"unknown", UPSTREAM_METRIC_UNKNOWN}, {"failed", UPSTREAM_METRIC_FAILURES},
        {"refused", UPSTREAM_METRIC_REFUSED}, {"key_rejected", UPSTREAM_METRIC_KEY_REJECTED},
        {"retried", UPSTREAM_METRIC_RETRIES}, {"active", UPSTREAM_METRIC_ACTIVE},
        {"queued", UPSTREAM_METRIC_QUEUED},
    };
    json_t *calls = json_object();

    for (size_t i = 0; i < COUNT(members); i++)
        json_object_set_new(calls, members[i].name,
                            json_integer((json_int_t)values[members[i].metric]));
    return calls;
}

static json_t *
breaker_as_json(const int64_t *values)
{
    return json_pack("{s:s, s:s, s:o, s:I}", "state",
                     breaker_state_text(values[UPSTREAM_METRIC_BREAKER_STATE]), "reason",
                     breaker_reason_text(values[UPSTREAM_METRIC_BREAKER_REASON]), "since",
                     instant_as_json(values[UPSTREAM_METRIC_BREAKER_SINCE]), "opened",
                     (json_int_t)values[UPSTREAM_METRIC_BREAKER_OPENED]);
}

/* Of the base URL: behind "//", up to the path. */
static struct bytes
host_of(const struct upstream_config *config)
{
    const char *host = strstr(config->base_url, "//");

    host = host != NULL ? host + 2 : config->base_url;
    return bytes_of(host, strcspn(host, "/"));
}

static json_t *
upstream_as_json(struct gateway *gateway, size_t index)
{
    const struct upstream_config *config = &gateway->config->upstreams[index];
    struct bytes host = host_of(config);
    struct upstream_metrics metrics;
    bool is_up = gateway_upstream(gateway, index, &metrics);
    const int64_t *values = metrics.values;

    return json_pack("{s:s, s:s%, s:s, s:s, s:o, s:s, s:o, s:{s:I, s:I}, s:o}", "name",
                     config->name, "host", (const char *)host.data, host.size, "state",
                     !is_up                                 ? "down"
                     : values[UPSTREAM_METRIC_HEALTHY] != 0 ? "healthy"
                                                            : "unhealthy",
                     "detail", metrics.detail, "breaker", breaker_as_json(values), "key",
                     key_state_of(values[UPSTREAM_METRIC_KEY]), "last_failure",
                     failure_as_json(values), "plan", "calls_per_second",
                     (json_int_t)values[UPSTREAM_METRIC_PLAN_RATE], "pause_s",
                     (json_int_t)values[UPSTREAM_METRIC_PAUSE], "calls", calls_as_json(values));
}

void
admin_upstreams_list(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;
    json_t *list = json_array();

    for (int64_t i = 0; i < gateway->config->upstream_count; i++)
        json_array_append_new(list, upstream_as_json(gateway, (size_t)i));
    admin_send_json(exchange, 200, json_pack("{s:o}", "upstreams", list));
}
