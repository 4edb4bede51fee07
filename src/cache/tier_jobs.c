/* tier_jobs.c - one job per thing that the cache actor asks of a tier: run on a worker, done on the
 * actor's thread.
 *
 * Life of a job: made and submitted by the actor -> run_* on a worker, which alone touches it then
 * -> *_done on the actor's thread: its event, then its end. A job that cannot be queued ends at
 * once. */

#include <assert.h>
#include <stdlib.h>

#include "cache_key.h"
#include "clock.h"
#include "entry_report.h"
#include "metrics.h"
#include "tiers_private.h"

#define CLEAN_ROWS_PER_JOB 1000
#define TRIM_ROWS_PER_JOB  64
#define STORED_ROW_BYTES   512    /* about what a row takes beside its body */
#define TRIM_EACH_BYTES    262144 /* of bodies stored: so much may be above the bound for a moment */

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

static struct entries *
entries_of(void *worker_state)
{
    const struct tier_worker *worker = worker_state;

    return worker->entries;
}

static struct tier_job *
make_job(struct tiers *tiers, int64_t flight_id)
{
    struct tier_job *job = calloc(1, sizeof *job);

    if (job != NULL) {
        job->tiers = tiers;
        job->flight_id = flight_id;
        job->started_us = clock_mono_ns() / 1000;
    }
    return job;
}

static void
end_job(struct tier_job *job)
{
    entry_release(&job->entry);
    blob_release(&job->hits);
    free(job->purge.from);
    free(job->report.from);
    free(job->report.json);
    free(job);
}

static enum status
submit(struct worker_pool *pool, job_function *run, job_done_function *done, struct tier_job *job)
{
    bool is_closing = job->tiers->is_closing;
    enum status status = is_closing ? STATUS_STOPPING : worker_pool_submit(pool, run, done, job);

    if (status != STATUS_OK) {
        job->purge.from = job->report.from = NULL; /* stays the caller's */
        end_job(job);
    }
    return status;
}

/* What says nothing against the tier: an answer, even if it is no. */
static bool
came_through(const struct tier_job *job)
{
    return job->status == STATUS_OK || job->status == STATUS_NOT_FOUND ||
           job->status == STATUS_PURGED;
}

static void
note_reader(struct tier_job *job)
{
    job->tiers->is_reader_healthy = came_through(job);
}

static void
note_writer(struct tier_job *job)
{
    job->tiers->is_writer_healthy = came_through(job);
}

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

    note_reader(job);
    job->tiers->lookup_us = clock_mono_ns() / 1000 - job->started_us;
    job->tiers->events->found(actor_state, job->flight_id, job->status, job->entry, job->level);
    end_job(job);
}

enum status
tiers_lookup(struct tiers *tiers, int64_t flight_id, const struct tier_question *question)
{
    struct tier_job *job = make_job(tiers, flight_id);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    bytes_copy_text(bytes_of_text(question->cache_key), job->cache_key, sizeof job->cache_key);
    bytes_copy_text(bytes_of_text(question->endpoint), job->endpoint, sizeof job->endpoint);
    job->purge_number = question->purge_number;
    job->drops_l1 = question->drops_l1;
    return submit(tiers->readers, run_lookup, lookup_done, job);
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
    note_writer(job);
    job->tiers->events->stored(actor_state, job->flight_id, job->status);
    end_job(job);
}

enum status
tiers_store(struct tiers *tiers, int64_t flight_id, struct entry *entry)
{
    struct tier_job *job = make_job(tiers, flight_id);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    job->entry = entry_hold(entry);
    return submit(tiers->writer, run_store, store_done, job);
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

    note_writer(job);
    purge.status = job->status;
    job->purge.from = NULL;
    job->tiers->events->purged(actor_state, &purge);
    end_job(job);
}

enum status
tiers_purge(struct tiers *tiers, const struct purge_scope *scope, struct sender *from)
{
    struct tier_job *job = make_job(tiers, 0);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    job->purge.scope = *scope;
    job->purge.from = from;
    return submit(tiers->writer, run_purge, purge_done, job);
}

static void
run_count_hits(void *worker_state, void *argument)
{
    struct tier_job *job = argument;
    struct bytes bytes = blob_bytes(job->hits);
    size_t count = bytes.size / sizeof(struct entry_hit);
    struct entry_hit *hits = malloc(bytes.size);

    if (hits == NULL) {
        job->status = STATUS_NO_MEMORY;
        return;
    }
    memcpy(hits, bytes.data, count * sizeof *hits);
    job->status = entry_count_hits(entries_of(worker_state), hits, count);
    free(hits);
}

static void
job_done(void *actor_state, void *argument)
{
    struct tier_job *job = argument;

    (void)actor_state;
    note_writer(job);
    end_job(job);
}

enum status
tiers_count_hits(struct tiers *tiers, struct blob *hits)
{
    struct tier_job *job = make_job(tiers, 0);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    job->hits = blob_hold(hits);
    return submit(tiers->writer, run_count_hits, job_done, job);
}

static void
run_clean(void *worker_state, void *argument)
{
    struct tier_job *job = argument;

    job->status =
        entry_clean(entries_of(worker_state), clock_wall_us(), CLEAN_ROWS_PER_JOB, &job->count);
}

static void
clean_done(void *actor_state, void *argument)
{
    struct tier_job *job = argument;
    struct tiers *tiers = job->tiers;
    bool is_more = job->status == STATUS_OK && job->count >= CLEAN_ROWS_PER_JOB;

    (void)actor_state;
    note_writer(job);
    end_job(job);
    /* Not in one go: stores wait behind a clean-up job at most this long. */
    if (is_more)
        (void)tiers_clean(tiers);
}

enum status
tiers_clean(struct tiers *tiers)
{
    struct tier_job *job = make_job(tiers, 0);

    return job != NULL ? submit(tiers->writer, run_clean, clean_done, job) : STATUS_NO_MEMORY;
}

static void
run_trim(void *worker_state, void *argument)
{
    struct tier_job *job = argument;

    job->status = entry_trim(entries_of(worker_state), job->tiers->config->cache.max_l2_bytes,
                             clock_wall_us(), TRIM_ROWS_PER_JOB, &job->count, &job->is_more);
}

static void
trim_done(void *actor_state, void *argument)
{
    struct tier_job *job = argument;
    struct tiers *tiers = job->tiers;
    bool is_more = job->status == STATUS_OK && job->is_more;

    (void)actor_state;
    note_writer(job);
    if (job->status == STATUS_OK)
        metric_add(METRIC_CACHE_TRIMMED, job->count);
    end_job(job);
    /* Stores and purges that came meanwhile have their turn in between. */
    tiers->is_trimming = false;
    if (is_more)
        (void)tiers_trim(tiers);
}

enum status
tiers_trim(struct tiers *tiers)
{
    struct tier_job *job;
    enum status status;

    tiers->stored_bytes = 0;
    if (tiers->config->cache.max_l2_bytes == 0 || tiers->is_trimming)
        return STATUS_OK;
    job = make_job(tiers, 0);
    status = job != NULL ? submit(tiers->writer, run_trim, trim_done, job) : STATUS_NO_MEMORY;
    tiers->is_trimming = status == STATUS_OK;
    return status;
}

static void
run_try(void *worker_state, void *argument)
{
    struct tier_job *job = argument;

    job->status = entries_try(entries_of(worker_state));
}

enum status
tiers_try(struct tiers *tiers)
{
    struct tier_job *job = make_job(tiers, 0);

    return job != NULL ? submit(tiers->writer, run_try, job_done, job) : STATUS_NO_MEMORY;
}

static void
run_look_at_l1(void *worker_state, void *argument)
{
    (void)argument;
    tier_worker_look_at_l1(worker_state);
}

static void
look_at_l1_done(void *actor_state, void *argument)
{
    (void)actor_state;
    end_job(argument);
}

enum status
tiers_look_at_l1(struct tiers *tiers)
{
    struct tier_job *job = tiers->l1.is_used ? make_job(tiers, 0) : NULL;

    if (job == NULL)
        return tiers->l1.is_used ? STATUS_NO_MEMORY : STATUS_OK;
    return submit(tiers->writer, run_look_at_l1, look_at_l1_done, job);
}

static void
run_count_entries(void *worker_state, void *argument)
{
    struct tier_job *job = argument;
    int64_t total = 0;

    job->status = entry_totals(entries_of(worker_state), &job->count, &total);
}

static void
count_entries_done(void *actor_state, void *argument)
{
    struct tier_job *job = argument;

    note_reader(job);
    if (job->status == STATUS_OK)
        job->tiers->events->counted(actor_state, job->count);
    end_job(job);
}

enum status
tiers_count_entries(struct tiers *tiers)
{
    struct tier_job *job = make_job(tiers, 0);

    return job != NULL ? submit(tiers->readers, run_count_entries, count_entries_done, job)
                       : STATUS_NO_MEMORY;
}

static void
run_report(void *worker_state, void *argument)
{
    struct tier_job *job = argument;

    job->status = entry_report_make(entries_of(worker_state), job->purge.scope.endpoint,
                                    clock_wall_us(), &job->report.json);
}

static void
report_done(void *actor_state, void *argument)
{
    struct tier_job *job = argument;
    struct tier_report report = job->report;

    note_reader(job);
    report.status = job->status;
    job->report.from = NULL;
    job->tiers->events->reported(actor_state, &report);
    end_job(job);
}

enum status
tiers_report(struct tiers *tiers, const char *endpoint, struct sender *from)
{
    struct tier_job *job = make_job(tiers, 0);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    bytes_copy_text(bytes_of_text(endpoint), job->purge.scope.endpoint,
                    sizeof job->purge.scope.endpoint);
    job->report.from = from;
    return submit(tiers->readers, run_report, report_done, job);
}
