/* tier_upkeep.c - counting, reporting, cleaning and trying the tiers. */
#include <stdlib.h>

#include "base/clock.h"
#include "metrics.h"
#include "object/entry_report.h"
#include "tiers/tier_job.h"

#define CLEAN_ROWS_PER_JOB 1000
#define TRIM_ROWS_PER_JOB  64

static struct entries *
entries_of(void *worker_state)
{
    const struct tier_worker *worker = worker_state;

    return worker->entries;
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
    tier_job_note_writer(job);
    tier_job_end(job);
}

enum status
tiers_count_hits(struct tiers *tiers, struct blob *hits)
{
    struct tier_job *job = tier_job_make(tiers, 0);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    job->hits = blob_hold(hits);
    return tier_job_submit(tiers->writer, run_count_hits, job_done, job);
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
    tier_job_note_writer(job);
    tier_job_end(job);
    /* Not in one go: stores wait behind a clean-up job at most this long. */
    if (is_more)
        (void)tiers_clean(tiers);
}

enum status
tiers_clean(struct tiers *tiers)
{
    struct tier_job *job = tier_job_make(tiers, 0);

    return job != NULL ? tier_job_submit(tiers->writer, run_clean, clean_done, job)
                       : STATUS_NO_MEMORY;
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
    tier_job_note_writer(job);
    if (job->status == STATUS_OK)
        metric_add(METRIC_CACHE_TRIMMED, job->count);
    tier_job_end(job);
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
    job = tier_job_make(tiers, 0);
    status =
        job != NULL ? tier_job_submit(tiers->writer, run_trim, trim_done, job) : STATUS_NO_MEMORY;
    tiers->is_trimming = status == STATUS_OK;
    return status;
}

static void
run_try(void *worker_state, void *argument)
{
    struct tier_job *job = argument;

    job->status = entries_probe(entries_of(worker_state));
}

enum status
tiers_probe(struct tiers *tiers)
{
    struct tier_job *job = tier_job_make(tiers, 0);

    return job != NULL ? tier_job_submit(tiers->writer, run_try, job_done, job) : STATUS_NO_MEMORY;
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
    tier_job_end(argument);
}

enum status
tiers_look_at_l1(struct tiers *tiers)
{
    struct tier_job *job = tiers->l1.is_used ? tier_job_make(tiers, 0) : NULL;

    if (job == NULL)
        return tiers->l1.is_used ? STATUS_NO_MEMORY : STATUS_OK;
    return tier_job_submit(tiers->writer, run_look_at_l1, look_at_l1_done, job);
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

    tier_job_note_reader(job);
    if (job->status == STATUS_OK)
        job->tiers->events->counted(actor_state, job->count);
    tier_job_end(job);
}

enum status
tiers_count_entries(struct tiers *tiers)
{
    struct tier_job *job = tier_job_make(tiers, 0);

    return job != NULL ? tier_job_submit(tiers->readers, run_count_entries, count_entries_done, job)
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

    tier_job_note_reader(job);
    report.status = job->status;
    job->report.from = NULL;
    job->tiers->events->reported(actor_state, &report);
    tier_job_end(job);
}

enum status
tiers_report(struct tiers *tiers, const char *endpoint, struct sender *from)
{
    struct tier_job *job = tier_job_make(tiers, 0);

    if (job == NULL)
        return STATUS_NO_MEMORY;
    bytes_copy_text(bytes_of_text(endpoint), job->purge.scope.endpoint,
                    sizeof job->purge.scope.endpoint);
    job->report.from = from;
    return tier_job_submit(tiers->readers, run_report, report_done, job);
}
