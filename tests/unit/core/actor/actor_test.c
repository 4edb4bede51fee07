/* actor_test.c - the life of an actor: handshake, refusal, messages, descriptors, ticks, stop. */
/* links: @support @core */

#include <errno.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/un.h>

#include "actor/actor_system.h"
#include "unit/core/actor/actor_fixture.h"

START_TEST(an_actor_that_started_answers_at_once)
{
    struct fixture fixture;
    struct echo_setup setup;
    struct message reply;

    fixture_init(&fixture, (enum topology)_i);
    echo_setup_init(&setup);

    struct actor_system *system = actor_system_create(fixture.config);
    struct actor_runner *runner = actor_start(system, &echo_class, &setup);

    ck_assert_ptr_nonnull(runner);

    struct mailbox *mailbox = mailbox_create(system, ACTOR_GATEWAY, ACTOR_CACHE);

    ck_assert_int_eq(echo_ask(mailbox, "", 42, NULL, SPY_WAIT_MS, &reply), STATUS_OK);
    ck_assert_int_eq(reply.kind, MSG_CACHE_REPLY);
    ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, 42);
    ck_assert_ptr_null(reply.body);
    mailbox_destroy(&mailbox);
    actor_stop(&runner);
    ck_assert_ptr_null(runner);
    actor_system_destroy(&system);
    ck_assert_ptr_null(system);
    fixture_fini(&fixture);
}
END_TEST

START_TEST(an_actor_may_refuse_to_start)
{
    struct fixture fixture;
    struct echo_setup setup;

    fixture_init(&fixture, (enum topology)_i);
    echo_setup_init(&setup);
    setup.refuses = true;

    struct actor_system *system = actor_system_create(fixture.config);

    ck_assert_ptr_null(actor_start(system, &echo_class, &setup));
    setup.refuses = false;

    struct actor_runner *runner = actor_start(system, &echo_class, &setup);

    ck_assert_msg(runner != NULL, "nothing of the refused one is in the way");
    actor_stop(&runner);
    actor_system_destroy(&system);
    fixture_fini(&fixture);
}
END_TEST

START_TEST(a_second_actor_on_one_socket_is_refused_and_the_first_unharmed)
{
    struct fixture fixture;
    struct echo_setup setup, second_setup;
    struct message reply;

    fixture_init(&fixture, TOPOLOGY_IPC);
    echo_setup_init(&setup);
    echo_setup_init(&second_setup);

    struct actor_system *system = actor_system_create(fixture.config);
    struct actor_system *second = actor_system_create(fixture.config);
    struct actor_runner *runner = actor_start(system, &echo_class, &setup);
    struct mailbox *mailbox = mailbox_create(second, ACTOR_GATEWAY, ACTOR_CACHE);

    ck_assert_ptr_nonnull(runner);
    ck_assert_ptr_null(actor_start(second, &echo_class, &second_setup));
    ck_assert_int_eq(echo_ask(mailbox, "", 1, NULL, SPY_WAIT_MS, &reply), STATUS_OK);
    actor_stop(&runner);
    runner = actor_start(second, &echo_class, &second_setup);
    ck_assert_msg(runner != NULL, "free again, and the stale socket file does not matter");
    actor_stop(&runner);
    mailbox_destroy(&mailbox);
    actor_system_destroy(&second);
    actor_system_destroy(&system);
    fixture_fini(&fixture);
}
END_TEST

START_TEST(sockets_are_for_their_owner_alone)
{
    struct fixture fixture;
    struct echo_setup setup;
    struct stat about;
    char path[160];
    mode_t mask = umask(022);

    fixture_init(&fixture, TOPOLOGY_IPC);
    echo_setup_init(&setup);

    struct actor_system *system = actor_system_create(fixture.config);
    struct actor_runner *runner = actor_start(system, &echo_class, &setup);

    snprintf(path, sizeof path, "%s/run/cache", fixture.folder);
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_uint_eq(about.st_mode & 077, 0);
    snprintf(path, sizeof path, "%s/run", fixture.folder);
    ck_assert_int_eq(stat(path, &about), 0);
    ck_assert_uint_eq(about.st_mode & 077, 0);
    ck_assert_msg(umask(mask) == 022, "the process's mask is what it was");
    actor_stop(&runner);
    actor_system_destroy(&system);
    fixture_fini(&fixture);
}
END_TEST

static const char *const bad_endpoints[] = {
    "tcp://127.0.0.1:5555", "", "cache", "inproc://", "ipc://",
};

START_TEST(an_endpoint_is_inproc_or_a_short_path)
{
    struct fixture fixture;

    fixture_init(&fixture, TOPOLOGY_INPROC);
    snprintf(fixture.config->actors.cache_endpoint, CONFIG_TEXT_SIZE, "%s", bad_endpoints[_i]);
    ck_assert_ptr_null(actor_system_create(fixture.config));
    fixture_fini(&fixture);
}
END_TEST

START_TEST(the_longest_path_is_107_characters)
{
    struct fixture fixture;

    fixture_init(&fixture, TOPOLOGY_IPC);

    char *endpoint = fixture.config->actors.cache_endpoint;

    /* 106 characters after the slash: what sockaddr_un has room for, with its NUL. */
    snprintf(endpoint, CONFIG_TEXT_SIZE, "ipc:///%0106d", 0);
    ck_assert_uint_eq(strlen(endpoint) - strlen("ipc://"),
                      sizeof((struct sockaddr_un *)0)->sun_path - 1);

    struct actor_system *system = actor_system_create(fixture.config);

    ck_assert_ptr_nonnull(system);
    actor_system_destroy(&system);
    snprintf(endpoint, CONFIG_TEXT_SIZE, "ipc:///%0107d", 0);
    ck_assert_ptr_null(actor_system_create(fixture.config));
    fixture_fini(&fixture);
}
END_TEST

START_TEST(thousands_of_mailboxes_have_their_sockets)
{
    enum { MAILBOXES = 1200 };
    struct fixture fixture;
    struct echo_setup setup;
    struct mailbox **mailboxes = calloc(MAILBOXES, sizeof *mailboxes);
    struct message reply;

    fixture_init(&fixture, TOPOLOGY_INPROC);
    echo_setup_init(&setup);
    fixture.config->gateway.threads = MAILBOXES;

    struct actor_system *system = actor_system_create(fixture.config);
    struct actor_runner *runner = actor_start(system, &echo_class, &setup);

    for (int i = 0; i < MAILBOXES; i++) {
        mailboxes[i] = mailbox_create(system, ACTOR_GATEWAY, ACTOR_CACHE);
        ck_assert_ptr_nonnull(mailboxes[i]);
        ck_assert_int_eq(echo_ask(mailboxes[i], "", i, NULL, SPY_WAIT_MS, &reply), STATUS_OK);
    }
    for (int i = 0; i < MAILBOXES; i++)
        mailbox_destroy(&mailboxes[i]);
    free(mailboxes);
    actor_stop(&runner);
    actor_system_destroy(&system);
    fixture_fini(&fixture);
}
END_TEST

/* An actor that watches a descriptor, ticks, and may wait in its own way. */
struct clockwork {
    struct spy spy;
    int fd;
    int own_waits;
    int ticks;
    int64_t pause_ms;
    pthread_t thread;
    char name[16];
    sigset_t mask;
};

static void
on_ready(void *state, int fd)
{
    struct clockwork *clockwork = state;
    eventfd_t count;

    ck_assert_int_eq(fd, clockwork->fd);
    eventfd_read(fd, &count);
    spy_note(&clockwork->spy, EVENT_HANDLED);
}

static void *
clockwork_create(struct actor *actor, const struct config *config, void *argument)
{
    struct clockwork *clockwork = argument;

    (void)config;
    clockwork->thread = pthread_self();
    pthread_getname_np(pthread_self(), clockwork->name, sizeof clockwork->name);
    pthread_sigmask(SIG_SETMASK, NULL, &clockwork->mask);
    return actor_watch(actor, clockwork->fd, on_ready) ? clockwork : NULL;
}

static void
clockwork_destroy(void *state)
{
    ck_assert(pthread_equal(((struct clockwork *)state)->thread, pthread_self()));
}

static int64_t
clockwork_tick(void *state, int64_t now_mono_ms)
{
    struct clockwork *clockwork = state;

    ck_assert_int_gt(now_mono_ms, 0);
    clockwork->ticks++;
    spy_note(&clockwork->spy, EVENT_DRAINED);
    return clockwork->pause_ms;
}

static void
clockwork_wait(void *state, const int *fds, size_t fd_count, int64_t timeout_ms)
{
    struct clockwork *clockwork = state;
    struct pollfd polled[16];

    ck_assert_uint_le(fd_count, COUNT(polled));
    clockwork->own_waits++;
    for (size_t i = 0; i < fd_count; i++)
        polled[i] = (struct pollfd){.fd = fds[i], .events = POLLIN};
    poll(polled, fd_count, (int)timeout_ms);
}

static const struct actor_class clockwork_class = {
    .name = "clockwork",
    .id = ACTOR_GATEWAY,
    .create = clockwork_create,
    .destroy = clockwork_destroy,
    .tick = clockwork_tick,
};

START_TEST(a_watched_descriptor_wakes_the_actor)
{
    struct fixture fixture;
    struct clockwork clockwork = {.spy = SPY_INITIAL, .fd = eventfd(0, 0), .pause_ms = 60000};
    struct actor_class class = clockwork_class;
    bool waits_itself = _i == 1;

    fixture_init(&fixture, TOPOLOGY_INPROC);
    class.wait = waits_itself ? clockwork_wait : NULL;

    struct actor_system *system = actor_system_create(fixture.config);
    struct actor_runner *runner = actor_start(system, &class, &clockwork);

    ck_assert_ptr_nonnull(runner);
    for (int i = 1; i <= 100; i++) {
        eventfd_write(clockwork.fd, 1);
        ck_assert(spy_wait(&clockwork.spy, EVENT_HANDLED, i));
    }
    actor_stop(&runner);
    ck_assert_int_eq(clockwork.own_waits > 0, waits_itself);
    actor_system_destroy(&system);
    close(clockwork.fd);
    fixture_fini(&fixture);
}
END_TEST

START_TEST(an_actor_ticks_as_it_asked_to)
{
    struct fixture fixture;
    struct clockwork clockwork = {.spy = SPY_INITIAL, .fd = eventfd(0, 0), .pause_ms = 5};
    int64_t started_ms = clock_mono_ms();

    fixture_init(&fixture, TOPOLOGY_INPROC);

    struct actor_system *system = actor_system_create(fixture.config);
    struct actor_runner *runner = actor_start(system, &clockwork_class, &clockwork);

    ck_assert(spy_wait(&clockwork.spy, EVENT_DRAINED, 20));
    actor_stop(&runner);

    int64_t spent_ms = clock_mono_ms() - started_ms;

    ck_assert_int_ge(spent_ms, 19 * 5 - 20);
    ck_assert_msg(clockwork.ticks <= spent_ms / 5 + 2, "no more often: %d in %d ms",
                  clockwork.ticks, (int)spent_ms);
    actor_system_destroy(&system);
    close(clockwork.fd);
    fixture_fini(&fixture);
}
END_TEST

START_TEST(an_actor_has_a_thread_of_its_name_that_no_signal_reaches)
{
    struct fixture fixture;
    struct clockwork clockwork = {.spy = SPY_INITIAL, .fd = eventfd(0, 0), .pause_ms = 1000};
    sigset_t before, after;

    fixture_init(&fixture, TOPOLOGY_INPROC);
    pthread_sigmask(SIG_SETMASK, NULL, &before);

    struct actor_system *system = actor_system_create(fixture.config);
    struct actor_runner *runner = actor_start(system, &clockwork_class, &clockwork);

    ck_assert_str_eq(clockwork.name, "clockwork");
    ck_assert(!pthread_equal(clockwork.thread, pthread_self()));
    ck_assert_int_eq(sigismember(&clockwork.mask, SIGTERM), 1);
    ck_assert_int_eq(sigismember(&clockwork.mask, SIGHUP), 1);
    ck_assert_int_eq(sigismember(&clockwork.mask, SIGINT), 1);
    pthread_sigmask(SIG_SETMASK, NULL, &after);
    ck_assert_int_eq(sigismember(&after, SIGTERM), sigismember(&before, SIGTERM));
    actor_stop(&runner);
    actor_system_destroy(&system);
    close(clockwork.fd);
    fixture_fini(&fixture);
}
END_TEST

static void *
stop_actor(void *context)
{
    actor_stop(context);
    return NULL;
}

/* Sends by hand, because a mailbox has one request out at a time. */
static void
send_get(struct channel *channel, const char *route, int64_t number)
{
    struct message request = {
        .kind = MSG_CACHE_GET,
        .sender = ACTOR_GATEWAY,
        .correlation_id = (uint64_t)number,
        .u.CACHE_GET = {.route = bytes_of_text(route), .api_key_id = number},
    };

    ck_assert_int_eq(channel_send(channel, NULL, &request, clock_mono_ms()), STATUS_OK);
}

START_TEST(stopping_answers_what_is_in_the_inbox)
{
    enum { REQUESTS = 500 };
    struct fixture fixture;
    struct echo_setup setup;
    struct message reply;
    struct body_address from;
    pthread_t stopper;

    fixture_init(&fixture, TOPOLOGY_INPROC);
    echo_setup_init(&setup);

    struct actor_system *system = actor_system_create(fixture.config);
    struct actor_runner *runner = actor_start(system, &echo_class, &setup);
    struct channel_limits limits = actor_system_limits(system);
    struct channel *channel =
        channel_create(actor_system_context(system), CHANNEL_LINK, ACTOR_GATEWAY, &limits);

    ck_assert(channel_connect(channel, actor_system_endpoint(system, ACTOR_CACHE)->uri));
    send_get(channel, "stall", 0);
    ck_assert(spy_wait(&setup.spy, EVENT_HANDLED, 1));
    for (int64_t i = 1; i < REQUESTS; i++)
        send_get(channel, "", i);
    pthread_create(&stopper, NULL, stop_actor, &runner);
    sem_post(&setup.gate);
    pthread_join(stopper, NULL);
    for (int64_t i = 0; i < REQUESTS; i++) {
        ck_assert_int_eq(channel_receive(channel, &reply, &from, clock_mono_ms()), STATUS_OK);
        ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, i);
    }
    channel_destroy(&channel, 0);
    actor_system_destroy(&system);
    fixture_fini(&fixture);
}
END_TEST

START_TEST(stopping_ends_at_its_time_limit)
{
    struct fixture fixture;
    struct echo_setup setup;

    fixture_init(&fixture, TOPOLOGY_INPROC);
    echo_setup_init(&setup);
    setup.is_busy = true;
    fixture.config->server.stop_timeout_ms = 200;

    struct actor_system *system = actor_system_create(fixture.config);
    struct actor_runner *runner = actor_start(system, &echo_class, &setup);
    int64_t before_ms = clock_mono_ms();

    actor_stop(&runner);

    int64_t spent_ms = clock_mono_ms() - before_ms;

    ck_assert_int_ge(spent_ms, 190);
    ck_assert_int_lt(spent_ms, SPY_WAIT_MS / 2);
    actor_system_destroy(&system);
    fixture_fini(&fixture);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("actor");
    TCase *life = tcase_create("life");
    TCase *loop = tcase_create("loop");

    tcase_set_timeout(life, 60);
    tcase_set_timeout(loop, 60);
    tcase_add_loop_test(life, an_actor_that_started_answers_at_once, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(life, an_actor_may_refuse_to_start, 0, TOPOLOGY_COUNT);
    tcase_add_test(life, a_second_actor_on_one_socket_is_refused_and_the_first_unharmed);
    tcase_add_test(life, sockets_are_for_their_owner_alone);
    tcase_add_loop_test(life, an_endpoint_is_inproc_or_a_short_path, 0, COUNT(bad_endpoints));
    tcase_add_test(life, the_longest_path_is_107_characters);
    tcase_add_test(life, thousands_of_mailboxes_have_their_sockets);
    suite_add_tcase(suite, life);
    tcase_add_loop_test(loop, a_watched_descriptor_wakes_the_actor, 0, 2);
    tcase_add_test(loop, an_actor_ticks_as_it_asked_to);
    tcase_add_test(loop, an_actor_has_a_thread_of_its_name_that_no_signal_reaches);
    tcase_add_test(loop, stopping_answers_what_is_in_the_inbox);
    tcase_add_test(loop, stopping_ends_at_its_time_limit);
    suite_add_tcase(suite, loop);
    return suite;
}
