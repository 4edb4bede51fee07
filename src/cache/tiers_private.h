/* tiers_private.h - what tiers.c and tier_jobs.c share. */
#pragma once

#include "tiers.h"

struct tiers {
    /* constant after create */
    const struct config *config;
    const struct tiers_events *events;
    void *state;
    struct worker_pool *readers;
    struct worker_pool *writer;
    /* owned by the actor's thread */
    bool is_reader_healthy, is_writer_healthy;
    bool is_closing; /* no job is taken any more */
    int64_t lookup_us;
    int64_t stored_bytes; /* since the last trim */
    bool is_trimming;     /* a job is queued or runs */
};
