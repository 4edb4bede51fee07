/* worker.c - making and unmaking a worker; its mailboxes and its Date line. */
#include "worker.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "base/clock.h"
#include "base/hex.h"
#include "base/log.h"

#define SCRAMBLED 0xa5

static bool
make_prefix(struct worker *worker)
{
    uint8_t random[(sizeof worker->request_prefix - 1) / 2];

    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return false;
    hex_write(random, sizeof random, worker->request_prefix);
    return true;
}

static bool
worker_fill(struct worker *worker)
{
    worker->epoch = epoch_slot_take(worker->gateway->epochs);
    worker->plan = malloc(sizeof *worker->plan);
    worker->response = malloc(WORKER_RESPONSE_BYTES);
    worker->date_second = -1;
    return worker->epoch != NULL && worker->plan != NULL && worker->response != NULL &&
           make_prefix(worker);
}

void *
worker_create_admin(void *argument)
{
    struct worker *worker = calloc(1, sizeof *worker);

    if (worker == NULL)
        return NULL;
    log_set_actor("gateway");
    worker->gateway = argument;
    worker->headers = &worker->gateway->admin_headers;
    if (!worker_fill(worker)) {
        log_error("a worker thread cannot be set up");
        worker_destroy(worker);
        return NULL;
    }
    return worker;
}

void *
worker_create(void *argument)
{
    struct worker *worker = worker_create_admin(argument);

    if (worker == NULL)
        return NULL;
    worker->headers = &worker->gateway->data_headers;
    worker->ring = spool_ring_take(worker->gateway->spool);
    if (worker->ring == NULL) {
        log_error("the spool has no free ring for this thread");
        worker_destroy(worker);
        return NULL;
    }
    return worker;
}

void
worker_destroy(void *argument)
{
    struct worker *worker = argument;

    for (size_t i = 0; i < COUNT(worker->mailboxes); i++) {
        blob_release(&worker->bodies[i]);
        mailbox_destroy(&worker->mailboxes[i]);
    }
    if (worker->ring != NULL)
        spool_ring_give(&worker->ring);
    if (worker->epoch != NULL)
        epoch_slot_give(&worker->epoch);
    free(worker->plan);
    free(worker->response);
    free(worker);
}

/* Makes the mailbox at its first use. */
static enum status
worker_reach(struct worker *worker, enum actor_id actor)
{
    struct mailbox **mailbox = &worker->mailboxes[actor];

    worker_done(worker, actor);
    if (!atomic_load_explicit(&worker->gateway->is_up[actor], memory_order_relaxed))
        return STATUS_UNAVAILABLE;
    if (*mailbox == NULL)
        *mailbox = mailbox_create(worker->gateway->system, ACTOR_GATEWAY, actor);
    return *mailbox != NULL ? STATUS_OK : STATUS_UNAVAILABLE;
}

enum status
worker_ask(struct worker *worker, enum actor_id actor, struct message *request, int64_t timeout_ms,
           struct message *reply)
{
    int64_t deadline_ms = clock_mono_ms() + timeout_ms;
    enum status status = worker_begin(worker, actor);

    if (status == STATUS_OK)
        status = worker_send(worker, actor, request, timeout_ms);
    if (status == STATUS_OK)
        status = worker_receive(worker, actor, deadline_ms - clock_mono_ms(), reply);
    if (status == STATUS_OK)
        worker->bodies[actor] = reply->body;
    return status;
}

enum status
worker_begin(struct worker *worker, enum actor_id actor)
{
    enum status status = worker_reach(worker, actor);

    return status == STATUS_OK ? mailbox_begin(worker->mailboxes[actor]) : status;
}

enum status
worker_send(struct worker *worker, enum actor_id actor, struct message *request, int64_t timeout_ms)
{
    return mailbox_send(worker->mailboxes[actor], request, timeout_ms);
}

static void
lose_buffers(struct worker *worker)
{
    worker->wait_count++;
#ifdef RENTCACHE_SCRAMBLE
    memset(worker->plan, SCRAMBLED, sizeof *worker->plan);
    memset(worker->response, SCRAMBLED, WORKER_RESPONSE_BYTES);
#endif
}

enum status
worker_receive(struct worker *worker, enum actor_id actor, int64_t timeout_ms,
               struct message *reply)
{
    lose_buffers(worker);
    return mailbox_receive(worker->mailboxes[actor], timeout_ms, reply);
}

void
worker_done(struct worker *worker, enum actor_id actor)
{
    blob_release(&worker->bodies[actor]);
    if (worker->mailboxes[actor] != NULL)
        mailbox_done(worker->mailboxes[actor]);
}

const char *
worker_date(struct worker *worker)
{
    time_t second = (time_t)(clock_wall_coarse_ms() / 1000);
    struct tm parts;

    if (second != worker->date_second) {
        gmtime_r(&second, &parts);
        strftime(worker->date, sizeof worker->date, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts);
        worker->date_second = second;
    }
    return worker->date;
}
