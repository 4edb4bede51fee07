/* admin_upstreams.c - what the upstream actor's heartbeats say, as JSON: nobody is asked; and what it is told. */
#include "admin/admin_upstreams.h"

#include <jansson.h>
#include <string.h>

#include "admin/admin_request.h"
#include "base/clock.h"
#include "breaker_state.h"
#include "json_request.h"
#include "response/response.h"
#include "upstream_metrics.h"

#define MILLION         1000000
#define LATENCY_MOST_MS 600000

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

    return json_pack("{s:s, s:s%, s:s, s:s, s:o, s:s, s:o, s:{s:I, s:I}, s:o, s:{s:f, s:I}}",
                     "name", config->name, "host", (const char *)host.data, host.size, "state",
                     !is_up                                 ? "down"
                     : values[UPSTREAM_METRIC_HEALTHY] != 0 ? "healthy"
                                                            : "unhealthy",
                     "detail", metrics.detail, "breaker", breaker_as_json(values), "key",
                     key_state_of(values[UPSTREAM_METRIC_KEY]), "last_failure",
                     failure_as_json(values), "plan", "calls_per_second",
                     (json_int_t)values[UPSTREAM_METRIC_PLAN_RATE], "pause_s",
                     (json_int_t)values[UPSTREAM_METRIC_PAUSE], "calls", calls_as_json(values),
                     "faults", "rate", (double)values[UPSTREAM_METRIC_FAULT_PPM] / MILLION,
                     "latency_ms", (json_int_t)values[UPSTREAM_METRIC_FAULT_LATENCY]);
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

/* Answers with {"message": done, "upstream": NAME}. */
static void
control(struct exchange *exchange, struct message *request, const char *done)
{
    struct message reply;
    struct bytes name = admin_path_name(exchange);
    enum status status;

    request->kind = MSG_UPSTREAM_CONTROL;
    request->u.UPSTREAM_CONTROL.upstream = name;
    status = name.size < UPSTREAM_NAME_SIZE ? admin_ask(exchange, ACTOR_UPSTREAM, request, &reply)
                                            : STATUS_NOT_FOUND;
    if (status == STATUS_OK) {
        char text[UPSTREAM_NAME_SIZE];

        bytes_copy_text(name, text, sizeof text);
        admin_log_change(exchange, done, 0, "upstream", text);
        admin_send_json(exchange, 200, json_pack("{s:s, s:s}", "message", done, "upstream", text));
    } else {
        response_problem(exchange, status,
                         status == STATUS_NOT_FOUND   ? "no upstream has this name"
                         : status == STATUS_FORBIDDEN ? "no faults are injected in production: "
                                                        "server.environment is test for drills"
                                                      : NULL);
    }
    worker_done(exchange->worker, ACTOR_UPSTREAM);
}

void
admin_upstreams_reset(struct exchange *exchange)
{
    struct message request = {
        .u.UPSTREAM_CONTROL = {.action = UPSTREAM_RESET_BREAKER},
    };

    control(exchange, &request, "breaker reset");
}

/* A member that is absent is 0. False: answered. */
static bool
read_fault(struct exchange *exchange, const json_t *object, const char *name, double most,
           double *value)
{
    const json_t *member = json_object_get(object, name);
    char expected[64];

    *value = json_number_value(member);
    if (member == NULL || (json_is_number(member) && *value >= 0 && *value <= most))
        return true;
    snprintf(expected, sizeof expected, "Input should be a number from 0 to %g", most);
    admin_refuse_member(exchange, name, "number_range", expected);
    return false;
}

/* False: answered. */
static bool
has_no_other_member(struct exchange *exchange, const json_t *object)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        if (strcmp(name, "rate") == 0 || strcmp(name, "latency_ms") == 0)
            continue;
        admin_refuse_member(exchange, name, "extra_forbidden", "expected rate or latency_ms");
        return false;
    }
    return true;
}

void
admin_upstreams_faults(struct exchange *exchange)
{
    struct message request = {.u.UPSTREAM_CONTROL = {.action = UPSTREAM_SET_FAULTS}};
    json_t *object = json_request_read_object(exchange);
    double rate, latency_ms;

    if (object == NULL)
        return;
    if (has_no_other_member(exchange, object) && read_fault(exchange, object, "rate", 1, &rate) &&
        read_fault(exchange, object, "latency_ms", LATENCY_MOST_MS, &latency_ms)) {
        request.u.UPSTREAM_CONTROL.fault_ppm = (int64_t)(rate * MILLION + 0.5);
        request.u.UPSTREAM_CONTROL.fault_latency_ms = (int64_t)latency_ms;
        control(exchange, &request, "faults set");
    }
    json_decref(object);
}
