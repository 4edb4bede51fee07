/* mailbox_test.c - asking with a deadline: answers, late answers, full queues, missing and dying actors, large bodies. */
/* links: @support @core */

#include <sys/wait.h>

#include "unit/core/actor/actor_fixture.h"

struct testbed {
    struct fixture fixture;
    struct echo_setup setup;
    struct actor_system *system;
    struct actor_runner *runner;
    struct mailbox *mailbox;
};

static void
testbed_open(struct testbed *testbed, enum topology topology)
{
    fixture_init(&testbed->fixture, topology);
    echo_setup_init(&testbed->setup);
}

static void
testbed_start(struct testbed *testbed)
{
    testbed->system = actor_system_create(testbed->fixture.config);
    testbed->runner = actor_start(testbed->system, &echo_class, &testbed->setup);
    testbed->mailbox = mailbox_create(testbed->system, ACTOR_GATEWAY, ACTOR_CACHE);
    ck_assert_ptr_nonnull(testbed->runner);
    ck_assert_ptr_nonnull(testbed->mailbox);
}

static void
testbed_close(struct testbed *testbed)
{
    mailbox_destroy(&testbed->mailbox);
    actor_stop(&testbed->runner);
    actor_system_destroy(&testbed->system);
    fixture_fini(&testbed->fixture);
}

START_TEST(a_silent_actor_is_waited_for_until_the_deadline_alone)
{
    struct testbed testbed;
    struct message reply;

    testbed_open(&testbed, (enum topology)_i);
    testbed_start(&testbed);

    int64_t before_ms = clock_mono_ms();

    ck_assert_int_eq(echo_ask(testbed.mailbox, "silent", 1, NULL, 120, &reply), STATUS_TIMEOUT);

    int64_t spent_ms = clock_mono_ms() - before_ms;

    ck_assert_int_ge(spent_ms, 119);
    ck_assert_int_lt(spent_ms, SPY_WAIT_MS);
    testbed_close(&testbed);
}
END_TEST

START_TEST(a_late_answer_is_dropped)
{
    struct testbed testbed;
    struct message reply;

    testbed_open(&testbed, (enum topology)_i);
    testbed_start(&testbed);
    for (int64_t i = 0; i < 20; i++) {
        ck_assert_int_eq(echo_ask(testbed.mailbox, "late", 99, NULL, 20, &reply), STATUS_TIMEOUT);
        ck_assert_int_eq(echo_ask(testbed.mailbox, "", i, NULL, SPY_WAIT_MS, &reply), STATUS_OK);
        ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, i);
    }
    testbed_close(&testbed);
}
END_TEST

START_TEST(an_actor_that_is_not_there_is_seen_at_once)
{
    struct testbed testbed;
    struct message reply;
    int64_t quickest_ms = INT64_MAX;

    testbed_open(&testbed, (enum topology)_i);
    testbed.system = actor_system_create(testbed.fixture.config);
    testbed.mailbox = mailbox_create(testbed.system, ACTOR_GATEWAY, ACTOR_CACHE);
    testbed.runner = NULL;
    for (int i = 0; i < 10; i++) {
        int64_t before_ms = clock_mono_ms(), spent_ms;

        ck_assert_int_eq(echo_ask(testbed.mailbox, "", i, NULL, SPY_WAIT_MS, &reply),
                         STATUS_UNAVAILABLE);
        spent_ms = clock_mono_ms() - before_ms;
        ck_assert_int_lt(spent_ms, SPY_WAIT_MS / 2);
        quickest_ms = spent_ms < quickest_ms ? spent_ms : quickest_ms;
    }
    /* Only the first request waits for the first connection; the machine may make others wait. */
    ck_assert_int_lt(quickest_ms, 100);
    testbed_close(&testbed);
}
END_TEST

START_TEST(an_actor_may_stop_and_start_again)
{
    struct testbed testbed;
    struct message reply;

    testbed_open(&testbed, (enum topology)_i);
    testbed_start(&testbed);
    for (int64_t i = 0; i < 5; i++) {
        int64_t until_ms = clock_mono_ms() + SPY_WAIT_MS;
        enum status status;

        do
            status = echo_ask(testbed.mailbox, "", i, NULL, SPY_WAIT_MS, &reply);
        while (status == STATUS_UNAVAILABLE && clock_mono_ms() < until_ms);
        ck_assert_int_eq(status, STATUS_OK);
        ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, i);
        actor_stop(&testbed.runner);
        ck_assert_int_ne(echo_ask(testbed.mailbox, "", i, NULL, 300, &reply), STATUS_OK);
        testbed.runner = actor_start(testbed.system, &echo_class, &testbed.setup);
        ck_assert_ptr_nonnull(testbed.runner);
    }
    testbed_close(&testbed);
}
END_TEST

START_TEST(a_full_queue_is_answered_at_once)
{
    struct testbed testbed;
    struct message reply;
    struct blob *body = blob_create(100000);
    enum status status = STATUS_TIMEOUT;
    int64_t before_ms;

    memset(blob_writable(body), 'x', 100000);
    testbed_open(&testbed, (enum topology)_i);
    testbed.fixture.config->actors.inbox_messages = 4;
    testbed_start(&testbed);
    ck_assert_int_eq(echo_ask(testbed.mailbox, "stall", 0, NULL, 200, &reply), STATUS_TIMEOUT);
    for (int i = 0; i < 1000 && status == STATUS_TIMEOUT; i++)
        status = echo_ask(testbed.mailbox, "", i, body, 30, &reply);
    ck_assert_int_eq(status, STATUS_OVERLOADED);
    before_ms = clock_mono_ms();
    ck_assert_int_eq(echo_ask(testbed.mailbox, "", 0, body, SPY_WAIT_MS, &reply),
                     STATUS_OVERLOADED);
    ck_assert_int_lt(clock_mono_ms() - before_ms, SPY_WAIT_MS / 2);
    sem_post(&testbed.setup.gate);
    /* Once it goes on, so do we. */
    for (int64_t until_ms = clock_mono_ms() + SPY_WAIT_MS;
         status != STATUS_OK && clock_mono_ms() < until_ms;)
        status = echo_ask(testbed.mailbox, "", 5, NULL, 1000, &reply);
    ck_assert_int_eq(status, STATUS_OK);
    ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, 5);
    blob_release(&body);
    testbed_close(&testbed);
}
END_TEST

static struct blob *
make_body(size_t size, uint32_t seed)
{
    struct blob *body = blob_create(size);
    uint8_t *bytes = blob_writable(body);

    for (size_t i = 0; i < size; i++)
        bytes[i] = (uint8_t)((i + seed) * 2654435761U >> 11);
    return body;
}

static const size_t body_sizes[] = {
    1,      100,    1024,   1025,   8000,    65536,    262143,
    262144, 262145, 524288, 524289, 1 << 20, 10 << 20, 16 << 20,
};

START_TEST(bodies_of_every_size_go_there_and_back)
{
    struct testbed testbed;
    struct message reply;

    testbed_open(&testbed, (enum topology)_i);
    testbed_start(&testbed);
    for (size_t i = 0; i < COUNT(body_sizes); i++) {
        struct blob *body = make_body(body_sizes[i], (uint32_t)i);

        ck_assert_int_eq(echo_ask(testbed.mailbox, "", (int64_t)i, body, SPY_WAIT_MS, &reply),
                         STATUS_OK);
        ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, (int64_t)i);
        ck_assert_uint_eq(blob_bytes(reply.body).size, body_sizes[i]);
        ck_assert(bytes_equal(blob_bytes(reply.body), blob_bytes(body)));
        ck_assert_uint_eq((uintptr_t)blob_bytes(reply.body).data % 8, 0);
        message_fini(&reply);
        blob_release(&body);
    }
    testbed_close(&testbed);
}
END_TEST

START_TEST(a_body_over_its_bound_is_not_sent)
{
    struct testbed testbed;
    struct message reply;
    struct blob *body = blob_create((16 << 20) + 1);

    testbed_open(&testbed, (enum topology)_i);
    testbed_start(&testbed);
    ck_assert_int_eq(echo_ask(testbed.mailbox, "", 1, body, SPY_WAIT_MS, &reply), STATUS_MALFORMED);
    ck_assert_int_eq(echo_ask(testbed.mailbox, "", 2, NULL, SPY_WAIT_MS, &reply), STATUS_OK);
    blob_release(&body);
    testbed_close(&testbed);
}
END_TEST

START_TEST(the_body_of_a_late_answer_does_not_disturb_the_next)
{
    struct testbed testbed;
    struct message reply;
    struct blob *large = make_body(10 << 20, 1);
    struct blob *other = make_body(1 << 20, 2);

    testbed_open(&testbed, (enum topology)_i);
    testbed_start(&testbed);
    for (int64_t i = 0; i < 10; i++) {
        echo_ask(testbed.mailbox, "", -1, large, 2, &reply); /* in time or not */
        message_fini(&reply);
        ck_assert_int_eq(echo_ask(testbed.mailbox, "", i, other, SPY_WAIT_MS, &reply), STATUS_OK);
        ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, i);
        ck_assert(bytes_equal(blob_bytes(reply.body), blob_bytes(other)));
        message_fini(&reply);
    }
    blob_release(&large);
    blob_release(&other);
    testbed_close(&testbed);
}
END_TEST

enum { THREADS = 64, ROUNDS = 1000 };

struct crowd {
    struct actor_system *system;
    int64_t thread;
    int wrong, failed;
};

static void *
ask_many(void *context)
{
    struct crowd *crowd = context;
    struct mailbox *mailbox = mailbox_create(crowd->system, ACTOR_GATEWAY, ACTOR_CACHE);
    struct message reply;

    for (int64_t i = 0; i < ROUNDS; i++) {
        int64_t number = crowd->thread * ROUNDS + i;

        if (echo_ask(mailbox, "", number, NULL, SPY_WAIT_MS, &reply) != STATUS_OK)
            crowd->failed++;
        else if (reply.u.CACHE_REPLY.flight_id != number)
            crowd->wrong++;
    }
    mailbox_destroy(&mailbox);
    return NULL;
}

START_TEST(everybody_gets_his_own_answer)
{
    struct testbed testbed;
    struct crowd crowds[THREADS];
    pthread_t threads[THREADS];

    testbed_open(&testbed, (enum topology)_i);
    testbed_start(&testbed);
    for (int i = 0; i < THREADS; i++) {
        crowds[i] = (struct crowd){.system = testbed.system, .thread = i};
        pthread_create(&threads[i], NULL, ask_many, &crowds[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ck_assert_int_eq(crowds[i].wrong, 0);
        ck_assert_int_eq(crowds[i].failed, 0);
    }
    ck_assert_int_eq(spy_count(&testbed.setup.spy, EVENT_HANDLED), THREADS * ROUNDS);
    testbed_close(&testbed);
}
END_TEST

/* A process that is the actor, until it is killed. It is made before this process has any context. */
static pid_t
start_process(struct testbed *testbed)
{
    pid_t pid = fork();

    ck_assert_int_ge(pid, 0);
    if (pid > 0)
        return pid;

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

struct killer {
    pid_t pid;
    int64_t after_ms;
};

static void *
kill_later(void *context)
{
    struct killer *killer = context;
    sigset_t none;
    struct timespec pause_time = {.tv_nsec = killer->after_ms * 1000000};

    sigemptyset(&none);
    sigaddset(&none, SIGUSR2);
    sigtimedwait(&none, NULL, &pause_time);
    kill(killer->pid, SIGKILL);
    return NULL;
}

START_TEST(a_killed_actor_ends_the_wait_long_before_the_deadline)
{
    struct testbed testbed;
    struct message reply;
    pthread_t thread;
    struct killer killer = {.after_ms = 200};
    int status;

    testbed_open(&testbed, TOPOLOGY_IPC);
    testbed.fixture.config->actors.heartbeat_timeout_ms = 500;
    killer.pid = start_process(&testbed);
    testbed.runner = NULL;
    testbed.system = actor_system_create(testbed.fixture.config);
    testbed.mailbox = mailbox_create(testbed.system, ACTOR_GATEWAY, ACTOR_CACHE);

    int64_t until_ms = clock_mono_ms() + SPY_WAIT_MS;

    while (echo_ask(testbed.mailbox, "", 1, NULL, 1000, &reply) != STATUS_OK)
        ck_assert_int_lt(clock_mono_ms(), until_ms);
    pthread_create(&thread, NULL, kill_later, &killer);

    int64_t before_ms = clock_mono_ms();

    ck_assert_int_eq(echo_ask(testbed.mailbox, "silent", 2, NULL, SPY_WAIT_MS, &reply),
                     STATUS_UNAVAILABLE);
    ck_assert_int_lt(clock_mono_ms() - before_ms, SPY_WAIT_MS / 2);
    pthread_join(thread, NULL);
    waitpid(killer.pid, &status, 0);
    before_ms = clock_mono_ms();
    ck_assert_int_eq(echo_ask(testbed.mailbox, "", 3, NULL, SPY_WAIT_MS, &reply),
                     STATUS_UNAVAILABLE);
    ck_assert_int_lt(clock_mono_ms() - before_ms, SPY_WAIT_MS / 2);
    testbed_close(&testbed);
}
END_TEST

START_TEST(a_new_process_answers_where_the_killed_one_did)
{
    struct testbed testbed;
    struct message reply;

    testbed_open(&testbed, TOPOLOGY_IPC);

    pid_t first = start_process(&testbed);
    pid_t second = 0;
    sigset_t wake, before;

    /* The second process is made now, before any context of ours, and waits for its turn. */
    sigemptyset(&wake);
    sigaddset(&wake, SIGUSR1);
    sigprocmask(SIG_BLOCK, &wake, &before);
    second = fork();
    if (second == 0) {
        int signal_number;

        sigwait(&wake, &signal_number);

        struct actor_system *system = actor_system_create(testbed.fixture.config);

        if (actor_start(system, &echo_class, &testbed.setup) == NULL)
            _exit(1);
        for (;;)
            pause();
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
    testbed.runner = NULL;
    testbed.system = actor_system_create(testbed.fixture.config);
    testbed.mailbox = mailbox_create(testbed.system, ACTOR_GATEWAY, ACTOR_CACHE);

    int64_t until_ms = clock_mono_ms() + SPY_WAIT_MS;

    while (echo_ask(testbed.mailbox, "", 1, NULL, 1000, &reply) != STATUS_OK)
        ck_assert_int_lt(clock_mono_ms(), until_ms);
    kill_process(first);
    kill(second, SIGUSR1);
    until_ms = clock_mono_ms() + SPY_WAIT_MS;
    while (echo_ask(testbed.mailbox, "", 2, NULL, 1000, &reply) != STATUS_OK)
        ck_assert_int_lt(clock_mono_ms(), until_ms);
    ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, 2);
    kill_process(second);
    testbed_close(&testbed);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("mailbox");
    TCase *asking = tcase_create("asking");
    TCase *bodies = tcase_create("bodies");
    TCase *killing = tcase_create("killing");

    tcase_set_timeout(asking, 60);
    tcase_set_timeout(bodies, 60);
    tcase_set_timeout(killing, 60);
    tcase_add_loop_test(asking, a_silent_actor_is_waited_for_until_the_deadline_alone, 0,
                        TOPOLOGY_COUNT);
    tcase_add_loop_test(asking, a_late_answer_is_dropped, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(asking, an_actor_that_is_not_there_is_seen_at_once, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(asking, an_actor_may_stop_and_start_again, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(asking, a_full_queue_is_answered_at_once, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(asking, everybody_gets_his_own_answer, 0, TOPOLOGY_COUNT);
    suite_add_tcase(suite, asking);
    tcase_add_loop_test(bodies, bodies_of_every_size_go_there_and_back, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(bodies, a_body_over_its_bound_is_not_sent, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(bodies, the_body_of_a_late_answer_does_not_disturb_the_next, 0,
                        TOPOLOGY_COUNT);
    suite_add_tcase(suite, bodies);
    tcase_add_test(killing, a_killed_actor_ends_the_wait_long_before_the_deadline);
    tcase_add_test(killing, a_new_process_answers_where_the_killed_one_did);
    suite_add_tcase(suite, killing);
    return suite;
}
