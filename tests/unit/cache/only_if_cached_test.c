/* only_if_cached_test.c - the whole cache actor: who wants only what is cached causes no call, whatever others wait for. */
/* links: @support @cache @storage @core */
#include "unit/cache/cache_fixture.h"

/* "value" lives 3600 s and is served stale for 900 s while it is refreshed. */
#define STALE_AGO_S 4000

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

static uint64_t
ask_cached(void)
{
    return ask_with(&fixture, (struct ask){.only_if_cached = true});
}

START_TEST(a_miss_is_refused_and_nothing_is_fetched)
{
    expect_error(&fixture, ask_cached(), STATUS_ONLY_IF_CACHED, 504);
    expect_error(&fixture, ask_with(&fixture, (struct ask){.only_if_cached = true, .force = 1}),
                 STATUS_ONLY_IF_CACHED, 504);
    expect_fetches(&fixture, 0);
}
END_TEST

START_TEST(it_does_not_wait_for_the_call_of_another)
{
    uint64_t payer = ask(&fixture);

    (void)fake_actor_expect(&fixture.upstream, MSG_UPSTREAM_FETCH, 1);
    expect_error(&fixture, ask_cached(), STATUS_ONLY_IF_CACHED, 504);
    upstream_gives(&fixture, 1, "body");
    expect_decision(&fixture, payer, DECISION_MISS, "body");
    expect_decision(&fixture, ask_cached(), DECISION_HIT, "body");
    expect_fetches(&fixture, 1);
}
END_TEST

START_TEST(what_is_stale_is_served_and_not_refreshed)
{
    store_old(&fixture, STALE_AGO_S);
    expect_decision(&fixture, ask_cached(), DECISION_STALE, "old");
    expect_decision(&fixture, ask_cached(), DECISION_STALE, "old");
    expect_fetches(&fixture, 1); /* the one of store_old */
}
END_TEST

Suite *
test_suite(void)
{
    Suite *suite = suite_create("only_if_cached");
    TCase *cases = tcase_create("only-if-cached");

    tcase_add_checked_fixture(cases, begin, end);
    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, a_miss_is_refused_and_nothing_is_fetched);
    tcase_add_test(cases, it_does_not_wait_for_the_call_of_another);
    tcase_add_test(cases, what_is_stale_is_served_and_not_refreshed);
    suite_add_tcase(suite, cases);
    return suite;
}
