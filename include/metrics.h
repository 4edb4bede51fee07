/* metrics.h - the one list of metrics. Counting is one plain add to a block of the calling thread.
 *
 * A value belongs to one actor (its owner). Gateways show their own from memory and those of the other actors
 * as the last HEARTBEAT_REPLY brought them, so that the picture is the same in one process and in four.
 * Per-key values are never metrics: key ids are no labels. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "config.h"
#include "decision.h"
#include "messages.h"

/* Row: name, owner, kind, exposed name, help. Kinds: COUNTER, GAUGE. */
#define METRICS(X)                                                                                 \
    X(REQUESTS_REJECTED, GATEWAY, COUNTER, "rentcache_requests_rejected_total",                    \
      "Requests refused before a key was known (400, 401, 404, 405, ...)")                         \
    X(RATE_LIMITED, GATEWAY, COUNTER, "rentcache_rate_limited_total",                              \
      "Requests refused by a rate limit")                                                          \
    X(QUOTA_EXCEEDED, GATEWAY, COUNTER, "rentcache_quota_exceeded_total",                          \
      "Requests refused by a daily or monthly quota")                                              \
    X(CLIENT_ABORTS, GATEWAY, COUNTER, "rentcache_client_aborts_total",                            \
      "Answers that the client did not take whole")                                                \
    X(WORKERS_BUSY, GATEWAY, GAUGE, "rentcache_workers_busy",                                      \
      "Worker threads answering a request")                                                        \
    X(NEAR_ENTRIES, GATEWAY, GAUGE, "rentcache_near_entries", "Entries in the near cache")         \
    X(NEAR_BYTES, GATEWAY, GAUGE, "rentcache_near_bytes",                                          \
      "Bytes of the near cache, evicted but still written entries included")                       \
    X(NEAR_EVICTIONS, GATEWAY, COUNTER, "rentcache_near_evictions_total",                          \
      "Entries evicted from the near cache")                                                       \
    X(SPOOL_APPENDED, GATEWAY, COUNTER, "rentcache_spool_appended_total",                          \
      "Usage records committed to the spool")                                                      \
    X(SPOOL_STORED, GATEWAY, COUNTER, "rentcache_spool_stored_total",                              \
      "Usage records confirmed as stored")                                                         \
    X(SPOOL_FULL, GATEWAY, COUNTER, "rentcache_spool_full_total",                                  \
      "Hits that could only be counted, the spool being full")                                     \
    X(SPOOL_SEGMENT_BYTES, GATEWAY, GAUGE, "rentcache_spool_segment_bytes",                        \
      "Bytes waiting in overflow segments")                                                        \
    X(CACHE_LOOKUPS, CACHE, COUNTER, "rentcache_cache_lookups_total",                              \
      "Look-ups asked of the cache actor")                                                         \
    X(CACHE_L2_HITS, CACHE, COUNTER, "rentcache_cache_l2_hits_total", "Look-ups answered from L2") \
    X(CACHE_COLLAPSED, CACHE, COUNTER, "rentcache_cache_collapsed_total",                          \
      "Requests that joined a running fetch")                                                      \
    X(CACHE_FETCHES, CACHE, COUNTER, "rentcache_cache_fetches_total",                              \
      "Fetches asked of the upstream actor")                                                       \
    X(CACHE_REFRESHES, CACHE, COUNTER, "rentcache_cache_refreshes_total",                          \
      "Fetches behind a stale answer")                                                             \
    X(CACHE_STORES, CACHE, COUNTER, "rentcache_cache_stores_total", "Entries stored in L2")        \
    X(CACHE_STORE_FAILURES, CACHE, COUNTER, "rentcache_cache_store_failures_total",                \
      "Entries that could not be stored")                                                          \
    X(CACHE_PURGES, CACHE, COUNTER, "rentcache_cache_purges_total", "Purges")                      \
    X(CACHE_WAITERS, CACHE, GAUGE, "rentcache_cache_waiters", "Requests waiting for a fetch")      \
    X(CACHE_FLIGHTS, CACHE, GAUGE, "rentcache_cache_flights", "Keys being looked up or fetched")   \
    X(CACHE_ENTRIES, CACHE, GAUGE, "rentcache_cache_entries", "Valid entries in L2")               \
    X(UPSTREAM_CALLS, UPSTREAM, COUNTER, "upstream_api_calls_total", "Total upstream API calls")   \
    X(UPSTREAM_BILLED, UPSTREAM, COUNTER, "rentcache_upstream_billed_total",                       \
      "Upstream calls that are billed")                                                            \
    X(UPSTREAM_FAILURES, UPSTREAM, COUNTER, "rentcache_upstream_failures_total",                   \
      "Upstream calls without a whole answer, or 5xx")                                             \
    X(UPSTREAM_UNKNOWN, UPSTREAM, COUNTER, "rentcache_upstream_unknown_total",                     \
      "Upstream calls whose charge is unknown")                                                    \
    X(UPSTREAM_RETRIES, UPSTREAM, COUNTER, "rentcache_upstream_retries_total",                     \
      "Retried upstream calls")                                                                    \
    X(UPSTREAM_ACTIVE, UPSTREAM, GAUGE, "rentcache_upstream_active", "Transfers running")          \
    X(UPSTREAM_QUEUED, UPSTREAM, GAUGE, "rentcache_upstream_queued",                               \
      "Calls waiting for a connection or the plan's rate")                                         \
    X(UPSTREAM_COST, UPSTREAM, COUNTER, "rentcache_upstream_cost_micro_usd_total",                 \
      "Cost of billed and unknown calls")                                                          \
    X(USAGE_ROWS, ANALYTICS, COUNTER, "rentcache_usage_rows_total", "Usage rows stored")           \
    X(USAGE_DUPLICATES, ANALYTICS, COUNTER, "rentcache_usage_duplicates_total",                    \
      "Usage records that came twice and were dropped")                                            \
    X(USAGE_BATCHES, ANALYTICS, COUNTER, "rentcache_usage_batches_total",                          \
      "Transactions that stored usage rows")                                                       \
    X(LEDGER_ROWS, ANALYTICS, COUNTER, "rentcache_ledger_rows_total", "Ledger rows reserved")      \
    X(QUOTA_LEASES, ANALYTICS, COUNTER, "rentcache_quota_leases_total", "Quota leases granted")    \
    X(ACTIVE_KEYS, ANALYTICS, GAUGE, "rentcache_active_api_keys", "API keys that are active")      \
    X(STORAGE_FAILURES, ANALYTICS, COUNTER, "rentcache_storage_failures_total",                    \
      "Transactions that failed")                                                                  \
    X(BAD_MESSAGES_GATEWAY, GATEWAY, COUNTER, "rentcache_bad_messages_total{actor=\"gateway\"}",   \
      "Messages dropped as malformed or misdirected")                                              \
    X(BAD_MESSAGES_CACHE, CACHE, COUNTER, "rentcache_bad_messages_total{actor=\"cache\"}",         \
      "Messages dropped as malformed or misdirected")                                              \
    X(BAD_MESSAGES_UPSTREAM, UPSTREAM, COUNTER,                                                    \
      "rentcache_bad_messages_total{actor=\"upstream\"}",                                          \
      "Messages dropped as malformed or misdirected")                                              \
    X(BAD_MESSAGES_ANALYTICS, ANALYTICS, COUNTER,                                                  \
      "rentcache_bad_messages_total{actor=\"analytics\"}",                                         \
      "Messages dropped as malformed or misdirected")                                              \
    X(AUTH_THROTTLED, GATEWAY, COUNTER, "rentcache_auth_throttled_total",                          \
      "Failed authentications that got 429, their address having had too many")

enum metric {
#define METRIC_ENUM(name, owner, kind, exposed, help) METRIC_##name,
    METRICS(METRIC_ENUM)
#undef METRIC_ENUM
        METRIC_COUNT
};

/* Upper bounds of api_request_duration_seconds, in microseconds; +Inf follows. */
#define METRIC_DURATION_BUCKETS                                                                    \
    {                                                                                              \
        100, 250, 500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000,     \
            2500000, 5000000, 10000000                                                             \
    }
#define METRIC_DURATION_BUCKET_COUNT 16

/* Once per process, before threads. route_count rows of per-route counters are kept. */
bool metrics_init(size_t route_count);
void metrics_fini(void);

/* Any thread; the calling thread's block is made at its first call and outlives the thread. */
void metric_add(enum metric metric, int64_t n);
void metric_set(enum metric metric, int64_t value); /* GAUGE: last writer wins */
/* Counts one answered request of a route: decision, status class and duration. */
void metric_count_request(size_t route_index, enum decision decision, int http_status,
                          int64_t duration_us, int64_t saved_micro_usd);

/* Sums over all threads. */
int64_t metric_value(enum metric metric);
int64_t metric_requests(size_t route_index, enum decision decision);
int64_t metric_status_class(size_t route_index, int hundreds); /* 2..5 */
int64_t metric_saved_micro_usd(void);
/* Cumulative counts, then +Inf at [METRIC_DURATION_BUCKET_COUNT]. */
void metric_durations(int64_t counts[METRIC_DURATION_BUCKET_COUNT + 1], int64_t *sum_us);

struct metric_row {
    const char *exposed;
    const char *help;
    enum actor_id owner;
    bool is_gauge;
};
extern const struct metric_row metric_rows[METRIC_COUNT];
