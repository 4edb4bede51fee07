/* leaving_test.c - the whole cache actor: clients that went away, and calls that nobody wants any more. */
/* links: @support @cache @storage @core */
#include "unit/cache/cache_fixture.h"

static struct cache_fixture fixture;

static void
begin(void)
{
    fixture_open(&fixture, NULL);
}

static void
end(void)
{
    fixture_close(&fixture);
}

/* The clients of all that this gateway waits for are gone. */
static void
leave(int64_t gateway_id)
{
    struct message message = {.kind = MSG_CACHE_LEAVE, .sender = ACTOR_GATEWAY};

    fake_actor_say(gateway_of(&fixture, gateway_id), &message, NULL, 0);
}

static void
expect_cancel(size_t n)
{
    ck_assert_int_eq(fake_actor_expect(&fixture.upstream, MSG_UPSTREAM_CANCEL, n)
                         ->message.u.UPSTREAM_CANCEL.flight_id,
                     fetch_number(&fixture, n)->flight_id);
}

static void
upstream_dropped(size_t n)
{
    upstream_says(&fixture, n,
                  (struct upstream_answer){.status = STATUS_CANCELLED, .charge = CHARGE_FREE});
}

static void
expect_cancels(size_t count)
{
    settle(&fixture);
    ck_assert_uint_eq(fake_actor_count(&fixture.upstream, MSG_UPSTREAM_CANCEL), count);
}

START_TEST(a_call_that_nobody_wants_is_cancelled)
{
    uint64_t question = ask(&fixture);

    fetch_number(&fixture, 1);
    leave(1);
    expect_cancel(1);
    ck_assert(!is_answered(&fixture, question)); /* it may have been sent: then it is this key's */
    upstream_dropped(1);
    expect_error(&fixture, question, STATUS_CANCELLED, 499);
    expect_fetches(&fixture, 1);
    expect_cancels(1);
}
END_TEST

START_TEST(a_call_is_cancelled_when_the_time_of_its_waiters_is_over)
{
    ask_with(&fixture, (struct ask){.time_left_ms = 300});
    fetch_number(&fixture, 1);
    expect_cancel(1);
    upstream_dropped(1);
    fixture_await_metric(&fixture, METRIC_CACHE_FLIGHTS, 0);
}
END_TEST

START_TEST(while_somebody_waits_it_goes_on)
{
    uint64_t payer = ask(&fixture);

    fetch_number(&fixture, 1);

    uint64_t other = ask_with(&fixture, (struct ask){.gateway_id = 2});

    settle(&fixture);
    leave(1);
    expect_cancels(0);
    upstream_gives(&fixture, 1, "body");
    expect_decision(&fixture, payer, DECISION_MISS, "body");
    ck_assert(bytes_equal_text(blob_bytes(answer_at(&fixture, 2, other)->message.body), "body"));
}
END_TEST

START_TEST(who_does_not_pay_leaves_at_once)
{
    ask_with(&fixture, (struct ask){.gateway_id = 2});
    fetch_number(&fixture, 1);

    uint64_t question = ask(&fixture);

    settle(&fixture);
    leave(1);
    expect_error(&fixture, question, STATUS_CANCELLED, 499);
    expect_cancels(0);
    leave(2);
    expect_cancel(1);
    upstream_dropped(1);
}
END_TEST

START_TEST(a_call_that_was_sent_all_the_same_is_kept)
{
    uint64_t question = ask(&fixture);

    fetch_number(&fixture, 1);
    leave(1);
    expect_cancel(1);
    upstream_gives(&fixture, 1, "body");
    expect_decision(&fixture, question, DECISION_MISS, "body");
    ck_assert_int_eq(answer_to(&fixture, question)->cost_micro_usd, FIXTURE_PRICE);
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "body");
    expect_fetches(&fixture, 1);
}
END_TEST

/* Between the cancel and its reply: one call for one need, whichever way it went. */
START_TEST(who_comes_meanwhile_gets_a_call_of_its_own)
{
    uint64_t question = ask(&fixture);

    fetch_number(&fixture, 1);
    leave(1);
    expect_cancel(1);

    uint64_t next = ask_with(&fixture, (struct ask){.gateway_id = 2, .api_key_id = 9});

    expect_fetches(&fixture, 1);
    upstream_dropped(1);
    expect_error(&fixture, question, STATUS_CANCELLED, 499);
    ck_assert_int_eq(fetch_number(&fixture, 2)->api_key_id, 9);
    upstream_gives(&fixture, 2, "body");

    const struct message *reply = &answer_at(&fixture, 2, next)->message;

    ck_assert_int_eq(reply->u.CACHE_REPLY.decision, DECISION_MISS);
    ck_assert_int_eq(reply->u.CACHE_REPLY.cost_micro_usd, FIXTURE_PRICE);
    expect_fetches(&fixture, 2);
    expect_cancels(1);
}
END_TEST

START_TEST(who_comes_meanwhile_shares_a_call_that_was_sent)
{
    ask(&fixture);
    fetch_number(&fixture, 1);
    leave(1);
    expect_cancel(1);

    uint64_t next = ask_with(&fixture, (struct ask){.gateway_id = 2});

    settle(&fixture);
    upstream_gives(&fixture, 1, "body");
    ck_assert_int_eq(answer_at(&fixture, 2, next)->message.u.CACHE_REPLY.decision,
                     DECISION_COLLAPSED);
    expect_fetches(&fixture, 1);
}
END_TEST

START_TEST(a_refresh_needs_nobody)
{
    store_old(&fixture, 3700);
    expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    fetch_number(&fixture, 2);
    leave(1);
    expect_cancels(0);
    upstream_gives(&fixture, 2, "new");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("leaving");
    TCase *tcase = tcase_create("leaving");

    tcase_add_checked_fixture(tcase, begin, end);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, a_call_that_nobody_wants_is_cancelled);
    tcase_add_test(tcase, a_call_is_cancelled_when_the_time_of_its_waiters_is_over);
    tcase_add_test(tcase, while_somebody_waits_it_goes_on);
    tcase_add_test(tcase, who_does_not_pay_leaves_at_once);
    tcase_add_test(tcase, a_call_that_was_sent_all_the_same_is_kept);
    tcase_add_test(tcase, who_comes_meanwhile_gets_a_call_of_its_own);
    tcase_add_test(tcase, who_comes_meanwhile_shares_a_call_that_was_sent);
    tcase_add_test(tcase, a_refresh_needs_nobody);
    suite_add_tcase(suite, tcase);
    return suite;
}
