/* config.h - everything that can be set: the option tables, the routes, the loaded result.
 *
 * Order of authority: environment (and NAME_FILE for secrets) > .env file > YAML file > default here.
 * Loaded once into a new struct, checked whole, then const while any part runs. Every error is
 * reported with file, line and what was expected; a configuration with one error is refused whole. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/rate.h"
#include "config_member.h"
#include "route_config.h"
#include "status.h"
#include "upstream_config.h"
#include "warming_list.h"

/* One row per option: section, type, member, default, least, most, environment name, help.
 * Types: INT (int64_t; unit in the name), FLAG (bool; "true"/"false"), TEXT (char[CONFIG_TEXT_SIZE]),
 * SECRET (the same, never printed: shown as "(set)" or "(not set)"), RATE (struct rate).
 * An environment name is matched in any case. YAML path: section.member. */
#define SERVER_OPTIONS(X)                                                                          \
    X(server, TEXT, environment, "production", 0, 0, "ENVIRONMENT",                                \
      "production or test; test allows the clock to be moved by tests")                            \
    X(server, TEXT, instance, "local", 0, 0, "INSTANCE",                                           \
      "name of this installation in the ledger")                                                   \
    X(server, TEXT, data_dir, "data", 0, 0, "DATA_DIR",                                            \
      "directory of the databases, spool, sockets and tokens; created with mode 0700")             \
    X(server, TEXT, database_url, "sqlite:", 0, 0, "DATABASE_URL",                                 \
      "sqlite: (in data_dir) or sqlite:///path; PostgreSQL is not supported yet")                  \
    X(server, FLAG, database_echo, "false", 0, 0, "DATABASE_ECHO",                                 \
      "log every SQL statement, without values")                                                   \
    X(server, TEXT, log_level, "INFO", 0, 0, "LOG_LEVEL", "DEBUG, INFO, WARNING or ERROR")         \
    X(server, TEXT, log_format, "json", 0, 0, "LOG_FORMAT", "json or text")                        \
    X(server, FLAG, debug, "false", 0, 0, "DEBUG",                                                 \
      "log level DEBUG; error responses name causes that otherwise only the log has: why a key "   \
      "was "                                                                                       \
      "refused, which address did not answer")                                                     \
    X(server, INT, disk_reserve_bytes, "1048576", 0, 1073741824, "DISK_RESERVE_BYTES",             \
      "size of a file in DATA_DIR that is given up where the disk is full, so that a start finds " \
      "room to open the databases; 0: none")                                                       \
    X(server, INT, stop_timeout_ms, "30000", 1000, 600000, "STOP_TIMEOUT_MS",                      \
      "a graceful stop takes at most this long")

#define GATEWAY_OPTIONS(X)                                                                         \
    X(gateway, TEXT, host, "0.0.0.0", 0, 0, "HOST", "IPv4 address of the data listener")           \
    X(gateway, INT, port, "8000", 0, 65535, "PORT",                                                \
      "port of the data listener; 0 picks a free one")                                             \
    X(gateway, TEXT, admin_host, "127.0.0.1", 0, 0, "ADMIN_HOST",                                  \
      "IPv4 address of the admin listener")                                                        \
    X(gateway, INT, admin_port, "8001", 0, 65535, "ADMIN_PORT",                                    \
      "port of the admin listener; 0 picks a free one")                                            \
    X(gateway, TEXT, metrics_host, "127.0.0.1", 0, 0, "METRICS_HOST",                              \
      "IPv4 address of the metrics listener")                                                      \
    X(gateway, INT, metrics_port, "0", 0, 65535, "METRICS_PORT",                                   \
      "port of a listener for /metrics, /metrics/prometheus and /livez alone; 0 for none")         \
    X(gateway, SECRET, admin_token, "", 0, 0, "ADMIN_TOKEN",                                       \
      "bearer token of /admin; if not set, one is generated in data_dir/admin-token")              \
    X(gateway, INT, threads, "1100", 4, 8192, "GATEWAY_THREADS",                                   \
      "worker threads: the maximum number of connections")                                         \
    X(gateway, INT, max_waiting_percent, "80", 1, 100, "MAX_WAITING_PERCENT",                      \
      "share of the threads that may wait for cache misses; further misses get 503")               \
    X(gateway, INT, admin_threads, "8", 2, 64, "ADMIN_THREADS",                                    \
      "worker threads of the admin listener; the metrics listener has as many of its own")         \
    X(gateway, INT, keep_alive_timeout_ms, "15000", 0, 3600000, "KEEP_ALIVE_TIMEOUT_MS",           \
      "idle keep-alive connections are closed after this")                                         \
    X(gateway, INT, head_timeout_ms, "5000", 100, 60000, "HEAD_TIMEOUT_MS",                        \
      "the request line and headers must be complete within this")                                 \
    X(gateway, INT, body_timeout_ms, "10000", 100, 600000, "BODY_TIMEOUT_MS",                      \
      "a request's body must be complete within this")                                             \
    X(gateway, INT, request_timeout_ms, "35000", 100, 600000, "REQUEST_TIMEOUT_MS",                \
      "timeout of a whole request")                                                                \
    X(gateway, INT, max_target_bytes, "8192", 256, 12288, "MAX_TARGET_BYTES",                      \
      "longest URL (path and query)")                                                              \
    X(gateway, INT, max_head_bytes, "16384", 1024, 65536, "MAX_HEAD_BYTES",                        \
      "largest request line and headers together")                                                 \
    X(gateway, INT, drain_bytes, "8388608", 0, 1073741824, "DRAIN_BYTES",                          \
      "a body that is too large is read and discarded up to this size, so that the client sees "   \
      "the 413")                                                                                   \
    X(gateway, INT, drain_ms, "2000", 0, 60000, "DRAIN_MS", "... and for at most this long")       \
    X(gateway, INT, max_request_body_bytes, "65536", 0, 16777216, "MAX_REQUEST_BODY_BYTES",        \
      "largest request body")                                                                      \
    X(gateway, INT, near_cache_bytes, "268435456", 0, 68719476736, "NEAR_CACHE_BYTES",             \
      "size of the near cache, the cache in the gateway's memory; 0 turns it off")                 \
    X(gateway, INT, near_valid_ms, "2000", 500, 60000, "NEAR_VALID_MS",                            \
      "near-cache entries are served for at most this long after the last heartbeat of the cache " \
      "actor")                                                                                     \
    X(gateway, RATE, metrics_rate, "none", 0, 0, "METRICS_RATE_LIMIT",                             \
      "rate limit of /metrics, all callers together")                                              \
    X(gateway, RATE, admin_rate, "none", 0, 0, "ADMIN_RATE_LIMIT",                                 \
      "rate limit of POST, PUT and DELETE below /admin/, all callers together")                    \
    X(gateway, FLAG, access_log, "true", 0, 0, "ACCESS_LOG",                                       \
      "log one line per request of the data listener")                                             \
    X(gateway, FLAG, enable_metrics, "true", 0, 0, "ENABLE_METRICS", "serve /metrics")             \
    X(gateway, FLAG, enable_analytics, "true", 0, 0, "ENABLE_ANALYTICS",                           \
      "store usage rows and totals; false: only the daily usage of keys")                          \
    X(gateway, INT, min_free_disk_bytes, "67108864", 0, 1125899906842624, "MIN_FREE_DISK_BYTES",   \
      "the health check disk_space fails below this")                                              \
    X(gateway, TEXT, cors_origins, "*", 0, 0, "CORS_ORIGINS",                                      \
      "CORS: allowed origins, separated by commas; * all, empty none")                             \
    X(gateway, TEXT, cors_methods, "*", 0, 0, "CORS_METHODS", "CORS: allowed methods; * all")      \
    X(gateway, TEXT, cors_headers, "*", 0, 0, "CORS_HEADERS",                                      \
      "CORS: allowed request headers; * all")                                                      \
    X(gateway, INT, cors_max_age_s, "600", 0, 86400, "CORS_MAX_AGE_S",                             \
      "CORS: browsers may cache a preflight response for this long")                               \
    X(gateway, FLAG, security_headers, "true", 0, 0, "SECURITY_HEADERS",                           \
      "X-Content-Type-Options, X-Frame-Options and Referrer-Policy in every response")             \
    X(gateway, INT, hsts_max_age_s, "0", 0, 63072000, "HSTS_MAX_AGE_S",                            \
      "Strict-Transport-Security in every response; 0: none. Only behind a TLS proxy")             \
    X(gateway, FLAG, public_docs, "false", 0, 0, "PUBLIC_DOCS", "/docs on the data listener, too") \
    X(gateway, TEXT, trusted_proxies, "", 0, 0, "TRUSTED_PROXIES",                                 \
      "addresses and networks whose X-Forwarded-For and -Proto are trusted: 10.0.0.0/8, ::1")      \
    X(gateway, FLAG, require_https, "false", 0, 0, "REQUIRE_HTTPS",                                \
      "refuse requests that did not reach the proxy over HTTPS")                                   \
    X(gateway, TEXT, allowed_hosts, "*", 0, 0, "ALLOWED_HOSTS",                                    \
      "allowed host names, separated by commas: api.example.com, *.example.com; * all")            \
    X(gateway, INT, bulk_max_items, "50", 1, 1000, "BULK_MAX_ITEMS",                               \
      "maximum number of items in a bulk request")                                                 \
    X(gateway, INT, bulk_concurrency, "8", 1, 256, "BULK_CONCURRENCY",                             \
      "items of a bulk request that are fetched at once")                                          \
    X(gateway, INT, bulk_response_bytes, "8388608", 65536, 1073741824, "BULK_RESPONSE_BYTES",      \
      "maximum size of all bodies in a bulk response; items beyond it get 503")

#define LIMITS_OPTIONS(X)                                                                          \
    X(limits, FLAG, enabled, "true", 0, 0, "ENABLE_RATE_LIMITING", "false: rate limits are off")   \
    X(limits, RATE, global, "1000/hour", 0, 0, "GLOBAL_RATE_LIMIT",                                \
      "rate limit per key over all routes; a sliding window")                                      \
    X(limits, RATE, per_route, "100/minute", 0, 0, "PER_ENDPOINT_RATE_LIMIT",                      \
      "rate limit per key and endpoint, for routes without a rate; a token bucket")                \
    X(limits, INT, save_interval_ms, "5000", 100, 3600000, "RATE_LIMIT_SAVE_INTERVAL_MS",          \
      "interval at which used rate limits are stored: what of their use a kill can lose")          \
    X(limits, INT, daily_limit, "1000", 1, 1000000000, "DEFAULT_DAILY_LIMIT",                      \
      "daily quota of a new key")                                                                  \
    X(limits, INT, monthly_limit, "30000", 1, 1000000000, "DEFAULT_MONTHLY_LIMIT",                 \
      "monthly quota of a new key")                                                                \
    X(limits, RATE, auth_failures, "30/minute", 0, 0, "AUTH_FAILURE_RATE",                         \
      "failed authentications per client address; more get 429")

#define CACHE_OPTIONS(X)                                                                           \
    X(cache, INT, default_ttl_s, "3600", 1, 31536000, "DEFAULT_CACHE_TTL",                         \
      "TTL of routes without ttl_s")                                                               \
    X(cache, INT, max_ttl_s, "172800", 1, 31536000, "MAX_CACHE_TTL",                               \
      "longest TTL that ttl_override may set")                                                     \
    X(cache, FLAG, stale_while_revalidate, "true", 0, 0, "ENABLE_STALE_WHILE_REVALIDATE",          \
      "false: no route serves stale entries while it refreshes them")                              \
    X(cache, INT, tier_threads, "2", 1, 32, "CACHE_TIER_THREADS",                                  \
      "threads for database and Redis calls of the cache")                                         \
    X(cache, INT, tier_queue, "4096", 16, 1048576, "CACHE_TIER_QUEUE",                             \
      "database and Redis calls that may wait for a thread")                                       \
    X(cache, INT, max_fetches, "1024", 1, 65536, "CACHE_MAX_FETCHES",                              \
      "cache keys being fetched at once")                                                          \
    X(cache, INT, max_waiters, "8192", 1, 1048576, "CACHE_MAX_WAITERS",                            \
      "requests that may wait for fetches")                                                        \
    X(cache, INT, refresh_backoff_ms, "5000", 100, 3600000, "REFRESH_BACKOFF_MS",                  \
      "after a failed refresh of an entry the next one waits this long")                           \
    X(cache, INT, unusable_ttl_s, "30", 0, 3600, "UNUSABLE_TTL_S",                                 \
      "after a paid response that could not be used, the same request is not sent again for "      \
      "this long; 0: at once")                                                                     \
    X(cache, INT, cleanup_interval_s, "3600", 1, 604800, "CLEANUP_INTERVAL_S",                     \
      "interval at which expired rows of L2 are deleted")                                          \
    X(cache, INT, confirm_timeout_ms, "3000", 100, 60000, "CONFIRM_TIMEOUT_MS",                    \
      "gateways that do not confirm a purge within this are reported as unconfirmed")              \
    X(cache, TEXT, redis_url, "", 0, 0, "REDIS_URL",                                               \
      "URL of Redis (L1): redis://[user:password@]host:port/db or unix:///path")                   \
    X(cache, FLAG, redis_enabled, "false", 0, 0, "REDIS_ENABLED", "use Redis as L1")               \
    X(cache, FLAG, l1_enabled, "true", 0, 0, "ENABLE_REDIS_CACHE",                                 \
      "false: turns L1 off; redis_enabled must be true, too")                                      \
    X(cache, INT, redis_timeout_ms, "50", 1, 10000, "REDIS_TIMEOUT_MS",                            \
      "timeout of connecting to Redis and of each command; then L1 is skipped")                    \
    X(cache, INT, redis_retry_ms, "1000", 10, 600000, "REDIS_RETRY_MS",                            \
      "interval at which Redis is probed")                                                         \
    X(cache, INT, redis_purge_ms, "2000", 0, 60000, "REDIS_PURGE_MS",                              \
      "a purge deletes from L1 for at most this long; purged entries that are left are never "     \
      "served")                                                                                    \
    X(cache, INT, l1_max_ttl_s, "7200", 1, 604800, "L1_MAX_TTL_S",                                 \
      "longest TTL in L1; after that the entry is read from L2 again")                             \
    X(cache, INT, l1_max_body_bytes, "1048576", 0, 67108864, "L1_MAX_BODY_BYTES",                  \
      "larger bodies are not stored in L1")                                                        \
    X(cache, FLAG, l2_enabled, "true", 0, 0, "ENABLE_DATABASE_CACHE",                              \
      "store entries in L2 (database); the log of purges is always stored")                        \
    X(cache, FLAG, warming, "false", 0, 0, "ENABLE_CACHE_WARMING",                                 \
      "fetch the requests of the warming list at start")                                           \
    X(cache, FLAG, compression, "true", 0, 0, "CACHE_COMPRESSION",                                 \
      "compress responses with gzip for clients that accept it")                                   \
    X(cache, INT, compression_min_bytes, "1000", 0, 1073741824, "CACHE_COMPRESSION_MIN_BYTES",     \
      "smaller bodies are not compressed")                                                         \
    X(cache, INT, warming_concurrency, "2", 1, 64, "CACHE_WARMING_CONCURRENCY",                    \
      "entries of the warming list being fetched at once")                                         \
    X(cache, INT, warming_timeout_s, "300", 1, 86400, "CACHE_WARMING_TIMEOUT_S",                   \
      "warming ends this long after the start; what was not fetched by then is skipped")           \
    X(cache, INT, max_l2_bytes, "10737418240", 0, 1099511627776, "CACHE_MAX_L2_BYTES",             \
      "maximum size of cache.db (L2); beyond it entries are evicted; 0: unlimited, else at least " \
      "1048576")

#define ANALYTICS_OPTIONS(X)                                                                       \
    X(analytics, INT, batch_rows, "2000", 1, 100000, "ANALYTICS_BATCH_ROWS",                       \
      "maximum number of usage rows per transaction")                                              \
    X(analytics, INT, usage_rows_days, "90", 0, 36500, "USAGE_ROWS_DAYS",                          \
      "usage rows are kept this long; totals by hour and day stay; 0: for ever")                   \
    X(analytics, INT, ledger_rows_days, "1095", 0, 36500, "LEDGER_ROWS_DAYS",                      \
      "rows of paid calls are kept this long; totals by hour stay; 0: for ever")                   \
    X(analytics, INT, report_threads, "1", 1, 8, "ANALYTICS_REPORT_THREADS",                       \
      "threads that compute reports")                                                              \
    X(analytics, INT, report_queue, "64", 1, 4096, "ANALYTICS_REPORT_QUEUE",                       \
      "reports that may wait")                                                                     \
    X(analytics, TEXT, unknown_charge, "charge", 0, 0, "UNKNOWN_CHARGE",                           \
      "charge or free: how a call is counted if it is unknown whether it reached the paid API")

#define LEDGER_OPTIONS(X)                                                                          \
    X(ledger, TEXT, unreachable, "refuse", 0, 0, "LEDGER_UNREACHABLE",                             \
      "refuse or spend: what becomes of a call that cannot be reserved in the ledger; spend "      \
      "makes it, recorded in a journal until the ledger has it")                                   \
    X(ledger, INT, journal_max_bytes, "16777216", 65536, 1073741824, "LEDGER_JOURNAL_MAX_BYTES",   \
      "size of that journal; when it is full calls are refused; taken from the disk at the start")

#define SPOOL_OPTIONS(X)                                                                           \
    X(spool, INT, ring_records, "1024", 64, 1048576, "SPOOL_RING_RECORDS",                         \
      "usage records in the ring of each worker thread; a power of two")                           \
    X(spool, TEXT, memory_dir, "/dev/shm", 0, 0, "SPOOL_MEMORY_DIR",                               \
      "folder of a memory file system for those rings, so that no response waits for a disk; "     \
      "empty, or without room: they "                                                              \
      "stand in DATA_DIR")                                                                         \
    X(spool, INT, ship_interval_ms, "20", 1, 600000, "SPOOL_SHIP_INTERVAL_MS",                     \
      "usage records are shipped to the analytics actor this often")                               \
    X(spool, INT, full_wait_ms, "30000", 0, 60000, "SPOOL_FULL_WAIT_MS",                           \
      "a response waits at most this long for a free place in its full ring")                      \
    X(spool, INT, sync_ms, "1000", 10, 60000, "SPOOL_SYNC_MS",                                     \
      "interval at which usage records are synced to disk: what a power failure can lose")         \
    X(spool, INT, segment_bytes, "16777216", 65536, 1073741824, "SPOOL_SEGMENT_BYTES",             \
      "size of one overflow segment file")                                                         \
    X(spool, INT, segments_max_bytes, "1073741824", 0, 1099511627776, "SPOOL_SEGMENTS_MAX_BYTES",  \
      "maximum size of all overflow segments together")

/* Endpoints of the actors: inproc://NAME, or ipc://PATH (relative to data_dir) for separate processes. */
#define ACTORS_OPTIONS(X)                                                                          \
    X(actors, TEXT, cache_endpoint, "inproc://cache", 0, 0, "CACHE_ENDPOINT",                      \
      "address of the cache actor")                                                                \
    X(actors, TEXT, upstream_endpoint, "inproc://upstream", 0, 0, "UPSTREAM_ENDPOINT",             \
      "address of the upstream actor")                                                             \
    X(actors, TEXT, analytics_endpoint, "inproc://analytics", 0, 0, "ANALYTICS_ENDPOINT",          \
      "address of the analytics actor")                                                            \
    X(actors, INT, inbox_messages, "8192", 2, 1048576, "ACTOR_INBOX_MESSAGES",                     \
      "high-water mark of every socket, in messages")                                              \
    X(actors, INT, heartbeat_ms, "250", 50, 5000, "ACTOR_HEARTBEAT_MS",                            \
      "interval of heartbeats between actors")                                                     \
    X(actors, INT, heartbeat_timeout_ms, "3000", 200, 60000, "ACTOR_HEARTBEAT_TIMEOUT_MS",         \
      "an actor without a heartbeat for this long counts as down")                                 \
    X(actors, INT, max_message_body_bytes, "16777216", 65536, 1073741824, "ACTOR_MAX_BODY_BYTES",  \
      "largest message body between actors")                                                       \
    X(actors, INT, max_assemblies, "1024", 1, 65536, "ACTOR_MAX_ASSEMBLIES",                       \
      "chunked bodies being received at once, per socket")

/* clang-format off */
#define OPTIONS(X) \
    SERVER_OPTIONS(X) GATEWAY_OPTIONS(X) LIMITS_OPTIONS(X) CACHE_OPTIONS(X) UPSTREAM_OPTIONS(X) \
    ANALYTICS_OPTIONS(X) LEDGER_OPTIONS(X) SPOOL_OPTIONS(X) ACTORS_OPTIONS(X)
/* clang-format on */

struct config {
    struct {
        SERVER_OPTIONS(CONFIG_MEMBER)
    } server;
    struct {
        GATEWAY_OPTIONS(CONFIG_MEMBER)
    } gateway;
    struct {
        LIMITS_OPTIONS(CONFIG_MEMBER)
    } limits;
    struct {
        CACHE_OPTIONS(CONFIG_MEMBER)
    } cache;
    struct {
        UPSTREAM_OPTIONS(CONFIG_MEMBER)
    } upstream;
    struct {
        ANALYTICS_OPTIONS(CONFIG_MEMBER)
    } analytics;
    struct {
        LEDGER_OPTIONS(CONFIG_MEMBER)
    } ledger;
    struct {
        SPOOL_OPTIONS(CONFIG_MEMBER)
    } spool;
    struct {
        ACTORS_OPTIONS(CONFIG_MEMBER)
    } actors;
    struct upstream_config *upstreams; /* owned */
    int64_t upstream_count;            /* at most UPSTREAMS_MAX */
    struct route_config *routes;       /* owned */
    int64_t route_count;               /* at most 4096 */
    char *warnings; /* owned; what config_each_warning says, each ends with NUL */
    size_t warnings_size;
    struct config_origins *origins; /* owned; where each value came from, for config_print */
    struct warming_config *warming; /* owned */
    int64_t warming_count;          /* at most WARMING_MOST */
};

/* Loads yaml_path (NULL: RENTCACHE_CONFIG from the environment, else the built-in rentcache.yaml), .env in
 * the working directory, then the environment. Errors go to errors, one a line:
 * "FILE:LINE: gateway.port: 99999 is not in 0..65535". NULL when there is any. Caller owns the result. */
struct config *config_load(const char *yaml_path, FILE *errors);
/* The same from texts, for tests and fuzzing: name is shown in errors; environment as NAME=VALUE, ends NULL. */
struct config *config_parse(const char *name, const char *yaml, size_t yaml_size,
                            const char *const *environment, FILE *errors);
void config_destroy(struct config **config);

/* Says each of what was read and yet has no effect, or not the one that was meant, as
 * ".env:3: PROT: unknown setting, did you mean PORT?". */
void config_each_warning(const struct config *config, void (*say)(const char *warning));

/* Prints the whole result as YAML, secrets as (set)/(not set), with where each value came from. */
void config_print(const struct config *config, FILE *out);
/* Prints the option table as Markdown: docs/configuration.md is made of this. */
void config_describe(FILE *out);

/* NULL when no route has that name. */
const struct route_config *config_route(const struct config *config, const char *name);
/* NULL when no upstream has that name. */
const struct upstream_config *config_upstream(const struct config *config, struct bytes name);
/* Whether routes have an endpoint of that name. */
bool config_has_endpoint(const struct config *config, struct bytes name);
/* Says what is wrong with a name that is no endpoint: which there are, as far as text holds them. */
void config_explain_endpoint(const struct config *config, struct bytes name, char *text,
                             size_t size);
/* What requests to one upstream may take of what all upstreams share. */
static inline int64_t
config_upstream_share(const struct config *config, const struct upstream_config *upstream,
                      int64_t total)
{
    int64_t share = total * upstream->max_share_percent / 100;

    if (config->upstream_count < 2)
        return total;
    return share > 0 ? share : 1;
}

/* Both of the document's switches are on. */
static inline bool
config_uses_l1(const struct config *config)
{
    return config->cache.redis_enabled && config->cache.l1_enabled;
}
/* Fills path with data_dir/name; false when it does not fit. */
bool config_data_path(const struct config *config, const char *name, char *path, size_t path_size);
