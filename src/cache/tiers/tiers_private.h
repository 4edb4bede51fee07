/* tiers_private.h - what tiers.c and the files of jobs share. */
#pragma once

#include "tiers/l1.h"
#include "tiers/tiers.h"

struct tiers {
    /* constant after create */
    const struct config *config;
    const struct tiers_events *events;
    void *state;
    struct worker_pool *readers;
    struct worker_pool *writer;
    struct l1_state l1; /* any thread */
    /* owned by the actor's thread */
    bool is_reader_healthy, is_writer_healthy;
    bool is_closing; /* no job is taken any more */
    int64_t lookup_us;
    int64_t stored_bytes; /* since the last trim */
    bool is_trimming;     /* a job is queued or runs */
};

/* What each worker thread has. */
struct tier_worker {
    struct tiers *tiers;
    struct entries *entries;
    struct l1 *l1;
};

/* The writer: finds out how L1 is, and brings it up. */
void tier_worker_look_at_l1(struct tier_worker *worker);
