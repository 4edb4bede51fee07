/* fetch.h - one question to the cache actor, and what its reply says: the same for a single request and for each item of a
 * bulk request.
 *
 * fetch_begin (this thread may wait) -> fetch_start (a question is written and sent; as many as the caller likes) ->
 * fetch_wait (the one place that waits) -> fetch_finish (the reply is read) -> rendered by the caller, or started once more
 * for the body itself -> fetch_end. */
#pragma once

#include "exchange.h"
#include "near/near_store.h"
#include "response/response.h"

struct fetch {
    /* the question, copied from a plan */
    uint8_t *texts; /* owned: what the bytes below stand in */
    char cache_key_hex[33];
    struct bytes signature, near_signature, target, fallback_path, ignored;
    bool force_refresh;
    int64_t ttl_override_s;
    uint64_t correlation_id; /* of the question that is out */
    /* what the first reply says; a second one brings the body alone */
    bool is_decided;
    enum decision decision;
    enum level level;
    int64_t cost_micro_usd;
    int64_t saved_micro_usd; /* 0: this request made the call */
    int64_t price_micro_usd; /* what a hit on the same entry saves */
    enum cache_reason reason;
    int64_t upstream_us; /* of it, the paid API worked so long */
};

/* Makes the question, and the plan's digest, which it needs. False: no memory. */
bool fetch_init(struct fetch *fetch, struct request_plan *plan);
void fetch_fini(struct fetch *fetch);

/* OK: this thread may wait for the cache actor, until fetch_end. SPOOL_FULL: nothing that could cost money may happen now;
 * OVERLOADED: too many threads wait; UNAVAILABLE: the actor is away. */
enum status fetch_begin(struct exchange *exchange);
/* Drops what the bytes of the last reply stand in. */
void fetch_end(struct exchange *exchange);

/* wants_body: of an entry that is not in the near cache any more. TIMEOUT: no time is left for it. */
enum status fetch_start(struct exchange *exchange, struct fetch *fetch, bool wants_body);
/* The next reply, to whichever question is out; its bytes are valid until the next one, its body is the caller's
 * (message_fini). */
enum status fetch_wait(struct exchange *exchange, struct message *reply);

enum fetch_result {
    FETCH_STORED,  /* the response is in the reply */
    FETCH_IN_NEAR, /* it is in the near cache, for several waiters of this process; or is not there any more: start again */
    FETCH_FAILED,  /* fetch_problem */
};

enum fetch_result fetch_finish(struct fetch *fetch, const struct message *reply);

/* Why there is no response: reply says so, or, where none came (NULL), status. The caller frees *detail, which the problem
 * borrows. */
struct problem fetch_problem(enum status status, const struct message *message, char **detail);
/* The detail of an error of the upstream, in the words that clients of the original read. The caller frees it. */
char *fetch_upstream_detail(struct bytes body);

/* Makes the reply's response ready for clients, and puts it into the near cache if it may be kept there and is of this
 * signature. False: no memory. End with response_build_fini either way. */
bool fetch_store(struct exchange *exchange, const struct fetch *fetch, const struct message *reply,
                 bool with_gzip, struct response_build *build);
