/* miss.h - a request that the near cache cannot answer: ask the cache actor, keep what comes,
 * answer. */
#pragma once

#include "near/near_fill.h"
#include "server/exchange.h"

void miss_handle(struct exchange *exchange);

/* Its steps, for those who ask several things at once. What is asked borrows from a plan. */
struct miss_question {
    const char *cache_key_hex;
    struct bytes signature, target, fallback_path;
    bool force_refresh;
    int64_t ttl_override_s;
};

/* OK: this thread may wait for the cache actor, until miss_end. SPOOL_FULL: nothing that could cost money may happen
 * now; OVERLOADED: too many threads wait. */
enum status miss_begin(struct exchange *exchange);
void miss_end(struct exchange *exchange);
void miss_write_request(const struct exchange *exchange, const struct miss_question *question,
                        bool wants_body, struct message *request);
int64_t miss_time_left_ms(const struct exchange *exchange);
/* Puts the answer into the near cache if it may be kept and is of this signature. */
void miss_keep_near(struct exchange *exchange, struct bytes signature,
                    const struct cache_reply *reply, const struct near_fill *fill);
/* The detail of an error of the upstream, in the words that clients of the original read. The caller frees it. */
char *miss_upstream_detail(struct bytes body);
