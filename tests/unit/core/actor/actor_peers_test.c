/* actor_peers_test.c - what an actor learns of its peers: up, restarted, silent, full, their health and metrics. */
/* links: @support @core */

#include <sys/eventfd.h>
#include <sys/wait.h>

#include "unit/core/actor/actor_fixture.h"
#include "upstream_metrics.h"

/* An actor without inbox whose peer is the echo. A task that the test sets runs in its thread. */
struct observer {
    struct actor *actor;
    struct spy spy;
    int task_fd;
    void (*task)(struct observer *observer);
    int64_t number;
    struct blob *body;
    enum status status;
    int64_t spent_ms; /* by the last tell */
    int64_t replied;
    bool is_body_right;
    struct message beat; /* the first HEARTBEAT_REPLY with a body, without its bytes */
    char detail[64];
    int64_t lookups; /* METRIC_CACHE_LOOKUPS in it */
    size_t beat_body_size;
    enum peer_event last_event;
    bool had_reply; /* the event brought a heartbeat's answer */
};

static void
on_task(void *state, int fd)
{
    struct observer *observer = state;
    eventfd_t count;

    eventfd_read(fd, &count);
    observer->task(observer);
    spy_note(&observer->spy, EVENT_DRAINED);
}

static void *
observer_create(struct actor *actor, const struct config *config, void *argument)
{
    struct observer *observer = argument;

    (void)config;
    observer->actor = actor;
    return actor_watch(actor, observer->task_fd, on_task) ? observer : NULL;
}

static void
observer_destroy(void *state)
{
    (void)state;
}

static void
observer_on_peer(void *state, enum actor_id peer, enum peer_event event,
                 const struct message *reply)
{
    static const enum event steps[] = {
        [PEER_UP] = EVENT_UP, [PEER_RESTARTED] = EVENT_RESTARTED, [PEER_DOWN] = EVENT_DOWN};
    struct observer *observer = state;

    ck_assert_int_eq(peer, ACTOR_CACHE);
    ck_assert_int_eq(actor_peer_is_up(observer->actor, peer), event != PEER_DOWN);
    observer->last_event = event;
    observer->had_reply = reply != NULL && reply->kind == MSG_HEARTBEAT_REPLY;
    spy_note(&observer->spy, steps[event]);
}

static size_t
heartbeat_body_size(void)
{
    return sizeof(struct metric_values) + metrics_route_counters() * sizeof(int64_t) +
           upstream_metrics_count() * sizeof(struct upstream_metrics);
}

static void
observer_on_beat(void *state, const struct message *message, const struct sender *from)
{
    struct observer *observer = state;
    struct bytes body = blob_bytes(message->body);

    ck_assert_int_eq(from->peer, ACTOR_CACHE);
    if (observer->beat_body_size > 0)
        return; /* the test reads the first one while others come */
    observer->beat = *message;
    bytes_copy_text(message->u.HEARTBEAT_REPLY.detail, observer->detail, sizeof observer->detail);
    observer->beat_body_size = body.size;
    if (body.size == heartbeat_body_size())
        memcpy(&observer->lookups, body.data + METRIC_CACHE_LOOKUPS * sizeof(int64_t),
               sizeof observer->lookups);
}

static void
observer_on_reply(void *state, const struct message *message, const struct sender *from)
{
    struct observer *observer = state;

    ck_assert_int_eq(from->identity_size, 0);
    observer->replied = message->u.CACHE_REPLY.flight_id;
    observer->is_body_right = bytes_equal(blob_bytes(message->body), blob_bytes(observer->body));
    spy_note(&observer->spy, EVENT_HANDLED);
}

static const enum actor_id observer_peers[] = {ACTOR_CACHE};

static const struct actor_route observer_routes[] = {
    {MSG_HEARTBEAT_REPLY, observer_on_beat},
    {MSG_CACHE_REPLY, observer_on_reply},
};

static const struct actor_class observer_class = {
    .name = "observer",
    .id = ACTOR_GATEWAY,
    ACTOR_PEERS(observer_peers),
    .create = observer_create,
    .destroy = observer_destroy,
    ACTOR_ROUTES(observer_routes),
    .on_peer = observer_on_peer,
};

/* Runs a task in the observer's thread; returns when it is done. */
static void
run_task(struct observer *observer, void (*task)(struct observer *observer))
{
    int before = spy_count(&observer->spy, EVENT_DRAINED);

    observer->task = task;
    eventfd_write(observer->task_fd, 1);
    ck_assert(spy_wait(&observer->spy, EVENT_DRAINED, before + 1));
}

struct testbed {
    struct fixture fixture;
    struct echo_setup setup;
    struct observer observer;
    struct actor_system *system;
    struct actor_runner *echo;
    struct actor_runner *watching;
};

static void
testbed_open(struct testbed *testbed, enum topology topology)
{
    memset(testbed, 0, sizeof *testbed);
    fixture_init(&testbed->fixture, topology);
    echo_setup_init(&testbed->setup);
    testbed->observer = (struct observer){.spy = SPY_INITIAL, .task_fd = eventfd(0, 0)};
}

static void
testbed_start(struct testbed *testbed, bool with_echo)
{
    testbed->system = actor_system_create(testbed->fixture.config);
    if (with_echo)
        testbed->echo = actor_start(testbed->system, &echo_class, &testbed->setup);
    testbed->watching = actor_start(testbed->system, &observer_class, &testbed->observer);
    ck_assert_ptr_nonnull(testbed->watching);
}

static void
testbed_close(struct testbed *testbed)
{
    actor_stop(&testbed->watching);
    actor_stop(&testbed->echo);
    actor_system_destroy(&testbed->system);
    blob_release(&testbed->observer.body);
    close(testbed->observer.task_fd);
    fixture_fini(&testbed->fixture);
}

static void
look(struct observer *observer)
{
    (void)observer;
}

START_TEST(a_living_peer_tells_its_health_and_metrics)
{
    struct testbed testbed;
    int64_t until_ms = clock_mono_ms() + SPY_WAIT_MS;

    testbed_open(&testbed, (enum topology)_i);
    metric_add(METRIC_CACHE_LOOKUPS, 5);
    testbed_start(&testbed, true);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_UP, 1));
    run_task(&testbed.observer, look); /* after it, what its thread wrote may be read */
    ck_assert(testbed.observer.had_reply);
    while (testbed.observer.beat_body_size == 0 && clock_mono_ms() < until_ms)
        run_task(&testbed.observer, look);
    ck_assert_uint_eq(testbed.observer.beat_body_size, heartbeat_body_size());
    ck_assert_int_eq(testbed.observer.lookups, 5);
    ck_assert_int_eq(testbed.observer.beat.u.HEARTBEAT_REPLY.is_healthy, 0);
    ck_assert_int_eq(testbed.observer.beat.u.HEARTBEAT_REPLY.version, 7);
    ck_assert_int_eq(testbed.observer.beat.u.HEARTBEAT_REPLY.latency_us, 8);
    ck_assert_int_eq(testbed.observer.beat.u.HEARTBEAT_REPLY.is_ready, 1);
    ck_assert_str_eq(testbed.observer.detail, "it is a test");
    ck_assert_int_eq(spy_count(&testbed.observer.spy, EVENT_UP), 1);
    testbed_close(&testbed);
}
END_TEST

START_TEST(a_peer_that_starts_later_is_found)
{
    struct testbed testbed;

    testbed_open(&testbed, (enum topology)_i);
    testbed_start(&testbed, false);
    run_task(&testbed.observer, look);
    ck_assert_int_eq(spy_count(&testbed.observer.spy, EVENT_UP), 0);
    testbed.echo = actor_start(testbed.system, &echo_class, &testbed.setup);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_UP, 1));
    testbed_close(&testbed);
}
END_TEST

START_TEST(a_peer_that_stops_is_silent_and_then_another)
{
    struct testbed testbed;

    testbed_open(&testbed, (enum topology)_i);
    testbed_start(&testbed, true);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_UP, 1));
    actor_stop(&testbed.echo);

    int64_t before_ms = clock_mono_ms();

    ck_assert(spy_wait(&testbed.observer.spy, EVENT_DOWN, 1));
    /* heard a few beats ago at most */
    ck_assert_int_ge(clock_mono_ms() - before_ms,
                     testbed.fixture.config->actors.heartbeat_timeout_ms / 2);
    run_task(&testbed.observer, look);
    ck_assert(!testbed.observer.had_reply);
    testbed.echo = actor_start(testbed.system, &echo_class, &testbed.setup);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_RESTARTED, 1));
    ck_assert_int_eq(spy_count(&testbed.observer.spy, EVENT_UP), 1);
    testbed_close(&testbed);
}
END_TEST

START_TEST(a_restart_is_seen_without_a_silence)
{
    struct testbed testbed;

    testbed_open(&testbed, (enum topology)_i);
    testbed.fixture.config->actors.heartbeat_timeout_ms = 60000;
    testbed_start(&testbed, true);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_UP, 1));
    actor_stop(&testbed.echo);
    testbed.echo = actor_start(testbed.system, &echo_class, &testbed.setup);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_RESTARTED, 1));
    ck_assert_int_eq(spy_count(&testbed.observer.spy, EVENT_DOWN), 0);
    testbed_close(&testbed);
}
END_TEST

static void
tell(struct observer *observer)
{
    struct message request = {
        .kind = MSG_CACHE_GET,
        .correlation_id = actor_next_correlation(observer->actor),
        .body = observer->body,
        .u.CACHE_GET.api_key_id = observer->number,
    };

    observer->status = actor_tell(observer->actor, ACTOR_CACHE, &request);
}

START_TEST(large_bodies_go_between_actors)
{
    struct testbed testbed;

    testbed_open(&testbed, (enum topology)_i);
    testbed.observer.body = blob_create(10 << 20);
    for (size_t i = 0; i < 10 << 20; i++)
        blob_writable(testbed.observer.body)[i] = (uint8_t)(i * 2654435761U >> 9);
    testbed_start(&testbed, true);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_UP, 1));
    for (int i = 1; i <= 3; i++) {
        testbed.observer.number = i;
        run_task(&testbed.observer, tell);
        ck_assert_int_eq(testbed.observer.status, STATUS_OK);
        ck_assert(spy_wait(&testbed.observer.spy, EVENT_HANDLED, i));
        run_task(&testbed.observer, look);
        ck_assert_int_eq(testbed.observer.replied, i);
        ck_assert(testbed.observer.is_body_right);
    }
    testbed_close(&testbed);
}
END_TEST

START_TEST(telling_a_missing_peer_fails_at_once)
{
    struct testbed testbed;

    testbed_open(&testbed, (enum topology)_i);
    testbed_start(&testbed, false);

    int64_t before_ms = clock_mono_ms();

    run_task(&testbed.observer, tell);
    ck_assert_int_eq(testbed.observer.status, STATUS_UNAVAILABLE);
    ck_assert_int_lt(clock_mono_ms() - before_ms, SPY_WAIT_MS / 2);
    testbed_close(&testbed);
}
END_TEST

static void
tell_until_full(struct observer *observer)
{
    int64_t until_ms = clock_mono_ms() + SPY_WAIT_MS;

    do {
        int64_t before_ms = clock_mono_ms();

        tell(observer);
        observer->spent_ms = clock_mono_ms() - before_ms;
    } while (observer->status == STATUS_OK && clock_mono_ms() < until_ms);
}

START_TEST(telling_a_full_peer_fails_at_once)
{
    struct testbed testbed;
    struct message reply;

    testbed_open(&testbed, (enum topology)_i);
    testbed.fixture.config->actors.inbox_messages = 8;
    testbed.fixture.config->actors.heartbeat_timeout_ms = 60000;
    testbed.observer.body = blob_create(100000);
    memset(blob_writable(testbed.observer.body), 0, 100000);
    testbed_start(&testbed, true);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_UP, 1));

    struct mailbox *mailbox = mailbox_create(testbed.system, ACTOR_GATEWAY, ACTOR_CACHE);

    ck_assert_int_eq(echo_ask(mailbox, "stall", 0, NULL, 100, &reply), STATUS_TIMEOUT);
    run_task(&testbed.observer, tell_until_full);
    ck_assert_int_eq(testbed.observer.status, STATUS_OVERLOADED);
    ck_assert_int_lt(testbed.observer.spent_ms, SPY_WAIT_MS / 2);
    sem_post(&testbed.setup.gate);
    mailbox_destroy(&mailbox);
    testbed_close(&testbed);
}
END_TEST

/* A process that is the echo from its first SIGUSR1 on; made before this process has any context. */
static pid_t
make_process(struct testbed *testbed)
{
    sigset_t wake, before;
    int signal_number;

    sigemptyset(&wake);
    sigaddset(&wake, SIGUSR1);
    sigprocmask(SIG_BLOCK, &wake, &before);

    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0) {
        sigprocmask(SIG_SETMASK, &before, NULL);
        return pid;
    }
    sigwait(&wake, &signal_number);

    struct actor_system *system = actor_system_create(testbed->fixture.config);

    if (actor_start(system, &echo_class, &testbed->setup) == NULL)
        _exit(1);
    for (;;)
        pause();
}

static void
kill_process(pid_t pid)
{
    int status;

    ck_assert_int_eq(kill(pid, SIGKILL), 0);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
}

START_TEST(a_killed_peer_is_silent_and_its_successor_another)
{
    struct testbed testbed;

    testbed_open(&testbed, TOPOLOGY_IPC);

    pid_t first = make_process(&testbed);
    pid_t second = make_process(&testbed);

    testbed_start(&testbed, false);
    kill(first, SIGUSR1);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_UP, 1));
    kill_process(first);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_DOWN, 1));
    kill(second, SIGUSR1);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_RESTARTED, 1));
    ck_assert_int_eq(spy_count(&testbed.observer.spy, EVENT_UP), 1);
    kill_process(second);
    testbed_close(&testbed);
}
END_TEST

START_TEST(a_frozen_peer_is_silent_and_then_the_same)
{
    struct testbed testbed;

    testbed_open(&testbed, TOPOLOGY_IPC);

    pid_t pid = make_process(&testbed);

    testbed_start(&testbed, false);
    kill(pid, SIGUSR1);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_UP, 1));
    kill(pid, SIGSTOP);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_DOWN, 1));
    kill(pid, SIGCONT);
    ck_assert(spy_wait(&testbed.observer.spy, EVENT_UP, 2));
    ck_assert_int_eq(spy_count(&testbed.observer.spy, EVENT_RESTARTED), 0);
    kill_process(pid);
    testbed_close(&testbed);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("actor_peers");
    TCase *life = tcase_create("life");
    TCase *telling = tcase_create("telling");
    TCase *killing = tcase_create("killing");

    tcase_set_timeout(life, 60);
    tcase_set_timeout(telling, 60);
    tcase_set_timeout(killing, 60);
    tcase_add_loop_test(life, a_living_peer_tells_its_health_and_metrics, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(life, a_peer_that_starts_later_is_found, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(life, a_peer_that_stops_is_silent_and_then_another, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(life, a_restart_is_seen_without_a_silence, 0, TOPOLOGY_COUNT);
    suite_add_tcase(suite, life);
    tcase_add_loop_test(telling, large_bodies_go_between_actors, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(telling, telling_a_missing_peer_fails_at_once, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(telling, telling_a_full_peer_fails_at_once, 0, TOPOLOGY_COUNT);
    suite_add_tcase(suite, telling);
    tcase_add_test(killing, a_killed_peer_is_silent_and_its_successor_another);
    tcase_add_test(killing, a_frozen_peer_is_silent_and_then_the_same);
    suite_add_tcase(suite, killing);
    return suite;
}
