/* stale_test.c - the whole cache actor: stale answers and the refreshes behind them. */
/* links: @core @storage @cache */
#include "unit/cache/lines.h"

#include "support/row.h"

/* "value" lives 3600 s, is revalidated for 900 s after, stands in for errors for 7200 s. */
#define FRESH_AGO_S 3000
#define STALE_AGO_S 3700
#define ERROR_AGO_S 5000

static struct stage stage;

static void
begin(void)
{
    stage_open(&stage, NULL);
}

static void
begin_impatient(void)
{
    stage_open(&stage, (const char *const[]){"REFRESH_BACKOFF_MS=100", NULL});
}

static void
begin_without_revalidation(void)
{
    stage_open(&stage, (const char *const[]){"ENABLE_STALE_WHILE_REVALIDATE=false", NULL});
}

static void
end(void)
{
    stage_close(&stage);
}

START_TEST(a_fresh_entry_causes_no_call)
{
    row("R-056");
    store_old(&stage, FRESH_AGO_S);
    uint64_t question = ask(&stage);

    expect_decision(&stage, question, DECISION_HIT, "old");
    ck_assert_int_eq(metric_value(METRIC_CACHE_L2_HITS), 1);
    expect_fetches(&stage, 1);
}
END_TEST

START_TEST(a_stale_entry_is_answered_at_once_and_refreshed_behind)
{
    row("R-057");
    store_old(&stage, STALE_AGO_S);
    uint64_t question = ask_with(&stage, (struct ask){.api_key_id = 8});
    const struct upstream_fetch *fetch = fetch_number(&stage, 2);

    /* answered while the refresh hangs */
    expect_decision(&stage, question, DECISION_STALE, "old");
    ck_assert_int_eq(answer_to(&stage, question)->may_keep, 0);
    ck_assert_int_eq(answer_to(&stage, question)->cost_micro_usd, 0);
    ck_assert_int_eq(fetch->reason, FETCH_REASON_REFRESH);
    ck_assert_int_eq(fetch->api_key_id, 8);
    upstream_gives(&stage, 2, "new");
    stage_await_metric(&stage, METRIC_CACHE_STORES, 2);
    expect_decision(&stage, ask(&stage), DECISION_HIT, "new");
    expect_fetches(&stage, 2);
    ck_assert_int_eq(metric_value(METRIC_CACHE_REFRESHES), 1);
}
END_TEST

START_TEST(a_refresh_runs_once_and_nobody_waits_for_it)
{
    row("R-059");
    store_old(&stage, STALE_AGO_S);
    uint64_t first = ask(&stage);

    fetch_number(&stage, 2);
    for (uint64_t i = 1; i < 100; i++)
        expect_decision(&stage, ask(&stage), DECISION_STALE, "old");
    expect_decision(&stage, first, DECISION_STALE, "old");
    expect_fetches(&stage, 2);
    upstream_gives(&stage, 2, "new");
}
END_TEST

START_TEST(many_at_once_for_a_stale_entry_cause_one_refresh)
{
    row("R-060");
    store_old(&stage, STALE_AGO_S);
    uint64_t first = ask(&stage);

    for (uint64_t i = 1; i < 1000; i++)
        ask(&stage);
    for (uint64_t i = 0; i < 1000; i++)
        expect_decision(&stage, first + i, DECISION_STALE, "old");
    expect_fetches(&stage, 2);
    upstream_gives(&stage, 2, "new");
}
END_TEST

START_TEST(who_wants_a_fetch_waits_for_the_running_refresh)
{
    store_old(&stage, STALE_AGO_S);
    expect_decision(&stage, ask(&stage), DECISION_STALE, "old");
    fetch_number(&stage, 2);
    uint64_t forced = ask_with(&stage, (struct ask){.force = 1});

    settle(&stage);
    ck_assert(!is_answered(&stage, forced));
    upstream_gives(&stage, 2, "new");
    expect_decision(&stage, forced, DECISION_COLLAPSED, "new");
    expect_fetches(&stage, 2);
}
END_TEST

START_TEST(a_failed_refresh_is_not_tried_again_at_once)
{
    row("R-061");
    store_old(&stage, STALE_AGO_S);
    expect_decision(&stage, ask(&stage), DECISION_STALE, "old");
    upstream_says(&stage, 2, (struct upstream_line){.status = STATUS_UPSTREAM_TIMEOUT});
    stage_await_metric(&stage, METRIC_CACHE_FLIGHTS, 0);
    expect_decision(&stage, ask(&stage), DECISION_STALE, "old");
    expect_decision(&stage, ask(&stage), DECISION_STALE, "old");
    expect_fetches(&stage, 2);
}
END_TEST

START_TEST(a_failed_refresh_is_tried_again_later)
{
    row("R-061");
    store_old(&stage, STALE_AGO_S);
    expect_decision(&stage, ask(&stage), DECISION_STALE, "old");
    upstream_says(&stage, 2, (struct upstream_line){.status = STATUS_UPSTREAM_TIMEOUT});
    stage_await_metric(&stage, METRIC_CACHE_FLIGHTS, 0);
    /* the entry is not destroyed, and after the backoff of 100 ms one of these refreshes it */
    for (int64_t until = clock_mono_ms() + STAGE_WAIT_MS; clock_mono_ms() < until;) {
        expect_decision(&stage, ask(&stage), DECISION_STALE, "old");
        if (player_wait(&stage.upstream, MSG_UPSTREAM_FETCH, 0, 3, 10) != NULL)
            break;
    }
    upstream_gives(&stage, 3, "new");
    stage_await_metric(&stage, METRIC_CACHE_STORES, 2);
    expect_decision(&stage, ask(&stage), DECISION_HIT, "new");
}
END_TEST

START_TEST(the_switch_turns_revalidation_off)
{
    store_old(&stage, STALE_AGO_S);
    uint64_t question = ask(&stage);

    ck_assert_int_eq(fetch_number(&stage, 2)->reason, FETCH_REASON_MISS);
    ck_assert(!is_answered(&stage, question));
    upstream_gives(&stage, 2, "new");
    expect_decision(&stage, question, DECISION_MISS, "new");
}
END_TEST

/* Past the window of revalidation the answer is waited for. */
START_TEST(an_old_entry_is_fetched_anew)
{
    row("R-058");
    store_old(&stage, ERROR_AGO_S);
    uint64_t question = ask(&stage);

    fetch_number(&stage, 2);
    ck_assert(!is_answered(&stage, question));
    upstream_gives(&stage, 2, "new");
    expect_decision(&stage, question, DECISION_MISS, "new");
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
