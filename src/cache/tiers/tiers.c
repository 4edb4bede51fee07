/* tiers.c - the pools of tier workers, and the jobs that run on them: look-ups, stores, purges, upkeep.
 *
 * Life of a job: made and submitted by the actor -> `run` of its kind on a worker, which alone touches it then -> `done`
 * on the actor's thread, which says what came of it -> freed. A job that cannot be queued is freed at once. */

#include "tiers/tiers.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/data_dir.h"
#include "base/log.h"
#include "metrics.h"
#include "object/entry_report.h"
#include "tiers/tier_store.h"

#define CLEAN_ROWS_PER_JOB 1000
#define TRIM_ROWS_PER_JOB  64
#define STORED_ROW_BYTES   512    /* about what a row takes beside its body */
#define TRIM_EACH_BYTES    262144 /* of bodies stored: so much may be above the bound for a moment */

struct tiers {
    /* constant after create */
    const struct config *config;
    const struct tiers_events *events;
    void *state;
    struct worker_pool *readers;
    struct worker_pool *writer;
    struct l1_state l1; /* shared by all threads */
    /* owned by the actor's thread */
    bool is_reader_healthy, is_writer_healthy;
    bool is_closing; /* no job is accepted any more */
    int64_t lookup_us;
    int64_t stored_bytes; /* since the last trim */
    bool is_trimming;     /* a job is queued or runs */
};

static void *
tier_open_writer(void *argument)
{
    struct tiers *tiers = argument;

    return tier_store_open(tiers->config, &tiers->l1, STORAGE_READ_WRITE);
}

static void *
tier_open_reader(void *argument)
{
    struct tiers *tiers = argument;

    return tier_store_open(tiers->config, &tiers->l1, STORAGE_READ_ONLY);
}

static void
tier_close_store(void *worker_state)
{
    tier_store_close(worker_state);
}

static const struct worker_pool_class writer_class = {
    .name = "cache-writer", .create = tier_open_writer, .destroy = tier_close_store};
static const struct worker_pool_class reader_class = {
    .name = "cache-reader", .create = tier_open_reader, .destroy = tier_close_store};

struct lookup_job {
    int64_t flight_id;
    struct tier_lookup asked;
    int64_t started_us;
    struct entry *entry; /* found; one reference */
    enum level level;    /* of entry */
};

struct store_job {
    int64_t flight_id;
    struct entry *entry; /* one reference */
};

struct trim_job {
    int64_t deleted;
    bool is_more;
};

struct report_job {
    char endpoint[ROUTE_NAME_SIZE];
    struct tier_report result;
};

struct tier_job;

/* One kind of job; each has a member of its own in the job. */
struct tier_job_kind {
    bool is_written;    /* by the writer; else by a reader */
    bool leaves_health; /* its end says nothing about the database */
    enum status (*run)(struct tier_store *store, struct tier_job *job);
    void (*done)(struct tiers *tiers, struct tier_job *job); /* NULL: nothing to say */
    void (*release)(struct tier_job *job);                   /* what it holds; NULL: nothing */
};

struct tier_job {
    const struct tier_job_kind *kind;
    struct tiers *tiers;
    enum status status;
    union {
        struct lookup_job lookup;
        struct store_job store;
        struct tier_purge purge;
        struct report_job report;
        struct blob *hits; /* one reference */
        int64_t cleaned;   /* rows */
        struct trim_job trim;
        int64_t valid_entries;
    };
};

/* NULL: no memory. */
static struct tier_job *
tier_job_make(struct tiers *tiers, const struct tier_job_kind *kind)
{
    struct tier_job *job = calloc(1, sizeof *job);

    if (job != NULL) {
        job->kind = kind;
        job->tiers = tiers;
    }
    return job;
}

static void
tier_job_end(struct tier_job *job)
{
    if (job->kind->release != NULL)
        job->kind->release(job);
    free(job);
}

static void
tier_job_run(void *worker_state, void *argument)
{
    struct tier_job *job = argument;

    job->status = job->kind->run(worker_state, job);
}

/* The last job says how the pool's database is. An answer is well, even if it is no. */
static void
tier_job_note_health(const struct tier_job *job)
{
    bool is_healthy =
        job->status == STATUS_OK || job->status == STATUS_NOT_FOUND || job->status == STATUS_PURGED;

    if (job->kind->leaves_health)
        return;
    if (job->kind->is_written)
        job->tiers->is_writer_healthy = is_healthy;
    else
        job->tiers->is_reader_healthy = is_healthy;
}

static void
tier_job_done(void *actor_state, void *argument)
{
    struct tier_job *job = argument;

    (void)actor_state;
    tier_job_note_health(job);
    if (job->kind->done != NULL)
        job->kind->done(job->tiers, job);
    tier_job_end(job);
}

/* OK: queued. Else it has ended; a sender that it names stays the caller's. job NULL: there was no memory for it. */
static enum status
tier_job_submit(struct tier_job *job)
{
    enum status status = STATUS_STOPPING;

    if (job == NULL)
        return STATUS_NO_MEMORY;
    if (!job->tiers->is_closing)
        status =
            worker_pool_submit(job->kind->is_written ? job->tiers->writer : job->tiers->readers,
                               tier_job_run, tier_job_done, job);
    if (status != STATUS_OK)
        tier_job_end(job);
    return status;
}

static enum status
tier_lookup_run(struct tier_store *store, struct tier_job *job)
{
    return tier_store_get(store, &job->lookup.asked, &job->lookup.entry, &job->lookup.level);
}

static void
tier_lookup_done(struct tiers *tiers, struct tier_job *job)
{
    const struct lookup_job *lookup = &job->lookup;

    tiers->lookup_us = clock_mono_ns() / 1000 - lookup->started_us;
    tiers->events->found(tiers->state, lookup->flight_id, job->status, lookup->entry,
                         lookup->level);
}

static void
tier_lookup_release(struct tier_job *job)
{
    entry_release(&job->lookup.entry);
}

static const struct tier_job_kind tier_lookup_kind = {
    .run = tier_lookup_run, .done = tier_lookup_done, .release = tier_lookup_release};

enum status
tiers_lookup(struct tiers *tiers, int64_t flight_id, const struct tier_lookup *asked)
{
    struct tier_job *job = tier_job_make(tiers, &tier_lookup_kind);

    if (job != NULL)
        job->lookup = (struct lookup_job){
            .flight_id = flight_id, .asked = *asked, .started_us = clock_mono_ns() / 1000};
    return tier_job_submit(job);
}

static enum status
tier_store_run(struct tier_store *store, struct tier_job *job)
{
    return tier_store_put(store, job->store.entry);
}

static void
count_stored_bytes(struct tiers *tiers, const struct entry *entry)
{
    tiers->stored_bytes += (int64_t)(blob_bytes(entry->body).size + STORED_ROW_BYTES);
    if (tiers->stored_bytes >= TRIM_EACH_BYTES || data_dir_lacking_bytes(tiers->config) > 0)
        (void)tiers_trim(tiers);
}

static void
tier_store_done(struct tiers *tiers, struct tier_job *job)
{
    if (job->status == STATUS_OK)
        count_stored_bytes(tiers, job->store.entry);
    tiers->events->stored(tiers->state, job->store.flight_id, job->status);
}

static void
tier_store_release(struct tier_job *job)
{
    entry_release(&job->store.entry);
}

static const struct tier_job_kind tier_store_kind = {.is_written = true,
                                                     .run = tier_store_run,
                                                     .done = tier_store_done,
                                                     .release = tier_store_release};

enum status
tiers_store(struct tiers *tiers, int64_t flight_id, struct entry *entry)
{
    struct tier_job *job = tier_job_make(tiers, &tier_store_kind);

    if (job != NULL)
        job->store = (struct store_job){.flight_id = flight_id, .entry = entry_hold(entry)};
    return tier_job_submit(job);
}

static enum status
tier_purge_run(struct tier_store *store, struct tier_job *job)
{
    return tier_store_purge(store, &job->purge.scope, &job->purge.number,
                            &job->purge.cleared_count);
}

static void
tier_purge_done(struct tiers *tiers, struct tier_job *job)
{
    job->purge.status = job->status;
    tiers->events->purged(tiers->state, &job->purge);
}

static const struct tier_job_kind tier_purge_kind = {
    .is_written = true, .run = tier_purge_run, .done = tier_purge_done};

enum status
tiers_purge(struct tiers *tiers, const struct purge_scope *scope, struct sender *from)
{
    struct tier_job *job = tier_job_make(tiers, &tier_purge_kind);

    if (job != NULL)
        job->purge = (struct tier_purge){.scope = *scope, .from = from};
    return tier_job_submit(job);
}

static enum status
tier_report_run(struct tier_store *store, struct tier_job *job)
{
    return entry_report_make(store->entries, job->report.endpoint, clock_wall_us(),
                             &job->report.result.json);
}

static void
tier_report_done(struct tiers *tiers, struct tier_job *job)
{
    job->report.result.status = job->status;
    tiers->events->reported(tiers->state, &job->report.result);
}

static void
tier_report_release(struct tier_job *job)
{
    free(job->report.result.json);
}

static const struct tier_job_kind tier_report_kind = {
    .run = tier_report_run, .done = tier_report_done, .release = tier_report_release};

enum status
tiers_report(struct tiers *tiers, const char *endpoint, struct sender *from)
{
    struct tier_job *job = tier_job_make(tiers, &tier_report_kind);

    if (job != NULL) {
        job->report.result.from = from;
        bytes_copy_text(bytes_of_text(endpoint), job->report.endpoint, ROUTE_NAME_SIZE);
    }
    return tier_job_submit(job);
}

static enum status
tier_count_hits_run(struct tier_store *store, struct tier_job *job)
{
    struct bytes bytes = blob_bytes(job->hits);
    size_t count = bytes.size / sizeof(struct entry_hit);
    struct entry_hit *hits = malloc(bytes.size);
    enum status status;

    if (hits == NULL)
        return STATUS_NO_MEMORY;
    memcpy(hits, bytes.data, count * sizeof *hits);
    status = entry_count_hits(store->entries, hits, count);
    free(hits);
    return status;
}

static void
tier_count_hits_release(struct tier_job *job)
{
    blob_release(&job->hits);
}

static const struct tier_job_kind tier_count_hits_kind = {
    .is_written = true, .run = tier_count_hits_run, .release = tier_count_hits_release};

enum status
tiers_count_hits(struct tiers *tiers, struct blob *hits)
{
    struct tier_job *job = tier_job_make(tiers, &tier_count_hits_kind);

    if (job != NULL)
        job->hits = blob_hold(hits);
    return tier_job_submit(job);
}

static enum status
tier_clean_run(struct tier_store *store, struct tier_job *job)
{
    return entry_clean(store->entries, clock_wall_us(), CLEAN_ROWS_PER_JOB, &job->cleaned);
}

/* Not in one go: stores wait behind a clean-up job at most this long. */
static void
tier_clean_done(struct tiers *tiers, struct tier_job *job)
{
    if (job->status == STATUS_OK && job->cleaned >= CLEAN_ROWS_PER_JOB)
        (void)tiers_clean(tiers);
}

static const struct tier_job_kind tier_clean_kind = {
    .is_written = true, .run = tier_clean_run, .done = tier_clean_done};

enum status
tiers_clean(struct tiers *tiers)
{
    return tier_job_submit(tier_job_make(tiers, &tier_clean_kind));
}

/* How large L2 may be now: as configured, and less where the disk lacks room. 0: no bound. */
static int64_t
l2_bound(const struct config *config)
{
    int64_t bound = config->cache.max_l2_bytes;
    int64_t lacking = data_dir_lacking_bytes(config);
    int64_t left = lacking > 0 ? entries_file_bytes(config) - lacking : 0;

    if (lacking == 0)
        return bound;
    left = left > 0 ? left : 1; /* no row at all */
    return bound == 0 || left < bound ? left : bound;
}

static enum status
tier_trim_run(struct tier_store *store, struct tier_job *job)
{
    int64_t bound = l2_bound(store->config);

    if (bound == 0)
        return STATUS_OK;
    return entry_trim(store->entries, bound, clock_wall_us(), TRIM_ROWS_PER_JOB, &job->trim.deleted,
                      &job->trim.is_more);
}

/* Stores and purges that came meanwhile have their turn before the next one. */
static void
tier_trim_done(struct tiers *tiers, struct tier_job *job)
{
    tiers->is_trimming = false;
    if (job->status != STATUS_OK)
        return;
    metric_add(METRIC_CACHE_TRIMMED, job->trim.deleted);
    if (job->trim.is_more)
        (void)tiers_trim(tiers);
}

static const struct tier_job_kind tier_trim_kind = {
    .is_written = true, .run = tier_trim_run, .done = tier_trim_done};

enum status
tiers_trim(struct tiers *tiers)
{
    enum status status;

    tiers->stored_bytes = 0;
    if (tiers->is_trimming || l2_bound(tiers->config) == 0)
        return STATUS_OK;
    status = tier_job_submit(tier_job_make(tiers, &tier_trim_kind));
    tiers->is_trimming = status == STATUS_OK;
    return status;
}

static enum status
tier_probe_run(struct tier_store *store, struct tier_job *job)
{
    (void)job;
    return entries_probe(store->entries);
}

static const struct tier_job_kind tier_probe_kind = {.is_written = true, .run = tier_probe_run};

enum status
tiers_probe(struct tiers *tiers)
{
    return tier_job_submit(tier_job_make(tiers, &tier_probe_kind));
}

static enum status
tier_probe_l1_run(struct tier_store *store, struct tier_job *job)
{
    (void)job;
    tier_store_probe_l1(store);
    return STATUS_OK;
}

static const struct tier_job_kind tier_probe_l1_kind = {
    .is_written = true, .leaves_health = true, .run = tier_probe_l1_run};

enum status
tiers_probe_l1(struct tiers *tiers)
{
    return tiers->l1.is_used ? tier_job_submit(tier_job_make(tiers, &tier_probe_l1_kind))
                             : STATUS_OK;
}

static enum status
tier_count_entries_run(struct tier_store *store, struct tier_job *job)
{
    int64_t total = 0;

    return entry_totals(store->entries, &job->valid_entries, &total);
}

static void
tier_count_entries_done(struct tiers *tiers, struct tier_job *job)
{
    if (job->status == STATUS_OK)
        tiers->events->counted(tiers->state, job->valid_entries);
}

static const struct tier_job_kind tier_count_entries_kind = {.run = tier_count_entries_run,
                                                             .done = tier_count_entries_done};

enum status
tiers_count_entries(struct tiers *tiers)
{
    return tier_job_submit(tier_job_make(tiers, &tier_count_entries_kind));
}

static void
log_purge(void *context, int64_t number, const struct purge_scope *scope)
{
    purge_ring_add(context, number, scope);
}

/* Through a handle of its own, before the workers' are opened. */
static bool
read_purges(const struct config *config, struct purges *purges)
{
    struct entries *entries = NULL;
    int64_t last = 0;

    if (entries_open(config, STORAGE_READ_WRITE, &entries) != STATUS_OK)
        return false;
    bool is_read = purge_last_number(entries, &last) == STATUS_OK;

    purges_init(purges, last);
    is_read = is_read && purge_list(entries, last - PURGES_REMEMBERED_MAX, PURGES_REMEMBERED_MAX,
                                    log_purge, &purges->log) == STATUS_OK;
    entries_close(&entries);
    return is_read;
}

struct tiers *
tiers_create(const struct config *config, const struct tiers_events *events, void *state,
             struct purges *purges)
{
    struct tiers *tiers = calloc(1, sizeof *tiers);
    size_t queue = (size_t)config->cache.tier_queue;

    if (tiers == NULL || !read_purges(config, purges)) {
        log_error("L2 cannot be opened");
        free(tiers);
        return NULL;
    }
    *tiers = (struct tiers){.config = config,
                            .events = events,
                            .state = state,
                            .is_reader_healthy = true,
                            .is_writer_healthy = true,
                            .lookup_us = -1};
    l1_state_init(&tiers->l1, config);
    tiers->writer = worker_pool_create(&writer_class, tiers, 1, queue, state);
    if (tiers->writer != NULL)
        tiers->readers = worker_pool_create(&reader_class, tiers,
                                            (size_t)config->cache.tier_threads, queue, state);
    if (tiers->readers == NULL)
        tiers_destroy(&tiers);
    return tiers;
}

void
tiers_destroy(struct tiers **tiers)
{
    struct tiers *closed = *tiers;

    *tiers = NULL;
    if (closed == NULL)
        return;
    closed->is_closing = true;
    if (closed->readers != NULL)
        worker_pool_destroy(&closed->readers);
    if (closed->writer != NULL)
        worker_pool_destroy(&closed->writer);
    free(closed);
}

void
tiers_fds(const struct tiers *tiers, int fds[TIERS_FDS])
{
    fds[0] = worker_pool_fd(tiers->readers);
    fds[1] = worker_pool_fd(tiers->writer);
}

void
tiers_reap(struct tiers *tiers)
{
    worker_pool_reap(tiers->readers);
    worker_pool_reap(tiers->writer);
}

bool
tiers_is_healthy(const struct tiers *tiers)
{
    return tiers->is_reader_healthy && tiers->is_writer_healthy;
}

int64_t
tiers_lookup_us(const struct tiers *tiers)
{
    return tiers->lookup_us;
}

struct worker_pool_load
tiers_load(const struct tiers *tiers)
{
    struct worker_pool_load load = worker_pool_load(tiers->readers);
    struct worker_pool_load writer = worker_pool_load(tiers->writer);

    load.busy += writer.busy;
    load.idle += writer.idle;
    load.waiting += writer.waiting;
    return load;
}

bool
tiers_l1_is_up(const struct tiers *tiers)
{
    return atomic_load(&tiers->l1.is_up);
}

int64_t
tiers_l1_used_bytes(const struct tiers *tiers)
{
    return atomic_load(&tiers->l1.used_bytes);
}
