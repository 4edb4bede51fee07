/* flight_result.h - what the waiters of a flight get, before it is put into messages. Pure.
 *
 * Made by one of the flight_result_of_* functions, owned by a flight or a handler, ended by flight_result_fini.
 * The payer and the others differ in their decision and in the cost alone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "decision.h"
#include "messages.h"
#include "object/entry.h"
#include "object/freshness.h"
#include "status.h"

#define FLIGHT_RESULT_DETAIL_SIZE 128

struct flight_result {
    enum status status;
    struct response_meta
        meta; /* of entry, its times not in the future; without one the http_status alone */
    enum decision payer_decision;
    enum decision others_decision;
    enum level level;
    enum cache_reason reason; /* of a stored one; NONE: that of the waiter's own way here */
    int64_t cost_micro_usd;   /* of the payer's call */
    int64_t retry_after_s;
    bool may_keep;       /* by a near cache */
    bool may_push;       /* L2 has it too: a near cache that loses it does not make it cost again */
    struct entry *entry; /* one reference; NULL for an error */
    struct blob *body;   /* one reference */
    /* with an entry: a token of Cache-Status, beside the reason; else the cause, for people */
    char detail[FLIGHT_RESULT_DETAIL_SIZE];
};

/* Who gets it, and for which request. */
struct flight_result_address {
    const char *route;
    const char *cache_key;
    struct bytes signature;
    bool is_payer;
    enum cache_reason reason; /* why it had to wait */
    int64_t upstream_us;      /* for so long the paid API worked */
};

/* Each holds its own references. */
struct flight_result flight_result_of_hit(struct entry *entry, enum level level,
                                          int64_t now_wall_ms);
/* cause: NULL while it is refreshed behind; else why there is none that is fresh. */
struct flight_result flight_result_of_stale(struct entry *entry, enum level level,
                                            int64_t now_wall_ms, const char *cause);
/* stored: OK; PURGED: a later purge matched; NOT_IMPLEMENTED: such a response is not stored at all;
 * else the store failed. */
struct flight_result flight_result_of_fetch(struct entry *entry, int64_t cost_micro_usd,
                                            enum status stored);
/* detail: the cause for people, may be empty. body: what the upstream said, already cut; NULL:
 * nothing. */
struct flight_result flight_result_of_error(enum status status, int64_t http_status,
                                            int64_t retry_after_s, struct bytes detail,
                                            struct blob *body);
void flight_result_fini(struct flight_result *result);

/* The message's fields; bytes borrow from result and address. The body is the caller's to attach. */
struct cache_reply flight_result_as_reply(const struct flight_result *result,
                                          const struct flight_result_address *address);
