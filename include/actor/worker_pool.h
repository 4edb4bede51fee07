/* worker_pool.h - threads for blocking calls of an actor: bounded queue in, completions back to its loop.
 *
 * Life of a job: submitted by the actor -> run on a worker -> done on the actor's thread, in worker_pool_reap
 * (call it when worker_pool_fd is readable: actor_watch). A job is done exactly once; at destroy the queue
 * is run empty first, then workers are joined, then the rest is reaped. */
#pragma once

#include "status.h"

#include <stddef.h>
#include <stdint.h>

struct worker_pool;

typedef void job_function(void *worker_state, void *job);
typedef void job_done_function(void *actor_state, void *job);
typedef void *worker_create_function(void *argument); /* per thread, NULL refuses */
typedef void worker_destroy_function(void *worker_state);

struct worker_pool_class {
    const char *name; /* thread name, at most 13 characters */
    worker_create_function *create;
    worker_destroy_function *destroy;
};

/* NULL: a worker refused or no memory. actor_state is handed to done functions. */
struct worker_pool *worker_pool_create(const struct worker_pool_class *class, void *argument,
                                       size_t thread_count, size_t queue_limit, void *actor_state);
void worker_pool_destroy(struct worker_pool **pool);
/* STATUS_OVERLOADED when queue_limit jobs wait or the pool is being destroyed; the job stays the caller's then. */
enum status worker_pool_submit(struct worker_pool *pool, job_function *run, job_done_function *done,
                               void *job);
int worker_pool_fd(const struct worker_pool *pool);
void worker_pool_reap(struct worker_pool *pool);

/* Threads that run a job, threads that have none, jobs that wait for a thread. */
struct worker_pool_load {
    size_t busy, idle, waiting;
};
struct worker_pool_load worker_pool_load(const struct worker_pool *pool);
