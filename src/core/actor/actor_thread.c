/* actor_thread.c - the life of an actor's thread: start with a handshake, stop with a join.
 *
 * STARTING -> READY -> joined, or STARTING -> REFUSED -> joined. In its own thread an actor takes the lock of its
 * endpoint, creates its state, binds and connects, in this order: a second instance is refused before it touches
 * anything. All signals are blocked from the thread's first instruction on; they are the main thread's. */

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "actor/actor_private.h"
#include "base/log.h"

enum { LAST_WORDS_MS = 200 }; /* answers given while stopping may still leave for so long */

enum runner_state { RUNNER_STARTING, RUNNER_READY, RUNNER_REFUSED };

struct actor_runner {
    struct actor actor; /* the thread's, from its start to its join */
    void *argument;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards state */
    pthread_cond_t changed;
    enum runner_state state;
};

static bool
lock_endpoint(struct actor *actor)
{
    if (!actor->class->has_inbox)
        return true;

    const struct endpoint *endpoint = actor_system_endpoint(actor->system, actor->class->id);

    if (!endpoint->is_inproc)
        actor->lock_fd = endpoint_lock(endpoint);
    return endpoint->is_inproc || actor->lock_fd >= 0;
}

/* The socket file must never be open to others, not even for the moment after its creation. */
static bool
bind_inbox(struct actor *actor)
{
    struct channel_limits limits = actor_system_limits(actor->system);

    if (!actor->class->has_inbox)
        return true;
    actor->inbox = channel_create(actor_system_context(actor->system), CHANNEL_INBOX,
                                  actor->class->id, &limits);
    if (actor->inbox == NULL)
        return false;

    mode_t before = umask(077);
    bool is_bound =
        channel_bind(actor->inbox, actor_system_endpoint(actor->system, actor->class->id)->uri);

    umask(before);
    if (!is_bound)
        channel_destroy(&actor->inbox, 0);
    else
        actor_system_step_generation(actor->system, actor->class->id);
    return is_bound;
}

static bool
open_actor(struct actor *actor, void *argument)
{
    if (!lock_endpoint(actor))
        return false;
    actor->state = actor->class->create(actor, actor->config, argument);
    return actor->state != NULL && bind_inbox(actor) && peers_open(actor);
}

static void
close_actor(struct actor *actor)
{
    if (actor->state != NULL)
        actor->class->destroy(actor->state);
    if (actor->inbox != NULL)
        actor_system_step_generation(actor->system, actor->class->id);
    peers_close(actor, LAST_WORDS_MS);
    if (actor->inbox != NULL)
        channel_unbind(actor->inbox, actor_system_endpoint(actor->system, actor->class->id)->uri);
    channel_destroy(&actor->inbox, LAST_WORDS_MS);
    if (actor->lock_fd >= 0)
        close(actor->lock_fd);
}

static void
actor_answer(struct actor_runner *runner, enum runner_state state)
{
    pthread_mutex_lock(&runner->mutex);
    runner->state = state;
    pthread_cond_signal(&runner->changed);
    pthread_mutex_unlock(&runner->mutex);
}

static void *
run_thread(void *context)
{
    struct actor_runner *runner = context;
    struct actor *actor = &runner->actor;

    pthread_setname_np(pthread_self(), actor->class->name);
    log_set_actor(actor->class->name);
    if (open_actor(actor, runner->argument)) {
        log_info("ready");
        actor_answer(runner, RUNNER_READY);
        actor_run(actor);
        close_actor(actor);
    } else {
        log_error("refused to start");
        close_actor(actor);
        actor_answer(runner, RUNNER_REFUSED);
    }
    return NULL;
}

static bool
init_actor(struct actor *actor, struct actor_system *system, const struct actor_class *class)
{
    assert(strlen(class->name) <= 15 && class->create != NULL && class->destroy != NULL);
    *actor = (struct actor){
        .class = class,
        .system = system,
        .config = actor_system_config(system),
        .lock_fd = -1,
        .stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK),
    };
    if (actor->stop_fd < 0 || getrandom(&actor->epoch, sizeof actor->epoch, 0) < 0 ||
        getrandom(&actor->next_correlation, sizeof actor->next_correlation, 0) < 0) {
        log_error("cannot start %s: %s", class->name, strerror(errno));
        return false;
    }
    actor->epoch &= INT64_MAX;
    actor->next_correlation |= 1; /* 0 would say that nobody waits */
    return true;
}

/* The thread inherits the mask, so that no signal ever reaches it. */
static bool
start_thread(struct actor_runner *runner)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);

    int error = pthread_create(&runner->thread, NULL, run_thread, runner);

    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error != 0)
        log_error("cannot start a thread for %s: %s", runner->actor.class->name, strerror(error));
    return error == 0;
}

static void
free_runner(struct actor_runner *runner)
{
    if (runner->actor.stop_fd >= 0)
        close(runner->actor.stop_fd);
    pthread_cond_destroy(&runner->changed);
    pthread_mutex_destroy(&runner->mutex);
    free(runner);
}

struct actor_runner *
actor_start(struct actor_system *system, const struct actor_class *class, void *argument)
{
    struct actor_runner *runner = calloc(1, sizeof *runner);

    if (runner == NULL)
        return NULL;
    runner->argument = argument;
    pthread_mutex_init(&runner->mutex, NULL);
    pthread_cond_init(&runner->changed, NULL);
    if (!init_actor(&runner->actor, system, class) || !start_thread(runner)) {
        free_runner(runner);
        return NULL;
    }
    pthread_mutex_lock(&runner->mutex);
    while (runner->state == RUNNER_STARTING)
        pthread_cond_wait(&runner->changed, &runner->mutex);

    bool is_ready = runner->state == RUNNER_READY;

    pthread_mutex_unlock(&runner->mutex);
    if (is_ready)
        return runner;
    pthread_join(runner->thread, NULL);
    free_runner(runner);
    return NULL;
}

void
actor_stop(struct actor_runner **runner)
{
    if (*runner == NULL)
        return;
    eventfd_write((*runner)->actor.stop_fd, 1);
    pthread_join((*runner)->thread, NULL);
    free_runner(*runner);
    *runner = NULL;
}
