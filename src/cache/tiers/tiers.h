/* tiers.h - the stores behind the cache actor: jobs on worker threads, results back on the actor's thread.
 *
 * L2 is the database; L1 (l1.h) is Redis, where there is one. Two pools, each worker with a tier_store of its own:
 * readers (cache.tier_threads of them) look up, count and report; one writer does everything else, so that writes are
 * serial and happen in the order in which they were asked: a purge after a store drops what was stored, a store after a
 * purge is checked against it by the database.
 *
 * Every function but create and destroy gives STATUS_OK when the job is queued, exactly one event
 * follows, in tiers_reap or, at the latest, in tiers_destroy; STATUS_OVERLOADED when
 * cache.tier_queue jobs wait, STATUS_STOPPING, STATUS_NO_MEMORY: nothing follows. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "actor/worker_pool.h"
#include "config.h"
#include "invalidation/purges.h"
#include "object/entry.h"
#include "status.h"
#include "tiers/tier_store.h"

struct tiers;

struct tier_report {
    enum status status;
    char *json;          /* NULL unless OK; the tier frees it behind the event */
    struct sender *from; /* who asked; the receiver of the event owns it then */
};

struct tier_purge {
    enum status status;
    int64_t number;
    int64_t cleared_count; /* rows that were valid */
    struct purge_scope scope;
    struct sender *from; /* who asked; the receiver of the event owns it then */
};

/* All on the actor's thread. entry: borrowed, hold it to keep it. */
struct tiers_events {
    /* OK with an entry of that level, fresh or not; NOT_FOUND; PURGED: L2 has one that a purge covers; else the look-up failed. */
    void (*found)(void *state, int64_t flight_id, enum status status, struct entry *entry,
                  enum level level);
    /* OK; PURGED: a later purge matches, nothing was stored; else the store failed. */
    void (*stored)(void *state, int64_t flight_id, enum status status);
    void (*purged)(void *state, const struct tier_purge *purge);
    void (*counted)(void *state, int64_t valid_count);
    void (*reported)(void *state, const struct tier_report *report);
};

/* Opens the database, migrating it, and fills *purges with its newest purges. NULL: it cannot be
 * opened (logged). config and events are borrowed for the tiers' life. */
struct tiers *tiers_create(const struct config *config, const struct tiers_events *events,
                           void *state, struct purges *purges);
/* Runs what is queued; its events still come, in here. */
void tiers_destroy(struct tiers **tiers);

/* Descriptors to watch: tiers_reap when one is readable. */
#define TIERS_FDS 2
void tiers_fds(const struct tiers *tiers, int fds[TIERS_FDS]);
void tiers_reap(struct tiers *tiers);

enum status tiers_lookup(struct tiers *tiers, int64_t flight_id, const struct tier_lookup *asked);
enum status tiers_store(struct tiers *tiers, int64_t flight_id, struct entry *entry);
/* `from` is the tiers' when the job is queued, until the event. */
enum status tiers_purge(struct tiers *tiers, const struct purge_scope *scope, struct sender *from);
/* endpoint empty: all. `from` is the tiers' when the job is queued, until the event. */
enum status tiers_report(struct tiers *tiers, const char *endpoint, struct sender *from);
/* hits: struct entry_hit[], any alignment; a reference is taken. No event. */
enum status tiers_count_hits(struct tiers *tiers, struct blob *hits);
/* Deletes rows past their stale window, in bounded jobs until none is left. No event. */
enum status tiers_clean(struct tiers *tiers);
/* Deletes rows of a database that is larger than cache.max_l2_bytes, in bounded jobs until it is not. Stores start it by
 * themselves. No event. */
enum status tiers_trim(struct tiers *tiers);
enum status tiers_count_entries(struct tiers *tiers);
/* Writes something that nobody reads: moves tiers_is_healthy. No event. */
enum status tiers_probe(struct tiers *tiers);
/* Asks how L1 is, and takes it into use where it came back. No event. Nothing is done where L1 is not configured. */
enum status tiers_probe_l1(struct tiers *tiers);

/* The last job of the readers and the last of the writer came through. */
bool tiers_is_healthy(const struct tiers *tiers);
bool tiers_l1_is_up(const struct tiers *tiers);
/* Of Redis; -1: not known. */
int64_t tiers_l1_used_bytes(const struct tiers *tiers);
/* Of the last look-up; -1: there was none. */
int64_t tiers_lookup_us(const struct tiers *tiers);
/* Of both pools together; each thread has a connection of its own. */
struct worker_pool_load tiers_load(const struct tiers *tiers);
