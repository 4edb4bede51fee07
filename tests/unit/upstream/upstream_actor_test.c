/* upstream_actor_test.c - the real upstream actor between a fake cache and a fake analytics: the ledger is asked for until it is
 * open; a call that nobody wants ends free of charge. */
/* links: @support @upstream @core */
#include <check.h>
#include <stdio.h>

#include "base/log.h"
#include "metrics.h"
#include "support/actor/fake_actor.h"
#include "support/now.h"
#include "upstream.h"
#include "upstream_metrics.h"

static struct config *config;
static struct actor_system *system_of_actors;
static struct actor_runner *upstream;
static struct fake_actor analytics, cache;

static void
setup(void)
{
    static const char *const environment[] = {
        "ACTOR_HEARTBEAT_MS=50", "RENTCAST_BASE_URL=http://127.0.0.1:9",
        "UPSTREAM_PROBE_INTERVAL_S=0", "STOP_TIMEOUT_MS=1000", NULL};

    config = config_parse("test", "", 0, environment, stderr);
    ck_assert_ptr_nonnull(config);
    ck_assert(log_configure("ERROR", "text"));
    ck_assert(metrics_init(0));
    upstream_metrics_init((size_t)config->upstream_count);
    system_of_actors = actor_system_create(config);
    ck_assert_ptr_nonnull(system_of_actors);
    fake_actor_init(&analytics);
    fake_actor_init(&cache);
    fake_actor_serve(&analytics, system_of_actors, ACTOR_ANALYTICS);
    upstream = actor_start(system_of_actors, &upstream_actor, NULL);
    ck_assert_ptr_nonnull(upstream);
    fake_actor_join(&cache, system_of_actors, ACTOR_CACHE, ACTOR_UPSTREAM);
    fake_actor_expect(&cache, MSG_HEARTBEAT_REPLY, 1);
}

static void
teardown(void)
{
    actor_stop(&cache.runner);
    actor_stop(&upstream);
    actor_stop(&analytics.runner);
    actor_system_destroy(&system_of_actors);
    fake_actor_fini(&analytics);
    fake_actor_fini(&cache);
    metrics_fini();
    config_destroy(&config);
}

/* Answers the n-th question for the ledger. */
static void
answer_opening(size_t n, enum status status)
{
    const struct received *asked = fake_actor_expect(&analytics, MSG_LEDGER_OPEN, n);
    struct message opened = {
        .kind = MSG_LEDGER_OPENED,
        .status = status,
    };

    fake_actor_say(&analytics, &opened, &asked->from, 0);
}

static void
await_ledger(bool is_open)
{
    long deadline_ms = now_ms() + FAKE_ACTOR_WAIT_MS;

    while (metric_value(METRIC_LEDGER_OPEN) != is_open)
        ck_assert_msg(now_ms() < deadline_ms, "the ledger is %s", is_open ? "shut" : "open");
}

START_TEST(a_refused_opening_is_asked_again)
{
    for (size_t n = 1; n <= 2; n++) {
        answer_opening(n, STATUS_STORAGE);
        await_ledger(false);
    }
    answer_opening(3, STATUS_OK);
    await_ledger(true);
}
END_TEST

/* Nobody answers: it may have been lost. */
START_TEST(an_opening_without_an_answer_is_asked_again)
{
    (void)fake_actor_expect(&analytics, MSG_LEDGER_OPEN, 2);
    answer_opening(2, STATUS_OK);
    await_ledger(true);
}
END_TEST

static void
ask_for(int64_t flight_id)
{
    struct message message = {.kind = MSG_UPSTREAM_FETCH,
                              .sender = ACTOR_CACHE,
                              .time_left_ms = 60000,
                              .u.UPSTREAM_FETCH = {.flight_id = flight_id,
                                                   .route = bytes_of_text("properties"),
                                                   .method = bytes_of_text("GET"),
                                                   .target = bytes_of_text("/v1/properties")}};

    fake_actor_say(&cache, &message, NULL, (uint64_t)flight_id);
}

static void
cancel(int64_t flight_id)
{
    struct message message = {.kind = MSG_UPSTREAM_CANCEL,
                              .sender = ACTOR_CACHE,
                              .u.UPSTREAM_CANCEL = {.flight_id = flight_id}};

    fake_actor_say(&cache, &message, NULL, 0);
}

static void
expect_dropped(int64_t flight_id)
{
    const struct message *reply = &fake_actor_expect(&cache, MSG_UPSTREAM_REPLY, 1)->message;

    ck_assert_int_eq(reply->status, STATUS_CANCELLED);
    ck_assert_int_eq(reply->u.UPSTREAM_REPLY.flight_id, flight_id);
    ck_assert_int_eq(reply->u.UPSTREAM_REPLY.charge, CHARGE_FREE);
    ck_assert_int_eq(upstream_metric_value(0, UPSTREAM_METRIC_CANCELLED), 1);
}

START_TEST(a_call_that_waits_for_the_ledger_is_dropped_without_a_row)
{
    ask_for(5);
    cancel(6); /* another one's: nothing ends */
    cancel(5);
    expect_dropped(5);
    answer_opening(1, STATUS_OK);
    await_ledger(true);
    fake_actor_settle(&cache);
    ck_assert_uint_eq(fake_actor_count(&analytics, MSG_LEDGER_RESERVE), 0);
    ck_assert_uint_eq(fake_actor_count(&analytics, MSG_LEDGER_SETTLE), 0);
}
END_TEST

START_TEST(a_call_that_is_being_reserved_is_dropped_and_its_row_is_free)
{
    const struct received *reserve, *settle;

    answer_opening(1, STATUS_OK);
    ask_for(5);
    reserve = fake_actor_expect(&analytics, MSG_LEDGER_RESERVE, 1);
    cancel(5);
    expect_dropped(5);
    settle = fake_actor_expect(&analytics, MSG_LEDGER_SETTLE, 1);
    ck_assert(bytes_equal(settle->message.u.LEDGER_SETTLE.call_id,
                          reserve->message.u.LEDGER_RESERVE.call_id));
    ck_assert_int_eq(settle->message.u.LEDGER_SETTLE.charge, CHARGE_FREE);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("upstream_actor");
    TCase *tcase = tcase_create("ledger");

    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_refused_opening_is_asked_again);
    tcase_add_test(tcase, an_opening_without_an_answer_is_asked_again);
    tcase_add_test(tcase, a_call_that_waits_for_the_ledger_is_dropped_without_a_row);
    tcase_add_test(tcase, a_call_that_is_being_reserved_is_dropped_and_its_row_is_free);
    suite_add_tcase(suite, tcase);
    return suite;
}
