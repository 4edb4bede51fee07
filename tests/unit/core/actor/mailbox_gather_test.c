/* mailbox_gather_test.c - several questions at once: each answer to its question, large bodies, silence, what is late. */
/* links: @support @core */

#include "unit/core/actor/actor_fixture.h"

#define QUESTIONS  40
#define LARGE_BODY (3 * 1024 * 1024)

static struct fixture fixture;
static struct echo_setup echo;
static struct actor_system *actors;
static struct actor_runner *runner;
static struct mailbox *mailbox;

static void
open_house(enum topology topology)
{
    fixture_init(&fixture, topology);
    echo_setup_init(&echo);
    actors = actor_system_create(fixture.config);
    runner = actor_start(actors, &echo_class, &echo);
    mailbox = mailbox_create(actors, ACTOR_GATEWAY, ACTOR_CACHE);
    ck_assert_ptr_nonnull(runner);
    ck_assert_ptr_nonnull(mailbox);
}

static void
close_house(void)
{
    mailbox_destroy(&mailbox);
    actor_stop(&runner);
    actor_system_destroy(&actors);
    fixture_fini(&fixture);
}

/* The id that its answer will have. */
static uint64_t
send(const char *route, int64_t number, struct blob *body)
{
    struct message request = {
        .kind = MSG_CACHE_GET,
        .body = body,
        .u.CACHE_GET = {.route = bytes_of_text(route), .api_key_id = number},
    };

    ck_assert_int_eq(mailbox_send(mailbox, &request, SPY_WAIT_MS), STATUS_OK);
    return request.correlation_id;
}

static void
expect_answers(const uint64_t ids[QUESTIONS], size_t body_size)
{
    bool is_seen[QUESTIONS] = {false};

    for (int i = 0; i < QUESTIONS; i++) {
        struct message reply;
        int64_t number;

        ck_assert_int_eq(mailbox_receive(mailbox, SPY_WAIT_MS, &reply), STATUS_OK);
        number = reply.u.CACHE_REPLY.flight_id;
        ck_assert_uint_eq(reply.correlation_id, ids[number]);
        ck_assert(!is_seen[number]);
        is_seen[number] = true;
        ck_assert_uint_eq(blob_bytes(reply.body).size, body_size);
        message_fini(&reply);
    }
}

START_TEST(each_answer_names_its_question)
{
    uint64_t ids[QUESTIONS];

    open_house((enum topology)_i);
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(mailbox_begin(mailbox), STATUS_OK);
        for (int64_t i = 0; i < QUESTIONS; i++)
            ids[i] = send("", i, NULL);
        expect_answers(ids, 0);
    }
    close_house();
}
END_TEST

START_TEST(large_bodies_come_together)
{
    struct message reply;
    int64_t seen = 0;

    open_house((enum topology)_i);
    ck_assert_int_eq(mailbox_begin(mailbox), STATUS_OK);
    for (int64_t i = 0; i < 4; i++) {
        struct blob *body = blob_create(LARGE_BODY);

        memset(blob_writable(body), (int)i, LARGE_BODY);
        send("", i, body);
        blob_release(&body);
    }
    for (int i = 0; i < 4; i++) {
        struct bytes body;

        ck_assert_int_eq(mailbox_receive(mailbox, SPY_WAIT_MS, &reply), STATUS_OK);
        body = blob_bytes(reply.body);
        ck_assert_uint_eq(body.size, LARGE_BODY);
        ck_assert_int_eq(body.data[0], reply.u.CACHE_REPLY.flight_id);
        ck_assert_int_eq(body.data[LARGE_BODY - 1], reply.u.CACHE_REPLY.flight_id);
        seen |= INT64_C(1) << reply.u.CACHE_REPLY.flight_id;
        message_fini(&reply);
    }
    ck_assert_int_eq(seen, 15);
    close_house();
}
END_TEST

START_TEST(silence_is_waited_for_until_the_deadline_alone)
{
    struct message reply;

    open_house((enum topology)_i);
    ck_assert_int_eq(mailbox_begin(mailbox), STATUS_OK);
    send("silent", 1, NULL);
    send("", 2, NULL);
    ck_assert_int_eq(mailbox_receive(mailbox, SPY_WAIT_MS, &reply), STATUS_OK);
    ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, 2);
    message_fini(&reply);
    ck_assert_int_eq(mailbox_receive(mailbox, 50, &reply), STATUS_TIMEOUT);
    close_house();
}
END_TEST

START_TEST(an_actor_that_goes_is_seen_at_once)
{
    struct message reply;
    int64_t before_ms;

    open_house((enum topology)_i);
    ck_assert_int_eq(mailbox_begin(mailbox), STATUS_OK);
    for (int64_t i = 0; i < QUESTIONS; i++)
        send("silent", i, NULL);
    send("", QUESTIONS, NULL);
    ck_assert_int_eq(mailbox_receive(mailbox, SPY_WAIT_MS, &reply), STATUS_OK);
    message_fini(&reply);
    before_ms = clock_mono_ms();
    actor_stop(&runner);
    ck_assert_int_eq(mailbox_receive(mailbox, SPY_WAIT_MS, &reply), STATUS_UNAVAILABLE);
    ck_assert_int_lt(clock_mono_ms() - before_ms, SPY_WAIT_MS / 2);
    close_house();
}
END_TEST

/* The echo answers a "late" question just before the next one. */
START_TEST(answers_to_an_earlier_gathering_are_dropped)
{
    struct message reply;

    open_house((enum topology)_i);
    for (int64_t i = 0; i < 20; i++) {
        ck_assert_int_eq(mailbox_begin(mailbox), STATUS_OK);
        send("late", 99, NULL);
        ck_assert_int_eq(mailbox_receive(mailbox, 5, &reply), STATUS_TIMEOUT);
        ck_assert_int_eq(mailbox_begin(mailbox), STATUS_OK);
        send("", i, NULL);
        ck_assert_int_eq(mailbox_receive(mailbox, SPY_WAIT_MS, &reply), STATUS_OK);
        ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, i);
        message_fini(&reply);
    }
    close_house();
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("mailbox_gather");
    TCase *tcase = tcase_create("gather");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, each_answer_names_its_question, 0, 2);
    tcase_add_loop_test(tcase, large_bodies_come_together, 0, 2);
    tcase_add_loop_test(tcase, silence_is_waited_for_until_the_deadline_alone, 0, 2);
    tcase_add_loop_test(tcase, an_actor_that_goes_is_seen_at_once, 0, 2);
    tcase_add_loop_test(tcase, answers_to_an_earlier_gathering_are_dropped, 0, 2);
    suite_add_tcase(suite, tcase);
    return suite;
}
