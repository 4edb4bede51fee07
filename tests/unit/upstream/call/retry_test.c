/* retry_test.c - one retry of what certainly cost nothing, inside a budget; never a 429, never an unknown charge. */
/* links: upstream/call/retry.c */

#include "call/retry.h"

#include <check.h>

#include "base/bytes.h"

static const struct retry_facts refused = {
    .attempt = 1, .retries = 1, .charge = CHARGE_FREE, .left_ms = 10000};

static bool
is_due(struct retry_facts facts)
{
    struct retry_budget budget;

    retry_budget_init(&budget);
    return retry_is_due(&facts, &budget);
}

START_TEST(a_failed_connect_is_retried_once)
{
    struct retry_facts facts = refused;

    ck_assert(is_due(facts));
    facts.attempt = 2;
    ck_assert(!is_due(facts));
    facts.attempt = 1;
    facts.retries = 0;
    ck_assert(!is_due(facts));
}
END_TEST

START_TEST(unbilled_faults_of_the_upstream_are_retried)
{
    static const int statuses[] = {500, 502, 503, 504, 599};

    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct retry_facts facts = refused;

        facts.was_sent = true;
        facts.http_status = statuses[i];
        ck_assert(is_due(facts));
    }
}
END_TEST

/* Sooner than it asks is too soon, and a request does not wait for seconds. */
START_TEST(an_upstream_that_asks_to_wait_is_not_asked_again)
{
    struct retry_facts facts = refused;

    facts.was_sent = true;
    facts.http_status = 503;
    facts.retry_after_s = 1;
    ck_assert(!is_due(facts));
    facts.retry_after_s = 300;
    ck_assert(!is_due(facts));
}
END_TEST

START_TEST(no_other_answer_is_retried)
{
    static const int statuses[] = {200, 204, 301, 400, 401, 402, 403, 404, 405, 429, 501};

    for (size_t i = 0; i < COUNT(statuses); i++) {
        struct retry_facts facts = refused;

        facts.was_sent = true;
        facts.http_status = statuses[i];
        ck_assert_msg(!is_due(facts), "%d", statuses[i]);
    }
}
END_TEST

START_TEST(an_unknown_charge_is_never_retried)
{
    struct retry_facts facts = refused;

    facts.was_sent = true;
    facts.charge = CHARGE_UNKNOWN;
    ck_assert(!is_due(facts));
    facts.http_status = 500;
    ck_assert(!is_due(facts));
    facts.charge = CHARGE_BILLED;
    ck_assert(!is_due(facts));
}
END_TEST

START_TEST(there_must_be_time_for_it)
{
    struct retry_facts facts = refused;

    facts.left_ms = RETRY_DELAY_MAX_MS + 1;
    ck_assert(is_due(facts));
    facts.left_ms = RETRY_DELAY_MAX_MS;
    ck_assert(!is_due(facts));
    facts.left_ms = -5;
    ck_assert(!is_due(facts));
}
END_TEST

/* U17: at 100 % failures the upstream sees at most 1.1 times the calls, after the first few. */
START_TEST(retries_stay_within_a_tenth_of_the_calls)
{
    struct retry_budget budget;
    int retries = 0;

    retry_budget_init(&budget);
    for (int call = 0; call < 10000; call++) {
        retry_budget_count_call(&budget, 10);
        retries += retry_is_due(&refused, &budget);
    }
    ck_assert_int_ge(retries, 1000);
    ck_assert_int_le(retries, 1000 + RETRY_BUDGET_MAX / 100);
}
END_TEST

START_TEST(quiet_times_save_no_more_than_the_most)
{
    struct retry_budget budget;
    int retries = 0;

    retry_budget_init(&budget);
    for (int call = 0; call < 100000; call++)
        retry_budget_count_call(&budget, 100);
    while (retry_is_due(&refused, &budget))
        retries++;
    ck_assert_int_eq(retries, RETRY_BUDGET_MAX / 100);
}
END_TEST

START_TEST(without_a_budget_nothing_is_added)
{
    struct retry_budget budget = {0};

    for (int call = 0; call < 1000; call++)
        retry_budget_count_call(&budget, 0);
    ck_assert(!retry_is_due(&refused, &budget));
}
END_TEST

START_TEST(a_refused_retry_takes_nothing_from_the_budget)
{
    struct retry_budget budget = {.tokens = 100};
    struct retry_facts facts = refused;

    facts.http_status = 429;
    facts.was_sent = true;
    ck_assert(!retry_is_due(&facts, &budget));
    ck_assert_int_eq(budget.tokens, 100);
    ck_assert(retry_is_due(&refused, &budget));
    ck_assert_int_eq(budget.tokens, 0);
}
END_TEST

START_TEST(delays_are_spread_over_their_whole_range)
{
    bool has_short = false, has_long = false;

    ck_assert_int_eq(retry_delay_ms(0), RETRY_DELAY_MIN_MS);
    for (uint32_t i = 0; i < 100000; i++) {
        int64_t delay_ms = retry_delay_ms(i * 2654435761U);

        if (delay_ms < RETRY_DELAY_MIN_MS || delay_ms > RETRY_DELAY_MAX_MS)
            ck_abort_msg("%lld ms", (long long)delay_ms); /* asserted each, they take seconds */
        has_short = has_short || delay_ms < RETRY_DELAY_MIN_MS + 10;
        has_long = has_long || delay_ms > RETRY_DELAY_MAX_MS - 10;
    }
    ck_assert(has_short && has_long);
    ck_assert_int_le(retry_delay_ms(UINT32_MAX), RETRY_DELAY_MAX_MS);
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("retry");
    TCase *cases = tcase_create("rule");

    tcase_add_test(cases, a_failed_connect_is_retried_once);
    tcase_add_test(cases, unbilled_faults_of_the_upstream_are_retried);
    tcase_add_test(cases, an_upstream_that_asks_to_wait_is_not_asked_again);
    tcase_add_test(cases, no_other_answer_is_retried);
    tcase_add_test(cases, an_unknown_charge_is_never_retried);
    tcase_add_test(cases, there_must_be_time_for_it);
    tcase_add_test(cases, retries_stay_within_a_tenth_of_the_calls);
    tcase_add_test(cases, quiet_times_save_no_more_than_the_most);
    tcase_add_test(cases, without_a_budget_nothing_is_added);
    tcase_add_test(cases, a_refused_retry_takes_nothing_from_the_budget);
    tcase_add_test(cases, delays_are_spread_over_their_whole_range);
    suite_add_tcase(suite, cases);
    return suite;
}
