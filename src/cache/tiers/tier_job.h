/* tier_job.h - one job for a tier worker: what tier_entries.c and tier_upkeep.c make of it.
 *
 * Life of a job: made and submitted by the actor -> run_* on a worker, which alone touches it then
 * -> *_done on the actor's thread: its event, then its end. A job that cannot be queued ends at
 * once. */
#pragma once

#include "tiers/tiers_private.h"

/* What one job needs and brings. Filled in by the actor's thread, then the worker's, then the
 * actor's again. */
struct tier_job {
    struct tiers *tiers;
    int64_t flight_id;
    char cache_key[ENTRY_KEY_SIZE];
    char endpoint[ROUTE_NAME_SIZE];
    int64_t purge_number;
    bool drops_l1;
    enum level level;    /* of what was found */
    struct entry *entry; /* one reference */
    struct blob *hits;   /* one reference */
    struct tier_purge purge;
    struct tier_report report;
    int64_t count; /* rows deleted, valid entries */
    bool is_more;  /* of a trim */
    int64_t started_us;
    enum status status;
};

/* NULL: no memory. */
struct tier_job *tier_job_make(struct tiers *tiers, int64_t flight_id);
void tier_job_end(struct tier_job *job);
/* OK: queued. Else it has ended, and what it took stays the caller's. */
enum status tier_job_submit(struct worker_pool *pool, job_function *run, job_done_function *done,
                            struct tier_job *job);
/* The last job says how the pool's database is. */
void tier_job_note_reader(struct tier_job *job);
void tier_job_note_writer(struct tier_job *job);
