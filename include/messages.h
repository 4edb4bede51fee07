/* messages.h - every message between actors, declared once.
 *
 * A row names the kind, its body struct, who sends it and who handles it. The struct's members, listed in
 * src/core/wire/messages.c, are its fields in wire order; encoding, decoding, checks, docs/messages.md and the
 * fuzz seeds come from there. The order of rows is the wire's numbering: append only.
 * Wire: a msgpack array [version, kind, sender, correlation_id, status, time_left_ms, request_id, body_size,
 * fields...], then a raw frame with the body where body_size > 0 (chunked above CHANNEL_CHUNK_BYTES, see channel.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/bytes.h"
#include "decision.h"
#include "status.h"

#define MESSAGE_VERSION 2

enum actor_id { ACTOR_GATEWAY, ACTOR_CACHE, ACTOR_UPSTREAM, ACTOR_ANALYTICS, ACTOR_COUNT };
#define ACTOR_ANY ACTOR_COUNT
const char *actor_id_name(enum actor_id id); /* "gateway", ... */

/*    kind               body               sender           receiver */
#define MESSAGES(X)                                                                                \
    X(HEARTBEAT, heartbeat, ACTOR_ANY, ACTOR_ANY)                                                  \
    X(HEARTBEAT_REPLY, heartbeat_reply, ACTOR_ANY, ACTOR_ANY)                                      \
    X(BODY_CHUNK, body_chunk, ACTOR_ANY, ACTOR_ANY)                                                \
    X(BODY_CREDIT, body_credit, ACTOR_ANY, ACTOR_ANY)                                              \
    X(CACHE_GET, cache_get, ACTOR_GATEWAY, ACTOR_CACHE)                                            \
    X(CACHE_REPLY, cache_reply, ACTOR_CACHE, ACTOR_GATEWAY)                                        \
    X(LISTENER_HELLO, listener_hello, ACTOR_GATEWAY, ACTOR_CACHE)                                  \
    X(LISTENER_WELCOME, listener_welcome, ACTOR_CACHE, ACTOR_GATEWAY)                              \
    X(ENTRY_PUSH, cache_reply, ACTOR_CACHE, ACTOR_GATEWAY)                                         \
    X(ENTRY_HELD, entry_held, ACTOR_GATEWAY, ACTOR_CACHE)                                          \
    X(NEAR_PURGE, near_purge, ACTOR_CACHE, ACTOR_GATEWAY)                                          \
    X(PURGE_CONFIRM, purge_confirm, ACTOR_GATEWAY, ACTOR_CACHE)                                    \
    X(CACHE_PURGE, cache_purge, ACTOR_GATEWAY, ACTOR_CACHE)                                        \
    X(PURGE_REPLY, purge_reply, ACTOR_CACHE, ACTOR_GATEWAY)                                        \
    X(ENTRY_HITS, entry_hits, ACTOR_ANALYTICS, ACTOR_CACHE)                                        \
    X(UPSTREAM_FETCH, upstream_fetch, ACTOR_CACHE, ACTOR_UPSTREAM)                                 \
    X(UPSTREAM_REPLY, upstream_reply, ACTOR_UPSTREAM, ACTOR_CACHE)                                 \
    X(LEDGER_OPEN, ledger_open, ACTOR_UPSTREAM, ACTOR_ANALYTICS)                                   \
    X(LEDGER_OPENED, ledger_opened, ACTOR_ANALYTICS, ACTOR_UPSTREAM)                               \
    X(LEDGER_RESERVE, ledger_reserve, ACTOR_UPSTREAM, ACTOR_ANALYTICS)                             \
    X(LEDGER_RESERVED, ledger_reserved, ACTOR_ANALYTICS, ACTOR_UPSTREAM)                           \
    X(LEDGER_SETTLE, ledger_settle, ACTOR_UPSTREAM, ACTOR_ANALYTICS)                               \
    X(LEDGER_SETTLED, ledger_settled, ACTOR_ANALYTICS, ACTOR_UPSTREAM)                             \
    X(USAGE_BATCH, usage_batch, ACTOR_GATEWAY, ACTOR_ANALYTICS)                                    \
    X(USAGE_STORED, usage_stored, ACTOR_ANALYTICS, ACTOR_GATEWAY)                                  \
    X(QUOTA_LEASE, quota_lease, ACTOR_GATEWAY, ACTOR_ANALYTICS)                                    \
    X(QUOTA_GRANT, quota_grant, ACTOR_ANALYTICS, ACTOR_GATEWAY)                                    \
    X(KEYS_SYNC, keys_sync, ACTOR_GATEWAY, ACTOR_ANALYTICS)                                        \
    X(KEYS_SNAPSHOT, keys_snapshot, ACTOR_ANALYTICS, ACTOR_GATEWAY)                                \
    X(KEY_CHANGED, key_record, ACTOR_ANALYTICS, ACTOR_GATEWAY)                                     \
    X(KEY_CONFIRM, key_confirm, ACTOR_GATEWAY, ACTOR_ANALYTICS)                                    \
    X(KEY_CREATE, key_create, ACTOR_GATEWAY, ACTOR_ANALYTICS)                                      \
    X(REPORT_GET, report_get, ACTOR_GATEWAY, ACTOR_ANALYTICS)                                      \
    X(REPORT_REPLY, report_reply, ACTOR_ANALYTICS, ACTOR_GATEWAY)                                  \
    X(KEY_UPDATE, key_update, ACTOR_GATEWAY, ACTOR_ANALYTICS)                                      \
    X(KEY_DELETE, key_delete, ACTOR_GATEWAY, ACTOR_ANALYTICS)                                      \
    X(CACHE_REPORT_GET, cache_report_get, ACTOR_GATEWAY, ACTOR_CACHE)                              \
    X(CACHE_REPORT, report_reply, ACTOR_CACHE, ACTOR_GATEWAY)

enum message_kind {
#define MESSAGE_ENUM(kind, body, sender, receiver) MSG_##kind,
    MESSAGES(MESSAGE_ENUM)
#undef MESSAGE_ENUM
        MSG_COUNT
};

/* Asks a peer actor whether it lives; its answer says how it is. Sent by the framework. */
struct heartbeat {
    int64_t epoch; /* the sender's own epoch */
};

struct heartbeat_reply {
    int64_t epoch;       /* random, new at every start of the actor */
    bool is_healthy;     /* its own dependencies work */
    int64_t version;     /* cache: last purge number; analytics: key version; else 0 */
    int64_t latency_us;  /* of its dependency, last seen; -1 unknown */
    struct bytes detail; /* one short text */
    bool is_ready;       /* whom it needs for its work was there, and ready, since it started */
    /* body: struct metric_values of its process */
};

/* Part `number` (from 1) of the body of transfer `transfer_id`; part 0 came with the message itself. */
struct body_chunk {
    int64_t transfer_id;
    int64_t number;
};

/* The receiver took parts up to and including `number`. */
struct body_credit {
    int64_t transfer_id;
    int64_t number;
};

/* A worker's miss. Answered by CACHE_REPLY. */
struct cache_get {
    int64_t gateway_id;     /* random, per gateway process */
    struct bytes route;     /* its name in the configuration */
    struct bytes cache_key; /* 32 hex characters, MD5 of the signature */
    struct bytes signature; /* canonical JSON of the request, compared on a hit */
    struct bytes target;    /* path and query for the upstream */
    int64_t
        api_key_id; /* who pays if this request causes the call; 0: the service itself, warming */
    bool force_refresh;         /* do not look up, but store */
    int64_t ttl_override_s;     /* 0: the route's */
    bool want_body;             /* the body must come in this reply, not by the near cache */
    struct bytes credential;    /* secret: only for passthrough routes, else empty */
    struct bytes fallback_path; /* what is asked when the target answers 404; empty: nothing */
};

/* Status OK: there is an answer to give, fresh or stale. Also pushed to a gateway's listener (ENTRY_PUSH) when several wait there. */
struct cache_reply {
    int64_t http_status;    /* of the stored or upstream answer */
    enum decision decision; /* for this request */
    enum level level;
    bool in_near;            /* no body here, the near cache of this gateway has it */
    int64_t flight_id;       /* ENTRY_PUSH: echoed in ENTRY_HELD */
    int64_t created_wall_ms; /* when the entry was fetched */
    int64_t expires_wall_ms;
    int64_t stale_until_wall_ms; /* within it a near cache may answer stale while a refresh runs */
    int64_t cost_micro_usd;      /* what this request's call costs; 0 unless decision is miss */
    int64_t saved_micro_usd;     /* what a hit on this entry saves: the price of its billed call */
    int64_t purge_number;        /* last purge known when its fetch started */
    bool may_keep;               /* a near cache may keep it */
    int64_t retry_after_s;       /* 0: none */
    struct bytes route;
    struct bytes cache_key;
    struct bytes signature;
    struct bytes headers; /* "Name: value\r\n"... to be replayed, hop-by-hop already removed */
    struct bytes detail;  /* Cache-Status detail or cause of an error, one token or short text */
    /* body: the answer's body */
};

/* The listener introduces itself to the cache actor, at start and whenever its epoch changed. */
struct listener_hello {
    int64_t gateway_id;
    int64_t purge_number; /* last one applied; -1: nothing kept */
};

struct listener_welcome {
    int64_t epoch;
    int64_t purge_number; /* now; the listener counts from here */
    bool must_empty;      /* purges were missed, drop the whole near cache first */
};

struct entry_held {
    int64_t gateway_id;
    int64_t flight_id;
    bool is_held; /* false: it was refused (purged, too large): waiters need bodies */
};

/* Drop entries fetched before this purge. Numbers are consecutive; a gap means hello again. The times: purge.h. */
struct near_purge {
    int64_t number;
    struct bytes scope;    /* "all" or "endpoint" */
    struct bytes endpoint; /* route name for "endpoint" */
    int64_t fetched_before_wall_ms;
    int64_t expired_before_wall_ms;
};

struct purge_confirm {
    int64_t gateway_id;
    int64_t number;
};

struct cache_purge {
    struct bytes scope;
    struct bytes endpoint;
    int64_t fetched_before_wall_ms;
    int64_t expired_before_wall_ms;
};

struct purge_reply {
    int64_t number;
    int64_t cleared_count;     /* rows of L2 that were valid */
    int64_t unconfirmed_count; /* gateways that did not confirm in time */
};

/* How often entries were read, from stored usage rows. body: struct entry_hit[], see usage_record.h. */
struct entry_hits {
    int64_t count;
};

struct upstream_fetch {
    int64_t flight_id;
    struct bytes route;
    struct bytes method;
    struct bytes target;
    int64_t api_key_id; /* payer; 0 = the service itself (warming) */
    enum fetch_reason reason;
    int64_t price_micro_usd;
    struct bytes cache_key;
    struct bytes credential; /* secret; empty: the configured one */
};

/* Status OK: an answer came whole, whatever http_status says. */
struct upstream_reply {
    int64_t flight_id;
    int64_t http_status; /* 0 when no head came */
    enum charge charge;
    int64_t cost_micro_usd; /* price when billed or unknown, else 0 */
    int64_t received_wall_ms;
    int64_t retry_after_s; /* 0: none */
    struct bytes headers;  /* end-to-end fields, "Name: value\r\n"... */
    struct bytes detail;   /* cause of a failure, without secrets */
    /* body */
};

/* The upstream actor opens the ledger under a new epoch: reservations of its older epochs become unknown. */
struct ledger_open {
    struct bytes instance;
    int64_t epoch;
};

struct ledger_opened {
    int64_t unknown_count;
};

struct ledger_reserve {
    struct bytes call_id; /* 32 hex characters, random */
    struct bytes instance;
    int64_t epoch;
    int64_t api_key_id;
    struct bytes route;
    enum fetch_reason reason;
    int64_t price_micro_usd;
};

/* Status OK: the row is committed and the call may be made. */
struct ledger_reserved {
    struct bytes call_id;
};

struct ledger_settle {
    struct bytes call_id;
    enum charge charge; /* not RESERVED */
    int64_t http_status;
    int64_t cost_micro_usd;
    int64_t duration_us;
};

struct ledger_settled {
    struct bytes call_id;
};

/* A run of one ring. body: struct usage_record[count]. Stored whole, or not at all. */
struct usage_batch {
    struct bytes spool_id; /* 32 hex characters */
    int64_t ring;
    int64_t first_sequence;
    int64_t count;
};

/* Status OK; GAP: ship from sequence + 1; STORAGE: later. */
struct usage_stored {
    struct bytes spool_id;
    int64_t ring;
    int64_t sequence; /* the mark: everything up to here is stored */
};

/* Asks for a share of a key's daily and monthly quota, or gives the unused rest back (returned > 0). */
struct quota_lease {
    int64_t api_key_id;
    int64_t returned;
    int64_t window_day; /* days since 1970 (UTC) that returned was leased in */
};

/* Status OK, QUOTA_EXCEEDED, NOT_FOUND, STORAGE. */
struct quota_grant {
    int64_t api_key_id;
    int64_t granted;
    int64_t window_day;
    int64_t expires_wall_ms; /* end of the day: unused grants lapse */
    int64_t retry_after_s;   /* with QUOTA_EXCEEDED: until the window opens */
};

struct keys_sync {
    int64_t gateway_id;
    int64_t after_id; /* 0: from the first key on; else next_id of the part that came before */
};

/* A part of all keys, small enough never to be chunked, so that it keeps its place among the KEY_CHANGED around it.
 * body: a sequence of encoded KEY_CHANGED envelopes, each prefixed by its size (uint32 little-endian). */
struct keys_snapshot {
    int64_t version;
    int64_t count;    /* of keys in this part */
    int64_t after_id; /* as asked for; 0: the first part */
    int64_t next_id;  /* to ask for the next part with; 0: this is the last */
};

/* One key as gateways know it. Versions are consecutive; a gap means KEYS_SYNC again. */
struct key_record {
    int64_t version;
    int64_t api_key_id;
    struct bytes key_hash; /* 64 hex characters */
    struct bytes key_name;
    bool is_active;          /* false: revoked, expired or deleted: answer 401 */
    int64_t expires_wall_ms; /* 0: never */
    int64_t daily_limit;     /* 0: none */
    int64_t monthly_limit;   /* 0: none */
    struct bytes
        limits; /* JSON object: {"global": "N/unit", "<route>": "...", "*": "..."} or empty */
    struct bytes rights; /* comma-separated: "extend_ttl" */
};

struct key_confirm {
    int64_t gateway_id;
    int64_t version;
};

struct key_create {
    struct bytes key_name;
    struct bytes key_hash;
    int64_t daily_limit;     /* 0: none */
    int64_t monthly_limit;   /* 0: none */
    int64_t expires_wall_ms; /* 0: never */
    struct bytes limits;
    struct bytes rights;
    struct bytes idempotency_hash; /* of the Idempotency-Key, 64 hex characters; empty: none */
    struct bytes body_hash;        /* of the request's body; with idempotency_hash */
};

struct report_get {
    struct bytes report;   /* "keys", "key", "stats" or "totals" */
    struct bytes endpoint; /* filter, may be empty */
    int64_t days;
    int64_t limit;         /* rows */
    int64_t after_id;      /* cursor: rows with a larger id */
    int64_t api_key_id;    /* "key": this one */
    struct bytes key_name; /* "keys": this one alone, where it is not empty */
};

/* body: JSON, ready to be served. Also answers KEY_CREATE, KEY_UPDATE and KEY_DELETE. */
struct report_reply {
    char none; /* it has no fields, but C wants a member */
};

/* Members of a key that a KEY_UPDATE changes, as bits. */
#define KEY_MEMBER_DAILY_LIMIT   1
#define KEY_MEMBER_MONTHLY_LIMIT 2
#define KEY_MEMBER_IS_ACTIVE     4
#define KEY_MEMBER_EXPIRES       8
#define KEY_MEMBER_LIMITS        16
#define KEY_MEMBER_RIGHTS        32

struct key_update {
    int64_t api_key_id;
    int64_t members;         /* which of those below count */
    int64_t daily_limit;     /* 0: none */
    int64_t monthly_limit;   /* 0: none */
    bool is_active;          /* false: revoked */
    int64_t expires_wall_ms; /* 0: never */
    struct bytes limits;
    struct bytes rights;
};

struct key_delete {
    int64_t api_key_id;
};

/* Answered by CACHE_REPORT. */
struct cache_report_get {
    struct bytes endpoint; /* filter, may be empty */
};

#define MESSAGE_REQUEST_ID_SIZE   64    /* with NUL */
#define MESSAGE_HEADERS_MAX_BYTES 65536 /* the longest `headers` that a message carries */

struct message {
    enum message_kind kind;
    enum actor_id sender;
    uint64_t correlation_id; /* chosen by who asks, echoed by who answers; 0: nobody waits */
    enum status status;      /* of a reply: what became of the request; else OK */
    int64_t time_left_ms;    /* of the request behind it; 0: no deadline */
    struct bytes request_id; /* for logs; may be empty; at most 63 bytes */
    struct blob *
        body; /* NULL: none. Sending takes its own reference; after receiving, message_fini drops it. Its
                              bytes are aligned to 8 */
    union message_body {
#define MESSAGE_MEMBER(kind, body, sender, receiver) struct body kind;
        MESSAGES(MESSAGE_MEMBER)
#undef MESSAGE_MEMBER
    } u;
};

const char *message_kind_name(enum message_kind kind);
enum actor_id message_sender(enum message_kind kind);
enum actor_id message_receiver(enum message_kind kind);
/* Drops the body's reference; the message may be reused. */
void message_fini(struct message *message);
