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

#include "base/duration.h"
#include "config.h"
#include "decision.h"
#include "messages.h"

/* Row: name, owner, kind, exposed name, help. Kinds: COUNTER, GAUGE. */
#define METRICS(X)                                                                                 \
    X(REQUESTS_REJECTED, GATEWAY, COUNTER, "rentcache_requests_rejected_total",                    \
      "Requests refused before authentication succeeded (400, 401, 404, 405, ...)")                \
    X(RATE_LIMITED, GATEWAY, COUNTER, "rentcache_rate_limited_total",                              \
      "Requests refused by a rate limit")                                                          \
    X(QUOTA_EXCEEDED, GATEWAY, COUNTER, "rentcache_quota_exceeded_total",                          \
      "Requests refused by a daily or monthly quota")                                              \
    X(CLIENT_ABORTS, GATEWAY, COUNTER, "rentcache_client_aborts_total",                            \
      "Responses that the client did not read completely")                                         \
    X(CROWDED_CLOSES, GATEWAY, COUNTER, "rentcache_crowded_closes_total",                          \
      "Connections closed after a response because over 70 % of the threads were taken")           \
    X(WORKERS_BUSY, GATEWAY, GAUGE, "rentcache_workers_busy", "Worker threads serving a request")  \
    X(NEAR_ENTRIES, GATEWAY, GAUGE, "rentcache_near_entries",                                      \
      "Entries in the gateway's memory (near cache)")                                              \
    X(NEAR_BYTES, GATEWAY, GAUGE, "rentcache_near_bytes",                                          \
      "Bytes of the near cache, including evicted entries that are still being sent")              \
    X(NEAR_EVICTIONS, GATEWAY, COUNTER, "rentcache_near_evictions_total",                          \
      "Entries evicted from the near cache")                                                       \
    X(SPOOL_APPENDED, GATEWAY, COUNTER, "rentcache_spool_appended_total",                          \
      "Usage records committed to the spool")                                                      \
    X(SPOOL_STORED, GATEWAY, COUNTER, "rentcache_spool_stored_total",                              \
      "Usage records confirmed as stored")                                                         \
    X(SPOOL_FULL, GATEWAY, COUNTER, "rentcache_spool_full_total",                                  \
      "Hits without a usage record because the spool was full")                                    \
    X(SPOOL_SEGMENT_BYTES, GATEWAY, GAUGE, "rentcache_spool_segment_bytes",                        \
      "Bytes of usage records waiting in overflow segments")                                       \
    X(CACHE_LOOKUPS, CACHE, COUNTER, "rentcache_cache_lookups_total",                              \
      "Lookups by the cache actor, which are misses of the near cache")                            \
    X(CACHE_L2_HITS, CACHE, COUNTER, "rentcache_cache_l2_hits_total",                              \
      "Cache hits in L2 (database)")                                                               \
    X(CACHE_COLLAPSED, CACHE, COUNTER, "rentcache_cache_collapsed_total",                          \
      "Requests that joined a running fetch (request collapsing)")                                 \
    X(CACHE_FETCHES, CACHE, COUNTER, "rentcache_cache_fetches_total", "Fetches from the upstream") \
    X(CACHE_REFRESHES, CACHE, COUNTER, "rentcache_cache_refreshes_total",                          \
      "Background refreshes of stale entries")                                                     \
    X(CACHE_STORES, CACHE, COUNTER, "rentcache_cache_stores_total", "Entries stored in L2")        \
    X(CACHE_STORE_FAILURES, CACHE, COUNTER, "rentcache_cache_store_failures_total",                \
      "Entries that could not be stored")                                                          \
    X(CACHE_PURGES, CACHE, COUNTER, "rentcache_cache_purges_total", "Purges of the cache")         \
    X(CACHE_WAITERS, CACHE, GAUGE, "rentcache_cache_waiters", "Requests waiting for a fetch")      \
    X(CACHE_FLIGHTS, CACHE, GAUGE, "rentcache_cache_flights",                                      \
      "Cache keys being looked up or fetched")                                                     \
    X(CACHE_ENTRIES, CACHE, GAUGE, "rentcache_cache_entries", "Valid entries in L2")               \
    X(UPSTREAM_CALLS, UPSTREAM, COUNTER, "upstream_api_calls_total", "Total upstream API calls")   \
    X(LEDGER_OPEN, UPSTREAM, GAUGE, "rentcache_ledger_open",                                       \
      "1 while calls can be reserved in the ledger; 0: every miss is refused")                     \
    X(USAGE_ROWS, ANALYTICS, COUNTER, "rentcache_usage_rows_total", "Usage rows stored")           \
    X(USAGE_DUPLICATES, ANALYTICS, COUNTER, "rentcache_usage_duplicates_total",                    \
      "Usage records that arrived twice and were dropped")                                         \
    X(USAGE_BATCHES, ANALYTICS, COUNTER, "rentcache_usage_batches_total",                          \
      "Transactions that stored usage rows")                                                       \
    X(DELETED_ROWS, ANALYTICS, COUNTER, "rentcache_old_rows_deleted_total",                        \
      "Usage and ledger rows deleted because they were older than they are kept")                  \
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
    X(WORKERS, GATEWAY, GAUGE, "rentcache_workers", "Worker threads of the data listener")         \
    X(WORKERS_WAITING, GATEWAY, GAUGE, "rentcache_workers_waiting",                                \
      "Worker threads waiting for another actor")                                                  \
    X(ENTRIES_IN_USE, CACHE, GAUGE,                                                                \
      "rentcache_database_connections{database=\"cache\",state=\"in_use\"}",                       \
      "Database connections of the worker pools")                                                  \
    X(ENTRIES_IDLE, CACHE, GAUGE,                                                                  \
      "rentcache_database_connections{database=\"cache\",state=\"idle\"}",                         \
      "Database connections of the worker pools")                                                  \
    X(ACCOUNTS_IN_USE, ANALYTICS, GAUGE,                                                           \
      "rentcache_database_connections{database=\"accounts\",state=\"in_use\"}",                    \
      "Database connections of the worker pools")                                                  \
    X(ACCOUNTS_IDLE, ANALYTICS, GAUGE,                                                             \
      "rentcache_database_connections{database=\"accounts\",state=\"idle\"}",                      \
      "Database connections of the worker pools")                                                  \
    X(ENTRIES_WAITING, CACHE, GAUGE, "rentcache_database_waiting{database=\"cache\"}",             \
      "Jobs waiting for a database connection")                                                    \
    X(ACCOUNTS_WAITING, ANALYTICS, GAUGE, "rentcache_database_waiting{database=\"accounts\"}",     \
      "Jobs waiting for a database connection")                                                    \
    X(HITS_24H, ANALYTICS, GAUGE, "rentcache_hits_24h",                                            \
      "Fresh and stale hits of the last 24 hours, from stored usage rows")                         \
    X(ANSWERS_24H, ANALYTICS, GAUGE, "rentcache_answers_24h",                                      \
      "Responses from the cache or the upstream in the last 24 hours, from stored usage rows")     \
    X(WARMING_FETCHED, GATEWAY, COUNTER, "rentcache_warming_fetched_total",                        \
      "Entries of the warming list that were fetched")                                             \
    X(WARMING_KEPT, GATEWAY, COUNTER, "rentcache_warming_kept_total",                              \
      "Entries of the warming list that were cached already")                                      \
    X(WARMING_FAILED, GATEWAY, COUNTER, "rentcache_warming_failed_total",                          \
      "Entries of the warming list that could not be fetched")                                     \
    X(HTTP_REQUESTS, GATEWAY, COUNTER, "rentcache_http_requests_total",                            \
      "Requests to the data listener, including refused ones")                                     \
    X(CACHE_TRIMMED, CACHE, COUNTER, "rentcache_cache_trimmed_total",                              \
      "Entries deleted because L2 was larger than cache.max_l2_bytes")                             \
    X(AUTH_THROTTLED, GATEWAY, COUNTER, "rentcache_auth_throttled_total",                          \
      "Failed authentications that got 429 because their address had too many")                    \
    X(L1_HITS, CACHE, COUNTER, "rentcache_cache_l1_hits_total", "Cache hits in L1 (Redis)")        \
    X(L1_MISSES, CACHE, COUNTER, "rentcache_cache_l1_misses_total", "Cache misses in L1 (Redis)")  \
    X(L1_STORES, CACHE, COUNTER, "rentcache_cache_l1_stores_total", "Entries stored in L1")        \
    X(L1_FAILURES, CACHE, COUNTER, "rentcache_cache_l1_failures_total",                            \
      "Redis commands that failed or timed out")                                                   \
    X(L1_UP, CACHE, GAUGE, "rentcache_cache_l1_up",                                                \
      "1: L1 is in use, 0: Redis is down, -1: no L1 is configured")                                \
    X(LOG_LINES_LOST_GATEWAY, GATEWAY, COUNTER,                                                    \
      "rentcache_log_lines_lost_total{actor=\"gateway\"}",                                         \
      "Log lines lost because they were not read in time")                                         \
    X(LOG_LINES_LOST_CACHE, CACHE, COUNTER, "rentcache_log_lines_lost_total{actor=\"cache\"}",     \
      "Log lines lost because they were not read in time")                                         \
    X(LOG_LINES_LOST_UPSTREAM, UPSTREAM, COUNTER,                                                  \
      "rentcache_log_lines_lost_total{actor=\"upstream\"}",                                        \
      "Log lines lost because they were not read in time")                                         \
    X(LOG_LINES_LOST_ANALYTICS, ANALYTICS, COUNTER,                                                \
      "rentcache_log_lines_lost_total{actor=\"analytics\"}",                                       \
      "Log lines lost because they were not read in time")                                         \
    X(L1_USED_BYTES, CACHE, GAUGE, "rentcache_cache_l1_used_bytes",                                \
      "Memory that Redis says it uses; -1: not known")                                             \
    X(UNUSABLE_SPARED, CACHE, COUNTER, "rentcache_unusable_spared_calls_total",                    \
      "Calls that were not made because the last response for their key could not be used")        \
    X(CLIENTS_GONE, GATEWAY, COUNTER, "rentcache_clients_gone_total",                              \
      "Clients that closed their connection while they waited for a response")                     \
    X(IDLE_CLOSES, GATEWAY, COUNTER, "rentcache_idle_closes_total",                                \
      "Idle connections closed because a new one needed a thread")                                 \
    X(CONNECTIONS_WAITING, GATEWAY, GAUGE, "rentcache_connections_waiting",                        \
      "Connections to the data listener that no thread has accepted yet")                          \
    X(UNRESERVED_CALLS, UPSTREAM, COUNTER, "rentcache_unreserved_calls_total",                     \
      "Calls made without a reservation in the ledger (ledger.unreachable: spend)")                \
    X(JOURNAL_CALLS, UPSTREAM, GAUGE, "rentcache_ledger_journal_calls",                            \
      "Unreserved calls that the ledger does not have yet")                                        \
    X(JOURNAL_ROOM, UPSTREAM, GAUGE, "rentcache_ledger_journal_room",                              \
      "Calls that the journal has room for; -1: ledger.unreachable is refuse")

enum metric {
#define METRIC_ENUM(name, owner, kind, exposed, help) METRIC_##name,
    METRICS(METRIC_ENUM)
#undef METRIC_ENUM
        METRIC_COUNT
};

/* Durations measured by one actor. Row: name, owner, exposed family, its labels, help. Rows of a family follow each other. */
#define METRIC_HISTOGRAMS(X)                                                                       \
    X(ENTRIES_QUERY, CACHE, "rentcache_database_query_duration_seconds", "database=\"cache\"",     \
      "Time of database statements")                                                               \
    X(ACCOUNTS_QUERY, ANALYTICS, "rentcache_database_query_duration_seconds",                      \
      "database=\"accounts\"", "Time of database statements")                                      \
    X(ENTRIES_COMMIT, CACHE, "rentcache_database_commit_duration_seconds", "database=\"cache\"",   \
      "Time of database commits")                                                                  \
    X(ACCOUNTS_COMMIT, ANALYTICS, "rentcache_database_commit_duration_seconds",                    \
      "database=\"accounts\"", "Time of database commits")

enum metric_histogram {
#define METRIC_HISTOGRAM_ENUM(name, owner, family, labels, help) HISTOGRAM_##name,
    METRIC_HISTOGRAMS(METRIC_HISTOGRAM_ENUM)
#undef METRIC_HISTOGRAM_ENUM
        HISTOGRAM_COUNT
};

/* Counted by endpoint, by other actors than the gateway. Row: name, owner, exposed family, help. */
#define METRIC_ROUTE_COUNTERS(X)                                                                   \
    X(SPENT, UPSTREAM, "rentcache_spent_micro_usd_total",                                          \
      "Cost of the upstream calls that are billed or unknown, by endpoint, in micro-dollars")      \
    X(UNUSABLE, CACHE, "rentcache_unusable_responses_total",                                       \
      "Responses of the paid API that were paid and could not be used")

enum metric_route_counter {
#define METRIC_ROUTE_COUNTER_ENUM(name, owner, family, help) ROUTE_COUNTER_##name,
    METRIC_ROUTE_COUNTERS(METRIC_ROUTE_COUNTER_ENUM)
#undef METRIC_ROUTE_COUNTER_ENUM
        ROUTE_COUNTER_COUNT
};

/* Statuses that are counted one by one; any other counts with those of its class. */
#define METRIC_STATUSES                                                                            \
    {                                                                                              \
        200, 304, 400, 401, 403, 404, 405, 408, 409, 410, 413, 422, 429, 500, 501, 502, 503, 504   \
    }
#define METRIC_STATUS_LISTED 18
#define METRIC_STATUS_COUNT  (METRIC_STATUS_LISTED + 5) /* 1xx and worse, 2xx, 3xx, 4xx, 5xx */

/* Counts of each bucket by itself, not cumulative. */
struct metric_durations {
    int64_t buckets[DURATION_BUCKET_COUNT];
    int64_t sum_us;
};

/* All values of a process but those by route and by upstream. With the route counters, ROUTE_COUNTER_COUNT numbers of each route,
 * and upstream_metrics.h it is the body of HEARTBEAT_REPLY. */
struct metric_values {
    int64_t metrics[METRIC_COUNT];
    struct metric_durations histograms[HISTOGRAM_COUNT];
};

/* Of one route, over all threads. */
struct metric_route {
    int64_t saved_micro_usd;
    int64_t decisions[DECISION_COUNT];
    struct metric_durations durations;
    int64_t statuses[METRIC_STATUS_COUNT];
    int64_t counters[ROUTE_COUNTER_COUNT];
};

/* Once per process, before threads. route_count rows of per-route counters are kept. */
bool metrics_init(size_t route_count);
void metrics_fini(void);

/* Any thread; the calling thread's block is made at its first call and outlives the thread. */
void metric_add(enum metric metric, int64_t n);
void metric_set(enum metric metric, int64_t value); /* GAUGE: last writer wins */
void metric_observe(enum metric_histogram histogram, int64_t duration_us);
/* Counts one answered request of a route. */
void metric_count_request(size_t route_index, enum decision decision, int http_status,
                          int64_t duration_us, int64_t saved_micro_usd);

/* A route that the process does not know is not counted. */
void metric_count_route(enum metric_route_counter which, size_t route_index, int64_t n);

/* Sums over all threads. */
int64_t metric_value(enum metric metric);
void metrics_read(struct metric_values *values);
/* Of every route, one after the other; *counters has metrics_route_counters() places. */
void metrics_read_routes(int64_t *counters);
size_t metrics_route_counters(void);
/* Adds the counts of a route to *sums. */
void metric_route_add(size_t route_index, struct metric_route *sums);

/* "404", or "4xx" for what is not listed; "other" where there is no such class. */
#define METRIC_STATUS_TEXT_SIZE 8
void metric_status_text(size_t status_index, char text[METRIC_STATUS_TEXT_SIZE]);

struct metric_row {
    const char *exposed;
    const char *help;
    enum actor_id owner;
    bool is_gauge;
};
extern const struct metric_row metric_rows[METRIC_COUNT];

struct metric_histogram_row {
    const char *family;
    const char *labels; /* may be empty */
    const char *help;
    enum actor_id owner;
};
struct metric_route_counter_row {
    const char *family;
    const char *help;
    enum actor_id owner;
};
extern const struct metric_route_counter_row metric_route_counter_rows[ROUTE_COUNTER_COUNT];

extern const struct metric_histogram_row metric_histogram_rows[HISTOGRAM_COUNT];
