/* purge_test.c - the whole cache actor: purges against stores, flights, near caches, and each other. */
/* links: @support @cache @storage @core */
#include "unit/cache/cache_fixture.h"

#include "support/row.h"

static struct cache_fixture fixture;
static int64_t base; /* numbers go on from here: a new log starts nobody knows where */

static void
begin(void)
{
    fixture_open(&fixture, NULL);
    base = last_purge(&fixture);
}

static void
begin_impatient(void)
{
    fixture_open(&fixture, (const char *const[]){"CONFIRM_TIMEOUT_MS=3000", NULL});
    base = last_purge(&fixture);
}

static void
end(void)
{
    fixture_close(&fixture);
}

static void
expect_purged(uint64_t question, int64_t number, int64_t cleared, int64_t unconfirmed)
{
    const struct message *message = purge_reply_to(&fixture, question);
    const struct purge_reply *reply = &message->u.PURGE_REPLY;

    ck_assert_int_eq(message->status, STATUS_OK);
    ck_assert_int_eq(reply->number - base, number);
    ck_assert_int_eq(reply->cleared_count, cleared);
    ck_assert_int_eq(reply->unconfirmed_count, unconfirmed);
}

static const struct near_purge *
near_purge(int64_t gateway_id, size_t n)
{
    return &fake_actor_expect(gateway_of(&fixture, gateway_id), MSG_NEAR_PURGE, n)
                ->message.u.NEAR_PURGE;
}

START_TEST(a_purged_entry_is_gone_but_readable)
{
    row("R-042");
    store_old(&fixture, 10);
    expect_purged(purge(&fixture, NULL), 1, 1, 0);
    uint64_t question = ask(&fixture);

    upstream_gives(&fixture, 2, "new");
    expect_decision(&fixture, question, DECISION_MISS, "new");
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "new");
}
END_TEST

START_TEST(a_purge_of_one_endpoint_leaves_the_others)
{
    store_old(&fixture, 10);
    expect_purged(purge(&fixture, "never"), 1, 0, 0);
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "old");
    expect_purged(purge(&fixture, "value"), 2, 1, 0);
    ask(&fixture);
    fetch_number(&fixture, 2);
    upstream_gives(&fixture, 2, "new");
}
END_TEST

START_TEST(a_route_is_purged_by_the_name_of_its_endpoint_or_its_own)
{
    static const char *const names[] = {"plain_endpoint", "plain"};

    hello(&fixture, 1, -1);
    for (size_t i = 0; i < COUNT(names); i++) {
        uint64_t question = ask_with(&fixture, (struct ask){.route = "plain"});

        upstream_gives(&fixture, i + 1, "body");
        expect_decision(&fixture, question, DECISION_MISS, "body");
        question = purge(&fixture, names[i]);
        ck_assert(bytes_equal_text(near_purge(1, i + 1)->endpoint, "plain_endpoint"));
        confirm(&fixture, 1, base + (int64_t)i + 1);
        expect_purged(question, (int64_t)i + 1, 1, 0);
    }
}
END_TEST

START_TEST(a_purge_of_nothing_we_know_is_refused)
{
    ck_assert_int_eq(purge_reply_to(&fixture, purge(&fixture, "nowhere"))->status,
                     STATUS_NOT_FOUND);
    ck_assert_int_eq(purge_reply_to(&fixture, purge(&fixture, ""))->status, STATUS_NOT_FOUND);
}
END_TEST

/* What was fetched before a purge is never stored after it, whoever waits for it. */
START_TEST(a_fetch_from_before_the_purge_is_not_stored)
{
    uint64_t before = ask(&fixture);

    fetch_number(&fixture, 1);
    expect_purged(purge(&fixture, NULL), 1, 0, 0);
    /* whoever asks now gets a fetch of its own */
    uint64_t after = ask_with(&fixture, (struct ask){.api_key_id = 9});

    ck_assert_int_eq(fetch_number(&fixture, 2)->api_key_id, 9);
    upstream_gives(&fixture, 1, "before");
    expect_decision(&fixture, before, DECISION_MISS, "before");
    ck_assert_int_eq(answer_to(&fixture, before)->may_keep, 0);
    ck_assert_int_eq(answer_to(&fixture, before)->meta.purge_number - base, 0);
    ck_assert(bytes_equal_text(answer_to(&fixture, before)->detail, "purged"));
    upstream_gives(&fixture, 2, "after");
    expect_decision(&fixture, after, DECISION_MISS, "after");
    ck_assert_int_eq(answer_to(&fixture, after)->meta.purge_number - base, 1);
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "after");
    ck_assert_int_eq(metric_value(METRIC_CACHE_STORES), 1);
    ck_assert_int_eq(metric_value(METRIC_CACHE_STORE_FAILURES), 0);
}
END_TEST

START_TEST(a_purge_takes_the_stale_entry_of_a_running_refresh)
{
    store_old(&fixture, 3700);
    expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    fetch_number(&fixture, 2);
    expect_purged(purge(&fixture, "value"), 1, 1, 0);
    uint64_t question = ask(&fixture);

    fetch_number(&fixture, 3);
    upstream_gives(&fixture, 2, "before");
    upstream_gives(&fixture, 3, "after");
    expect_decision(&fixture, question, DECISION_MISS, "after");
}
END_TEST

START_TEST(a_purge_is_answered_when_every_gateway_confirmed)
{
    const struct listener_welcome *welcome = hello(&fixture, 1, -1);

    ck_assert_int_eq(welcome->must_empty, 1);
    ck_assert_int_eq(welcome->purge_number - base, 0);
    ck_assert_int_ne(welcome->epoch, 0);
    ck_assert_int_eq(hello(&fixture, 2, base + 0)->must_empty, 0);
    uint64_t question = purge(&fixture, "value");

    ck_assert_int_eq(near_purge(1, 1)->number - base, 1);
    ck_assert(!near_purge(1, 1)->is_all);
    ck_assert(bytes_equal_text(near_purge(1, 1)->endpoint, "value"));
    ck_assert_int_eq(near_purge(2, 1)->number - base, 1);
    confirm(&fixture, 1, base + 1);
    settle(&fixture);
    ck_assert_ptr_null(fake_actor_wait(&fixture.gateway, MSG_PURGE_REPLY, question, 1, 0));
    confirm(&fixture, 2, base + 1);
    expect_purged(question, 1, 0, 0);
}
END_TEST

START_TEST(a_silent_gateway_is_named)
{
    hello(&fixture, 1, -1);
    hello(&fixture, 2, -1);
    uint64_t question = purge(&fixture, NULL);

    near_purge(1, 1);
    confirm(&fixture, 1, base + 1);
    expect_purged(question, 1, 0, 1);
    /* the next purge is sent to it all the same, but does not wait for it */
    question = purge(&fixture, NULL);
    near_purge(1, 2);
    ck_assert_int_eq(near_purge(2, 2)->number - base, 2);
    confirm(&fixture, 1, base + 2);
    expect_purged(question, 2, 0, 1);
    confirm(&fixture, 2, base + 2);
    settle(&fixture); /* the purge comes from the other gateway: it must not overtake this */
    question = purge(&fixture, NULL);
    near_purge(2, 3);
    confirm(&fixture, 1, base + 3);
    confirm(&fixture, 2, base + 3);
    expect_purged(question, 3, 0, 0);
}
END_TEST

START_TEST(purges_are_answered_in_order)
{
    hello(&fixture, 1, -1);
    uint64_t first = purge(&fixture, NULL);
    uint64_t second = purge(&fixture, "value");
    uint64_t third = purge(&fixture, NULL);

    ck_assert_int_eq(near_purge(1, 3)->number - base, 3);
    ck_assert_int_eq(near_purge(1, 2)->number - base, 2);
    confirm(&fixture, 1, base + 3); /* what confirms the last confirms all */
    expect_purged(first, 1, 0, 0);
    expect_purged(second, 2, 0, 0);
    expect_purged(third, 3, 0, 0);
}
END_TEST

START_TEST(a_gateway_that_missed_purges_is_told)
{
    expect_purged(purge(&fixture, NULL), 1, 0, 0);
    expect_purged(purge(&fixture, "value"), 2, 0, 0);
    const struct listener_welcome *welcome = hello(&fixture, 1, base + 0);

    ck_assert_int_eq(welcome->must_empty, 0);
    ck_assert_int_eq(welcome->purge_number - base, 0); /* it counts on from there */
    ck_assert_int_eq(near_purge(1, 1)->number - base, 1);
    ck_assert(near_purge(1, 1)->is_all);
    ck_assert_int_eq(near_purge(1, 2)->number - base, 2);
    ck_assert(bytes_equal_text(near_purge(1, 2)->endpoint, "value"));
}
END_TEST

START_TEST(a_gateway_with_numbers_of_another_log_is_emptied)
{
    expect_purged(purge(&fixture, NULL), 1, 0, 0);
    const struct listener_welcome *welcome = hello(&fixture, 1, base + 9);

    ck_assert_int_eq(welcome->must_empty, 1);
    ck_assert_int_eq(welcome->purge_number - base, 1);
}
END_TEST

/* Purges are remembered by the database: a gateway that was away with the actor misses nothing. */
START_TEST(a_new_life_of_the_actor_knows_the_purges)
{
    expect_purged(purge(&fixture, NULL), 1, 0, 0);
    actor_stop(&fixture.cache);
    fixture_start_cache(&fixture);
    fake_actor_settle(&fixture.gateway);
    ck_assert_int_eq(hello(&fixture, 1, base + 0)->must_empty, 0);
    ck_assert_int_eq(near_purge(1, 1)->number - base, 1);
    uint64_t question = purge(&fixture, NULL);

    near_purge(1, 2);
    confirm(&fixture, 1, base + 2);
    expect_purged(question, 2, 0, 0);
}
END_TEST

START_TEST(a_new_life_of_the_actor_confirms_nothing_for_a_second)
{
    actor_stop(&fixture.cache);
    int64_t before = clock_mono_ms();

    fixture_start_cache(&fixture);
    fake_actor_settle(&fixture.gateway);
    expect_purged(purge(&fixture, NULL), 1, 0, 0);
    ck_assert_int_ge(clock_mono_ms() - before, 1000);
}
END_TEST

/* Its socket goes a moment after it: until then it is one that does not confirm. */
START_TEST(a_gateway_that_ended_is_forgotten)
{
    hello(&fixture, 1, -1);
    hello(&fixture, 2, -1);
    actor_stop(&fixture.other.runner);
    int64_t unconfirmed = 1;
    int64_t until = clock_mono_ms() + FAKE_ACTOR_WAIT_MS;

    for (int64_t n = 1; unconfirmed > 0 && clock_mono_ms() < until; n++) {
        uint64_t question = purge(&fixture, NULL);

        near_purge(1, (size_t)n);
        confirm(&fixture, 1, base + n);
        unconfirmed = purge_reply_to(&fixture, question)->u.PURGE_REPLY.unconfirmed_count;
    }
    ck_assert_int_eq(unconfirmed, 0);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/purge");
    TCase *purging = tcase_create("purging");
    TCase *impatient = tcase_create("short deadline");

    tcase_set_timeout(purging, 120);
    tcase_add_checked_fixture(purging, begin, end);
    tcase_add_test(purging, a_purged_entry_is_gone_but_readable);
    tcase_add_test(purging, a_purge_of_one_endpoint_leaves_the_others);
    tcase_add_test(purging, a_route_is_purged_by_the_name_of_its_endpoint_or_its_own);
    tcase_add_test(purging, a_purge_of_nothing_we_know_is_refused);
    tcase_add_test(purging, a_fetch_from_before_the_purge_is_not_stored);
    tcase_add_test(purging, a_purge_takes_the_stale_entry_of_a_running_refresh);
    tcase_add_test(purging, a_purge_is_answered_when_every_gateway_confirmed);
    tcase_add_test(purging, purges_are_answered_in_order);
    tcase_add_test(purging, a_gateway_that_missed_purges_is_told);
    tcase_add_test(purging, a_gateway_with_numbers_of_another_log_is_emptied);
    tcase_add_test(purging, a_new_life_of_the_actor_knows_the_purges);
    tcase_add_test(purging, a_new_life_of_the_actor_confirms_nothing_for_a_second);
    suite_add_tcase(suite, purging);
    tcase_set_timeout(impatient, 120);
    tcase_add_checked_fixture(impatient, begin_impatient, end);
    tcase_add_test(impatient, a_silent_gateway_is_named);
    tcase_add_test(impatient, a_gateway_that_ended_is_forgotten);
    suite_add_tcase(suite, impatient);
    return suite;
}
