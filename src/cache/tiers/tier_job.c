/* tier_job.c - making, queueing and ending a job. */
#include "tiers/tier_job.h"

#include <stdlib.h>

#include "base/clock.h"

struct tier_job *
tier_job_make(struct tiers *tiers, int64_t flight_id)
{
    struct tier_job *job = calloc(1, sizeof *job);

    if (job != NULL) {
        job->tiers = tiers;
        job->flight_id = flight_id;
        job->started_us = clock_mono_ns() / 1000;
    }
    return job;
}

void
tier_job_end(struct tier_job *job)
{
    entry_release(&job->entry);
    blob_release(&job->hits);
    free(job->purge.from);
    free(job->report.from);
    free(job->report.json);
    free(job);
}

enum status
tier_job_submit(struct worker_pool *pool, job_function *run, job_done_function *done,
                struct tier_job *job)
{
    bool is_closing = job->tiers->is_closing;
    enum status status = is_closing ? STATUS_STOPPING : worker_pool_submit(pool, run, done, job);

    if (status != STATUS_OK) {
        job->purge.from = job->report.from = NULL; /* stays the caller's */
        tier_job_end(job);
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

void
tier_job_note_reader(struct tier_job *job)
{
    job->tiers->is_reader_healthy = came_through(job);
}

void
tier_job_note_writer(struct tier_job *job)
{
    job->tiers->is_writer_healthy = came_through(job);
}
