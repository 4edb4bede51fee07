/* report_jobs.c - reports on threads of their own, each with a read-only handle. */
#include <stdlib.h>

#include "analytics_state.h"
#include "base/clock.h"
#include "report/report.h"

/* Owned by the pool while it runs, then by the analytics thread until it is answered. */
struct report_job {
    const struct config *config;
    struct report_request request;
    struct sender from;
    enum status status;
    char *json;
};

static void *
open_reader(void *argument)
{
    struct accounts *accounts = NULL;

    return accounts_open(argument, STORAGE_READ_ONLY, &accounts) == STATUS_OK ? accounts : NULL;
}

static void
close_reader(void *state)
{
    struct accounts *accounts = state;

    accounts_close(&accounts);
}

static void
report_jobs_run(void *state, void *argument)
{
    struct report_job *job = argument;

    job->status = report_make(state, job->config, &job->request, clock_wall_us(), &job->json);
}

static void
on_done(void *state, void *argument)
{
    struct analytics *self = state;
    struct report_job *job = argument;
    struct message reply = {.kind = MSG_REPORT_REPLY, .status = job->status};

    if (job->status == STATUS_OK)
        reply.body = blob_copy(bytes_of_text(job->json));
    (void)actor_reply(self->actor, &job->from, &reply);
    blob_release(&reply.body);
    free(job->json);
    free(job);
}

void
report_jobs_submit(void *state, const struct message *message, const struct sender *from)
{
    struct analytics *self = state;
    struct report_job *job = calloc(1, sizeof *job);
    struct message reply = {.kind = MSG_REPORT_REPLY, .status = STATUS_OVERLOADED};

    if (job != NULL) {
        job->config = self->config;
        job->from = *from;
        report_request_of(&job->request, &message->u.REPORT_GET);
        if (worker_pool_submit(self->reports, report_jobs_run, on_done, job) == STATUS_OK)
            return;
    }
    free(job);
    (void)actor_reply(self->actor, from, &reply);
}

struct worker_pool *
report_jobs_create(struct analytics *self)
{
    static const struct worker_pool_class class = {"report", open_reader, close_reader};

    return worker_pool_create(&class, (void *)(uintptr_t)self->config,
                              (size_t)self->config->analytics.report_threads,
                              (size_t)self->config->analytics.report_queue, self);
}
