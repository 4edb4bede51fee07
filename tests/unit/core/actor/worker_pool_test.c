/* worker_pool_test.c - jobs run on workers and are done on the caller's thread, exactly once each. */
/* links: @core */

#include "actor/worker_pool.h"
#include "support/row.h"

#include <check.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/bytes.h"

enum { WAIT_MS = 20000, JOBS = 5000 };

struct job {
    atomic_int run_count;
    int done_count; /* the reaping thread's */
    sem_t *gate;    /* NULL: does not wait */
};

static atomic_int workers;

static void *
create_worker(void *argument)
{
    if (argument != NULL && atomic_fetch_add(&workers, 1) == *(int *)argument)
        return NULL;
    if (argument == NULL)
        atomic_fetch_add(&workers, 1);
    return &workers;
}

static void
destroy_worker(void *state)
{
    ck_assert_ptr_eq(state, &workers);
    atomic_fetch_sub(&workers, 1);
}

static const struct worker_pool_class class = {
    .name = "test-worker",
    .create = create_worker,
    .destroy = destroy_worker,
};

static void
run_job(void *worker_state, void *context)
{
    struct job *job = context;

    ck_assert_ptr_eq(worker_state, &workers);
    if (job->gate != NULL)
        sem_wait(job->gate);
    atomic_fetch_add(&job->run_count, 1);
}

static void
on_done(void *actor_state, void *context)
{
    struct job *job = context;

    job->done_count++;
    *(int *)actor_state += 1;
}

static void
reap_until(struct worker_pool *pool, const int *done, int wanted)
{
    while (*done < wanted) {
        struct pollfd ready = {.fd = worker_pool_fd(pool), .events = POLLIN};

        ck_assert_int_eq(poll(&ready, 1, WAIT_MS), 1);
        worker_pool_reap(pool);
    }
}

START_TEST(every_job_is_run_and_done_once)
{
    struct job *jobs = calloc(JOBS, sizeof *jobs);
    int done = 0;

    atomic_store(&workers, 0);

    struct worker_pool *pool = worker_pool_create(&class, NULL, 4, 64, &done);

    ck_assert_ptr_nonnull(pool);
    ck_assert_int_eq(atomic_load(&workers), 4);
    for (int i = 0; i < JOBS; i++)
        while (worker_pool_submit(pool, run_job, on_done, &jobs[i]) != STATUS_OK)
            reap_until(pool, &done, done + 1);
    reap_until(pool, &done, JOBS);
    for (int i = 0; i < JOBS; i++) {
        ck_assert_int_eq(atomic_load(&jobs[i].run_count), 1);
        ck_assert_int_eq(jobs[i].done_count, 1);
    }
    worker_pool_destroy(&pool);
    ck_assert_ptr_null(pool);
    ck_assert_int_eq(atomic_load(&workers), 0);
    ck_assert_int_eq(done, JOBS);
    free(jobs);
}
END_TEST

START_TEST(a_full_queue_refuses_at_once)
{
    sem_t gate;
    struct job jobs[4] = {{.gate = &gate}, {0}, {0}, {0}};
    int done = 0;

    sem_init(&gate, 0, 0);
    atomic_store(&workers, 0);

    struct worker_pool *pool = worker_pool_create(&class, NULL, 1, 2, &done);

    ck_assert_int_eq(worker_pool_submit(pool, run_job, on_done, &jobs[0]), STATUS_OK);
    /* The worker takes the first one out of the queue at a moment of its own. */
    while (worker_pool_load(pool).waiting > 0)
        sched_yield();
    ck_assert_int_eq(worker_pool_submit(pool, run_job, on_done, &jobs[1]), STATUS_OK);
    ck_assert_int_eq(worker_pool_submit(pool, run_job, on_done, &jobs[2]), STATUS_OK);
    ck_assert_uint_eq(worker_pool_load(pool).waiting, 2);
    ck_assert_int_eq(worker_pool_submit(pool, run_job, on_done, &jobs[3]), STATUS_OVERLOADED);
    sem_post(&gate);
    reap_until(pool, &done, 3);
    ck_assert_int_eq(atomic_load(&jobs[3].run_count), 0);
    worker_pool_destroy(&pool);
    sem_destroy(&gate);
}
END_TEST

START_TEST(the_load_tells_who_works_and_what_waits)
{
    sem_t gate;
    struct job jobs[3] = {{.gate = &gate}, {.gate = &gate}, {.gate = &gate}};
    int done = 0;
    struct worker_pool_load load;

    row("R-132");
    sem_init(&gate, 0, 0);
    atomic_store(&workers, 0);

    struct worker_pool *pool = worker_pool_create(&class, NULL, 2, 4, &done);

    load = worker_pool_load(pool);
    ck_assert_uint_eq(load.busy, 0);
    ck_assert_uint_eq(load.idle, 2);
    for (size_t i = 0; i < COUNT(jobs); i++)
        ck_assert_int_eq(worker_pool_submit(pool, run_job, on_done, &jobs[i]), STATUS_OK);
    while ((load = worker_pool_load(pool)).busy < 2)
        sched_yield();
    ck_assert_uint_eq(load.idle, 0);
    ck_assert_uint_eq(load.waiting, 1);
    for (size_t i = 0; i < COUNT(jobs); i++)
        sem_post(&gate);
    reap_until(pool, &done, 3);
    load = worker_pool_load(pool);
    ck_assert_uint_eq(load.busy, 0);
    ck_assert_uint_eq(load.idle, 2);
    ck_assert_uint_eq(load.waiting, 0);
    worker_pool_destroy(&pool);
    sem_destroy(&gate);
}
END_TEST

START_TEST(destroying_runs_the_queue_empty_first)
{
    struct job jobs[100] = {0};
    int done = 0;

    atomic_store(&workers, 0);

    struct worker_pool *pool = worker_pool_create(&class, NULL, 1, COUNT(jobs), &done);

    for (size_t i = 0; i < COUNT(jobs); i++)
        ck_assert_int_eq(worker_pool_submit(pool, run_job, on_done, &jobs[i]), STATUS_OK);
    worker_pool_destroy(&pool);
    ck_assert_int_eq(done, (int)COUNT(jobs));
    for (size_t i = 0; i < COUNT(jobs); i++)
        ck_assert_int_eq(jobs[i].done_count, 1);
}
END_TEST

START_TEST(one_worker_that_refuses_ends_the_pool)
{
    int refuse_at = 2;
    int done = 0;

    atomic_store(&workers, 0);
    ck_assert_ptr_null(worker_pool_create(&class, &refuse_at, 4, 8, &done));
    /* Of four that counted themselves, the three that were let in have gone. */
    ck_assert_int_eq(atomic_load(&workers), 1);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("worker_pool");
    TCase *tcase = tcase_create("worker_pool");

    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, every_job_is_run_and_done_once);
    tcase_add_test(tcase, a_full_queue_refuses_at_once);
    tcase_add_test(tcase, the_load_tells_who_works_and_what_waits);
    tcase_add_test(tcase, destroying_runs_the_queue_empty_first);
    tcase_add_test(tcase, one_worker_that_refuses_ends_the_pool);
    suite_add_tcase(suite, tcase);
    return suite;
}
