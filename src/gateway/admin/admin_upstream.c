/* admin_upstream.c - what the upstream actor's heartbeats say, as JSON: nobody is asked. */
#include "admin/admin_upstream.h"

#include <jansson.h>
#include <stdlib.h>

#include "admin/admin_request.h"
#include "base/clock.h"
#include "response/response.h"

static const char *
state_of(const struct actor_view *view)
{
    if (!view->is_up)
        return "down";
    return view->is_healthy ? "healthy" : "unhealthy";
}

/* The values: METRIC_UPSTREAM_KEY. */
static const char *
key_state_of(int64_t value)
{
    static const char *const states[] = {"not configured", "rejected", "not used yet", "accepted"};

    return value >= -2 && value <= 1 ? states[value + 2] : states[2];
}

/* null: no call failed. */
static json_t *
failure_as_json(const int64_t *metrics)
{
    char at[CLOCK_TEXT_SIZE];

    if (metrics[METRIC_UPSTREAM_FAILED_AT] == 0)
        return json_null();
    clock_format_wall_us(metrics[METRIC_UPSTREAM_FAILED_AT] * 1000000, at);
    return json_pack("{s:s, s:I}", "at", at, "http_status",
                     (json_int_t)metrics[METRIC_UPSTREAM_FAILED_STATUS]);
}

static json_t *
calls_as_json(const int64_t *metrics)
{
    return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}", "made",
                     (json_int_t)metrics[METRIC_UPSTREAM_CALLS], "billed",
                     (json_int_t)metrics[METRIC_UPSTREAM_BILLED], "unknown",
                     (json_int_t)metrics[METRIC_UPSTREAM_UNKNOWN], "failed",
                     (json_int_t)metrics[METRIC_UPSTREAM_FAILURES], "key_rejected",
                     (json_int_t)metrics[METRIC_UPSTREAM_KEY_REJECTED], "retried",
                     (json_int_t)metrics[METRIC_UPSTREAM_RETRIES], "active",
                     (json_int_t)metrics[METRIC_UPSTREAM_ACTIVE], "queued",
                     (json_int_t)metrics[METRIC_UPSTREAM_QUEUED]);
}

static json_t *
upstream_as_json(const struct actor_view *view)
{
    const int64_t *metrics = view->values.metrics;

    return json_pack("{s:s, s:s, s:s, s:o, s:{s:I, s:I}, s:o}", "state", state_of(view), "detail",
                     view->detail, "key", key_state_of(metrics[METRIC_UPSTREAM_KEY]),
                     "last_failure", failure_as_json(metrics), "plan", "calls_per_second",
                     (json_int_t)metrics[METRIC_UPSTREAM_PLAN_RATE], "pause_s",
                     (json_int_t)metrics[METRIC_UPSTREAM_PAUSE], "calls", calls_as_json(metrics));
}

void
admin_upstream_show(struct exchange *exchange)
{
    struct gateway *gateway = exchange->worker->gateway;
    struct actor_view *view = calloc(1, sizeof *view); /* large for a worker's stack */

    if (view == NULL) {
        response_problem(exchange, STATUS_NO_MEMORY, NULL);
        return;
    }
    gateway_view(gateway, ACTOR_UPSTREAM, view);
    admin_send_json(exchange, 200, upstream_as_json(view));
    free(view);
}
