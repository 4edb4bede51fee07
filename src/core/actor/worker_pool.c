/* worker_pool.c - threads for blocking calls of an actor: bounded queue in, completions back to its loop.
 *
 * A job's node is in one place at a time: the queue, a worker's hands, the completions. All lists and
 * counters are guarded by one mutex; jobs run and done functions are called without it. The descriptor
 * is written once for each completion and read when they are reaped. */

#include "actor/worker_pool.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"
#include "base/queue.h"

struct node {
    STAILQ_ENTRY(node) link;
    job_function *run;
    job_done_function *done;
    void *job;
};

STAILQ_HEAD(list, node);

struct worker_pool {
    /* constant while threads run */
    const struct worker_pool_class *class;
    void *argument;
    void *actor_state;
    size_t queue_limit;
    int done_fd;
    pthread_t *threads;
    size_t thread_count;

    pthread_mutex_t mutex; /* guards all below */
    pthread_cond_t changed;
    struct list queue;
    struct list completions;
    size_t waiting;
    size_t busy;
    size_t ready_count;
    size_t refused_count;
    bool is_closing;
};

static struct node *
list_take(struct list *list)
{
    struct node *node = STAILQ_FIRST(list);

    if (node != NULL)
        STAILQ_REMOVE_HEAD(list, link);
    return node;
}

/* NULL: the pool closes and the queue is empty. */
static struct node *
next_job(struct worker_pool *pool)
{
    pthread_mutex_lock(&pool->mutex);
    while (STAILQ_EMPTY(&pool->queue) && !pool->is_closing)
        pthread_cond_wait(&pool->changed, &pool->mutex);

    struct node *node = list_take(&pool->queue);

    if (node != NULL) {
        pool->waiting--;
        pool->busy++;
    }
    pthread_mutex_unlock(&pool->mutex);
    return node;
}

static void
worker_pool_complete(struct worker_pool *pool, struct node *node)
{
    pthread_mutex_lock(&pool->mutex);
    pool->busy--;
    STAILQ_INSERT_TAIL(&pool->completions, node, link);
    pthread_mutex_unlock(&pool->mutex);
    eventfd_write(pool->done_fd, 1);
}

static void
worker_pool_introduce(struct worker_pool *pool, bool is_ready)
{
    pthread_mutex_lock(&pool->mutex);
    if (is_ready)
        pool->ready_count++;
    else
        pool->refused_count++;
    pthread_cond_broadcast(&pool->changed);
    pthread_mutex_unlock(&pool->mutex);
}

static void *
run_worker(void *context)
{
    struct worker_pool *pool = context;
    const struct worker_pool_class *class = pool->class;

    pthread_setname_np(pthread_self(), class->name);
    log_set_actor(class->name);

    void *state = class->create != NULL ? class->create(pool->argument) : pool;

    worker_pool_introduce(pool, state != NULL);
    if (state == NULL)
        return NULL;
    for (struct node *node = next_job(pool); node != NULL; node = next_job(pool)) {
        node->run(state, node->job);
        worker_pool_complete(pool, node);
    }
    if (class->destroy != NULL)
        class->destroy(state);
    return NULL;
}

/* Starts threads with all signals blocked; stops at the first that cannot be made. */
static void
start_threads(struct worker_pool *pool, size_t thread_count)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->thread_count < thread_count &&
           pthread_create(&pool->threads[pool->thread_count], NULL, run_worker, pool) == 0)
        pool->thread_count++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static bool
all_introduced(struct worker_pool *pool, size_t thread_count)
{
    pthread_mutex_lock(&pool->mutex);
    while (pool->ready_count + pool->refused_count < pool->thread_count)
        pthread_cond_wait(&pool->changed, &pool->mutex);

    bool all_ready = pool->ready_count == thread_count;

    pthread_mutex_unlock(&pool->mutex);
    return all_ready;
}

struct worker_pool *
worker_pool_create(const struct worker_pool_class *class, void *argument, size_t thread_count,
                   size_t queue_limit, void *actor_state)
{
    struct worker_pool *pool = calloc(1, sizeof *pool);

    assert(thread_count > 0);
    if (pool == NULL)
        return NULL;
    pool->class = class;
    pool->argument = argument;
    pool->actor_state = actor_state;
    pool->queue_limit = queue_limit;
    STAILQ_INIT(&pool->queue);
    STAILQ_INIT(&pool->completions);
    pthread_mutex_init(&pool->mutex, NULL);
    pthread_cond_init(&pool->changed, NULL);
    pool->done_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    pool->threads = calloc(thread_count, sizeof *pool->threads);
    if (pool->done_fd >= 0 && pool->threads != NULL)
        start_threads(pool, thread_count);
    if (!all_introduced(pool, thread_count)) {
        log_error("not every worker of %s started", class->name);
        worker_pool_destroy(&pool);
    }
    return pool;
}

void
worker_pool_destroy(struct worker_pool **pool)
{
    struct worker_pool *gone = *pool;

    *pool = NULL;
    if (gone == NULL)
        return;
    pthread_mutex_lock(&gone->mutex);
    gone->is_closing = true;
    pthread_cond_broadcast(&gone->changed);
    pthread_mutex_unlock(&gone->mutex);
    for (size_t i = 0; i < gone->thread_count; i++)
        pthread_join(gone->threads[i], NULL);
    worker_pool_reap(gone);
    if (gone->done_fd >= 0)
        close(gone->done_fd);
    pthread_cond_destroy(&gone->changed);
    pthread_mutex_destroy(&gone->mutex);
    free(gone->threads);
    free(gone);
}

enum status
worker_pool_submit(struct worker_pool *pool, job_function *run, job_done_function *done, void *job)
{
    struct node *node = malloc(sizeof *node);

    if (node == NULL)
        return STATUS_NO_MEMORY;
    *node = (struct node){.run = run, .done = done, .job = job};
    pthread_mutex_lock(&pool->mutex);

    bool has_room = pool->waiting < pool->queue_limit && !pool->is_closing;

    if (has_room) {
        STAILQ_INSERT_TAIL(&pool->queue, node, link);
        pool->waiting++;
        pthread_cond_signal(&pool->changed);
    }
    pthread_mutex_unlock(&pool->mutex);
    if (has_room)
        return STATUS_OK;
    free(node);
    return STATUS_OVERLOADED;
}

int
worker_pool_fd(const struct worker_pool *pool)
{
    return pool->done_fd;
}

/* Takes the completions that are there now: those of jobs that done functions submit wait for the next call. */
void
worker_pool_reap(struct worker_pool *pool)
{
    struct list taken = STAILQ_HEAD_INITIALIZER(taken);
    struct node *node;
    eventfd_t count;

    if (pool->done_fd >= 0)
        eventfd_read(pool->done_fd, &count);
    pthread_mutex_lock(&pool->mutex);
    STAILQ_CONCAT(&taken, &pool->completions);
    pthread_mutex_unlock(&pool->mutex);
    while ((node = list_take(&taken)) != NULL) {
        node->done(pool->actor_state, node->job);
        free(node);
    }
}

struct worker_pool_load
worker_pool_load(const struct worker_pool *pool)
{
    struct worker_pool *locked = (struct worker_pool *)(uintptr_t)pool;
    struct worker_pool_load load;

    pthread_mutex_lock(&locked->mutex);
    load.busy = pool->busy;
    load.idle = pool->thread_count - pool->busy;
    load.waiting = pool->waiting;
    pthread_mutex_unlock(&locked->mutex);
    return load;
}
