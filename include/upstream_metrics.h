/* upstream_metrics.h - what is counted of each upstream, by the upstream actor alone.
 *
 * It travels to the gateways with every HEARTBEAT_REPLY, at most UPSTREAMS_MAX of them. Only the actor's thread counts; any
 * thread reads. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "metrics.h"
#include "upstream_config.h"

/* Row: name, kind, family, further labels, help. Kinds: COUNTER, GAUGE. Rows of one family follow each other. */
#define UPSTREAM_METRICS(X)                                                                        \
    X(MADE, COUNTER, "rentcache_upstream_calls_total", "", "Calls that were sent")                 \
    X(BILLED, COUNTER, "rentcache_upstream_billed_total", "", "Upstream calls that are billed")    \
    X(FAILURES, COUNTER, "rentcache_upstream_failures_total", "",                                  \
      "Upstream calls that failed, without a complete response or with 5xx")                       \
    X(UNKNOWN, COUNTER, "rentcache_upstream_unknown_total", "",                                    \
      "Upstream calls whose charge is unknown")                                                    \
    X(RETRIES, COUNTER, "rentcache_upstream_retries_total", "", "Retried upstream calls")          \
    X(ACTIVE, GAUGE, "rentcache_upstream_active", "", "Upstream calls in progress")                \
    X(QUEUED, GAUGE, "rentcache_upstream_queued", "",                                              \
      "Upstream calls waiting for a connection or the plan's rate limit")                          \
    X(COST, COUNTER, "rentcache_upstream_cost_micro_usd_total", "",                                \
      "Cost of upstream calls that are billed or unknown, in micro-dollars")                       \
    X(IN_USE, GAUGE, "rentcache_upstream_connections", "state=\"in_use\"",                         \
      "Open connections to the upstream")                                                          \
    X(IDLE, GAUGE, "rentcache_upstream_connections", "state=\"idle\"",                             \
      "Open connections to the upstream")                                                          \
    X(PROBES, COUNTER, "rentcache_upstream_probes_total", "",                                      \
      "Connections opened to probe the upstream; no request is sent on them")                      \
    X(HEALTHY, GAUGE, "rentcache_upstream_healthy", "",                                            \
      "1: the last call or probe says that the upstream works, 0: it says that it does not")       \
    X(KEY, GAUGE, "rentcache_upstream_key_state", "",                                              \
      "Our key of the paid API: 1 accepted, 0 not used yet, -1 rejected, -2 not configured")       \
    X(KEY_REJECTED, COUNTER, "rentcache_upstream_key_rejected_total", "",                          \
      "Calls whose key, ours, the paid API rejected with 401, 402 or 403")                         \
    X(FAILED_AT, GAUGE, "rentcache_upstream_last_failure_timestamp_seconds", "",                   \
      "When a call failed last, in seconds since 1970; 0: none did")                               \
    X(FAILED_STATUS, GAUGE, "rentcache_upstream_last_failure_status", "",                          \
      "HTTP status of the call that failed last; 0: no response came")                             \
    X(PLAN_RATE, GAUGE, "rentcache_upstream_plan_calls_per_second", "",                            \
      "Calls per second that the plan allows; 0: no limit")                                        \
    X(PAUSE, GAUGE, "rentcache_upstream_pause_seconds", "",                                        \
      "For how long no call is made, because the paid API asked for it")                           \
    X(CANCELLED, COUNTER, "rentcache_upstream_cancelled_total", "",                                \
      "Calls dropped before they were sent, because nobody waited for them any more")              \
    X(REFUSED, COUNTER, "rentcache_upstream_refused_total", "",                                    \
      "Calls that were not made because the circuit breaker was open")                             \
    X(BREAKER_STATE, GAUGE, "rentcache_upstream_breaker_state", "",                                \
      "Circuit breaker: 0 closed, 1 open, 2 half-open")                                            \
    X(BREAKER_REASON, GAUGE, "rentcache_upstream_breaker_reason", "",                              \
      "Why the breaker is in its state: 0 no call has failed yet, 1 failures in a row, 2 share "   \
      "of failures, 3 share of slow calls, 4 probes are due, 5 a probe failed, 6 the probes "      \
      "succeeded, 7 reset by an administrator")                                                    \
    X(BREAKER_SINCE, GAUGE, "rentcache_upstream_breaker_since_timestamp_seconds", "",              \
      "Since when the breaker is in its state, in seconds since 1970")                             \
    X(BREAKER_CLOSED, COUNTER, "rentcache_upstream_breaker_transitions_total", "to=\"closed\"",    \
      "Changes of the breaker's state")                                                            \
    X(BREAKER_OPENED, COUNTER, "rentcache_upstream_breaker_transitions_total", "to=\"open\"",      \
      "Changes of the breaker's state")                                                            \
    X(BREAKER_HALF_OPENED, COUNTER, "rentcache_upstream_breaker_transitions_total",                \
      "to=\"half-open\"", "Changes of the breaker's state")                                        \
    X(FAULT_PPM, GAUGE, "rentcache_upstream_fault_ppm", "",                                        \
      "Calls of a million that fail because an administrator injects faults")                      \
    X(FAULT_LATENCY, GAUGE, "rentcache_upstream_fault_latency_milliseconds", "",                   \
      "For how long each call is held because an administrator injects latency")                   \
    X(FAULTS, COUNTER, "rentcache_upstream_injected_faults_total", "",                             \
      "Calls that failed because an administrator injects faults")

enum upstream_metric {
#define UPSTREAM_METRIC_ENUM(name, kind, family, labels, help) UPSTREAM_METRIC_##name,
    UPSTREAM_METRICS(UPSTREAM_METRIC_ENUM)
#undef UPSTREAM_METRIC_ENUM
        UPSTREAM_METRIC_COUNT
};

#define UPSTREAM_DETAIL_SIZE 128

/* Of one upstream, as it travels. */
struct upstream_metrics {
    int64_t values[UPSTREAM_METRIC_COUNT];
    struct metric_durations durations; /* of the calls that were sent */
    char detail[UPSTREAM_DETAIL_SIZE]; /* why it is not healthy; "" while it is */
};

struct upstream_metric_row {
    const char *family;
    const char *labels; /* beside upstream="name"; may be empty */
    const char *help;
    bool is_gauge;
};
extern const struct upstream_metric_row upstream_metric_rows[UPSTREAM_METRIC_COUNT];

/* Once per process, before threads; forgets everything. */
void upstream_metrics_init(size_t count);
size_t upstream_metrics_count(void);
/* An upstream that the process does not know is not counted. */
void upstream_metric_add(size_t index, enum upstream_metric which, int64_t n);
void upstream_metric_set(size_t index, enum upstream_metric which, int64_t value);
void upstream_metric_observe(size_t index, int64_t duration_us);
void upstream_metric_set_detail(size_t index, const char *detail);
int64_t upstream_metric_value(size_t index, enum upstream_metric which);
/* Of every upstream, one after the other; *all has upstream_metrics_count() places. */
void upstream_metrics_read(struct upstream_metrics *all);
