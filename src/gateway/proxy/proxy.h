/* proxy.h - a request for a route, step by step: refused, answered from the near cache, or fetched. */
#pragma once

#include "exchange.h"
#include "near/near_cache.h"

void proxy_handle(struct exchange *exchange);
/* Makes the worker's plan of query; as request_plan_build. Also FORBIDDEN: the key may not do this; *why says it (static),
 * and is NULL otherwise. */
enum status proxy_plan(struct exchange *exchange, struct bytes query, const char **why);

/* A request that the near cache cannot answer: asks the cache actor, keeps what comes, answers. */
void miss_handle(struct exchange *exchange);
/* A request of a bulk route whose key is known: each item from the same entries as the single request, fetched where it is
 * missing, several at once; a failing item fails alone. */
void bulk_handle(struct exchange *exchange);

/* derived.c: routes that answer with one member of another route's responses, from the same entries. The near cache holds the member
 * as an entry of its own, made at the first use from the whole one: with its source's age, expiry and purge number, under
 * its source's endpoint. A whole entry that was fetched another time makes a new one.
 * Whether route answers with a part of a body of that status; other routes, and responses other than 200, are whole. */
bool derived_is_part(const struct route_config *route, int http_status);
/* The member's raw text; [] where the body has none. */
struct bytes derived_part(const struct route_config *route, struct bytes body);

/* The near entry that answers the request at hand, whatever its route, by the two signatures of its plan; NULL: none. The caller owns one reference:
 * near_entry_release. */
struct near_entry *derived_find_near(struct exchange *exchange, struct bytes signature,
                                     struct bytes near_signature, int64_t now_mono_ms);
