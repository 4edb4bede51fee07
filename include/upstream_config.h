/* upstream_config.h - a paid API, and how it is called, as the configuration says it. */
#pragma once

#include <stddef.h>

#include "config_member.h"

#define UPSTREAMS_MAX              32
#define UPSTREAM_NAME_SIZE         50
#define UPSTREAM_HEADERS_MAX       16
#define UPSTREAM_HEADER_NAME_SIZE  64
#define UPSTREAM_HEADER_VALUE_SIZE 256

/* What each upstream has where its own entry does not say otherwise. Columns: include/config.h. */
#define UPSTREAM_OPTIONS(X)                                                                        \
    X(upstream, INT, timeout_ms, "30000", 100, 600000, "UPSTREAM_TIMEOUT_MS",                      \
      "timeout of a whole call")                                                                   \
    X(upstream, INT, connect_timeout_ms, "3000", 50, 60000, "UPSTREAM_CONNECT_TIMEOUT_MS",         \
      "timeout of connecting")                                                                     \
    X(upstream, INT, first_byte_timeout_ms, "25000", 50, 600000, "UPSTREAM_FIRST_BYTE_TIMEOUT_MS", \
      "timeout of the first byte of the response")                                                 \
    X(upstream, INT, low_speed_time_s, "10", 1, 600, "UPSTREAM_LOW_SPEED_TIME_S",                  \
      "timeout of a response that has begun and then stalls")                                      \
    X(upstream, INT, max_connections, "100", 1, 10000, "UPSTREAM_MAX_CONNECTIONS",                 \
      "maximum number of concurrent calls; more wait in a queue")                                  \
    X(upstream, INT, max_idle_connections, "20", 0, 10000, "UPSTREAM_MAX_IDLE_CONNECTIONS",        \
      "maximum number of idle keep-alive connections")                                             \
    X(upstream, INT, idle_timeout_s, "30", 1, 3600, "UPSTREAM_IDLE_TIMEOUT_S",                     \
      "an idle keep-alive connection is not reused after this")                                    \
    X(upstream, INT, max_queue, "1024", 0, 1048576, "UPSTREAM_MAX_QUEUE",                          \
      "calls that may wait for a connection")                                                      \
    X(upstream, INT, max_share_percent, "50", 1, 100, "UPSTREAM_MAX_SHARE_PERCENT",                \
      "where there are several upstreams: share of the gateway's waiting threads, and of "         \
      "cache.max_fetches, that requests to one of them may take; further misses get 503")          \
    X(upstream, INT, max_body_bytes, "8388608", 1024, 1073741824, "UPSTREAM_MAX_BODY_BYTES",       \
      "largest response body")                                                                     \
    X(upstream, INT, max_head_bytes, "32768", 1024, 1048576, "UPSTREAM_MAX_HEAD_BYTES",            \
      "largest response headers")                                                                  \
    X(upstream, INT, reserve_timeout_ms, "5000", 100, 600000, "UPSTREAM_RESERVE_TIMEOUT_MS",       \
      "a call whose ledger row is not confirmed within this is not made")                          \
    X(upstream, INT, resolve_ttl_s, "60", 1, 86400, "UPSTREAM_RESOLVE_TTL_S",                      \
      "TTL of DNS results")                                                                        \
    X(upstream, INT, retries, "1", 0, 1, "UPSTREAM_RETRIES",                                       \
      "retries of connect failures and of unbilled 5xx but 501, without Retry-After")              \
    X(upstream, INT, retry_budget_percent, "10", 0, 100, "UPSTREAM_RETRY_BUDGET_PERCENT",          \
      "maximum number of retries per 100 calls")                                                   \
    X(upstream, INT, rate_per_second, "20", 0, 1000000, "UPSTREAM_RATE_PER_SECOND",                \
      "rate limit of the paid API's plan, in calls per second; 0: none")                           \
    X(upstream, TEXT, ca_file, "", 0, 0, "UPSTREAM_CA_FILE",                                       \
      "file of CA certificates to trust instead of the system's")                                  \
    X(upstream, INT, probe_interval_s, "30", 0, 86400, "UPSTREAM_PROBE_INTERVAL_S",                \
      "after this long without a call, a connection to the paid API is opened as a health check; " \
      "0: never")                                                                                  \
    X(upstream, INT, breaker_failures, "5", 0, 1000000, "UPSTREAM_BREAKER_FAILURES",               \
      "so many failed calls in a row open the circuit breaker; 0: they do not")                    \
    X(upstream, INT, breaker_reset_timeout_s, "30", 1, 86400, "UPSTREAM_BREAKER_RESET_TIMEOUT_S",  \
      "an open breaker lets no call through for this long, then probes")                           \
    X(upstream, INT, breaker_window_s, "10", 1, 3600, "UPSTREAM_BREAKER_WINDOW_S",                 \
      "sliding window of the shares of failed and slow calls")                                     \
    X(upstream, INT, breaker_minimum_calls, "20", 1, 1000000, "UPSTREAM_BREAKER_MINIMUM_CALLS",    \
      "calls that must have ended in the window before their shares count")                        \
    X(upstream, INT, breaker_failure_percent, "50", 0, 100, "UPSTREAM_BREAKER_FAILURE_PERCENT",    \
      "share of failed calls in the window that opens the breaker; 0: none does")                  \
    X(upstream, INT, breaker_slow_call_ms, "0", 0, 600000, "UPSTREAM_BREAKER_SLOW_CALL_MS",        \
      "a call that takes so long counts as slow; 0: none does")                                    \
    X(upstream, INT, breaker_slow_percent, "0", 0, 100, "UPSTREAM_BREAKER_SLOW_PERCENT",           \
      "share of slow calls in the window that opens the breaker; 0: none does")                    \
    X(upstream, INT, breaker_probes, "3", 1, 1000, "UPSTREAM_BREAKER_PROBES",                      \
      "calls that a breaker lets through to see whether the upstream is back; all must succeed")

/* Where a key stands in a call. */
enum credential_place {
    CREDENTIAL_HEADER, /* in a header of its own */
    CREDENTIAL_BEARER, /* Authorization: Bearer ... */
    CREDENTIAL_BASIC,  /* Authorization: Basic ..., of user:password */
    CREDENTIAL_QUERY /* a parameter of the query: added in the transfer, so that no target ever has it */
};

/* Whose key a call carries: ours, or the client's own. */
enum credential_use { CREDENTIAL_CONFIG, CREDENTIAL_PASSTHROUGH };

struct upstream_credential {
    enum credential_place in;
    char name[UPSTREAM_HEADER_NAME_SIZE]; /* HEADER, QUERY: of the header or parameter */
    char value[CONFIG_TEXT_SIZE];         /* secret: our own key; "": there is none */
    char from[UPSTREAM_HEADER_NAME_SIZE]; /* the client's header that has its own key */
    enum credential_use use;              /* of routes that do not say */
};

/* Sent with every call. */
struct upstream_header {
    char name[UPSTREAM_HEADER_NAME_SIZE];
    char value[UPSTREAM_HEADER_VALUE_SIZE];
};

struct upstream_config {
    char name[UPSTREAM_NAME_SIZE]; /* unique; in metrics, logs and administration */
    char base_url[CONFIG_TEXT_SIZE];
    int64_t line;  /* of its entry */
    int64_t index; /* in the list */
    struct upstream_credential credential;
    bool has_credential; /* the entry has one: where a key stands is known */
    struct upstream_header headers[UPSTREAM_HEADERS_MAX];
    int64_t header_count;
    UPSTREAM_OPTIONS(CONFIG_MEMBER)
};
