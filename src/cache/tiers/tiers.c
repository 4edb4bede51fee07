/* tiers.c - the pools behind the cache actor: opened, watched, closed. */

#include "tiers/tiers.h"

#include <stdlib.h>

#include "base/log.h"
#include "tiers/tiers_private.h"

static void
end_worker(struct tier_worker *worker)
{
    l1_destroy(&worker->l1);
    if (worker->entries != NULL)
        entries_close(&worker->entries);
    free(worker);
}

static struct tier_worker *
make_worker(struct tiers *tiers, enum storage_mode mode)
{
    struct tier_worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL)
        return NULL;
    worker->tiers = tiers;
    worker->l1 = l1_create(&tiers->l1);
    if (worker->l1 == NULL || entries_open(tiers->config, mode, &worker->entries) != STATUS_OK) {
        end_worker(worker);
        return NULL;
    }
    return worker;
}

static enum status
begin_generation(void *context, int64_t *generation)
{
    return l1_generation_begin(context, generation);
}

static enum status
renew_generation(void *context, int64_t *generation)
{
    return l1_generation_renew(context, generation);
}

void
tier_worker_look_at_l1(struct tier_worker *worker)
{
    l1_probe(worker->l1, renew_generation, worker->entries);
}

static void *
open_writer(void *argument)
{
    struct tiers *tiers = argument;
    struct tier_worker *worker = make_worker(tiers, STORAGE_READ_WRITE);

    if (worker != NULL && tiers->l1.is_used)
        l1_probe(worker->l1, begin_generation, worker->entries);
    return worker;
}

static void *
open_reader(void *argument)
{
    return make_worker(argument, STORAGE_READ_ONLY);
}

/* Nothing is stored any more: what L1 holds is whole, if it was there to the end. */
static void
close_writer(void *worker_state)
{
    struct tier_worker *worker = worker_state;

    if (atomic_load(&worker->tiers->l1.is_up))
        (void)l1_generation_end(worker->entries);
    end_worker(worker);
}

static void
close_reader(void *worker_state)
{
    end_worker(worker_state);
}

static const struct worker_pool_class writer_class = {
    .name = "cache-writer", .create = open_writer, .destroy = close_writer};
static const struct worker_pool_class reader_class = {
    .name = "cache-reader", .create = open_reader, .destroy = close_reader};

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
