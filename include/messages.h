/* messages.h - every message between actors, declared once.
 *
 * The members of a body struct, listed in src/core/wire/messages.c with their bounds, are the fields in wire order;
 * encoding, decoding, checks and docs/messages.md come from the two. The order of rows is the wire's numbering:
 * append only.
 * Wire: a msgpack array [version, kind, sender, correlation_id, status, time_left_ms, request_id, body_size,
 * fields...], then a raw frame with the body where body_size > 0 (chunked above CHANNEL_CHUNK_BYTES, see channel.h). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/blob.h"
#include "base/bytes.h"
#include "decision.h"
#include "limit_record.h"
#include "response_meta.h"
#include "status.h"

#define MESSAGE_VERSION 3

enum actor_id { ACTOR_GATEWAY, ACTOR_CACHE, ACTOR_UPSTREAM, ACTOR_ANALYTICS, ACTOR_COUNT };
#define ACTOR_ANY ACTOR_COUNT
const char *actor_id_name(enum actor_id id); /* "gateway", ... */

/* A row: the kind, its body struct, who sends it, who handles it, and what it means. */
#define MESSAGES(X)                                                                                \
    X(HEARTBEAT, heartbeat, ACTOR_ANY, ACTOR_ANY,                                                  \
      "Are you alive? Sent by the framework to each connected peer, every "                        \
      "`actors.heartbeat_ms`. Answered by HEARTBEAT_REPLY.")                                       \
    X(HEARTBEAT_REPLY, heartbeat_reply, ACTOR_ANY, ACTOR_ANY,                                      \
      "I am, under this epoch and in this health. Body: the metric values of its "                 \
      "process, `struct metric_values` of `metrics.h`, and its route counters.")                   \
    X(BODY_CHUNK, body_chunk, ACTOR_ANY, ACTOR_ANY,                                                \
      "Part `number` of the body of transfer `transfer_id`, and its bytes as the body. "           \
      "Part 0 stands between the envelope and the first bytes of the message itself.")             \
    X(BODY_CREDIT, body_credit, ACTOR_ANY, ACTOR_ANY,                                              \
      "Parts up to this one were taken; at most 4 may be on their way.")                           \
    X(CACHE_GET, cache_get, ACTOR_GATEWAY, ACTOR_CACHE,                                            \
      "A worker's miss: who may have this answer, and from where? Answered by "                    \
      "CACHE_REPLY.")                                                                              \
    X(CACHE_REPLY, cache_reply, ACTOR_CACHE, ACTOR_GATEWAY,                                        \
      "The answer to a miss, fresh or stale, or the cause why there is none. Body: the "           \
      "answer's body, unless `in_near` is 1.")                                                     \
    X(LISTENER_HELLO, listener_hello, ACTOR_GATEWAY, ACTOR_CACHE,                                  \
      "A gateway's listener introduces itself, at start and after each new epoch of the "          \
      "cache actor. Answered by LISTENER_WELCOME.")                                                \
    X(LISTENER_WELCOME, listener_welcome, ACTOR_CACHE, ACTOR_GATEWAY,                              \
      "The purge number from which the listener counts on.")                                       \
    X(ENTRY_PUSH, cache_reply, ACTOR_CACHE, ACTOR_GATEWAY,                                         \
      "An entry that several requests of one gateway wait for, once for all of them. "             \
      "Answered by ENTRY_HELD. Body: the answer's body.")                                          \
    X(ENTRY_HELD, entry_held, ACTOR_GATEWAY, ACTOR_CACHE,                                          \
      "The near cache took the pushed entry, or refused it.")                                      \
    X(NEAR_PURGE, near_purge, ACTOR_CACHE, ACTOR_GATEWAY,                                          \
      "Drop the entries that the purge matches. Numbers are consecutive; after a gap "             \
      "the listener says hello again. Answered by PURGE_CONFIRM.")                                 \
    X(PURGE_CONFIRM, purge_confirm, ACTOR_GATEWAY, ACTOR_CACHE,                                    \
      "The near cache of this gateway holds nothing that the purge matches.")                      \
    X(CACHE_PURGE, cache_purge, ACTOR_GATEWAY, ACTOR_CACHE,                                        \
      "Drop entries everywhere. Answered by PURGE_REPLY when every gateway confirmed, "            \
      "or was silent too long.")                                                                   \
    X(PURGE_REPLY, purge_reply, ACTOR_CACHE, ACTOR_GATEWAY,                                        \
      "What the purge dropped, and how many gateways did not confirm it in time.")                 \
    X(ENTRY_HITS, entry_hits, ACTOR_ANALYTICS, ACTOR_CACHE,                                        \
      "How often entries were read, from stored usage rows. Body: `struct "                        \
      "entry_hit[count]`. Not answered.")                                                          \
    X(UPSTREAM_FETCH, upstream_fetch, ACTOR_CACHE, ACTOR_UPSTREAM,                                 \
      "Make this call, if it may be paid. Answered by UPSTREAM_REPLY.")                            \
    X(UPSTREAM_REPLY, upstream_reply, ACTOR_UPSTREAM, ACTOR_CACHE,                                 \
      "What the call brought and whether it is billed. Status OK: an answer came whole, "          \
      "whatever `http_status` says. Body: the answer's body.")                                     \
    X(LEDGER_OPEN, ledger_open, ACTOR_UPSTREAM, ACTOR_ANALYTICS,                                   \
      "The ledger opens under a new epoch: reservations of this instance's older epochs "          \
      "become unknown. Answered by LEDGER_OPENED.")                                                \
    X(LEDGER_OPENED, ledger_opened, ACTOR_ANALYTICS, ACTOR_UPSTREAM,                               \
      "The ledger is open; so many reservations became unknown.")                                  \
    X(LEDGER_RESERVE, ledger_reserve, ACTOR_UPSTREAM, ACTOR_ANALYTICS,                             \
      "Commit a row for a call that is about to be made. Answered by LEDGER_RESERVED "             \
      "after the commit. May be sent again. Not taken from an epoch that has ended.")              \
    X(LEDGER_RESERVED, ledger_reserved, ACTOR_ANALYTICS, ACTOR_UPSTREAM,                           \
      "Status OK: the row is committed and the call may be made.")                                 \
    X(LEDGER_SETTLE, ledger_settle, ACTOR_UPSTREAM, ACTOR_ANALYTICS,                               \
      "What became of a reserved call: any `charge` but RESERVED. It may overtake its "            \
      "reservation, and then keeps it out. Answered by LEDGER_SETTLED after the commit; "          \
      "sent again until then.")                                                                    \
    X(LEDGER_SETTLED, ledger_settled, ACTOR_ANALYTICS, ACTOR_UPSTREAM, "The row is settled.")      \
    X(USAGE_BATCH, usage_batch, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                    \
      "A run of one ring of the spool, stored whole or not at all. Body: `struct "                 \
      "usage_record[count]`. Answered by USAGE_STORED after the commit.")                          \
    X(USAGE_STORED, usage_stored, ACTOR_ANALYTICS, ACTOR_GATEWAY,                                  \
      "The ring's mark: everything up to this sequence is stored. Status GAP: ship from "          \
      "the next one on; STORAGE: ship again later.")                                               \
    X(QUOTA_LEASE, quota_lease, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                    \
      "Give me a share of a key's daily and monthly quota, `needed` at least or nothing, "         \
      "or, with `returned` above 0, take back what was not used. Answered by QUOTA_GRANT.")        \
    X(QUOTA_GRANT, quota_grant, ACTOR_ANALYTICS, ACTOR_GATEWAY,                                    \
      "So many requests of this key may be admitted without asking again. Status "                 \
      "QUOTA_EXCEEDED: none before `retry_after_s`.")                                              \
    X(KEYS_SYNC, keys_sync, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                        \
      "Send me all keys, or the next part of them. Answered by KEYS_SNAPSHOT; changes "            \
      "follow as KEY_CHANGED.")                                                                    \
    X(KEYS_SNAPSHOT, keys_snapshot, ACTOR_ANALYTICS, ACTOR_GATEWAY,                                \
      "A part of all keys, at a version; never sent in chunks, so that it keeps its "              \
      "place among the KEY_CHANGED around it. Body: KEY_CHANGED envelopes, each after "            \
      "its size as 4 bytes little-endian.")                                                        \
    X(KEY_CHANGED, key_record, ACTOR_ANALYTICS, ACTOR_GATEWAY,                                     \
      "One key was made or changed. Versions are consecutive; after a gap the gateway "            \
      "asks with KEYS_SYNC again. Answered by KEY_CONFIRM.")                                       \
    X(KEY_CONFIRM, key_confirm, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                    \
      "This gateway's snapshot has all changes up to this version.")                               \
    X(KEY_CREATE, key_create, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                      \
      "Store a new key. Answered by REPORT_REPLY when every gateway confirmed it.")                \
    X(REPORT_GET, report_get, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                      \
      "Make a report. Answered by REPORT_REPLY.")                                                  \
    X(REPORT_REPLY, report_reply, ACTOR_ANALYTICS, ACTOR_GATEWAY,                                  \
      "Body: the report as JSON, or the key that was created, changed or deleted.")                \
    X(KEY_UPDATE, key_update, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                      \
      "Change some members of a key. Answered by REPORT_REPLY when every gateway "                 \
      "confirmed it.")                                                                             \
    X(KEY_DELETE, key_delete, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                      \
      "Revoke and hide a key and free its name; its rows stay. Answered by REPORT_REPLY "          \
      "when every gateway confirmed it.")                                                          \
    X(CACHE_REPORT_GET, cache_report_get, ACTOR_GATEWAY, ACTOR_CACHE,                              \
      "What L2 holds, by endpoint. Answered by CACHE_REPORT.")                                     \
    X(CACHE_REPORT, report_reply, ACTOR_CACHE, ACTOR_GATEWAY,                                      \
      "Body: the report as JSON, ready to be served.")                                             \
    X(KEY_ROTATE, key_rotate, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                      \
      "Give a key another secret; the present one works until `previous_until_wall_ms`. "          \
      "Answered by REPORT_REPLY when every gateway confirmed it; status CONFLICT while an "        \
      "earlier rotation's overlap runs.")                                                          \
    X(CACHE_LEAVE, cache_leave, ACTOR_GATEWAY, ACTOR_CACHE,                                        \
      "The client behind all that this worker waits for is gone. What was not paid for is "        \
      "answered with CACHE_REPLY, status CANCELLED; the rest as ever.")                            \
    X(UPSTREAM_CANCEL, upstream_cancel, ACTOR_CACHE, ACTOR_UPSTREAM,                               \
      "Nobody wants this call any more. One that was not sent yet is answered with "               \
      "UPSTREAM_REPLY, status CANCELLED, and is free; any other goes on.")                         \
    X(LIMITS_SAVE, limits_save, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                    \
      "What is used of some rate limits. Body: `struct limit_record[count]`. Answered by "         \
      "LIMITS_SAVED after the commit.")                                                            \
    X(LIMITS_SAVED, limits_saved, ACTOR_ANALYTICS, ACTOR_GATEWAY, "Status OK: they are stored.")   \
    X(LIMITS_GET, limits_get, ACTOR_GATEWAY, ACTOR_ANALYTICS,                                      \
      "A gateway that starts asks what is used of rate limits. Answered by LIMITS_PART.")          \
    X(LIMITS_PART, limits_part, ACTOR_ANALYTICS, ACTOR_GATEWAY,                                    \
      "A part of what is used still. Body: `struct limit_record[count]`.")                         \
    X(UPSTREAM_CONTROL, upstream_control, ACTOR_GATEWAY, ACTOR_UPSTREAM,                           \
      "An administrator changes what an upstream does until the next start. Answered by "          \
      "UPSTREAM_CONTROLLED.")                                                                      \
    X(UPSTREAM_CONTROLLED, upstream_controlled, ACTOR_UPSTREAM, ACTOR_GATEWAY,                     \
      "Status OK: it is done; NOT_FOUND: there is no such upstream; FORBIDDEN: no faults are "     \
      "injected in production.")

enum message_kind {
#define MESSAGE_ENUM(kind, ...) MSG_##kind,
    MESSAGES(MESSAGE_ENUM)
#undef MESSAGE_ENUM
        MSG_COUNT
};

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
};

struct body_chunk {
    int64_t transfer_id;
    int64_t number; /* 0: came with the message itself */
};

struct body_credit {
    int64_t transfer_id;
    int64_t number;
};

struct cache_get {
    int64_t gateway_id;     /* random, per gateway process */
    struct bytes route;     /* its name in the configuration */
    struct bytes cache_key; /* 32 hex characters, MD5 of the signature */
    struct bytes signature; /* canonical JSON of the request, compared on a hit */
    struct bytes target;    /* path and query for the upstream */
    int64_t api_key_id;     /* who pays for the call, if it comes to one; 0: the service, warming */
    bool force_refresh;     /* do not look up, but store */
    int64_t ttl_override_s; /* 0: the route's */
    bool want_body;         /* the body must come in this reply, not by the near cache */
    struct bytes credential;    /* secret: only for passthrough routes, else empty */
    struct bytes fallback_path; /* what is asked when the target answers 404; empty: nothing */
    bool only_if_cached;        /* it must cause no call: what is cached, or ONLY_IF_CACHED */
};

struct cache_reply {
    enum decision decision; /* for this request */
    enum level level;
    bool in_near;           /* no body here, the near cache of this gateway has it */
    int64_t flight_id;      /* ENTRY_PUSH: echoed in ENTRY_HELD */
    int64_t cost_micro_usd; /* what this request's call costs; 0 unless decision is miss */
    bool may_keep;          /* a near cache may keep it */
    int64_t retry_after_s;  /* 0: none */
    struct bytes route;
    struct bytes cache_key;
    struct bytes signature;
    struct bytes headers; /* "Name: value\r\n"... to be replayed, hop-by-hop already removed */
    struct bytes detail;  /* beside the reason, one token; or cause of an error, a short text */
    struct response_meta meta; /* an error has its http_status alone */
    enum cache_reason reason;  /* why it was looked for elsewhere, or not; also of an error */
    int64_t upstream_us;       /* for so long the paid API worked for those who waited */
};

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

/* The times: purge.h. */
struct near_purge {
    int64_t number;
    bool is_all; /* else of one endpoint */
    struct bytes endpoint;
    int64_t fetched_before_wall_ms;
    int64_t expired_before_wall_ms;
};

struct purge_confirm {
    int64_t gateway_id;
    int64_t number;
};

struct cache_purge {
    bool is_all;           /* else of one endpoint */
    struct bytes endpoint; /* its name, or that of one of its routes */
    int64_t fetched_before_wall_ms;
    int64_t expired_before_wall_ms;
};

struct purge_reply {
    int64_t number;
    int64_t cleared_count;     /* rows of L2 that were valid */
    int64_t unconfirmed_count; /* gateways that did not confirm in time */
};

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

struct upstream_reply {
    int64_t flight_id;
    int64_t http_status; /* 0 when no head came */
    enum charge charge;
    int64_t cost_micro_usd; /* price when billed or unknown, else 0 */
    int64_t received_wall_ms;
    int64_t retry_after_s; /* 0: none */
    struct bytes headers;  /* end-to-end headers, "Name: value\r\n"... */
    struct bytes detail;   /* cause of a failure, without secrets */
    int64_t duration_us;   /* of all its attempts, from the first byte sent to the last received */
};

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

struct ledger_reserved {
    struct bytes call_id;
};

struct ledger_settle {
    struct bytes call_id; /* this and all up to the price as in LEDGER_RESERVE */
    struct bytes instance;
    int64_t epoch;
    int64_t api_key_id;
    struct bytes route;
    enum fetch_reason reason;
    int64_t price_micro_usd;
    enum charge charge; /* not RESERVED */
    int64_t http_status;
    int64_t cost_micro_usd;
    int64_t duration_us;
};

struct ledger_settled {
    struct bytes call_id;
};

struct usage_batch {
    struct bytes spool_id; /* 32 hex characters */
    int64_t ring;
    int64_t first_sequence;
    int64_t count;
};

struct usage_stored {
    struct bytes spool_id;
    int64_t ring;
    int64_t sequence; /* the mark: everything up to here is stored */
};

struct quota_lease {
    int64_t api_key_id;
    int64_t needed; /* at once, or none is granted; 0: one */
    int64_t returned;
    int64_t window_day; /* days since 1970 (UTC) that returned was leased in */
};

struct quota_grant {
    int64_t api_key_id;
    int64_t granted;
    int64_t window_day;
    int64_t expires_wall_ms; /* end of the day: unused grants lapse */
    int64_t retry_after_s;   /* with QUOTA_EXCEEDED: until the window opens */
    bool is_monthly;         /* with QUOTA_EXCEEDED: which quota it is, else the daily one */
    int64_t limit;           /* of that quota */
    int64_t used;            /* of it, leases that are not used up included */
};

struct keys_sync {
    int64_t gateway_id;
    int64_t after_id; /* 0: from the first key on; else next_id of the part that came before */
};

struct keys_snapshot {
    int64_t version;
    int64_t count;    /* of keys in this part */
    int64_t after_id; /* as asked for; 0: the first part */
    int64_t next_id;  /* to ask for the next part with; 0: this is the last */
};

struct key_record {
    int64_t version;
    int64_t api_key_id;
    struct bytes key_hash; /* 64 hex characters */
    struct bytes key_name;
    bool is_active;          /* false: revoked, expired or deleted: answer 401 */
    int64_t expires_wall_ms; /* 0: never */
    int64_t daily_limit;     /* 0: none */
    int64_t monthly_limit;   /* 0: none */
    struct bytes limits; /* JSON object {"global": "N/unit", "<route>": ..., "*": ...}, or empty */
    struct bytes rights; /* comma-separated: "extend_ttl" */
    /* Of the secret before the last rotation, which works until then; empty: there was none. */
    struct bytes previous_hash;
    int64_t previous_until_wall_ms;
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
    struct bytes report;   /* "keys", "stats", ...: the table in src/analytics/report/report.c */
    struct bytes endpoint; /* filter, may be empty */
    int64_t days;
    int64_t limit;         /* rows */
    int64_t after_id;      /* cursor: rows with a larger id */
    int64_t api_key_id;    /* "key": this one */
    struct bytes key_name; /* "keys": this one alone, where it is not empty */
    struct bytes by;       /* "money": "key", "route" or "day" */
    int64_t month_day;     /* "money": a day of the month, since 1970; 0: today */
    /* "requests": */
    int64_t status_code; /* 0: any */
    int64_t decision;    /* 1 + enum decision; 0: any */
    int64_t least_ms;    /* that it took */
    int64_t from_wall_us;
    int64_t before_wall_us; /* rows before this place; 0: from the newest on */
    int64_t before_id;      /* the same */
};

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

struct key_rotate {
    int64_t api_key_id;
    struct bytes key_hash;          /* of the new secret, 64 hex characters */
    int64_t previous_until_wall_ms; /* the present one's end; not later than now: at once */
};

struct cache_report_get {
    struct bytes endpoint; /* filter, may be empty */
};

struct limits_save {
    int64_t count;
};

struct limits_saved {
    char none; /* it has no fields, but C wants a member */
};

struct limits_get {
    int64_t after_id; /* 0: from the first row on; else next_id of the part that came before */
};

struct limits_part {
    int64_t count;
    int64_t after_id; /* as asked for */
    int64_t next_id;  /* to ask for the next part with; 0: this is the last */
};

struct cache_leave {
    char none; /* it has no fields, but C wants a member */
};

struct upstream_cancel {
    int64_t flight_id; /* as in UPSTREAM_FETCH */
};

enum upstream_action { UPSTREAM_RESET_BREAKER, UPSTREAM_SET_FAULTS, UPSTREAM_ACTION_COUNT };

struct upstream_control {
    struct bytes upstream; /* its name */
    enum upstream_action action;
    int64_t fault_ppm;        /* SET_FAULTS: so many calls of a million fail, 0..1000000 */
    int64_t fault_latency_ms; /* SET_FAULTS: each call is held for so long before it is sent */
};

struct upstream_controlled {
    char none; /* it has no fields, but C wants a member */
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
    /* NULL: none. Sending takes a reference of its own; after receiving, message_fini drops it. Its bytes are
     * aligned to 8. */
    struct blob *body;
    union message_body {
#define MESSAGE_MEMBER(kind, body, ...) struct body kind;
        MESSAGES(MESSAGE_MEMBER)
#undef MESSAGE_MEMBER
    } u;
};

const char *message_kind_name(enum message_kind kind);
enum actor_id message_sender(enum message_kind kind);
enum actor_id message_receiver(enum message_kind kind);
/* Drops the body's reference; the message may be reused. */
void message_fini(struct message *message);
