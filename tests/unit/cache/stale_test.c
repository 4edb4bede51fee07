/* stale_test.c - the whole cache actor: stale answers and the refreshes behind them. */
/* links: @support @cache @storage @core */
#include "unit/cache/cache_fixture.h"

#include "support/row.h"

/* "value" lives 3600 s, is revalidated for 900 s after, stands in for errors for 7200 s. */
#define FRESH_AGO_S 3000
#define STALE_AGO_S 3700
#define ERROR_AGO_S 5000

static struct cache_fixture fixture;

static void
begin(void)
{
    fixture_open(&fixture, NULL);
}

static void
begin_impatient(void)
{
    fixture_open(&fixture, (const char *const[]){"REFRESH_BACKOFF_MS=100", NULL});
}

static void
begin_without_revalidation(void)
{
    fixture_open(&fixture, (const char *const[]){"ENABLE_STALE_WHILE_REVALIDATE=false", NULL});
}

static void
end(void)
{
    fixture_close(&fixture);
}

START_TEST(a_fresh_entry_causes_no_call)
{
    row("R-056");
    store_old(&fixture, FRESH_AGO_S);
    uint64_t question = ask(&fixture);

    expect_decision(&fixture, question, DECISION_HIT, "old");
    ck_assert_int_eq(metric_value(METRIC_CACHE_L2_HITS), 1);
    expect_fetches(&fixture, 1);
}
END_TEST

START_TEST(a_stale_entry_is_answered_at_once_and_refreshed_behind)
{
    row("R-057");
    store_old(&fixture, STALE_AGO_S);
    uint64_t question = ask_with(&fixture, (struct ask){.api_key_id = 8});
    const struct upstream_fetch *fetch = fetch_number(&fixture, 2);

    /* answered while the refresh hangs */
    expect_decision(&fixture, question, DECISION_STALE, "old");
    ck_assert_int_eq(answer_to(&fixture, question)->may_keep, 0);
    ck_assert_int_eq(answer_to(&fixture, question)->cost_micro_usd, 0);
    ck_assert_int_eq(fetch->reason, FETCH_REASON_REFRESH);
    ck_assert_int_eq(fetch->api_key_id, 8);
    upstream_gives(&fixture, 2, "new");
    fixture_await_metric(&fixture, METRIC_CACHE_STORES, 2);
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "new");
    expect_fetches(&fixture, 2);
    ck_assert_int_eq(metric_value(METRIC_CACHE_REFRESHES), 1);
}
END_TEST

START_TEST(a_refresh_runs_once_and_nobody_waits_for_it)
{
    row("R-059");
    store_old(&fixture, STALE_AGO_S);
    uint64_t first = ask(&fixture);

    fetch_number(&fixture, 2);
    for (uint64_t i = 1; i < 100; i++)
        expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    expect_decision(&fixture, first, DECISION_STALE, "old");
    expect_fetches(&fixture, 2);
    upstream_gives(&fixture, 2, "new");
}
END_TEST

START_TEST(many_at_once_for_a_stale_entry_cause_one_refresh)
{
    row("R-060");
    store_old(&fixture, STALE_AGO_S);
    uint64_t first = ask(&fixture);

    for (uint64_t i = 1; i < 1000; i++)
        ask(&fixture);
    for (uint64_t i = 0; i < 1000; i++)
        expect_decision(&fixture, first + i, DECISION_STALE, "old");
    expect_fetches(&fixture, 2);
    upstream_gives(&fixture, 2, "new");
}
END_TEST

START_TEST(who_wants_a_fetch_waits_for_the_running_refresh)
{
    store_old(&fixture, STALE_AGO_S);
    expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    fetch_number(&fixture, 2);
    uint64_t forced = ask_with(&fixture, (struct ask){.force = 1});

    settle(&fixture);
    ck_assert(!is_answered(&fixture, forced));
    upstream_gives(&fixture, 2, "new");
    expect_decision(&fixture, forced, DECISION_COLLAPSED, "new");
    expect_fetches(&fixture, 2);
}
END_TEST

START_TEST(a_failed_refresh_is_not_tried_again_at_once)
{
    row("R-061");
    store_old(&fixture, STALE_AGO_S);
    expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    upstream_says(&fixture, 2, (struct upstream_answer){.status = STATUS_UPSTREAM_TIMEOUT});
    fixture_await_metric(&fixture, METRIC_CACHE_FLIGHTS, 0);
    expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    expect_fetches(&fixture, 2);
}
END_TEST

START_TEST(a_failed_refresh_is_tried_again_later)
{
    row("R-061");
    store_old(&fixture, STALE_AGO_S);
    expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    upstream_says(&fixture, 2, (struct upstream_answer){.status = STATUS_UPSTREAM_TIMEOUT});
    fixture_await_metric(&fixture, METRIC_CACHE_FLIGHTS, 0);
    /* the entry is not destroyed, and after the backoff of 100 ms one of these refreshes it */
    for (int64_t until = clock_mono_ms() + FAKE_ACTOR_WAIT_MS; clock_mono_ms() < until;) {
        expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
        if (fake_actor_wait(&fixture.upstream, MSG_UPSTREAM_FETCH, 0, 3, 10) != NULL)
            break;
    }
    upstream_gives(&fixture, 3, "new");
    fixture_await_metric(&fixture, METRIC_CACHE_STORES, 2);
    expect_decision(&fixture, ask(&fixture), DECISION_HIT, "new");
}
END_TEST

START_TEST(the_switch_turns_revalidation_off)
{
    store_old(&fixture, STALE_AGO_S);
    uint64_t question = ask(&fixture);

    ck_assert_int_eq(fetch_number(&fixture, 2)->reason, FETCH_REASON_MISS);
    ck_assert(!is_answered(&fixture, question));
    upstream_gives(&fixture, 2, "new");
    expect_decision(&fixture, question, DECISION_MISS, "new");
}
END_TEST

/* Past the window of revalidation the answer is waited for. */
START_TEST(an_old_entry_is_fetched_anew)
{
    row("R-058");
    store_old(&fixture, ERROR_AGO_S);
    uint64_t question = ask(&fixture);

    fetch_number(&fixture, 2);
    ck_assert(!is_answered(&fixture, question));
    upstream_gives(&fixture, 2, "new");
    expect_decision(&fixture, question, DECISION_MISS, "new");
}
END_TEST

static TCase *
stale_answers(void)
{
    TCase *stale = tcase_create("stale");

    tcase_add_checked_fixture(stale, begin, end);
    tcase_add_test(stale, a_fresh_entry_causes_no_call);
    tcase_add_test(stale, a_stale_entry_is_answered_at_once_and_refreshed_behind);
    tcase_add_test(stale, a_refresh_runs_once_and_nobody_waits_for_it);
    tcase_add_test(stale, many_at_once_for_a_stale_entry_cause_one_refresh);
    tcase_add_test(stale, who_wants_a_fetch_waits_for_the_running_refresh);
    tcase_add_test(stale, a_failed_refresh_is_not_tried_again_at_once);
    tcase_add_test(stale, an_old_entry_is_fetched_anew);
    return stale;
}

static TCase *
with_fixture(const char *name, void (*setup)(void))
{
    TCase *one = tcase_create(name);

    tcase_add_checked_fixture(one, setup, end);
    return one;
}

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/stale");
    TCase *impatient = with_fixture("short backoff", begin_impatient);
    TCase *off = with_fixture("revalidation off", begin_without_revalidation);
    TCase *all[] = {stale_answers(), impatient, off};

    tcase_add_test(impatient, a_failed_refresh_is_tried_again_later);
    tcase_add_test(off, the_switch_turns_revalidation_off);
    for (size_t i = 0; i < COUNT(all); i++) {
        tcase_set_timeout(all[i], 120);
        suite_add_tcase(suite, all[i]);
    }
    return suite;
}
