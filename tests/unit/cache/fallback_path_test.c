/* fallback_path_test.c - the whole cache actor: a target that answers 404 and has a second one beside it. */
/* links: @support @cache @storage @core */
#include "unit/cache/cache_fixture.h"

/* "value" lives 3600 s, is refreshed behind for 900 s more and stands in for errors for 7200 s. */
#define REFRESH_AGO_S 3700
#define ERROR_AGO_S   5000
#define SECOND        "/v1/second?a=1"

static struct cache_fixture fixture;

static void
begin(void)
{
    fixture_open(&fixture, NULL);
}

static void
begin_short(void)
{
    fixture_open(&fixture, (const char *const[]){"UPSTREAM_TIMEOUT_MS=5000", NULL});
}

static void
end(void)
{
    fixture_close(&fixture);
}

static const struct upstream_answer not_found = {.http_status = 404, .body = "no sale"};

static uint64_t
ask_both(int64_t api_key_id)
{
    return ask_with(&fixture, (struct ask){.api_key_id = api_key_id, .fallback_path = SECOND});
}

static void
expect_target(size_t n, const char *target)
{
    const struct upstream_fetch *fetch = fetch_number(&fixture, n);

    ck_assert_msg(bytes_equal_text(fetch->target, target), "%.*s", BYTES_ARG(fetch->target));
}

START_TEST(the_second_target_is_asked_for_the_same_payer)
{
    uint64_t payer = ask_both(5);

    expect_target(1, "/v1/value?a=1");
    upstream_says(&fixture, 1, not_found);
    expect_target(2, SECOND);
    ck_assert_int_eq(fetch_number(&fixture, 2)->api_key_id, 5);
    ck_assert_int_eq(fetch_number(&fixture, 2)->reason, FETCH_REASON_MISS);
    ck_assert_int_eq(fetch_number(&fixture, 2)->flight_id, fetch_number(&fixture, 1)->flight_id);
    ck_assert_int_eq(fetch_number(&fixture, 2)->price_micro_usd, FIXTURE_PRICE);
    ck_assert(!is_answered(&fixture, payer));
    /* who comes between the two calls joins them */
    uint64_t follower = ask_both(6);

    settle(&fixture);
    upstream_gives(&fixture, 2, "rental");
    expect_decision(&fixture, payer, DECISION_MISS, "rental");
    expect_decision(&fixture, follower, DECISION_COLLAPSED, "rental");
    ck_assert_int_eq(answer_to(&fixture, payer)->cost_micro_usd, FIXTURE_PRICE);
    expect_decision(&fixture, ask_both(7), DECISION_HIT, "rental");
    expect_fetches(&fixture, 2);
    ck_assert_int_eq(metric_value(METRIC_CACHE_FETCHES), 1);
    ck_assert_int_eq(metric_value(METRIC_CACHE_STORES), 1);
}
END_TEST

START_TEST(what_the_first_target_knows_needs_no_second)
{
    uint64_t question = ask_both(5);

    upstream_gives(&fixture, 1, "sale");
    expect_decision(&fixture, question, DECISION_MISS, "sale");
    expect_fetches(&fixture, 1);
}
END_TEST

START_TEST(an_error_of_the_first_target_is_not_asked_elsewhere)
{
    uint64_t question = ask_both(5);

    upstream_says(&fixture, 1, (struct upstream_answer){.http_status = 500, .body = "oops"});
    expect_error(&fixture, question, STATUS_UPSTREAM_REFUSED, 500);
    expect_fetches(&fixture, 1);
}
END_TEST

START_TEST(unknown_to_both_is_a_404_with_the_second_ones_words)
{
    store_old(&fixture, ERROR_AGO_S);
    uint64_t question = ask_both(5);

    upstream_says(&fixture, 2, not_found);
    upstream_says(&fixture, 3, (struct upstream_answer){.http_status = 404, .body = "no rental"});
    /* a word on the request itself: stale is no substitute */
    expect_error(&fixture, question, STATUS_UPSTREAM_REFUSED, 404);
    expect_body(&fixture, question, "no rental");
    ask_both(5); /* nothing was kept: both again */
    expect_target(4, "/v1/value?a=1");
    upstream_gives(&fixture, 4, "sale");
}
END_TEST

START_TEST(unknown_to_both_is_kept_where_errors_are)
{
    struct ask both = {.route = "kept", .fallback_path = SECOND};
    uint64_t question = ask_with(&fixture, both);

    upstream_says(&fixture, 1, not_found);
    expect_target(2, SECOND);
    ck_assert(!is_answered(&fixture, question));
    upstream_says(&fixture, 2, (struct upstream_answer){.http_status = 404, .body = "no rental"});
    expect_decision(&fixture, question, DECISION_MISS, "no rental");
    question = ask_with(&fixture, both);
    expect_decision(&fixture, question, DECISION_HIT, "no rental");
    ck_assert_int_eq(answer_to(&fixture, question)->meta.http_status, 404);
    ck_assert_int_eq(answer_to(&fixture, question)->meta.expires_wall_ms -
                         answer_to(&fixture, question)->meta.created_wall_ms,
                     60000);
    expect_fetches(&fixture, 2);
}
END_TEST

START_TEST(a_fault_of_the_second_target_is_a_fault)
{
    uint64_t question = ask_both(5);

    upstream_says(&fixture, 1, not_found);
    upstream_says(&fixture, 2, (struct upstream_answer){.http_status = 500, .body = "oops"});
    expect_error(&fixture, question, STATUS_UPSTREAM_REFUSED, 500);
}
END_TEST

START_TEST(a_stale_entry_stands_in_for_a_fault_of_the_second_target)
{
    store_old(&fixture, ERROR_AGO_S);
    uint64_t question = ask_both(5);

    upstream_says(&fixture, 2, not_found);
    upstream_says(&fixture, 3, (struct upstream_answer){.status = STATUS_UPSTREAM_FAILED});
    expect_decision(&fixture, question, DECISION_STALE, "old");
}
END_TEST

START_TEST(a_refresh_asks_both_and_still_has_its_credential)
{
    store_old(&fixture, REFRESH_AGO_S);
    uint64_t question = ask_with(
        &fixture, (struct ask){.api_key_id = 5, .fallback_path = SECOND, .credential = "token"});

    expect_decision(&fixture, question, DECISION_STALE, "old");
    upstream_says(&fixture, 2, not_found);
    expect_target(3, SECOND);
    ck_assert_int_eq(fetch_number(&fixture, 3)->reason, FETCH_REASON_REFRESH);
    ck_assert_int_eq(fetch_number(&fixture, 3)->api_key_id, 5);
    ck_assert(bytes_equal_text(fetch_number(&fixture, 3)->credential, "token"));
    upstream_gives(&fixture, 3, "rental");
    fixture_await_metric(&fixture, METRIC_CACHE_STORES, 2);
    expect_decision(&fixture, ask_both(6), DECISION_HIT, "rental");
}
END_TEST

/* Refused for its own sake on the second target: the next one's try begins with the first. */
START_TEST(the_next_payer_begins_anew)
{
    uint64_t first = ask_both(1);

    fetch_number(&fixture, 1);
    uint64_t second = ask_both(2);

    settle(&fixture);
    upstream_says(&fixture, 1, not_found);
    upstream_says(&fixture, 2, (struct upstream_answer){.status = STATUS_QUOTA_EXCEEDED});
    expect_error(&fixture, first, STATUS_QUOTA_EXCEEDED, 429);
    expect_target(3, "/v1/value?a=1");
    ck_assert_int_eq(fetch_number(&fixture, 3)->api_key_id, 2);
    upstream_says(&fixture, 3, not_found);
    expect_target(4, SECOND);
    upstream_gives(&fixture, 4, "rental");
    expect_decision(&fixture, second, DECISION_MISS, "rental");
}
END_TEST

START_TEST(a_purge_between_the_two_calls_counts)
{
    int64_t base = last_purge(&fixture);
    uint64_t before = ask_both(5);

    fetch_number(&fixture, 1);
    purge_reply_to(&fixture, purge(&fixture, NULL));
    upstream_says(&fixture, 1, not_found);
    upstream_gives(&fixture, 2, "before");
    expect_decision(&fixture, before, DECISION_MISS, "before");
    ck_assert_int_eq(answer_to(&fixture, before)->meta.purge_number, base);
    ck_assert_int_eq(answer_to(&fixture, before)->may_keep, 0);
    ask_both(5);
    expect_target(3, "/v1/value?a=1");
    upstream_gives(&fixture, 3, "sale");
}
END_TEST

START_TEST(both_calls_share_the_time_of_one)
{
    uint64_t question = ask_both(5);
    int64_t first_ms =
        fake_actor_expect(&fixture.upstream, MSG_UPSTREAM_FETCH, 1)->message.time_left_ms;

    ck_assert_int_gt(first_ms, 0);
    ck_assert_int_le(first_ms, 5000);
    for (int64_t until_ms = clock_mono_ms() + 5; clock_mono_ms() < until_ms;)
        continue;
    upstream_says(&fixture, 1, not_found);
    ck_assert_int_lt(
        fake_actor_expect(&fixture.upstream, MSG_UPSTREAM_FETCH, 2)->message.time_left_ms,
        first_ms);
    /* 5 s and the grace of 2 s for both; the second one stays silent */
    expect_error(&fixture, question, STATUS_UPSTREAM_TIMEOUT, 504);
}
END_TEST

START_TEST(what_is_never_kept_has_a_second_target_too)
{
    struct ask both = {.route = "never", .fallback_path = SECOND};
    uint64_t one = ask_with(&fixture, both);

    fetch_number(&fixture, 1);
    uint64_t other = ask_with(&fixture, both);

    fetch_number(&fixture, 2); /* no collapse */
    upstream_says(&fixture, 1, not_found);
    upstream_gives(&fixture, 3, "one");
    expect_decision(&fixture, one, DECISION_MISS, "one");
    upstream_gives(&fixture, 2, "other");
    expect_decision(&fixture, other, DECISION_MISS, "other");
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/fallback_path");
    TCase *cases = tcase_create("both"), *brief = tcase_create("time");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, the_second_target_is_asked_for_the_same_payer);
    tcase_add_test(cases, what_the_first_target_knows_needs_no_second);
    tcase_add_test(cases, an_error_of_the_first_target_is_not_asked_elsewhere);
    tcase_add_test(cases, unknown_to_both_is_a_404_with_the_second_ones_words);
    tcase_add_test(cases, unknown_to_both_is_kept_where_errors_are);
    tcase_add_test(cases, a_fault_of_the_second_target_is_a_fault);
    tcase_add_test(cases, a_stale_entry_stands_in_for_a_fault_of_the_second_target);
    tcase_add_test(cases, a_refresh_asks_both_and_still_has_its_credential);
    tcase_add_test(cases, the_next_payer_begins_anew);
    tcase_add_test(cases, a_purge_between_the_two_calls_counts);
    tcase_add_test(cases, what_is_never_kept_has_a_second_target_too);
    suite_add_tcase(suite, cases);
    tcase_add_checked_fixture(brief, begin_short, end);
    tcase_set_timeout(brief, 60);
    tcase_add_test(brief, both_calls_share_the_time_of_one);
    suite_add_tcase(suite, brief);
    return suite;
}
