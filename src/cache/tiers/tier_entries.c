/* tier_entries.c - look-ups, stores and purges: L1 and L2 in their order. */
#include <assert.h>
#include <stdlib.h>

#include "base/clock.h"
#include "metrics.h"
#include "object/cache_key.h"
#include "tiers/tier_job.h"

#define STORED_ROW_BYTES 512    /* about what a row takes beside its body */
#define TRIM_EACH_BYTES  262144 /* of bodies stored: so much may be above the bound for a moment */

static enum status
get_from_l1(struct tier_worker *worker, struct tier_job *job, struct entry_row *row,
            struct blob **owner)
{
    enum status status;

    if (job->drops_l1) {
        (void)l1_drop(worker->l1, job->endpoint, job->cache_key);
        return STATUS_NOT_FOUND;
    }
    status = l1_get(worker->l1, job->endpoint, job->cache_key, row, owner);
    if (status != STATUS_UNAVAILABLE)
        metric_add(status == STATUS_OK ? METRIC_L1_HITS : METRIC_L1_MISSES, 1);
    return status;
}

/* No purge up to the job's number touched it: it was there, and valid, after that. */
static void
fill_l1(struct tier_worker *worker, const struct tier_job *job, const struct entry_row *row)
{
    struct entry_row copy = *row;

    copy.endpoint = bytes_of_text(job->endpoint);
    if (copy.purge_number < job->purge_number)
        copy.purge_number = job->purge_number;
    (void)l1_put(worker->l1, &copy, clock_wall_us(), L1_PUT_IF_NONE);
}

static enum status
get_from_l2(struct tier_worker *worker, struct tier_job *job, struct entry_row *row,
            struct blob **owner)
{
    enum status status = STATUS_NOT_FOUND;

    if (worker->tiers->config->cache.l2_enabled)
        status = entry_get(worker->entries, job->cache_key, row, owner);
    if (status == STATUS_OK)
        fill_l1(worker, job, row);
    return status;
}

static void
run_lookup(void *worker_state, void *argument)
{
    struct tier_worker *worker = worker_state;
    struct tier_job *job = argument;
    struct entry_row row;
    struct blob *owner = NULL;

    job->level = LEVEL_L1;
    job->status = get_from_l1(worker, job, &row, &owner);
    if (job->status != STATUS_OK) {
        job->level = LEVEL_L2;
        job->status = get_from_l2(worker, job, &row, &owner);
    }
    if (job->status != STATUS_OK)
        return;
    job->entry = entry_of_row(&row, owner);
    if (job->entry == NULL)
        job->status = STATUS_NO_MEMORY;
}

static void
lookup_done(void *actor_state, void *argument)
{
    struct tier_job *job = argument;

    tier_job_note_reader(job);
    job->tiers->lookup_us = clock_mono_ns() / 1000 - job->started_us;
    job->tiers->events->found(actor_state, job->flight_id, job->status, job->entry, job->level);
    tier_job_end(job);
}

enum status
tiers_lookup(struct tiers *tiers, int64_t flight_id, const struct tier_question *question)
{
    struct tier_job *job = tier_job_make(tiers, flight_id);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    bytes_copy_text(bytes_of_text(question->cache_key), job->cache_key, sizeof job->cache_key);
    bytes_copy_text(bytes_of_text(question->endpoint), job->endpoint, sizeof job->endpoint);
    job->purge_number = question->purge_number;
    job->drops_l1 = question->drops_l1;
    return tier_job_submit(tiers->readers, run_lookup, lookup_done, job);
}

/* L1 only gets what L2 took: what L2 refused was purged. */
static void
run_store(void *worker_state, void *argument)
{
    struct tier_worker *worker = worker_state;
    struct tier_job *job = argument;
    struct entry_row row = entry_as_row(job->entry);

    static_assert(sizeof row.params_hash >= PARAMS_HASH_SIZE, "the hash fits the column");
    cache_key_params_hash(row.signature, row.params_hash);
    job->status = STATUS_OK;
    if (worker->tiers->config->cache.l2_enabled)
        job->status = entry_put(worker->entries, &row);
    if (job->status == STATUS_OK)
        (void)l1_put(worker->l1, &row, clock_wall_us(), L1_PUT_ALWAYS);
}

static void
note_stored(struct tiers *tiers, const struct entry *entry)
{
    tiers->stored_bytes += (int64_t)(blob_bytes(entry->body).size + STORED_ROW_BYTES);
    if (tiers->stored_bytes >= TRIM_EACH_BYTES)
        (void)tiers_trim(tiers);
}

static void
store_done(void *actor_state, void *argument)
{
    struct tier_job *job = argument;

    if (job->status == STATUS_OK)
        note_stored(job->tiers, job->entry);
    tier_job_note_writer(job);
    job->tiers->events->stored(actor_state, job->flight_id, job->status);
    tier_job_end(job);
}

enum status
tiers_store(struct tiers *tiers, int64_t flight_id, struct entry *entry)
{
    struct tier_job *job = tier_job_make(tiers, flight_id);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    job->entry = entry_hold(entry);
    return tier_job_submit(tiers->writer, run_store, store_done, job);
}

/* What L1 keeps in spite of it is found out when it is read, by its purge number. An expired entry is in none. */
static void
run_purge(void *worker_state, void *argument)
{
    struct tier_worker *worker = worker_state;
    struct tier_job *job = argument;
    struct tier_purge *purge = &job->purge;

    job->status = entry_purge(worker->entries, &purge->scope, clock_wall_us(), &purge->number,
                              &purge->cleared_count);
    if (job->status == STATUS_OK && purge->scope.expired_before_wall_ms == 0)
        (void)l1_purge(worker->l1, purge->scope.endpoint);
}

static void
purge_done(void *actor_state, void *argument)
{
    struct tier_job *job = argument;
    struct tier_purge purge = job->purge;

    tier_job_note_writer(job);
    purge.status = job->status;
    job->purge.from = NULL;
    job->tiers->events->purged(actor_state, &purge);
    tier_job_end(job);
}

enum status
tiers_purge(struct tiers *tiers, const struct purge_scope *scope, struct sender *from)
{
    struct tier_job *job = tier_job_make(tiers, 0);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    job->purge.scope = *scope;
    job->purge.from = from;
    return tier_job_submit(tiers->writer, run_purge, purge_done, job);
}
