/* near_store.h - the near cache as the request's way uses it: replies are put into it, entries found with the encoding
 * that is wanted. */
#pragma once

#include "gateway_state.h"
#include "near/near_cache.h"
#include "response/response_build.h"

/* PURGED, NO_MEMORY as near_cache_put; MALFORMED: the reply allows no keeping, or its key is no
 * key. endpoint: what purges name. */
enum status near_store_put(struct gateway *gateway, const struct cache_reply *reply,
                           struct bytes endpoint, const struct response_build *build);

/* Puts a part of an entry's body as an entry of its own: the same times and purge number, validators of the part. */
void near_store_put_part(struct gateway *gateway, const struct near_entry *entry,
                         struct bytes signature, struct bytes part, int64_t now_mono_ms);

/* The near entry of the request's key, or NULL. Where gzip is wanted, worth trying and nobody's work yet, it is made here:
 * once in the entry's life. The caller owns one reference: near_entry_release. */
struct near_entry *near_store_find(struct gateway *gateway, struct epoch_slot *epoch,
                                   struct bytes signature, bool wants_gzip, int64_t now_mono_ms);
