/* hostile_test.c - an inbox under garbage, mutated messages and lies: it goes on, counts them, and stays small. */
/* links: @support @core */

#include <zmq.h>

#include "actor/actor_system.h"
#include "actor/wire.h"
#include "base/sanitizer.h"
#include "unit/core/actor/actor_fixture.h"

enum {
    FLOOD = 100000,
    GROWTH_MAX_KB = 16 * 1024,
    GROWTH_MAX_SANITIZED_KB = 512 * 1024, /* what is freed stays in quarantine for a while */
    PARTS_MAX = 6,
};

struct testbed {
    struct fixture fixture;
    struct echo_setup setup;
    struct actor_system *system;
    struct actor_runner *runner;
    struct mailbox *mailbox;
    void *attacker; /* a socket of the library's own, in the same context */
    uint64_t random;
};

static void
testbed_open(struct testbed *testbed, enum topology topology)
{
    int patience_ms = SPY_WAIT_MS;
    int linger_ms = 0;

    fixture_init(&testbed->fixture, topology);
    echo_setup_init(&testbed->setup);
    testbed->system = actor_system_create(testbed->fixture.config);
    testbed->runner = actor_start(testbed->system, &echo_class, &testbed->setup);
    testbed->mailbox = mailbox_create(testbed->system, ACTOR_GATEWAY, ACTOR_CACHE);
    testbed->attacker = zmq_socket(actor_system_context(testbed->system), ZMQ_DEALER);
    zmq_setsockopt(testbed->attacker, ZMQ_SNDTIMEO, &patience_ms, sizeof patience_ms);
    zmq_setsockopt(testbed->attacker, ZMQ_LINGER, &linger_ms, sizeof linger_ms);
    ck_assert_int_eq(
        zmq_connect(testbed->attacker, actor_system_endpoint(testbed->system, ACTOR_CACHE)->uri),
        0);
    testbed->random = 88172645463325252U;
}

static void
testbed_close(struct testbed *testbed)
{
    zmq_close(testbed->attacker);
    mailbox_destroy(&testbed->mailbox);
    actor_stop(&testbed->runner);
    actor_system_destroy(&testbed->system);
    fixture_fini(&testbed->fixture);
}

/* xorshift64: the same garbage each time. */
static uint64_t
draw(struct testbed *testbed, uint64_t below)
{
    testbed->random ^= testbed->random << 13;
    testbed->random ^= testbed->random >> 7;
    testbed->random ^= testbed->random << 17;
    return testbed->random % below;
}

static void
send_part(struct testbed *testbed, const void *data, size_t size, bool more)
{
    ck_assert_int_eq(zmq_send(testbed->attacker, data, size, more ? ZMQ_SNDMORE : 0), (int)size);
}

/* What the actor answers the attacker with is read away, so that its queue does not fill. */
static void
read_answers(struct testbed *testbed)
{
    char thrown_away[1];

    while (zmq_recv(testbed->attacker, thrown_away, sizeof thrown_away, ZMQ_DONTWAIT) >= 0)
        ;
}

static long
resident_kb(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size = 0, resident = 0;

    ck_assert_int_eq(fscanf(file, "%ld %ld", &size, &resident), 2);
    fclose(file);
    return resident * (sysconf(_SC_PAGESIZE) / 1024);
}

/* The actor is alive, and has taken everything that was sent before: its inbox is fair, not ordered, so it is
 * asked until the count of bad messages stands still. */
static void
assert_alive(struct testbed *testbed)
{
    struct message reply;
    int64_t before = -1;

    for (int64_t i = 0; metric_value(METRIC_BAD_MESSAGES_CACHE) != before; i++) {
        before = metric_value(METRIC_BAD_MESSAGES_CACHE);
        for (int64_t j = 0; j < 50; j++) {
            ck_assert_int_eq(echo_ask(testbed->mailbox, "", i * 50 + j, NULL, SPY_WAIT_MS, &reply),
                             STATUS_OK);
            ck_assert_int_eq(reply.u.CACHE_REPLY.flight_id, i * 50 + j);
        }
    }
}

static void
assert_small(long before_kb)
{
    long grown_kb = resident_kb() - before_kb;

    ck_assert_int_le(grown_kb, SANITIZER_IS_ON ? GROWTH_MAX_SANITIZED_KB : GROWTH_MAX_KB);
}

START_TEST(random_frames_are_counted_and_ignored)
{
    struct testbed testbed;
    uint8_t garbage[256];

    testbed_open(&testbed, (enum topology)_i);
    assert_alive(&testbed);

    long before_kb = resident_kb();

    for (int i = 0; i < FLOOD; i++) {
        uint64_t parts = 1 + draw(&testbed, PARTS_MAX);

        for (uint64_t part = 0; part < parts; part++) {
            size_t size = draw(&testbed, sizeof garbage);

            for (size_t j = 0; j < size; j += 8) {
                uint64_t word = draw(&testbed, UINT64_MAX);

                memcpy(garbage + j, &word, size - j < 8 ? size - j : 8);
            }
            send_part(&testbed, garbage, size, part + 1 < parts);
        }
        read_answers(&testbed);
    }
    assert_alive(&testbed);
    ck_assert_int_ge(metric_value(METRIC_BAD_MESSAGES_CACHE), FLOOD * 99 / 100);
    assert_small(before_kb);
    testbed_close(&testbed);
}
END_TEST

/* A valid message of any kind, from whom it may come. */
static struct blob *
make_envelope(struct testbed *testbed)
{
    enum message_kind kind = (enum message_kind)draw(testbed, MSG_COUNT);
    enum actor_id sender = message_sender(kind);
    struct message message = {
        .kind = kind,
        .sender = sender == ACTOR_ANY ? (enum actor_id)draw(testbed, ACTOR_COUNT) : sender,
        .correlation_id = draw(testbed, UINT64_MAX),
        .time_left_ms = (int64_t)draw(testbed, 100000),
        .body = draw(testbed, 4) == 0 ? blob_create(draw(testbed, 400000)) : NULL,
    };
    struct blob *envelope;

    ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_OK);
    message_fini(&message);
    return envelope;
}

START_TEST(mutated_messages_are_counted_and_ignored)
{
    struct testbed testbed;
    uint8_t mutated[512];
    static uint8_t part[BODY_PART_BYTES];

    testbed_open(&testbed, (enum topology)_i);
    assert_alive(&testbed);

    long before_kb = resident_kb();

    for (int i = 0; i < FLOOD; i++) {
        struct blob *envelope = make_envelope(&testbed);
        size_t size = blob_bytes(envelope).size;

        ck_assert_uint_le(size, sizeof mutated);
        memcpy(mutated, blob_bytes(envelope).data, size);
        blob_release(&envelope);
        for (uint64_t flips = draw(&testbed, 4); flips > 0; flips--)
            mutated[draw(&testbed, size)] = (uint8_t)draw(&testbed, 256);
        if (draw(&testbed, 8) == 0)
            size = draw(&testbed, size);

        uint64_t extra = draw(&testbed, 4);

        send_part(&testbed, mutated, size, extra > 0);
        for (uint64_t j = 0; j < extra; j++)
            send_part(&testbed, j % 2 == 0 ? mutated : part,
                      draw(&testbed, j % 2 == 0 ? size + 1 : 2000), j + 1 < extra);
        read_answers(&testbed);
    }
    assert_alive(&testbed);
    ck_assert_int_gt(metric_value(METRIC_BAD_MESSAGES_CACHE), FLOOD / 2);
    assert_small(before_kb);
    testbed_close(&testbed);
}
END_TEST

/* Begins bodies of the largest size and never goes on. */
START_TEST(bodies_that_never_end_are_bounded)
{
    struct testbed testbed;
    static uint8_t part[BODY_PART_BYTES];
    struct message message = {.kind = MSG_CACHE_GET, .sender = ACTOR_GATEWAY};
    struct blob *envelope, *head;

    testbed_open(&testbed, (enum topology)_i);
    message.body = blob_create(16 << 20);
    ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_OK);
    message_fini(&message);
    assert_alive(&testbed);

    long before_kb = resident_kb();

    for (int64_t i = 0; i < 300; i++) {
        struct message chunk = {
            .kind = MSG_BODY_CHUNK, .sender = ACTOR_GATEWAY, .u.BODY_CHUNK.transfer_id = i};

        ck_assert_int_eq(wire_encode(&chunk, &head), STATUS_OK);
        send_part(&testbed, blob_bytes(envelope).data, blob_bytes(envelope).size, true);
        send_part(&testbed, blob_bytes(head).data, blob_bytes(head).size, true);
        send_part(&testbed, part, sizeof part, false);
        blob_release(&head);
        read_answers(&testbed);
    }
    assert_alive(&testbed);
    /* max_assemblies is 64: so many are held, one part each, the others refused. */
    ck_assert_int_eq(metric_value(METRIC_BAD_MESSAGES_CACHE), 300 - 64);
    ck_assert_int_lt(resident_kb() - before_kb,
                     64 * 1024 + (SANITIZER_IS_ON ? GROWTH_MAX_SANITIZED_KB : GROWTH_MAX_KB));
    blob_release(&envelope);
    testbed_close(&testbed);
}
END_TEST

START_TEST(messages_for_others_and_in_others_names_are_not_handled)
{
    struct testbed testbed;
    static const struct {
        enum message_kind kind;
        enum actor_id sender;
    } rows[] = {
        {MSG_USAGE_BATCH, ACTOR_GATEWAY},       /* analytics' */
        {MSG_CACHE_REPLY, ACTOR_CACHE},         /* the gateway's */
        {MSG_HEARTBEAT_REPLY, ACTOR_ANALYTICS}, /* nobody asked */
        {MSG_CACHE_PURGE, ACTOR_GATEWAY},       /* ours, but the echo has no route for it */
    };

    testbed_open(&testbed, (enum topology)_i);
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct message message = {.kind = rows[i].kind, .sender = rows[i].sender};
        struct blob *envelope;

        ck_assert_int_eq(wire_encode(&message, &envelope), STATUS_OK);
        send_part(&testbed, blob_bytes(envelope).data, blob_bytes(envelope).size, false);
        blob_release(&envelope);
    }
    /* [2, CACHE_GET's number, sender upstream, ...]: the kind is the gateway's to send. */
    send_part(&testbed, "\x91\x02\x04\x02", 4, false);

    int64_t until_ms = clock_mono_ms() + SPY_WAIT_MS;

    while (metric_value(METRIC_BAD_MESSAGES_CACHE) < (int64_t)COUNT(rows) + 1 &&
           clock_mono_ms() < until_ms)
        assert_alive(&testbed);
    ck_assert_int_eq(metric_value(METRIC_BAD_MESSAGES_CACHE), COUNT(rows) + 1);
    testbed_close(&testbed);
}
END_TEST

/* Every value that one byte can have where force_refresh stands: 0 and 1 are taken, and answered, and no other. */
START_TEST(a_value_that_a_flag_does_not_have_reaches_no_handler)
{
    struct testbed testbed;
    struct message message = {.kind = MSG_CACHE_GET, .sender = ACTOR_GATEWAY};
    struct blob *no, *yes;
    size_t place = 0;

    testbed_open(&testbed, (enum topology)_i);
    ck_assert_int_eq(wire_encode(&message, &no), STATUS_OK);
    message.u.CACHE_GET.force_refresh = true;
    ck_assert_int_eq(wire_encode(&message, &yes), STATUS_OK);
    while (blob_bytes(no).data[place] == blob_bytes(yes).data[place])
        place++;
    for (int value = 0; value < 256; value++) {
        blob_writable(yes)[place] = (uint8_t)value;
        send_part(&testbed, blob_bytes(yes).data, blob_bytes(yes).size, false);
    }
    assert_alive(&testbed);
    ck_assert_int_eq(metric_value(METRIC_BAD_MESSAGES_CACHE), 254);
    blob_release(&no);
    blob_release(&yes);
    testbed_close(&testbed);
}
END_TEST

START_TEST(five_bytes_do_not_reserve_gigabytes)
{
    struct testbed testbed;

    testbed_open(&testbed, (enum topology)_i);
    assert_alive(&testbed);

    long before_kb = resident_kb();

    for (int i = 0; i < 1000; i++)
        send_part(&testbed, "\xdd\x0f\xff\xff\xff", 5, false);
    assert_alive(&testbed);
    assert_small(before_kb);
    testbed_close(&testbed);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("hostile");
    TCase *tcase = tcase_create("hostile");

    tcase_set_timeout(tcase, 120);
    tcase_add_loop_test(tcase, random_frames_are_counted_and_ignored, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(tcase, mutated_messages_are_counted_and_ignored, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(tcase, bodies_that_never_end_are_bounded, 0, TOPOLOGY_COUNT);
    tcase_add_loop_test(tcase, messages_for_others_and_in_others_names_are_not_handled, 0,
                        TOPOLOGY_COUNT);
    tcase_add_loop_test(tcase, a_value_that_a_flag_does_not_have_reaches_no_handler, 0,
                        TOPOLOGY_COUNT);
    tcase_add_loop_test(tcase, five_bytes_do_not_reserve_gigabytes, 0, TOPOLOGY_COUNT);
    suite_add_tcase(suite, tcase);
    return suite;
}
