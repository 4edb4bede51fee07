/* unusable_responses_test.c - the whole cache actor: what was paid and could not be used is not paid again at once. */
/* links: @support @cache @storage @core */
#include "unit/cache/cache_fixture.h"

/* "value" lives 3600 s, is served stale for 900 s and stands in for errors for 7200 s more. */
#define STALE_AGO_S 4000
#define ERROR_AGO_S 5000

static struct cache_fixture fixture;

static int64_t
count_unusable(void)
{
    int64_t counters[4 * ROUTE_COUNTER_COUNT], sum = 0;

    metrics_read_routes(counters);
    for (size_t at = ROUTE_COUNTER_UNUSABLE; at < COUNT(counters); at += ROUTE_COUNTER_COUNT)
        sum += counters[at];
    return sum;
}

static void
begin(void)
{
    fixture_open(&fixture, NULL);
}

static void
begin_off(void)
{
    fixture_open(&fixture, (const char *const[]){"UNUSABLE_TTL_S=0", NULL});
}

static void
begin_short(void)
{
    fixture_open(&fixture, (const char *const[]){"UNUSABLE_TTL_S=1", NULL});
}

static void
end(void)
{
    fixture_close(&fixture);
}

static void
upstream_says_nonsense(size_t n)
{
    upstream_says(&fixture, n,
                  (struct upstream_answer){.status = STATUS_UPSTREAM_MALFORMED,
                                           .http_status = 200,
                                           .charge = CHARGE_BILLED,
                                           .detail = "no JSON"});
}

static void
expect_held(uint64_t question)
{
    expect_error(&fixture, question, STATUS_UPSTREAM_UNUSABLE, 503);
    ck_assert_int_ge(answer_to(&fixture, question)->retry_after_s, 1);
    ck_assert_int_le(answer_to(&fixture, question)->retry_after_s, 30);
    ck_assert(bytes_equal_text(answer_to(&fixture, question)->detail, "no JSON"));
}

START_TEST(what_was_paid_in_vain_is_not_asked_for_again)
{
    uint64_t first = ask(&fixture);

    upstream_says_nonsense(1);
    expect_error(&fixture, first, STATUS_UPSTREAM_MALFORMED, 502);
    ck_assert_int_eq(answer_to(&fixture, first)->retry_after_s, 30);
    expect_held(ask(&fixture));
    expect_held(ask_with(&fixture, (struct ask){.force = 1}));
    expect_held(ask_with(&fixture, (struct ask){.api_key_id = 8}));
    expect_fetches(&fixture, 1);
    ck_assert_int_eq(count_unusable(), 1);
    ck_assert_int_eq(metric_value(METRIC_UNUSABLE_SPARED), 3);

    uint64_t other = ask_with(&fixture, (struct ask){.key = KEY_B, .signature = "{}"});

    upstream_gives(&fixture, 2, "body");
    expect_decision(&fixture, other, DECISION_MISS, "body");
}
END_TEST

START_TEST(stale_stands_in_meanwhile)
{
    store_old(&fixture, ERROR_AGO_S);
    uint64_t first = ask(&fixture);

    upstream_says_nonsense(2);
    expect_decision(&fixture, first, DECISION_STALE, "old");
    uint64_t second = ask(&fixture);
    uint64_t forced = ask_with(&fixture, (struct ask){.force = 1});

    expect_decision(&fixture, second, DECISION_STALE, "old");
    expect_decision(&fixture, forced, DECISION_STALE, "old");
    ck_assert(bytes_equal_text(answer_to(&fixture, second)->detail, "upstream-unusable"));
    expect_fetches(&fixture, 2);
}
END_TEST

START_TEST(nothing_is_refreshed_meanwhile)
{
    store_old(&fixture, STALE_AGO_S);
    uint64_t forced = ask_with(&fixture, (struct ask){.force = 1});

    upstream_says_nonsense(2);
    (void)answer_to(&fixture, forced);
    expect_decision(&fixture, ask(&fixture), DECISION_STALE, "old");
    expect_fetches(&fixture, 2);
}
END_TEST

/* What did not cost, or may not have reached the paid API, may be asked for again. */
START_TEST(only_what_was_paid_is_remembered)
{
    static const struct upstream_answer answers[] = {
        {.status = STATUS_UPSTREAM_FAILED, .charge = CHARGE_UNKNOWN},
        {.status = STATUS_UPSTREAM_MALFORMED, .http_status = 200, .charge = CHARGE_FREE},
        {.http_status = 500, .charge = CHARGE_FREE, .body = "oops"},
        {.http_status = 400, .charge = CHARGE_FREE, .body = "no"},
    };

    for (size_t i = 0; i < COUNT(answers); i++) {
        uint64_t question = ask(&fixture);

        upstream_says(&fixture, i + 1, answers[i]);
        (void)answer_to(&fixture, question);
    }
    (void)ask(&fixture);
    fetch_number(&fixture, COUNT(answers) + 1);
    ck_assert_int_eq(count_unusable(), 0);
}
END_TEST

/* Nobody knows whether a 200 was billed whose headers were refused: it counts as paid. */
START_TEST(a_200_of_unknown_charge_is_remembered)
{
    uint64_t first = ask(&fixture);

    upstream_says(&fixture, 1,
                  (struct upstream_answer){.status = STATUS_UPSTREAM_TOO_LARGE,
                                           .http_status = 200,
                                           .charge = CHARGE_UNKNOWN,
                                           .detail = "no JSON"});
    expect_error(&fixture, first, STATUS_UPSTREAM_TOO_LARGE, 502);
    expect_held(ask(&fixture));
}
END_TEST

START_TEST(it_can_be_switched_off)
{
    for (size_t n = 1; n <= 3; n++) {
        uint64_t question = ask(&fixture);

        upstream_says_nonsense(n);
        expect_error(&fixture, question, STATUS_UPSTREAM_MALFORMED, 502);
    }
    ck_assert_int_eq(count_unusable(), 3);
    ck_assert_int_eq(metric_value(METRIC_UNUSABLE_SPARED), 0);
}
END_TEST

START_TEST(it_ends)
{
    int64_t until_ms = clock_mono_ms() + FAKE_ACTOR_WAIT_MS;
    uint64_t question = ask(&fixture);

    upstream_says_nonsense(1);
    expect_error(&fixture, question, STATUS_UPSTREAM_MALFORMED, 502);
    while (fake_actor_count(&fixture.upstream, MSG_UPSTREAM_FETCH) < 2) {
        ck_assert_int_lt(clock_mono_ms(), until_ms);
        question = ask(&fixture);
        settle(&fixture);
    }
    upstream_gives(&fixture, 2, "body");
    expect_decision(&fixture, question, DECISION_MISS, "body");
}
END_TEST

static TCase *
add_case(Suite *suite, const char *name, void (*setup)(void))
{
    TCase *added = tcase_create(name);

    tcase_set_timeout(added, 60);
    tcase_add_checked_fixture(added, setup, end);
    suite_add_tcase(suite, added);
    return added;
}

Suite *
test_suite(void)
{
    Suite *suite = suite_create("cache/unusable_responses");
    TCase *remembered = add_case(suite, "remembered", begin);

    tcase_add_test(remembered, what_was_paid_in_vain_is_not_asked_for_again);
    tcase_add_test(remembered, stale_stands_in_meanwhile);
    tcase_add_test(remembered, nothing_is_refreshed_meanwhile);
    tcase_add_test(remembered, only_what_was_paid_is_remembered);
    tcase_add_test(remembered, a_200_of_unknown_charge_is_remembered);
    tcase_add_test(add_case(suite, "off", begin_off), it_can_be_switched_off);
    tcase_add_test(add_case(suite, "short", begin_short), it_ends);
    return suite;
}
