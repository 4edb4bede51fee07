/* tier_store.h - L1 and L2 as one store, in their order: what one worker thread has of them. Its calls block. */
#pragma once

#include "config.h"
#include "decision.h"
#include "object/entry.h"
#include "storage.h"
#include "tiers/l1.h"

struct tier_store {
    const struct config *config;
    enum storage_mode mode;
    struct entries *entries; /* L2 */
    struct l1 *l1;           /* a connection of its own */
    struct l1_state *l1_state;
    bool is_yielding; /* the last put left the disk to others */
};

/* Opened for writing, by one thread at a time, it is the one that brings L1 into use. NULL: it cannot be opened, or no
 * memory. config and l1 are borrowed. */
struct tier_store *tier_store_open(const struct config *config, struct l1_state *l1,
                                   enum storage_mode mode);
void tier_store_close(struct tier_store *store);

/* What is looked for. */
struct tier_lookup {
    char endpoint[ROUTE_NAME_SIZE];
    char cache_key[ENTRY_KEY_SIZE];
    int64_t purge_number; /* the newest: what L2 has now was not touched by any up to it */
    bool drops_l1;        /* what L1 has is not to be trusted: it goes, and L2 is asked */
};

/* OK: *entry, fresh or not, is the caller's, found at *level; PURGED: there is none that a purge left. L1 is filled with what L2 had. */
enum status tier_store_get(struct tier_store *store, const struct tier_lookup *asked,
                           struct entry **entry, enum level *level);
/* Both levels; L1 alone while the disk has less than gateway.min_free_disk_bytes left: of all that is written there, this
 * can be missed. PURGED: a later purge matches, nothing was stored. */
enum status tier_store_put(struct tier_store *store, const struct entry *entry);
enum status tier_store_purge(struct tier_store *store, const struct purge_scope *scope,
                             int64_t *number, int64_t *cleared_count);
/* Finds out how L1 is, and takes it into use where it came back, with a new generation. For the writer. */
void tier_store_probe_l1(struct tier_store *store);
