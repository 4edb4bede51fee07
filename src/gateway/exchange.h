/* exchange.h - one request on its way through the gateway: what is known of it so far.
 *
 * States: arrived -> matched (route) -> authenticated (key) -> planned (parameters) -> admitted
 * (limits) -> answered. Each step is one file and returns a status; its caller (proxy.c, bulk.c) answers a refusal.
 * Lives on the worker's stack. */
#pragma once

#include "decision.h"
#include "http/negotiation.h"
#include "routing/route_table.h"
#include "server/request.h"
#include "server/server.h"
#include "status.h"
#include "worker.h"

struct exchange {
    struct worker *worker;
    struct connection *connection;
    const struct request *request; /* NULL: it never became one */
    int64_t started_ns;
    char request_id[MESSAGE_REQUEST_ID_SIZE];
    bool is_gone; /* its client went away while it waited */
    bool is_head; /* the method is HEAD: no body leaves */
    bool has_client;
    struct address client; /* with has_client: as a trusted proxy says (client.h) */

    struct route_match match;
    struct negotiation negotiation; /* of proxied requests */
    struct bytes target;  /* as planned; empty: not planned yet. Of the plan, or of the fetch */
    struct bytes ignored; /* the same of what X-Ignored-Parameters names; empty: no such header */

    /* of the limit that has the least left, once admitted: what X-RateLimit-* say */
    int64_t rate_limit; /* requests per period; 0: there is no limit */
    int64_t rate_remaining;
    int64_t rate_reset_ms; /* until nothing of it is used */

    /* from the key's entry: copied, since the entry is only valid while the epoch is pinned */
    uint8_t key_hash[32];
    int64_t api_key_id; /* 0: not authenticated */
    uint32_t rights;
    int64_t
        refused_key_id; /* of the log alone: the key is ours, and is disabled or has expired; 0: none */

    /* what the usage row and the metrics say */
    enum decision decision;
    enum level level;
    int64_t cost_micro_usd;
    int64_t saved_micro_usd;

    /* what only the log says */
    int64_t duration_us;    /* until its usage row was committed */
    int64_t upstream_us;    /* of it, the paid API worked so long */
    const char *reason;     /* static text, e.g. of reasons of docs/usage.md; NULL: none */
    const char *user_agent; /* borrowed from the request; NULL: not looked for, or none */
    bool has_cache_key;
    uint8_t cache_key[16];
};

void exchange_begin(struct exchange *exchange, struct worker *worker, struct connection *connection,
                    const struct request *request);
/* Lines of the log that follow are no longer this request's. */
void exchange_end(struct exchange *exchange);
int64_t exchange_elapsed_us(const struct exchange *exchange);
