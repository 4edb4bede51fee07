/* tiers.c - the pools behind the cache actor: opened, watched, closed. */

#include "tiers.h"

#include <stdlib.h>

#include "log.h"
#include "tiers_private.h"

static void *
open_writer(void *argument)
{
    const struct tiers *tiers = argument;
    struct entries *entries = NULL;

    return entries_open(tiers->config, STORAGE_READ_WRITE, &entries) == STATUS_OK ? entries : NULL;
}

static void *
open_reader(void *argument)
{
    const struct tiers *tiers = argument;
    struct entries *entries = NULL;

    return entries_open(tiers->config, STORAGE_READ_ONLY, &entries) == STATUS_OK ? entries : NULL;
}

static void
close_worker(void *worker_state)
{
    struct entries *entries = worker_state;

    entries_close(&entries);
}

static const struct worker_pool_class writer_class = {
    .name = "cache-writer", .create = open_writer, .destroy = close_worker};
static const struct worker_pool_class reader_class = {
    .name = "cache-reader", .create = open_reader, .destroy = close_worker};

static void
log_purge(void *context, int64_t number, const struct purge_scope *scope)
{
    purges_log(context, number, scope);
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
                                    log_purge, purges) == STATUS_OK;
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
