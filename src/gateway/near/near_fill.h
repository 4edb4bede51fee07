/* near_fill.h - from a cache actor's reply to what clients get, and to an entry of the near cache. */
#pragma once

#include "gateway_state.h"
#include "response/variant.h"

/* A response made ready for clients; owns its bytes but the plain body, which is the reply's. */
struct near_fill {
    struct content content;
    struct bytes packed; /* body of the gzip variant */
    char *heads;
};

/* with_gzip: somebody wants it now. False: no memory, or the fields are too many. End with near_fill_fini either way. */
bool near_fill_make(struct near_fill *fill, const struct config *config,
                    const struct cache_reply *reply, struct bytes body, bool with_gzip);
/* The same of a part of the reply's body. */
bool near_fill_make_part(struct near_fill *fill, const struct config *config,
                         const struct cache_reply *reply, struct bytes part, bool with_gzip);
void near_fill_fini(struct near_fill *fill);

/* PURGED, NO_MEMORY as near_cache_put; MALFORMED: the reply allows no keeping, or its key is no
 * key. endpoint: what purges name. */
enum status near_fill_put(struct gateway *gateway, const struct cache_reply *reply,
                          struct bytes endpoint, const struct near_fill *fill);

/* Puts a part of an entry's body as an entry of its own, with the life and the validators that near_fill_make_part gives
 * it. */
void near_fill_put_part(struct gateway *gateway, const struct near_entry *entry,
                        struct bytes signature, struct bytes part, int64_t now_mono_ms);

/* The near entry of the request's key, or NULL. Where gzip is wanted, worth trying and nobody's work yet, the entry is
 * replaced by one that has it: once in its life. The caller owns one reference: near_entry_release. */
struct near_entry *near_fill_find(struct gateway *gateway, struct epoch_slot *epoch,
                                  struct bytes signature, bool wants_gzip, int64_t now_mono_ms);
